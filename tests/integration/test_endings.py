"""How answers end: finish reasons, errors before and after the beginning, stops, shutdowns, limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chatapp.adapters.catalog_file import read_catalog
from chatapp.adapters.fake_chat import FakeStream
from chatapp.adapters.system import Pulse
from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import ChatError, ContextTooLong, ModelRetired, ProviderRateLimited, ProviderTimeout
from chatapp.domain.events import Delta, Started
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Cut, Error, Gate, Rule, SlowHead
from chatapp.provider_errors import refusal, reported_error
from chatapp.web.errors import STATUS_BY_CODE
from tests.integration.app_under_test import AppUnderTest, app_with, events_in
from tests.samples import once
from tests.unit.making_replies import BrokenModel

SLOW_DOWN = ProviderRateLimited("Slow down.", retry_after_seconds=7)
RATE_LIMITED = Error(status=429, code="rate_limit_exceeded", retry_after_seconds=7)


def rate_limited_after(characters: int) -> Error:
    return Error(status=429, code="rate_limit_exceeded", after_characters=characters)


def all_errors(kind: type[ChatError] = ChatError) -> set[type[ChatError]]:
    return {kind}.union(*(all_errors(inner) for inner in kind.__subclasses__()))


def terminal(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if "done" in event or "error" in event]


@contextmanager
def in_mid_answer(app: AppUnderTest, path: str) -> Iterator[list[str]]:
    """Ask on a thread of its own; the block runs once the model speaks. What was answered is in the list after it."""
    answered: list[str] = []
    client, calls_before = app.flask.test_client(), len(app.calls)

    def ask() -> None:
        answered.append(client.post(path, json={"message": "Hi"}).text)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    deadline = time.monotonic() + 5
    while not (len(app.calls) > calls_before and app.calls[-1].text) and time.monotonic() < deadline:
        time.sleep(0.001)
    yield answered
    asking.join(5)
    assert not asking.is_alive()


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "refusal", "one_of_tomorrow"])
def test_the_finish_reason_is_the_providers(reason: str) -> None:
    rule = once("I cannot.", finish=reason)
    app = app_with([rule, rule])

    assert (app.ask().json["finish_reason"], app.ask().json["response"]) == (reason, "I cannot.")
    last = app_with([rule]).stream()[-1]
    assert (last["done"], last["finish_reason"]) == (True, reason)


def test_a_tool_that_nobody_offered_is_an_error() -> None:
    app = app_with([once("x", finish="tool_calls")])

    assert (app.ask().status, app.stream()[-1].get("done")) == (502, True)


ENDINGS = {
    "whole": once("Hello there."),
    "empty": once(),
    "cut": once("half a th", fault=Cut()),
    "cut at once": once(fault=Cut()),
    "error": once("half", fault=rate_limited_after(4)),
    "error without a word": once("half", fault=rate_limited_after(0)),
    "no usage": once("x", usage=False),
    "a tool": once("x", finish="tool_calls"),
}


@pytest.mark.parametrize("rule", ENDINGS.values(), ids=ENDINGS)
def test_a_stream_has_exactly_one_last_event(rule: Rule) -> None:
    events = app_with([rule]).stream()

    assert terminal(events) == events[-1:]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RATE_LIMITED, ProviderRateLimited),
        (Error(status=408), ProviderTimeout),
        (Error(status=400, code="context_length_exceeded"), ContextTooLong),
        (Error(status=404, code="model_not_found"), ModelRetired),
    ],
    ids=lambda value: "" if isinstance(value, Error) else value.__name__,
)
@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_an_error_before_the_beginning_has_its_status(path: str, fault: Error, kind: type[ChatError]) -> None:
    app = app_with([once(fault=fault)])

    answer = app.post(path)

    card = next(card for card in read_catalog() if card.id == app.calls[0].model)
    assert (answer.status, answer.headers["Content-Type"]) == (STATUS_BY_CODE[kind.code], "application/json")
    assert answer.json == {
        "error": refusal(fault.status, {"code": fault.code}, None, card).message,
        "code": kind.code,
        "request_id": answer.headers["X-Request-Id"],
    }


def test_an_error_after_the_beginning_is_an_event() -> None:
    answer = app_with([once("Hello ", "there", fault=rate_limited_after(6))]).streamed()

    assert answer.status == 200
    assert events_in(answer.text) == [
        {"content": "Hello "},
        {
            "error": reported_error({"code": "rate_limit_exceeded"}).message,
            "code": "provider_rate_limited",
            "request_id": answer.headers["X-Request-Id"],
        },
    ]


def test_an_error_event_says_how_long_to_wait() -> None:
    answer = app_with(model=BrokenModel(Started("req"), Delta("Hello "), error=SLOW_DOWN)).streamed()

    assert answer.status == 200
    assert events_in(answer.text) == [
        {"content": "Hello "},
        {
            "error": "Slow down.",
            "code": "provider_rate_limited",
            "request_id": answer.headers["X-Request-Id"],
            "retry_after_seconds": 7,
        },
    ]


@pytest.mark.parametrize("partial", ["half a th", ""])
def test_chat_that_breaks_off_tells_the_text_so_far(partial: str) -> None:
    answer = app_with([once(partial, fault=Cut())]).ask()

    assert (answer.status, answer.code, answer.json["partial"]) == (502, "provider_failed", partial)


def test_chat_that_never_began_has_no_partial_text() -> None:
    assert "partial" not in app_with([once(fault=RATE_LIMITED)]).ask().json


@pytest.mark.parametrize(("told", "wait"), [(7, "7"), (6.2, "7"), (None, "5")])
def test_too_many_requests_always_says_how_long_to_wait(told: float | None, wait: str) -> None:
    app = app_with([Rule(fault=Error(status=429, retry_after_seconds=told))])

    assert [app.ask().headers["Retry-After"], app.streamed().headers["Retry-After"]] == [wait, wait]


def test_every_error_has_a_status() -> None:
    assert {error.code for error in all_errors()} == set(STATUS_BY_CODE)


def test_a_shutdown_in_mid_answer_tells_every_reader() -> None:
    app = app_with([once("Hello", Gate()), once("Hello", Gate())])

    with in_mid_answer(app, "/chat") as whole, in_mid_answer(app, "/chat/stream") as streamed:
        app.replies.interrupt_all()

    assert '"code":"interrupted"' in whole[0]
    assert '"partial":"Hello"' in whole[0]
    assert events_in(streamed[0])[-1]["code"] == "interrupted"


def test_a_server_on_its_way_out_begins_nothing() -> None:
    app = app_with()
    app.replies.refuse_new()

    answers = [app.ask(), app.streamed()]

    assert [(answer.status, answer.code) for answer in answers] == [(503, "shutting_down")] * 2
    assert [answer.headers["Retry-After"] for answer in answers] == ["5", "5"]
    assert app.calls == []


def test_a_full_server_says_so_at_once() -> None:
    app = app_with([once("Hello", Gate())], open_replies=1)

    with in_mid_answer(app, "/chat"):
        answer = app.ask()
        app.replies.interrupt_all()

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "at_capacity", "5")


def test_an_answer_longer_than_allowed_ends_as_cut() -> None:
    last = app_with([once("one two three")], max_answer_characters=5).stream()[-1]

    assert (last["done"], last["finish_reason"]) == (True, "length")


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        (once(fault=SlowHead(seconds=5)), ReplyLimits(first_token_seconds=0.05)),
        (once(5, "x"), ReplyLimits(first_token_seconds=0.05)),
        (once("x", 5), ReplyLimits(next_token_seconds=0.05)),
    ],
    ids=["before the head", "before the first word", "between words"],
)
def test_a_silent_model_is_given_up(rule: Rule, limits: ReplyLimits) -> None:
    app = app_with([rule], limits=limits)
    pulse = Pulse([app.replies.beat], interval_seconds=0.01)
    pulse.start()

    answer = app.ask()
    pulse.stop()

    assert (answer.status, answer.code) == (504, "provider_timeout")


def test_silence_is_broken_by_comments() -> None:
    app = app_with([once("Hello", 0.1)], limits=ReplyLimits(sign_of_life_seconds=0.02))
    pulse = Pulse([app.replies.beat], interval_seconds=0.01)
    pulse.start()

    text = app.streamed().text
    pulse.stop()

    assert text.count("\n\n: still working\n\n") >= 2
    assert events_in(text)[0] == {"content": "Hello"}


class Broken:
    """A model with a fault that nobody foresaw, which names a secret."""

    def open(self, request: ChatRequest) -> FakeStream:
        raise RuntimeError("the key is sk-secret")


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_fault_of_ours_is_told_without_its_insides(path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = app_with(model=Broken()).post(path)

    assert (answer.status, answer.code) == (500, "internal")
    assert "sk-secret" not in answer.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("offered", ["a", "A.b_c-9", "x" * 64])
def test_a_request_id_comes_back(offered: str) -> None:
    answer = app_with([once(fault=RATE_LIMITED)]).post("/chat", **{"X-Request-Id": offered})

    assert (answer.headers.getlist("X-Request-Id"), answer.json["request_id"]) == ([offered], offered)


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "a/b", "ä", "a,b", "<b>"])
def test_a_strange_request_id_is_replaced(offered: str) -> None:
    app = app_with()
    made = [app.get("/health", **{"X-Request-Id": offered}).headers["X-Request-Id"] for _ in range(2)]

    assert offered not in made
    assert len(set(made)) == 2


def test_a_stream_that_cannot_be_written_ends_in_an_error_event(caplog: pytest.LogCaptureFixture) -> None:
    app = app_with(model=BrokenModel(Started("req"), Delta("Hello "), Delta("\ud800")))

    last = app.stream()[-1]

    assert last["code"] == "internal"
    assert "UnicodeEncodeError" in caplog.text
