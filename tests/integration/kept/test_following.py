"""Following a kept reply from any place, leaving it, and stopping it."""

from __future__ import annotations

import pytest

from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Gate
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import Person, program, text_of
from tests.samples import once
from tests.unit.deterministic import FakeClock

TEXT = "Hé😀 \u0301wörld"


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([once(*TEXT)])


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def slow(gate: Gate, clock: FakeClock) -> Person:
    """Somebody whose answer stops after “half ” until the gate is opened."""
    return Person(app_with([once("half ", gate, "whole")], clock=clock))


def replies_of(talk: str) -> str:
    return f"/api/conversations/{talk}/replies"


@pytest.mark.parametrize("known", range(len(TEXT) + 3))
def test_a_reader_gets_what_comes_behind_the_characters_it_knows(alice: Person, known: int) -> None:
    reply = alice.asks(alice.begins())

    first, *pieces, last = alice.follows(reply["id"], known)

    assert first.data["reply"]["state"] == "complete"
    assert text_of(pieces) == TEXT[known:]
    assert [piece.place for piece in pieces] == ([len(TEXT)] if TEXT[known:] else [])
    assert last.data["state"] == "complete"


@pytest.mark.parametrize("known", ["-1", "+1", "1.0", "x", "1e3", "٣", "", " ", "9" * 16, "0x1"])
def test_a_place_that_is_no_number_is_refused(alice: Person, known: str) -> None:
    reply = alice.asks(alice.begins())

    answer = alice.gets(f"/api/replies/{reply['id']}/events", **{"Last-Event-ID": known})

    assert (answer.status, answer.code) == (400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == ["Last-Event-ID"]


def test_many_read_one_answer_each_from_its_own_place(slow: Person, gate: Gate) -> None:
    reply = slow.posts(replies_of(slow.begins()), {"message": "Hi"}).json
    path = f"/api/replies/{reply['id']}/events"
    with slow.reading("GET", path) as one, slow.reading("GET", path, **{"Last-Event-ID": "3"}) as other:
        assert [one.next().data, one.next().data][1] == {"content": "half "}
        assert [other.next().data, other.next().data][1] == {"content": "f "}
        gate.open()
        assert text_of(one.rest()) == text_of(other.rest()) == "whole"


def test_a_reply_can_be_looked_at_while_it_is_made(slow: Person, gate: Gate) -> None:
    with slow.reading("POST", replies_of(slow.begins()), {"message": "Hi"}) as reading:
        reply_id = reading.next().data["reply"]["id"]
        reading.next()

        reply = slow.reply(reply_id)

        assert (reply["state"], reply["text"], reply["usage"], reply["cost"]) == ("running", "half ", None, None)
        gate.open()


def test_a_reply_goes_on_when_its_readers_have_gone(slow: Person, gate: Gate) -> None:
    with slow.reading("POST", replies_of(slow.begins()), {"message": "Hi"}) as reading:
        reply_id = reading.next().data["reply"]["id"]
    with slow.reading("GET", f"/api/replies/{reply_id}/events") as reading:
        reading.next()

    gate.open()

    assert text_of(slow.follows(reply_id)) == "half whole"
    assert slow.reply(reply_id)["state"] == "complete"


def test_a_reply_ends_with_its_last_reader_where_that_was_asked_for(slow: Person) -> None:
    body = {"message": "Hi", "on_disconnect": "cancel"}
    with slow.reading("POST", replies_of(slow.begins()), body) as reading:
        reply_id = reading.next().data["reply"]["id"]
        with slow.reading("GET", f"/api/replies/{reply_id}/events") as other:
            other.next()
        slow.app.replies.beat()
        assert slow.reply(reply_id)["state"] == "running"

    slow.app.replies.beat()
    reply = slow.reply(reply_id)
    assert (reply["state"], reply["error"]["code"]) == ("abandoned", "abandoned")
    assert slow.app.calls[0].ended == "cancelled"


def test_who_did_not_wait_may_come_back_for_a_while(slow: Person, gate: Gate, clock: FakeClock) -> None:
    body = {"message": "Hi", "on_disconnect": "cancel"}
    reply = slow.posts(replies_of(slow.begins()), body).json
    clock.advance(9.9)
    slow.app.replies.beat()

    assert slow.reply(reply["id"])["state"] == "running"
    with slow.reading("GET", f"/api/replies/{reply['id']}/events") as reading:
        reading.next()
        gate.open()
        assert text_of(reading.rest()) == "half whole"


def test_nobody_comes_back_to_an_answer_for_ever(slow: Person, clock: FakeClock) -> None:
    kept = slow.posts(replies_of(slow.begins()), {"message": "Hi", "on_disconnect": "cancel"}).json

    clock.advance(10)
    slow.app.replies.beat()

    assert slow.reply(kept["id"])["state"] == "abandoned"


def test_stopping_keeps_the_text_so_far_and_ends_the_bill(slow: Person) -> None:
    with slow.reading("POST", replies_of(slow.begins()), {"message": "Hi"}) as reading:
        reply_id = reading.next().data["reply"]["id"]
        reading.next()

        stopped = slow.posts(f"/api/replies/{reply_id}/stop")

        last = reading.rest()[-1].data
    assert (stopped.status, stopped.json) == (200, slow.reply(reply_id))
    assert (stopped.json["state"], stopped.json["text"], stopped.json["finish_reason"]) == ("stopped", "half ", None)
    assert (last["done"], last["state"], last["finish_reason"]) == (True, "stopped", None)
    assert last["cost"]["source"] == "estimated"
    assert slow.app.calls[0].ended == "cancelled"


def test_a_reply_can_be_stopped_before_its_first_word() -> None:
    alice = Person(app_with([once(Gate(), "never")]))
    reply = alice.posts(replies_of(alice.begins()), {"message": "Hi"}).json

    stopped = alice.posts(f"/api/replies/{reply['id']}/stop")

    assert (stopped.status, stopped.json["state"], stopped.json["text"]) == (200, "stopped", "")


def test_stopping_what_has_ended_changes_nothing(alice: Person) -> None:
    reply = alice.asks(alice.begins())

    stopped = alice.posts(f"/api/replies/{reply['id']}/stop")

    assert (stopped.status, stopped.json) == (200, reply)


def test_after_a_stop_the_conversation_goes_on() -> None:
    alice = Person(app_with([once("half ", Gate()), once("Yes.")]))
    talk = alice.begins()
    reply = alice.posts(replies_of(talk), {"message": "Hi"}).json
    with alice.reading("GET", f"/api/replies/{reply['id']}/events") as reading:
        assert [reading.next().place, reading.next().place] == [None, 5]
        alice.posts(f"/api/replies/{reply['id']}/stop")

    alice.asks(talk, "Still there?")

    assert alice.texts(talk) == ["Hi", "half ", "Still there?", "Yes."]


def test_a_program_without_cookies_does_the_same(app: AppUnderTest) -> None:
    robot = program(app)

    reply = robot.asks(robot.begins())

    assert (reply["text"], robot.cookies) == (TEXT, {})


def test_one_answer_has_only_so_many_readers(gate: Gate) -> None:
    alice = Person(app_with([once("half ", gate)], limits=ReplyLimits(followers=1)))
    with alice.reading("POST", replies_of(alice.begins()), {"message": "Hi"}) as reading:
        reply_id = reading.next().data["reply"]["id"]

        refused = alice.gets(f"/api/replies/{reply_id}/events")

        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "at_capacity", "5")
        alice.posts(f"/api/replies/{reply_id}/stop")
