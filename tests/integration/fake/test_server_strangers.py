"""No web page but this machine's own may use the fake, or a recorder that spends money, or read what they have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.fake.cassettes import RecordingServer, ReplayingServer
from chatapp.fake.server import FakeServer
from chatapp.fake.server.loopback import LoopbackServer
from tests.integration.fake.bare import answers, request
from tests.upstream import ScriptedUpstream

BODY = b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}'
CHAT = ["POST /v1/chat/completions HTTP/1.1", "Authorization: Bearer any-key", f"Content-Length: {len(BODY)}"]
CLOSE = "Connection: close"
STRANGERS = [
    ["Host: evil.example"],
    ["Host: 127.0.0.1.evil.example:9000"],
    ["Host: localhost", "Host: evil.example"],
    ["Host:"],
    ["Host: localhost", "Origin: https://evil.example"],
    ["Host: localhost", "Origin: http://localhost.evil.example"],
    ["Host: localhost", "Origin: null"],
]
NEIGHBOURS = [
    [],
    ["Host: 127.0.0.1:9000"],
    ["Host: LocalHost"],
    ["Host: [::1]:9000", "Origin: http://localhost:3000"],
    ["Host: localhost", "Origin: https://127.0.0.1"],
]


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture(params=["fake", "recorder", "player"])
def server(request: pytest.FixtureRequest, tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[LoopbackServer]:
    if request.param == "fake":
        started: LoopbackServer = FakeServer()
    else:
        started = RecordingServer(tmp_path, upstream.url)
    if request.param == "player":
        with started as recorder:
            ask(recorder)
        started = ReplayingServer(tmp_path)
    with started as running:
        yield running


def ask(server: LoopbackServer, *headers: str) -> bytes:
    return answers(server, request(*CHAT, *headers, CLOSE, body=BODY))


@pytest.mark.parametrize("headers", STRANGERS, ids=", ".join)
def test_a_strangers_page_is_refused(server: LoopbackServer, upstream: ScriptedUpstream, headers: list[str]) -> None:
    asked_before = len(upstream.requests)

    answer = ask(server, *headers)

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"access-control" not in answer.lower()
    assert len(upstream.requests) == asked_before
    assert not isinstance(server, FakeServer) or not server.model.calls


@pytest.mark.parametrize("headers", NEIGHBOURS, ids=", ".join)
def test_this_machine_is_answered(server: LoopbackServer, headers: list[str]) -> None:
    assert ask(server, *headers).startswith(b"HTTP/1.1 200 ")
