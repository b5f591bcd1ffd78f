"""Ids are unique for one visitor only: Alice may have imported what Bob has. Nothing of Bob's shows or changes then."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chatapp.domain.entities import Role
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Batch, Changes, Piece
from chatapp.domain.reply import ReplyState
from chatapp.domain.search import Query
from tests.contracts.storage import (
    ALICE,
    BOB,
    OWNER,
    Storage,
    another_answer,
    asked,
    at,
    conversation,
    ended,
    message,
    opening,
    silent,
    whole,
)

OF_BOB: dict[str, Any] = {"visitor_id": BOB, "conversation_id": "same"}
OF_ALICE: dict[str, Any] = {"visitor_id": ALICE, "conversation_id": "same"}


@pytest.fixture
def twins(kept: Storage) -> Storage:
    """Each storage where Bob asked twice, his second reply runs, and Alice has imported a copy of her own."""
    kept.conversations.create(BOB, conversation("same", title="Bob's title"))
    kept.answer(opening(1, "Bob's question", **OF_BOB, asked=asked(1)), "Bob's answer")
    kept.begin(opening(2, "Bob's next", **OF_BOB, parent_id="r1"), "Bob's half")
    answer = message("r1", "q1", "Alice's answer", role=Role.ASSISTANT)
    copy = (message("q1", text="Alice's question"), answer, message("r2", "r1", "Alice's", role=Role.ASSISTANT))
    kept.archive.add(ALICE, [whole(conversation("same", title="Alice's title"), *copy)])
    return kept


def all_of_bob(twins: Storage) -> object:
    """Return everything that Bob has, as it can be seen through the ports."""
    twins.catch_up()
    return (
        list(twins.conversations.listed(BOB, None, 10)),
        list(twins.archive.messages(BOB, "same")),
        list(twins.conversations.branch(BOB, "r2", 10)),
        list(twins.conversations.search(BOB, Query.parse("Bob's"), None, 10)),
        twins.replies.find(BOB, "r2"),
        twins.replies.running(BOB),
        twins.replies.find_asked(BOB, "client-1"),
        twins.visitors.seen_at(BOB),
        twins.replies.checkpoint(OWNER, {}),
    )


def test_everybody_reads_their_own_copy(twins: Storage) -> None:
    for visitor_id, name in ((ALICE, "Alice's"), (BOB, "Bob's")):
        texts = [each.text for each in twins.conversations.branch(visitor_id, "r1", 10)]

        assert texts == [f"{name} question", f"{name} answer"]
        assert [each.content for each in twins.conversations.history(visitor_id, "r1")] == texts
        assert [each.text for each in twins.archive.messages(visitor_id, "same")][:2] == texts
        assert twins.conversation("same", visitor_id).title == f"{name} title"
        assert twins.reply("r1", visitor_id).text == f"{name} answer"


def test_the_tree_of_each_holds_their_own_messages(twins: Storage) -> None:
    assert [each.siblings for each in twins.conversations.branch(ALICE, "r2", 10)] == [("q1",), ("r1",), ("r2",)]
    assert [each.siblings for each in twins.conversations.branch(BOB, "r2", 2)] == [("q2",), ("r2",)]
    assert [twins.conversations.newest_leaf(each, "q1") for each in (ALICE, BOB)] == ["r2", "r2"]
    assert twins.conversations.newest_leaf(ALICE, "q2") == "q2"
    assert twins.conversations.message(ALICE, "q2") is None


def test_news_are_told_of_each_copy(twins: Storage) -> None:
    news = twins.replies.news({(ALICE, "r2"): 0, (BOB, "r2"): 0})

    assert (news[ALICE, "r2"].text, news[BOB, "r2"].text) == ("Alice's", "Bob's half")
    assert (news[ALICE, "r2"].ending is None, news[BOB, "r2"].ending is None) == (False, True)


def test_everybody_finds_their_own_copy(twins: Storage) -> None:
    twins.catch_up()

    def found(visitor_id: str, text: str) -> list[str]:
        return [each.text for each in twins.conversations.search(visitor_id, Query.parse(text), None, 10)]

    assert found(ALICE, "question") == ["Alice's question"]
    assert found(BOB, "question") == ["Bob's question"]
    assert found(ALICE, "Bob's") == found(BOB, "Alice's") == []


def test_a_copy_does_not_run(twins: Storage) -> None:
    assert (twins.replies.running(ALICE), twins.replies.running(BOB)) == ([], ["r2"])
    assert {orphan.record.text for orphan in twins.replies.orphans(silent(0))} == {"Bob's half"}


def test_the_owner_changes_the_reply_that_runs_not_its_copy(twins: Storage) -> None:
    before = list(twins.archive.messages(ALICE, "same"))

    assert twins.replies.checkpoint(OWNER, {"r2": Piece(10, " and more")}) == {"r2": False}
    assert twins.finish(ended("r2", "Bob's whole"), OWNER)

    assert (twins.reply("r2", BOB).text, twins.reply("r2", BOB).state) == ("Bob's whole", ReplyState.COMPLETE)
    assert list(twins.archive.messages(ALICE, "same")) == before


def test_client_ids_are_not_shared(twins: Storage) -> None:
    assert twins.replies.find_asked(ALICE, "client-1") is None


def test_what_alice_has_is_known_of_her_alone(twins: Storage) -> None:
    assert twins.archive.known_conversations(ALICE, ["same"]) == {"same": "r2"}
    assert twins.archive.known_messages(ALICE, ["q1", "r1", "q2", "r2"]) == dict.fromkeys(["q1", "r1", "r2"], "same")


def change(twins: Storage) -> None:
    changes = Changes("New", pinned=True, leaf_id="q1", model_id="gpt-4o", system="Be brief.")
    assert twins.conversations.change(ALICE, "same", changes)


def point_at_a_message_of_bob(twins: Storage) -> None:
    with pytest.raises(NotFound):
        twins.conversations.change(ALICE, "same", Changes(leaf_id="q2"))


def delete(twins: Storage) -> None:
    assert twins.conversations.delete(ALICE, "same")


def leave(twins: Storage) -> None:
    twins.visitors.remove(ALICE)


def request_stop(twins: Storage) -> None:
    twins.replies.request_stop(ALICE, "r2")


def ask_on(twins: Storage) -> None:
    twins.answer(opening(7, **OF_ALICE, parent_id="r2", asked=asked(7), title="New"), owner="process-7")


def ask_under_a_message_of_bob(twins: Storage) -> None:
    with pytest.raises(NotFound):
        twins.open(opening(7, **OF_ALICE, parent_id="q2"), OWNER)


def answer_again(twins: Storage) -> None:
    twins.answer(another_answer(7, "q1", **OF_ALICE), owner="process-7")


def import_more(twins: Storage) -> None:
    more = replace(message("q2", "r2", "Alice's next", created_at=at(99)), conversation_id="same")
    twins.archive.add(ALICE, [Batch("same", None, (more,), leaf_id="q2")])


def note_seen(twins: Storage) -> None:
    twins.visitors.note_seen(ALICE, at(99))


DEEDS = [
    change,
    point_at_a_message_of_bob,
    delete,
    leave,
    request_stop,
    ask_on,
    ask_under_a_message_of_bob,
    answer_again,
    import_more,
    note_seen,
]


@pytest.mark.parametrize("do", DEEDS, ids=lambda do: do.__name__)
def test_whatever_alice_does_bob_has_what_he_had(twins: Storage, do: Callable[[Storage], None]) -> None:
    before = all_of_bob(twins)

    do(twins)

    assert all_of_bob(twins) == before


def test_what_bob_does_leaves_alice_what_she_had(twins: Storage) -> None:
    before = list(twins.archive.messages(ALICE, "same"))

    twins.conversations.delete(BOB, "same")

    assert list(twins.archive.messages(ALICE, "same")) == before
    assert twins.conversation("same").title == "Alice's title"


def test_news_are_those_of_ones_own_reply(twins: Storage) -> None:
    news = twins.replies.news({(ALICE, "r1"): 0, (BOB, "r2"): 0})

    assert {key: each.text for key, each in news.items()} == {
        (ALICE, "r1"): "Alice's answer",
        (BOB, "r2"): "Bob's half",
    }
