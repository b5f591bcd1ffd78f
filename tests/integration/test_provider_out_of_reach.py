"""Where there is no provider to talk to: no certificate to trust, nobody there, nobody who takes the call."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from tests.integration.app_under_test import app_with
from tests.integration.caller import Caller, Heard
from tests.integration.fault import MESSAGE
from tests.integration.fault_catalogue import UNREACHED
from tests.integration.site import CANARY
from tests.integration.tellings import (
    PATHS,
    expected,
    expected_reply_line,
    expected_request_line,
    reply_line,
    request_line,
    secrets_in,
    told,
)
from tests.server import RunningServer, serving
from tests.upstream import ScriptedUpstream
from tests.upstream.tls import self_signed, server_context

WORKER_CLASSES = ("gevent", "gthread")
LONGEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A server that has looked for its provider in vain, and what it answered on both routes."""

    server: RunningServer
    answers: dict[str, list[Heard]]


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Nowhere]:
    folders = [tmp_path_factory.mktemp(name) for name in WORKER_CLASSES]
    with ThreadPoolExecutor() as pool:
        return dict(zip(WORKER_CLASSES, pool.map(ask_in_vain, folders, WORKER_CLASSES), strict=True))


def ask_in_vain(folder: Path, worker_class: str) -> Nowhere:
    with ExitStack() as stack:
        with ScriptedUpstream(server_context(*self_signed(folder))) as upstream:
            ours = {"OPENAI_API_KEY_CYB_SEC": CANARY, "OPENAI_BASE_URL": upstream.url}
            server = stack.enter_context(serving(folder, CHATAPP_WORKER_CLASS=worker_class, **ours))
            port = int(upstream.url.removesuffix("/v1").rpartition(":")[2])
            untrusted = ask_both(server)
        refused = ask_both(server)
        with deaf_listener(port):
            not_accepted = ask_both(server)
        return Nowhere(server, dict(zip(UNREACHED, (untrusted, refused, not_accepted), strict=True)))


def ask_both(server: RunningServer) -> list[Heard]:
    callers = [Caller(server.port, LONGEST_SECONDS) for _ in PATHS]
    for path, caller in zip(PATHS, callers, strict=True):
        caller.ask(path, message=MESSAGE)
    answers = [caller.hear() for caller in callers]
    for caller in callers:
        caller.leave()
    return answers


@contextmanager
def deaf_listener(port: int) -> Iterator[None]:
    """Listen on ``port`` and take no call: once the queue is full, nobody gets through any more."""
    with socket.create_server(("127.0.0.1", port), backlog=0), ExitStack() as stack:
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
@pytest.mark.parametrize("name", UNREACHED)
def test_a_provider_out_of_reach(nowhere: dict[str, Nowhere], worker_class: str, name: str) -> None:
    fault, server, answers = UNREACHED[name], nowhere[worker_class].server, nowhere[worker_class].answers[name]
    ids = [heard.headers["X-Request-Id"] for heard in answers]

    assert [told(heard) for heard in answers] == [expected(fault, path) for path in PATHS]
    assert [reply_line(server, id_) for id_ in ids] == [expected_reply_line(fault)] * len(PATHS)
    assert [request_line(server, id_) for id_ in ids] == [
        expected_request_line(path, heard.status) for path, heard in zip(PATHS, answers, strict=True)
    ]
    assert secrets_in(server.log) == []


@pytest.mark.parametrize("path", PATHS, ids="08 {}".format)
def test_a_provider_whose_name_nobody_knows(path: str) -> None:
    unknown = connect(CANARY, "http://[fe80::1%25nowhere]:9/v1")

    heard = app_with(model=OpenAIChatModel(unknown)).post(path)

    assert (heard.status, heard.code) == (502, "provider_failed")
