"""What every ``ReplyStore`` keeps when a reply begins, and when it refuses to."""

from dataclasses import replace

import pytest

from chatapp.domain.entities import Message, Role
from chatapp.domain.errors import Conflict, NotFound
from chatapp.domain.kept import Opening
from chatapp.domain.reply import ReplyRecord
from tests.contracts.storage import (
    ALICE,
    BOB,
    MODEL,
    OTHER_OWNER,
    OWNER,
    Storage,
    another_answer,
    asked,
    at,
    conversation,
    opening,
)


def test_a_reply_begins_empty_under_its_question(kept: Storage) -> None:
    kept.begin(opening(request_id="request-1"))

    running = ReplyRecord("r1", MODEL, conversation_id="c1", user_message_id="q1", request_id="request-1", left_out=0)
    assert kept.replies.find(ALICE, "r1") == running
    assert kept.conversations.history(ALICE, "r1") == [Message(Role.USER, "Hi"), Message(Role.ASSISTANT, "")]


def test_what_was_left_out_is_told_of_an_answer_from_the_start(kept: Storage) -> None:
    kept.begin(opening(1, left_out=12))
    kept.begin(another_answer(2, to="q1"))

    told = {message_id: kept.conversations.message(ALICE, message_id) for message_id in ("q1", "r1", "r2")}
    assert {name: message and message.left_out for name, message in told.items()} == {"q1": None, "r1": 12, "r2": 0}
    assert kept.reply("r1").left_out == 12


def test_a_new_reply_is_the_leaf_of_its_conversation(kept: Storage) -> None:
    kept.answer(opening(1))
    kept.begin(opening(2, parent_id="r1", seconds=60))

    after = kept.conversation()
    assert (after.leaf_id, after.updated_at, after.created_at) == ("r2", at(60), at(0))


@pytest.mark.parametrize(("before", "after"), [("", "Greetings"), ("Mine", "Mine")])
def test_the_first_question_names_a_conversation_without_a_title(kept: Storage, before: str, after: str) -> None:
    kept.conversations.create(ALICE, conversation("c2", title=before))

    kept.begin(opening(conversation_id="c2", title="Greetings"))

    assert kept.conversation("c2").title == after


def test_a_question_under_no_parent_is_a_new_root(kept: Storage) -> None:
    kept.answer(opening(1))
    kept.answer(opening(2))

    roots = kept.conversations.branch(ALICE, "q2", 10)
    assert [(root.id, root.parent_id, root.siblings) for root in roots] == [("q2", None, ("q1", "q2"))]


def test_a_question_stands_under_the_answer_it_follows(kept: Storage) -> None:
    kept.answer(opening(1))
    kept.answer(opening(2, parent_id="r1"))

    assert kept.branch("r2") == ["q1", "r1", "q2", "r2"]


def test_another_answer_stands_beside_the_first(kept: Storage) -> None:
    kept.answer(opening(1))
    kept.begin(another_answer(2, to="q1"))

    _, answer = kept.conversations.branch(ALICE, "r2", 10)
    assert (answer.parent_id, answer.siblings) == ("q1", ("r1", "r2"))
    assert kept.reply("r2").user_message_id == "q1"


@pytest.mark.parametrize(
    "refused",
    [
        opening(9, conversation_id="c9"),
        opening(9, conversation_id="of-bob"),
        opening(9, visitor_id=BOB),
        opening(9, visitor_id="nobody"),
        opening(9, parent_id="r8"),
        opening(9, parent_id="r2"),
        opening(9, parent_id="r3"),
        another_answer(9, to="q8"),
        another_answer(9, to="q2"),
        another_answer(9, to="q3"),
        replace(opening(9), question=None),
    ],
    ids=[
        "no conversation",
        "a stranger's conversation",
        "own conversation for a stranger",
        "nobody",
        "no parent",
        "a parent elsewhere",
        "a stranger's parent",
        "no question",
        "a question elsewhere",
        "a stranger's question",
        "neither question nor parent",
    ],
)
def test_what_belongs_nowhere_is_not_kept(kept: Storage, refused: Opening) -> None:
    kept.conversations.create(ALICE, conversation("c2"))
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.answer(opening(1))
    kept.answer(opening(2, conversation_id="c2"))
    kept.answer(opening(3, conversation_id="of-bob", visitor_id=BOB))
    before = kept.conversation()

    with pytest.raises(NotFound):
        kept.open(replace(refused, asked=asked(9)), OWNER)

    assert kept.conversation() == before
    assert [kept.conversations.message(ALICE, message_id) for message_id in ("q9", "r9")] == [None, None]
    assert kept.replies.find_asked(refused.visitor_id, "client-1") is None


def test_nothing_stands_under_a_reply_that_is_still_made(kept: Storage) -> None:
    kept.begin(opening(1))
    before = kept.conversation()

    with pytest.raises(Conflict) as conflict:
        kept.open(opening(2, parent_id="r1", asked=asked(2)), OTHER_OWNER)

    assert "r1" in conflict.value.details[0].reason
    assert kept.conversation() == before
    assert kept.conversations.message(ALICE, "q2") is None
    assert kept.replies.find_asked(ALICE, "client-1") is None


def test_branches_of_a_conversation_run_at_the_same_time(kept: Storage) -> None:
    kept.begin(opening(1))
    kept.begin(another_answer(2, to="q1"), owner=OTHER_OWNER)
    kept.begin(opening(3))

    assert set(kept.replies.running(ALICE)) == {"r1", "r2", "r3"}


def test_what_was_asked_is_known_by_the_callers_own_id(kept: Storage) -> None:
    kept.begin(opening(asked=asked()))

    assert kept.replies.find_asked(ALICE, "client-1") == asked()
    assert kept.replies.find_asked(ALICE, "client-2") is None
    assert kept.replies.find_asked(BOB, "client-1") is None


@pytest.mark.parametrize("digest", ["digest-1", "of something else"])
def test_the_same_client_id_is_not_asked_twice(kept: Storage, digest: str) -> None:
    kept.begin(opening(1, asked=asked(1)))
    before = kept.conversation()

    again = kept.open(opening(2, asked=asked(2, digest=digest)), OTHER_OWNER)

    assert again == asked(1)
    assert kept.conversation() == before
    assert [kept.conversations.message(ALICE, message_id) for message_id in ("q2", "r2")] == [None, None]


@pytest.mark.parametrize(("conversation_id", "parent_id"), [("c1", "r1"), ("c1", "r8"), ("c9", None)])
def test_a_known_client_id_is_answered_where_a_new_one_is_refused(
    kept: Storage, conversation_id: str, parent_id: str | None
) -> None:
    kept.begin(opening(1, asked=asked(1)))

    again = opening(2, asked=asked(2), conversation_id=conversation_id, parent_id=parent_id)

    assert kept.open(again, OWNER) == asked(1)


def test_client_ids_of_two_visitors_have_nothing_to_do_with_each_other(kept: Storage) -> None:
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.begin(opening(1, asked=asked(1)))

    kept.begin(opening(2, asked=asked(2), visitor_id=BOB, conversation_id="of-bob"))

    assert kept.replies.find_asked(ALICE, "client-1") == asked(1)
    assert kept.replies.find_asked(BOB, "client-1") == asked(2)
