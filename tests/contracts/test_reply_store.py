"""What every ``ReplyStore`` keeps of a reply while it grows, when it ends, and what is told of it."""

from dataclasses import replace

import pytest

from chatapp.domain.entities import Cost, Role, Source
from chatapp.domain.errors import ProviderRateLimited
from chatapp.domain.kept import News, Piece
from chatapp.domain.reply import ReplyRecord, ReplyState
from tests.contracts.storage import (
    ALICE,
    BOB,
    OWNER,
    Storage,
    another_answer,
    at,
    conversation,
    ended,
    opening,
    whole,
)
from tests.contracts.storage import message as imported


def tied(record: ReplyRecord) -> ReplyRecord:
    """Return the record with what ties the sample reply to where it was asked."""
    return replace(record, conversation_id="c1", user_message_id="q1", request_id="request-1", left_out=3)


def test_pieces_are_added_in_their_order(kept: Storage) -> None:
    kept.begin(opening(), "Hel", "lo ", "🙂")

    assert (kept.reply("r1").text, kept.reply("r1").state) == ("Hello 🙂", ReplyState.RUNNING)


def test_pieces_of_many_replies_are_added_in_one_go(kept: Storage) -> None:
    for number in (1, 2, 3):
        kept.begin(opening(number))

    kept.replies.checkpoint(OWNER, {"r1": Piece(0, "one"), "r3": Piece(0, "three")})

    assert [kept.reply(name).text for name in ("r1", "r2", "r3")] == ["one", "", "three"]


def test_a_piece_that_comes_again_takes_the_place_of_the_first(kept: Storage) -> None:
    kept.begin(opening(), "🙂 one", " two")

    kept.replies.checkpoint(OWNER, {"r1": Piece(5, " two")})
    kept.replies.checkpoint(OWNER, {"r1": Piece(5, " two, three")})

    assert kept.reply("r1").text == "🙂 one two, three"


def test_the_text_so_far_is_shown_in_the_conversation(kept: Storage) -> None:
    kept.begin(opening(), "Hel", "lo")

    assert [each.text for each in kept.conversations.branch(ALICE, "r1", 10)] == ["Hi", "Hello"]
    assert [each.content for each in kept.conversations.history(ALICE, "r1")] == ["Hi", "Hello"]
    message = kept.conversations.message(ALICE, "r1")
    assert message is not None
    assert (message.text, message.state) == ("Hello", ReplyState.RUNNING)


def test_what_does_not_run_cannot_grow(kept: Storage) -> None:
    kept.answer(opening(1), "whole")
    kept.begin(opening(2))

    pieces = {"r1": Piece(5, " and more"), "r2": Piece(0, "x"), "q1": Piece(0, "x"), "r8": Piece(0, "x")}
    assert kept.replies.checkpoint(OWNER, pieces) == {"r2": False}

    assert [kept.reply(name).text for name in ("r1", "r2")] == ["whole", "x"]
    assert kept.replies.find(ALICE, "r8") is None


@pytest.mark.parametrize(
    "record",
    [
        ended(finish_reason="stop", text="Hello 🙂"),
        ended(state=ReplyState.TRUNCATED, finish_reason="length"),
        ended(state=ReplyState.STOPPED, finish_reason=None, text=""),
        ended(usage=None, cost=Cost(None, Source.UNKNOWN)),
        ended(usage=None, cost=None),
    ],
)
def test_the_end_is_kept_with_all_that_belongs_to_it(kept: Storage, record: ReplyRecord) -> None:
    kept.begin(opening(request_id="request-1", left_out=3), "what was stored meanwhile")

    assert kept.finish(record, OWNER)

    assert kept.reply("r1") == tied(record)
    message = kept.conversations.message(ALICE, "r1")
    assert message is not None
    told = (message.text, message.state, message.finish_reason, message.usage, message.cost, message.request_id)
    assert told == (record.text, record.state, record.finish_reason, record.usage, record.cost, "request-1")


def test_why_a_reply_failed_is_kept(kept: Storage) -> None:
    kept.begin(opening())
    error = ProviderRateLimited("Slower, “please”.", retry_after_seconds=7)

    kept.finish(ended(state=ReplyState.FAILED, error=error), OWNER)

    for found in (kept.reply("r1"), kept.conversations.message(ALICE, "r1")):
        assert found is not None
        assert isinstance(found.error, ProviderRateLimited)
        assert (str(found.error), found.error.retry_after_seconds) == ("Slower, “please”.", 7)


def test_an_end_does_not_touch_the_conversation(kept: Storage) -> None:
    kept.begin(opening(1))
    kept.begin(another_answer(2, to="q1"))
    before = kept.conversation()

    kept.finish(ended("r1"), OWNER)

    assert kept.conversation() == before


def test_a_reply_ends_only_once(kept: Storage) -> None:
    kept.begin(opening())
    ends = [ended(text="first"), ended(text="second", state=ReplyState.FAILED), ended(text="first")]

    assert [kept.finish(end, OWNER) for end in ends] == [True, False, False]
    assert kept.reply("r1").text == "first"


def test_what_was_never_opened_cannot_end(kept: Storage) -> None:
    assert not kept.finish(ended("r8"), OWNER)
    assert kept.replies.find(ALICE, "r8") is None


def test_only_an_answer_is_found_as_a_reply(kept: Storage) -> None:
    kept.begin(opening())

    assert kept.replies.find(ALICE, "q1") is None
    assert kept.replies.find(BOB, "r1") is None


def test_an_imported_answer_is_found_as_a_reply(kept: Storage) -> None:
    answer = imported("m2", "m1", "Hello", role=Role.ASSISTANT)
    kept.archive.add(ALICE, [whole(conversation("c2"), imported("m1"), answer)])

    found = kept.reply("m2")

    assert (found.text, found.state, found.conversation_id) == ("Hello", ReplyState.COMPLETE, "c2")
    assert found.user_message_id == "m1"


@pytest.mark.parametrize(
    ("offset", "rest"), [(0, "a🙂é👩‍👧 z"), (1, "🙂é👩‍👧 z"), (2, "é👩‍👧 z"), (4, "\u200d👧 z"), (8, ""), (9, "")]
)
def test_news_begin_after_exactly_so_many_characters(kept: Storage, offset: int, rest: str) -> None:
    kept.begin(opening(), "a🙂", "é👩", "\u200d👧 z")

    assert kept.replies.news({(ALICE, "r1"): offset}) == {(ALICE, "r1"): News(rest)}


def test_news_tell_of_an_end_with_the_whole_record(kept: Storage) -> None:
    kept.begin(opening(request_id="request-1", left_out=3), "🙂 hel")
    kept.finish(ended(text="🙂 hello"), OWNER)

    news = kept.replies.news({(ALICE, "r1"): 5})

    assert news == {(ALICE, "r1"): News("lo", tied(ended(text="🙂 hello")))}


def test_news_of_many_replies_are_told_at_once(kept: Storage) -> None:
    kept.begin(opening(1), "one")
    kept.begin(opening(2), "two")
    kept.answer(opening(3), "three")

    news = kept.replies.news({(ALICE, "r1"): 0, (ALICE, "r2"): 3, (ALICE, "r3"): 0})

    told = {reply_id: (new.text, new.ending is not None) for (_, reply_id), new in news.items()}
    assert told == {"r1": ("one", False), "r2": ("", False), "r3": ("three", True)}


def test_there_are_no_news_of_what_is_not_there(kept: Storage) -> None:
    kept.begin(opening(), "text")

    assert kept.replies.news({(BOB, "r1"): 0, (ALICE, "r8"): 0}) == {}
    assert kept.replies.news({}) == {}


def test_the_owner_hears_that_a_reply_is_to_stop(kept: Storage) -> None:
    kept.begin(opening(1))
    kept.begin(opening(2))

    kept.replies.request_stop(ALICE, "r1")

    assert kept.replies.checkpoint(OWNER, {"r2": Piece(0, "x")}) == {"r1": True, "r2": False}
    assert kept.reply("r1").state is ReplyState.RUNNING


def test_only_its_visitor_stops_a_reply(kept: Storage) -> None:
    kept.begin(opening(1))

    kept.replies.request_stop(BOB, "r1")
    kept.replies.request_stop(ALICE, "r8")

    assert kept.replies.checkpoint(OWNER, {}) == {"r1": False}


def test_a_reply_that_has_ended_does_not_stop(kept: Storage) -> None:
    kept.answer(opening(1))

    kept.replies.request_stop(ALICE, "r1")

    assert kept.reply("r1").state is ReplyState.COMPLETE
    assert kept.replies.checkpoint(OWNER, {}) == {}


def test_running_replies_are_told_by_visitor_and_conversation(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2"))
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.begin(opening(1))
    kept.answer(opening(2))
    kept.begin(opening(3, conversation_id="c2"))
    kept.begin(opening(4, conversation_id="of-bob", visitor_id=BOB))

    assert sorted(kept.replies.running(ALICE)) == ["r1", "r3"]
    assert kept.replies.running(ALICE, "c2") == ["r3"]
    assert kept.replies.running(ALICE, "of-bob") == []
    assert kept.replies.running(BOB) == ["r4"]


def test_times_are_kept_in_whole_milliseconds(kept: Storage) -> None:
    kept.begin(opening(seconds=1.0079))

    message = kept.conversations.message(ALICE, "q1")
    assert message is not None
    assert (message.created_at, kept.conversation().updated_at) == (at(1.007), at(1.007))
