"""The server as its owner meets it: what it says at the start, what it leaves behind, what it tells."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from chatapp.settings import Settings
from tests.integration.app_under_test import events_in
from tests.integration.caller import Caller, head
from tests.integration.site import CANARY, Site, running_site
from tests.integration.terminal import chatapp, environment, python
from tests.server import RunningServer, free_port, serving
from tests.upstream import Cut, Reset
from tests.upstream.wire import answer, error, sse, stream


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of two workers with the fake model, whose owner's home is the folder ``home``."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "home").mkdir()
    with serving(folder, HOME=str(folder / "home"), CHATAPP_WORKERS="2") as running:
        yield running


def body_of(port: int, path: str) -> bytes:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == 200, path
        return response.read()


def test_the_start_says_who_answers_and_where(demo: RunningServer) -> None:
    assert "answers with the fake model (set OPENAI_API_KEY_CYB_SEC to talk to OpenAI)." in demo.log
    assert f"Open {demo.url} in your browser; Ctrl+C stops the server." in demo.log


def test_there_are_as_many_workers_as_wanted(demo: RunningServer) -> None:
    assert len(set(re.findall(r"Booting worker with pid: (\d+)", demo.log))) == 2


def test_two_workers_answer_many_callers_at_once(demo: RunningServer) -> None:
    callers = [Caller(demo.port) for _ in range(20)]
    for caller in callers:
        caller.ask()
    endings = [events_in(caller.hear().body.decode())[-1] for caller in callers]
    for caller in callers:
        caller.leave()

    assert [ending["done"] for ending in endings] == [True] * 20


def test_nothing_is_left_in_the_home_folder(demo: RunningServer) -> None:
    body_of(demo.port, "/")

    assert list((demo.log_file.parent / "home").rglob("*")) == []


def test_gunicorn_alone_starts_the_same_server(tmp_path: Path) -> None:
    with gunicorn(tmp_path, OPENAI_API_KEY_CYB_SEC=CANARY, OPENAI_BASE_URL="http://me:password@127.0.0.1:9/v1") as port:
        health = body_of(port, "/health")

    log = (tmp_path / "server.log").read_text()
    assert b"healthy" in health
    assert "Using worker: chatapp.workers.greenlets.Worker" in log
    assert f"Open http://127.0.0.1:{port} in your browser" in log
    assert "password" not in log


@contextmanager
def gunicorn(folder: Path, **settings: str) -> Iterator[int]:
    """Run gunicorn by hand, as docs/deploying.md does; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:chatapp.gunicorn_conf", "chatapp.wsgi:app"]
    ours = environment(CHATAPP_PORT=str(port), CHATAPP_WORKERS="1", CHATAPP_DATA_DIR=str(folder / "data"), **settings)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=ours, stdout=log, stderr=log)
    try:
        wait_until(lambda: "Booting worker" in (folder / "server.log").read_text() or process.poll() is not None, 30)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("settings", "bind", "who"),
    [
        ({"CHATAPP_HOST": "::1", "CHATAPP_PORT": "7"}, "[::1]:7", "the fake model"),
        ({"CHATAPP_PORT": "0", "OPENAI_API_KEY_CYB_SEC": "sk"}, "127.0.0.1:0", "OpenAI's models"),
        (
            {"CHATAPP_HOST": "chat.test", "OPENAI_API_KEY_CYB_SEC": "sk", "OPENAI_BASE_URL": "http://me:password@x"},
            "chat.test:5000",
            "the models of OPENAI_BASE_URL",
        ),
    ],
    ids=["IPv6", "any port", "a name"],
)
def test_gunicorn_is_told_where_to_listen(tmp_path: Path, settings: dict[str, str], bind: str, who: str) -> None:
    shown = python(tmp_path, "-c", "from chatapp.gunicorn_conf import _who, bind; print(bind, _who())", **settings)

    assert shown.stdout.startswith(f"{bind} {who}")


def provoked(site: Site) -> Iterator[bytes]:
    """Yield what the site answers to everything, above all where its provider tells the key to the world."""
    for path in ("/", "/chat", "/api", "/health", "/models", "/api/docs", "/api/openapi.json", "/static/chat.js"):
        yield body_of(site.server.port, path)
    said = f"Incorrect API key provided: {CANARY}"
    scripts = [error(status, None, said) for status in (400, 401, 403, 404, 429, 500)]
    scripts += [answer(said.encode(), content_type="text/html"), [Cut()], sse(["x", Reset()])]
    scripts += [stream(b"data: {" + said.encode() + b"\n\n"), sse(["x", {"error": {"message": said}}]), sse(["fine"])]
    for script in scripts:
        for path in ("/chat", "/chat/stream"):
            site.script(*script)
            with site.call() as caller:
                caller.ask(path)
                heard = caller.hear()
                yield bytes(heard.headers) + heard.body
    for request in (head("/chat", "Content-Length: 2") + b"{{", b"GET /%0d%0a HTTP/1.0\r\n\r\n", b"no HTTP\r\n\r\n"):
        with site.call() as caller:
            caller.send(request)
            caller.end_sending()
            yield caller.read_to_end()


def test_the_key_is_told_to_nobody(tmp_path: Path) -> None:
    with running_site(tmp_path, OPENAI_LOG="debug") as site:
        told = list(provoked(site))
        environ = {"OPENAI_API_KEY_CYB_SEC": CANARY, "OPENAI_BASE_URL": site.upstream.url}
        told.append(chatapp(tmp_path, "doctor", **environ).output.encode())
        asked = [exchange.headers["Authorization"] for exchange in site.upstream.requests]
    told.append(site.server.log.encode())
    told.append(repr(Settings.from_env(environ)).encode())

    assert set(asked) == {f"Bearer {CANARY}"}
    assert [text for text in told if CANARY.encode() in text] == []
    assert all(told)
