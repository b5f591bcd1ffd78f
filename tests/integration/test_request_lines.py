"""The line that the log gets for every request, and what must never stand in any line."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from chatapp.web.delivery import DAY_SECONDS, Pseudonyms
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.site import running_site
from tests.integration.terminal import environment
from tests.upstream import Reset
from tests.upstream.wire import error, sse, stream

DEPLOYING = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text("utf-8")
DIARY = "dear diary"
PATIENCE_SECONDS = 5.0
PSEUDONYM = re.compile(r"[0-9a-f]{16}")


@pytest.fixture
def app(caplog: pytest.LogCaptureFixture) -> AppUnderTest:
    caplog.set_level(logging.INFO, "chatapp")
    return app_with()


def lines(caplog: pytest.LogCaptureFixture, event: str = "request") -> list[dict[str, Any]]:
    return [vars(record)["fields"] for record in caplog.records if record.message == event]


def test_a_request_is_told_by_its_route(app: AppUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    app.post("/chat/stream?key=secret", **{"X-Request-Id": "mine"})

    (line,) = lines(caplog)
    assert PSEUDONYM.fullmatch(line.pop("address"))
    assert line.pop("duration_ms") >= 0
    assert line == {
        "request_id": "mine",
        "method": "POST",
        "route": "/chat/stream",
        "status": 200,
        "ending": "sent",
    }


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_reply_is_told_under_its_requests_id(app: AppUnderTest, caplog: pytest.LogCaptureFixture, path: str) -> None:
    app.post(path, **{"X-Request-Id": "mine"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not lines(caplog, "reply") and time.monotonic() < deadline:  # it comes after the reader was told
        time.sleep(0.01)

    assert [line["request_id"] for line in lines(caplog, "reply")] == ["mine"]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/", "/", 200),
        ("HEAD", "/health", "/health", 200),
        ("OPTIONS", "/chat", "/chat", 200),
        ("GET", "/static/chat.css", "/static/<name>", 200),
        ("POST", "/chat", "/chat", 415),
        ("PUT", "/health", None, 405),
    ],
)
def test_every_answer_has_its_line(
    app: AppUnderTest, caplog: pytest.LogCaptureFixture, method: str, path: str, route: str | None, status: int
) -> None:
    app.send(method, path)

    (line,) = lines(caplog)
    assert (line["method"], line["route"], line["status"], line["ending"]) == (method, route, status, "sent")


def test_an_address_that_leads_nowhere_is_told_in_brief(app: AppUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    app.get("/" + "x" * 5000 + "?secret")

    (line,) = lines(caplog)
    assert (line["route"], line["path"]) == (None, "/" + "x" * 99)


def test_a_caller_has_another_name_every_day_and_under_every_key() -> None:
    name = Pseudonyms(b"key").of("192.0.2.1", 0)

    assert name == Pseudonyms(b"key").of("192.0.2.1", DAY_SECONDS - 1)
    assert len({name, Pseudonyms(b"key").of("192.0.2.1", DAY_SECONDS), Pseudonyms(b"other").of("192.0.2.1", 0)}) == 3
    assert Pseudonyms(b"key").of("", 0) is None


def test_all_workers_give_a_caller_the_same_name(tmp_path: Path) -> None:
    with running_site(tmp_path, CHATAPP_WORKERS="2") as site:
        for _ in range(30):
            with site.call() as caller:
                caller.ask("/chat")
                caller.hear()
        deadline = time.monotonic() + 5
        while len(told := site.server.logged("request", route="/chat")) < 30:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    assert len({line["address"] for line in told}) == 1


def test_no_line_holds_what_people_and_models_say(tmp_path: Path) -> None:
    broken = b'data: {"choices":[{"delta":{"content":"' + DIARY.encode() + b'\xff"}}]}\n\n'
    scripts = [sse([DIARY]), sse([DIARY, Reset()]), stream(broken), error(400, None, DIARY), error(500, None, DIARY)]
    with running_site(tmp_path, OPENAI_LOG="debug") as site:
        for script in scripts:
            for path in ("/chat", "/chat/stream"):
                site.script(*script)
                with site.call() as caller:
                    caller.ask(path, message=DIARY, messages=[{"role": "user", "content": DIARY}])
                    caller.hear()
        with site.call() as caller:
            caller.send(f"GET /chat HTTP/1.1\r\n{DIARY}\r\n\r\n".encode())
            caller.read_to_end()
        site.server.wait_for_line("Invalid request")

    assert len(site.server.logged("reply")) == 2 * len(scripts)
    assert DIARY not in site.server.log
    assert "127.0.0.1" not in "".join(json.dumps(line) for line in site.server.logged("request"))


def test_a_terminal_gets_lines_to_read(tmp_path: Path) -> None:
    show = "from chatapp.gunicorn_conf import logconfig_dict; print(logconfig_dict['formatters']['lines']['()'])"
    ours, terminals = pty.openpty()
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=tmp_path, env=environment(), stdout=PIPE, stderr=terminals, check=True
    )
    os.close(ours)
    os.close(terminals)

    assert b"TextLines" in shown.stdout


@pytest.mark.parametrize("event", ["request", "reply"])
def test_the_docs_tell_every_field(app: AppUnderTest, caplog: pytest.LogCaptureFixture, event: str) -> None:
    app.ask()
    app.get("/nowhere")

    (table,) = re.findall(rf'"event": "{event}"`:\n\n((?:\|.*\n)+)', DEPLOYING)
    told = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in table.splitlines()))

    assert set(told) == {field for line in lines(caplog, event) for field in line}
