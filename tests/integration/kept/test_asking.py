"""Asking in a kept conversation: what comes back, where it stands in the tree, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.fake import Cut, Error, Gate, Rule, Stall
from tests.integration.app_under_test import JSON, AppUnderTest, app_with
from tests.integration.kept.people import EVENTS, Person, events_in, text_of
from tests.samples import once

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
COST = {"usd": "0.00000135", "source": "provider", "price_as_of": "2026-11-22"}
REPLY_FIELDS = {
    *("id", "conversation_id", "message_id", "user_message_id", "model", "state"),
    *("finish_reason", "error", "usage", "cost", "left_out"),
}


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([once("Hello there."), once("Again."), once("Once more.")])


@pytest.fixture
def talk(alice: Person) -> str:
    return alice.begins()


def test_a_stream_names_the_reply_then_its_text_then_its_end(alice: Person, talk: str) -> None:
    answer = alice.streams(talk)

    first, *pieces, last = events_in(answer.text)
    reply = first.data["reply"]
    assert answer.headers["Location"] == f"/api/replies/{reply['id']}"
    assert set(reply) == REPLY_FIELDS
    assert (reply["conversation_id"], reply["message_id"]) == (talk, reply["id"])
    assert [set(piece.data) for piece in pieces] == [{"content"}] * len(pieces)
    assert text_of(pieces) == "Hello there."
    assert last.data == {
        "done": True,
        "model": "gpt-4o-mini",
        "usage": USAGE,
        "finish_reason": "stop",
        "cost": COST,
        "state": "complete",
    }


def test_the_id_of_a_piece_counts_the_characters_up_to_its_end() -> None:
    app = app_with([once("Hé", "llo 😀", " world")])
    alice = Person(app)

    first, *pieces, last = events_in(alice.streams(alice.begins()).text)

    assert (first.place, last.place) == (None, None)
    for number, piece in enumerate(pieces):
        assert piece.place == len(text_of(pieces[: number + 1]))


def test_a_kept_stream_is_neither_cached_nor_held_back(alice: Person, talk: str) -> None:
    headers = alice.streams(talk).headers

    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache, no-transform"
    assert headers["X-Accel-Buffering"] == "no"


@pytest.mark.parametrize("accept", [None, "*/*", "text/*", JSON, "text/event-stream;q=0", "text/event-stream-x"])
def test_who_does_not_ask_for_events_gets_the_reply_at_once(alice: Person, talk: str, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}

    answer = alice.posts(f"/api/conversations/{talk}/replies", {"message": "Hi"}, **headers)

    assert answer.status == 202
    assert set(answer.json) == REPLY_FIELDS | {"text"}
    assert answer.headers["Location"] == f"/api/replies/{answer.json['id']}"
    assert text_of(alice.follows(answer.json["id"])) == "Hello there."


@pytest.mark.parametrize("accept", [EVENTS, f"{JSON}, {EVENTS}", "Text/Event-Stream", f"{EVENTS};charset=utf-8;q=0.1"])
def test_who_names_events_gets_them(alice: Person, talk: str, accept: str) -> None:
    answer = alice.posts(f"/api/conversations/{talk}/replies", {"message": "Hi"}, Accept=accept)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")


def test_what_was_said_before_is_asked_along(app: AppUnderTest, alice: Person, talk: str) -> None:
    alice.asks(talk, "one")
    alice.asks(talk, "two", model="gpt-4o")

    assert app.calls[1].model == "gpt-4o"
    assert app.calls[1].messages == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "Hello there."},
        {"role": "user", "content": "two"},
    ]


def test_a_message_may_stand_under_any_other(app: AppUnderTest, alice: Person, talk: str) -> None:
    first = alice.asks(talk, "one")
    alice.asks(talk, "two")
    third = alice.asks(talk, "other two", parent_id=first["id"])

    shown = alice.conversation(talk)["messages"]
    assert alice.texts(talk) == ["one", "Hello there.", "other two", "Once more."]
    assert shown[2]["siblings"] == [*shown[2]["siblings"][:1], third["user_message_id"]]
    assert len(shown[2]["siblings"]) == 2
    assert len(app.calls[2].messages) == 3


def test_a_message_under_null_begins_anew(app: AppUnderTest, alice: Person, talk: str) -> None:
    first = alice.asks(talk, "one")
    edited = alice.asks(talk, "one, edited", parent_id=None)

    shown = alice.conversation(talk)["messages"]
    assert [message["text"] for message in shown] == ["one, edited", "Again."]
    assert shown[0]["siblings"] == [first["user_message_id"], edited["user_message_id"]]
    assert len(app.calls[1].messages) == 1


def test_a_question_may_be_answered_again_by_another_model(app: AppUnderTest, alice: Person, talk: str) -> None:
    first = alice.asks(talk, "one")
    second = alice.asks(talk, None, answer_to=first["user_message_id"], model="gpt-4o")

    shown = alice.conversation(talk)["messages"]
    assert second["user_message_id"] == first["user_message_id"]
    assert [message["text"] for message in shown] == ["one", "Again."]
    assert (shown[1]["siblings"], shown[1]["model"]) == ([first["id"], second["id"]], "gpt-4o")
    assert app.calls[1].messages == app.calls[0].messages


def test_an_answer_cannot_be_answered_again(alice: Person, talk: str) -> None:
    reply = alice.asks(talk)

    answer = alice.posts(f"/api/conversations/{talk}/replies", {"answer_to": reply["id"]})

    assert (answer.status, answer.code) == (400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == ["answer_to"]


@pytest.mark.parametrize("field", ["parent_id", "answer_to"])
def test_a_message_of_another_conversation_is_not_found(app: AppUnderTest, alice: Person, field: str) -> None:
    reply = alice.asks(alice.begins())
    body = {field: reply["user_message_id"]} | ({"message": "Hi"} if field == "parent_id" else {})

    answer = alice.posts(f"/api/conversations/{alice.begins()}/replies", body)

    assert (answer.status, answer.code, len(app.calls)) == (404, "not_found", 1)


def test_nothing_stands_under_a_message_that_is_still_made() -> None:
    app = app_with([once("half ", Gate()), once("Other branch.")])
    alice = Person(app)
    talk = alice.begins()
    with alice.reading("POST", f"/api/conversations/{talk}/replies", {"message": "Hi"}) as reading:
        reply = reading.next().data["reply"]

        refused = alice.posts(f"/api/conversations/{talk}/replies", {"message": "And?"})

        assert (refused.status, refused.code) == (409, "conflict")
        assert reply["id"] in refused.json["details"][0]["reason"]
        assert alice.asks(talk, "Another branch", parent_id=None)["text"] == "Other branch."
        alice.posts(f"/api/replies/{reply['id']}/stop")


def test_the_same_question_under_the_same_name_is_paid_once(app: AppUnderTest, alice: Person, talk: str) -> None:
    first = alice.asks(talk, "Hi", client_id="mine.1:a_b-c")
    again = alice.asks(talk, "Hi", client_id="mine.1:a_b-c")
    streamed = events_in(alice.streams(talk, "Hi", client_id="mine.1:a_b-c").text)

    assert again == first
    assert (streamed[0].data["reply"]["id"], text_of(streamed)) == (first["id"], "Hello there.")
    assert len(app.calls) == 1


def test_the_same_name_attaches_to_an_answer_on_its_way() -> None:
    gate = Gate()
    app = app_with([once("half ", gate, "whole")])
    alice = Person(app)
    path = f"/api/conversations/{alice.begins()}/replies"
    body = {"message": "Hi", "client_id": "mine"}
    with alice.reading("POST", path, body) as one, alice.reading("POST", path, body) as other:
        assert one.next().data["reply"]["id"] == other.next().data["reply"]["id"]
        assert one.next().data == other.next().data == {"content": "half "}
        gate.open()
        assert text_of(one.rest()) == text_of(other.rest()) == "whole"
    assert len(app.calls) == 1


@pytest.mark.parametrize("other", [{"message": "Hello"}, {"model": "gpt-4o"}, {"parent_id": None}])
def test_another_question_under_the_same_name_is_refused(
    app: AppUnderTest, alice: Person, talk: str, other: dict[str, Any]
) -> None:
    alice.asks(talk, "Hi", client_id="mine")

    answer = alice.posts(f"/api/conversations/{talk}/replies", {"message": "Hi", "client_id": "mine"} | other)

    assert (answer.status, answer.code) == (409, "conflict")
    assert [detail["path"] for detail in answer.json["details"]] == ["client_id"]
    assert len(app.calls) == 1


def test_the_name_of_a_question_is_its_askers_own(app: AppUnderTest, alice: Person, talk: str) -> None:
    bob = Person(app)

    assert alice.asks(talk, "Hi", client_id="mine")["id"] != bob.asks(bob.begins(), "Hi", client_id="mine")["id"]
    assert len(app.calls) == 2


@pytest.mark.parametrize(
    ("fault", "status", "code", "wait"),
    [
        (Error(status=401), 502, "provider_auth", None),
        (Error(status=429, retry_after_seconds=7), 429, "provider_rate_limited", "7"),
        (Error(status=500), 502, "provider_failed", None),
    ],
)
def test_a_failure_before_the_answer_has_its_status_and_is_kept(
    fault: Error, status: int, code: str, wait: str | None
) -> None:
    alice = Person(app_with([Rule(fault=fault)]))
    talk = alice.begins()

    answer = alice.streams(talk)

    kept = alice.gets(answer.headers["Location"]).json
    assert (answer.status, answer.code, answer.headers.get("Retry-After")) == (status, code, wait)
    assert (kept["state"], kept["text"], kept["finish_reason"]) == ("failed", "", None)
    assert {"code": code, "error": answer.json["error"], "request_id": answer.json["request_id"]}.items() <= (
        kept["error"].items()
    )
    assert alice.conversation(talk)["messages"][1]["error"] == kept["error"]


@pytest.mark.parametrize(
    ("rule", "state", "reason"),
    [
        (once("Hello"), "complete", "stop"),
        (once("Hello", finish="length"), "truncated", "length"),
        (once("Hello", finish="content_filter"), "filtered", "content_filter"),
        (Rule(refusal="I will not."), "refused", "refusal"),
    ],
)
def test_a_good_end_is_told_by_its_state(rule: Rule, state: str, reason: str) -> None:
    alice = Person(app_with([rule]))

    last = events_in(alice.streams(alice.begins()).text)[-1].data

    assert (last["done"], last["state"], last["finish_reason"]) == (True, state, reason)


def test_a_failure_in_mid_answer_is_an_event_and_kept() -> None:
    alice = Person(app_with([once("half a th", fault=Cut())]))
    talk = alice.begins()

    first, *_, last = events_in(alice.streams(talk, "Hi").text)

    kept = alice.reply(first.data["reply"]["id"])
    assert (last.data["code"], last.data["state"]) == ("provider_failed", "failed")
    assert (kept["text"], kept["state"]) == ("half a th", "failed")
    assert {name: value for name, value in last.data.items() if name != "state"} == kept["error"]


def test_an_error_names_the_request_that_asked() -> None:
    alice = Person(app_with([once("half", fault=Cut())]))
    path = f"/api/conversations/{alice.begins()}/replies"

    reply = alice.posts(path, {"message": "Hi"}, **{"X-Request-Id": "the-first"}).json

    assert alice.follows(reply["id"])[-1].data["request_id"] == "the-first"
    assert alice.reply(reply["id"])["error"]["request_id"] == "the-first"


def test_every_state_of_an_end_is_told_to_all_readers() -> None:
    app = app_with([once("half", fault=Stall())])
    alice = Person(app)
    with alice.reading("POST", f"/api/conversations/{alice.begins()}/replies", {"message": "Hi"}) as reading:
        reading.next()
        app.replies.interrupt_all()
        last = reading.rest()[-1].data

    assert (last["code"], last["state"]) == ("interrupted", "interrupted")


def test_what_cannot_be_asked_is_neither_kept_nor_paid(alice: Person, app: AppUnderTest, talk: str) -> None:
    path = f"/api/conversations/{talk}/replies"

    answers = [alice.posts(path, {"message": "Hi", "model": "gpt-0"}), alice.posts(path, {"message": "x" * 2_000_000})]

    assert [answer.code for answer in answers] == ["unknown_model", "invalid_request"]
    assert (alice.texts(talk), app.calls) == ([], [])


def test_a_server_on_its_way_out_keeps_nothing_new(app: AppUnderTest, alice: Person, talk: str) -> None:
    app.replies.refuse_new()

    answer = alice.posts(f"/api/conversations/{talk}/replies", {"message": "Hi"})

    assert (answer.status, answer.code, alice.texts(talk)) == (503, "shutting_down", [])
