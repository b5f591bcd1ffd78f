"""When the provider fails or refuses: the right status and code, words for everybody, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.settings import Provider
from tests.integration.app_under_test import AppUnderTest, app_with, events_in
from tests.integration.caller import Heard
from tests.integration.site import CANARY, Site, running_site
from tests.server import free_port
from tests.upstream import Cut, Reset, Stall, Step
from tests.upstream.wire import answer, chunk, error, events, head, sse, stream

PATHS = ["/chat", "/chat/stream"]
LEAK = f"Incorrect API key provided: {CANARY}. It said: my secret diary."
"""What a provider's own sentence may hold; none of it may reach a caller."""

JARGON = re.compile(
    r"\b(HTTP|API|JSON|URL|SDK|SSL|TLS|TCP|DNS|None|null|Error|Exception|upstream|timeout|timed out|connection refused"
    r"|status|code|\d{3}|invalid|parse|token)\b"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    silence = {"CHATAPP_FIRST_TOKEN_SECONDS": "0.5", "CHATAPP_NEXT_TOKEN_SECONDS": "0.5"}
    with running_site(tmp_path_factory.mktemp("site"), **silence) as running:
        yield running


def ask(site: Site, path: str, *steps: Step) -> Heard:
    before = len(site.upstream.requests)
    site.script(*steps)
    with site.call() as caller:
        caller.ask(path)
        heard = caller.hear()
    assert len(site.upstream.requests) == before + 1, "each question is paid for once"
    return heard


def assert_plain(sentence: str) -> None:
    assert re.fullmatch(r"[A-Z].{20,150}\.", sentence), sentence
    assert not JARGON.search(sentence), sentence


def failing(status: int, code: str | None, **headers: str) -> list[Step]:
    return error(status, code, LEAK, headers={name.replace("_", "-"): value for name, value in headers.items()})


BEFORE_THE_BEGINNING: dict[str, tuple[list[Step], int, str, str | None]] = {
    "a wrong key": (failing(401, "invalid_api_key"), 502, "provider_auth", None),
    "a key without rights": (failing(403, "unsupported_country_region_territory"), 502, "provider_refused", None),
    "a bad request": (failing(400, "invalid_value"), 502, "provider_refused", None),
    "no such address": (failing(404, None), 502, "provider_refused", None),
    "a model that is gone": (failing(404, "model_not_found"), 400, "model_retired", None),
    "too long a prompt": (failing(400, "context_length_exceeded"), 400, "context_too_long", None),
    "too many requests": (failing(429, "rate_limit_exceeded", Retry_After="7"), 429, "provider_rate_limited", "7"),
    "too many, no time": (failing(429, "rate_limit_exceeded"), 429, "provider_rate_limited", "5"),
    "no money left": (failing(429, "insufficient_quota", Retry_After="7"), 503, "provider_quota", None),
    "an inner fault": (failing(500, None), 502, "provider_failed", None),
    "a bad gateway": (failing(502, None), 502, "provider_failed", None),
    "overloaded": (failing(503, None), 502, "provider_failed", None),
    "overloaded in a way of its own": (failing(529, "overloaded_error"), 502, "provider_failed", None),
    "a time-out of its own": (failing(408, None), 504, "provider_timeout", None),
    "silence": ([Stall()], 504, "provider_timeout", None),
    "another address": (
        [head(302, {"Location": "http://127.0.0.1:9/", "Content-Length": "0"})],
        502,
        "provider_protocol",
        None,
    ),
    "a page": (answer(LEAK.encode(), content_type="text/html"), 502, "provider_protocol", None),
    "a whole answer": (answer(b'{"choices": []}'), 502, "provider_protocol", None),
    "an empty error": (answer(b"", status=500), 502, "provider_failed", None),
    "hanging up": ([Cut()], 502, "provider_failed", None),
    "breaking off": ([Reset()], 502, "provider_failed", None),
    "a head and nothing more": ([head(200, {"X": "y"}), Cut()], 502, "provider_protocol", None),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("steps", "status", "code", "wait"), BEFORE_THE_BEGINNING.values(), ids=BEFORE_THE_BEGINNING)
def test_a_provider_that_fails_at_once(
    site: Site, path: str, steps: list[Step], status: int, code: str, wait: str | None
) -> None:
    heard = ask(site, path, *steps)

    assert (heard.status, heard.json["code"], heard.headers["Retry-After"]) == (status, code, wait)
    assert_plain(heard.json["error"])
    assert CANARY.encode() not in heard.body
    assert b"diary" not in heard.body


BROKEN_OFF: dict[str, tuple[list[bytes | Step], str]] = {
    "reset": (events(["half", Reset()]), "provider_failed"),
    "closed": (events(["half"], finish=None, usage=None, done=False), "provider_failed"),
    "silence": (events(["half", Stall()]), "provider_timeout"),
    "an error event": (events(["half", {"error": {"message": LEAK, "type": "server_error"}}]), "provider_failed"),
    "no money left": (events(["half", {"error": {"message": LEAK, "code": "insufficient_quota"}}]), "provider_quota"),
    "no JSON": (
        [*events(["half"], finish=None, usage=None, done=False), b"data: {" + LEAK.encode() + b"\n\n"],
        "provider_protocol",
    ),
    "a tool": (events(["half", chunk({}, "tool_calls")], finish=None), "provider_protocol"),
}


@pytest.mark.parametrize(("body", "code"), BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_a_provider_that_fails_in_mid_answer(site: Site, body: list[bytes | Step], code: str) -> None:
    streamed, whole = (ask(site, path, *stream(*body)) for path in PATHS[::-1])

    pieces = events_in(streamed.body.decode())
    assert (streamed.status, pieces[0], pieces[-1]["code"]) == (200, {"content": "half"}, code)
    assert (whole.json["code"], whole.json["partial"]) == (code, "half")
    assert_plain(whole.json["error"])
    assert b"diary" not in streamed.body + whole.body


def test_the_owner_finds_what_failed_in_the_log(site: Site) -> None:
    before = ask(site, "/chat", *failing(401, "invalid_api_key")).headers["X-Request-Id"]
    after = ask(site, "/chat/stream", *sse(["half", Reset()])).headers["X-Request-Id"]

    refused = site.server.wait_for_line("reply", request_id=before)
    broken = site.server.wait_for_line("reply", request_id=after)
    assert (refused["level"], refused["code"], refused["cause"]) == ("error", "provider_auth", "AuthenticationError")
    assert (broken["level"], broken["code"], broken["cause"]) == ("warning", "provider_failed", "ConnectionResetError")
    assert "diary" not in site.server.log


def test_the_replacement_of_a_model_that_is_gone_is_named(site: Site) -> None:
    assert "gpt-6-luna" in ask(site, "/chat", *failing(404, "model_not_found")).json["error"]


def test_the_text_may_hold_anything_but_is_passed_on_whole(site: Site) -> None:
    text = 'é 😀 \u2028 \u0085 "quotes" \\ <b>\n\ndata: {"done": true}\n\n'

    heard = ask(site, "/chat/stream", *sse(list(text)))

    assert "".join(event.get("content", "") for event in events_in(heard.body.decode())) == text


@pytest.mark.parametrize("path", PATHS)
def test_a_provider_that_is_down(path: str) -> None:
    nobody = connect(CANARY, f"http://127.0.0.1:{free_port()}/v1")

    heard = app_with(model=OpenAIChatModel(nobody)).post(path)

    assert (heard.status, heard.code) == (502, "provider_failed")
    assert_plain(heard.json["error"])


def openai_on(day: date) -> AppUnderTest:
    """Return an application as it is for an owner with a key for OpenAI itself."""
    return app_with(llm=Provider.OPENAI, api_key=CANARY, today=day)


@pytest.mark.parametrize("path", PATHS)
def test_a_model_past_its_date_is_refused_unasked(path: str) -> None:
    app = openai_on(date(2026, 10, 23))

    heard = app.post(path, b'{"message": "Hi", "model": "gpt-3.5-turbo"}')

    assert (heard.status, heard.code) == (400, "model_retired")
    assert "gpt-6-luna" in heard.json["error"]
    assert app.calls == []


def test_a_model_on_its_last_day_is_asked() -> None:
    assert openai_on(date(2026, 10, 22)).ask(model="gpt-3.5-turbo").status == 200


def test_a_default_past_its_date_passes_the_turn_on() -> None:
    app = openai_on(date(2027, 1, 14))

    assert app.get("/models").json["default"] == app.ask().json["model"] == "gpt-6-luna"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", ["gpt-9", "GPT-4O", "gpt-4o ", "../gpt-4o", "a\r\nb", "\x1b[2J"])
def test_an_unknown_model_is_refused_unasked(path: str, model: str) -> None:
    app = app_with()

    refused = app.post(path, json.dumps({"message": "Hi", "model": model}))

    assert (refused.status, refused.code) == (400, "unknown_model")
    assert app.calls == []


def test_a_conversation_that_cannot_fit_is_refused_unasked() -> None:
    app = app_with()

    refused = app.ask("Hi", model="gpt-3.5-turbo", messages=[{"role": "user", "content": "word " * 19_000}] * 2)

    assert (refused.status, refused.code) == (400, "context_too_long")
    assert app.calls == []
