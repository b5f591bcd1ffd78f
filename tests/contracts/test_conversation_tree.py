"""How every ``ConversationStore`` reads the tree of a conversation's messages."""

import pytest

from chatapp.domain.entities import Message, Role
from chatapp.domain.kept import KeptMessage
from chatapp.domain.reply import ReplyState
from tests.contracts.storage import (
    ALICE,
    BOB,
    MODEL,
    Storage,
    another_answer,
    at,
    conversation,
    message,
    opening,
    whole,
)


@pytest.fixture
def tree(kept: Storage) -> Storage:
    """Each storage with a conversation that has branches.

    q1 ── r1 ── q3 ── r3 ── q5 ── r5
     │     └─── q4 ── r4
     └─── r2 ── q6 ── r6
    q7 ── r7
    """
    kept.answer(opening(1, "one"), "ONE")
    kept.answer(another_answer(2, to="q1"), "TWO")
    kept.answer(opening(3, "three", parent_id="r1"), "THREE")
    kept.answer(opening(4, "four", parent_id="r1"), "FOUR")
    kept.answer(opening(5, "five", parent_id="r3"), "FIVE")
    kept.answer(opening(6, "six", parent_id="r2"), "SIX")
    kept.answer(opening(7, "seven"), "SEVEN")
    return kept


@pytest.mark.parametrize(
    ("leaf_id", "branch"),
    [
        ("r5", ["q1", "r1", "q3", "r3", "q5", "r5"]),
        ("r4", ["q1", "r1", "q4", "r4"]),
        ("q6", ["q1", "r2", "q6"]),
        ("r7", ["q7", "r7"]),
        ("q1", ["q1"]),
    ],
)
def test_a_branch_is_all_that_leads_to_a_message(tree: Storage, leaf_id: str, branch: list[str]) -> None:
    assert tree.branch(leaf_id) == branch


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7])
def test_a_branch_is_cut_at_its_old_end(tree: Storage, limit: int) -> None:
    found = tree.conversations.branch(ALICE, "r5", limit)

    assert [each.id for each in found] == ["q1", "r1", "q3", "r3", "q5", "r5"][-limit:]


def test_siblings_are_told_in_the_order_in_which_they_were_made(tree: Storage) -> None:
    siblings = {each.id: each.siblings for each in tree.conversations.branch(ALICE, "r4", 10)}

    assert siblings == {"q1": ("q1", "q7"), "r1": ("r1", "r2"), "q4": ("q3", "q4"), "r4": ("r4",)}


def test_the_roots_of_other_conversations_are_no_siblings(tree: Storage) -> None:
    tree.conversations.create(ALICE, conversation("c2"))
    tree.conversations.create(BOB, conversation("of-bob"))
    tree.answer(opening(8, conversation_id="c2"))
    tree.answer(opening(9, conversation_id="of-bob", visitor_id=BOB))

    root, _ = tree.conversations.branch(ALICE, "r8", 10)
    assert root.siblings == ("q8",)


def test_messages_are_read_with_all_they_have(tree: Storage) -> None:
    asked, answer = tree.conversations.branch(ALICE, "r7", 10)

    assert asked == KeptMessage("q7", "c1", None, Role.USER, "seven", at(7), siblings=("q1", "q7"))
    told = (answer.parent_id, answer.role, answer.text, answer.created_at, answer.model_id, answer.state)
    assert told == ("q7", Role.ASSISTANT, "SEVEN", at(7), MODEL, ReplyState.COMPLETE)


def test_one_message_is_read_without_its_siblings(tree: Storage) -> None:
    found = tree.conversations.message(ALICE, "q4")

    assert found == KeptMessage("q4", "c1", "r1", Role.USER, "four", at(4))


def test_a_model_is_told_one_branch(tree: Storage) -> None:
    user, assistant = Role.USER, Role.ASSISTANT

    assert tree.conversations.history(ALICE, "q6") == [
        Message(user, "one"),
        Message(assistant, "TWO"),
        Message(user, "six"),
    ]


def test_an_empty_answer_is_part_of_the_history(kept: Storage) -> None:
    kept.answer(opening(1), "")
    kept.answer(opening(2, parent_id="r1"), "Hello")

    assert [each.content for each in kept.conversations.history(ALICE, "r2")] == ["Hi", "", "Hi", "Hello"]


@pytest.mark.parametrize(
    ("message_id", "leaf_id"),
    [("q1", "r6"), ("r1", "r4"), ("q3", "r5"), ("r2", "r6"), ("q7", "r7"), ("r5", "r5")],
)
def test_a_branch_goes_on_to_its_newest_end(tree: Storage, message_id: str, leaf_id: str) -> None:
    assert tree.conversations.newest_leaf(ALICE, message_id) == leaf_id


@pytest.mark.parametrize(("visitor_id", "message_id"), [(BOB, "r5"), (ALICE, "r9"), ("nobody", "r5")])
def test_where_there_is_no_message_there_is_no_branch(tree: Storage, visitor_id: str, message_id: str) -> None:
    assert tree.conversations.message(visitor_id, message_id) is None
    assert list(tree.conversations.branch(visitor_id, message_id, 10)) == []
    assert list(tree.conversations.history(visitor_id, message_id)) == []
    assert tree.conversations.newest_leaf(visitor_id, message_id) == message_id


def test_a_long_branch_is_read_from_its_new_end(kept: Storage) -> None:
    for number in range(1, 31):
        kept.begin(opening(number, parent_id=f"q{number - 1}" if number > 1 else None))

    found = kept.conversations.branch(ALICE, "q30", 3)

    assert [each.id for each in found] == ["q28", "q29", "q30"]
    assert len(kept.conversations.history(ALICE, "q30")) == 30


def test_a_branch_of_very_many_messages_is_whole(kept: Storage) -> None:
    ids = [f"m{number}" for number in range(1_201)]
    above = [None, *ids[:-1]]
    messages = [message(each, parent_id, f"text of {each}") for each, parent_id in zip(ids, above, strict=True)]
    kept.archive.add(ALICE, [whole(conversation("long"), *messages)])

    assert kept.conversations.newest_leaf(ALICE, "m0") == "m1200"
    assert [each.content for each in kept.conversations.history(ALICE, "m1200")] == [f"text of {each}" for each in ids]
    assert kept.conversations.delete(ALICE, "long")
    assert kept.conversations.message(ALICE, "m600") is None


@pytest.mark.parametrize(("characters", "count"), [(1, 1), (10, 1), (11, 2), (31, 4)])
def test_a_page_of_long_messages_ends_earlier(kept: Storage, characters: int, count: int) -> None:
    messages = [message(f"m{number}", f"m{number - 1}" if number else None, "äöü€" + 6 * "x") for number in range(5)]
    kept.archive.add(ALICE, [whole(conversation("long"), *messages)])

    found = [each.id for each in kept.conversations.branch(ALICE, "m4", 10, characters)]
    assert found == ["m0", "m1", "m2", "m3", "m4"][-count:]
    assert len(kept.conversations.history(ALICE, "m4")) == 5
