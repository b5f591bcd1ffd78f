"""What every ``Archive`` gives out and takes in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chatapp.domain.entities import Role
from chatapp.domain.errors import Conflict, NotFound, ProviderFailed
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer import Imported, Limits, export_jsonl, import_jsonl
from tests.contracts.storage import (
    ALICE,
    BOB,
    COST,
    OWNER,
    USAGE,
    Storage,
    at,
    conversation,
    ended,
    message,
    opening,
    whole,
)

ANSWER = message("m2", "m1", "Hello 🙂", role=Role.ASSISTANT, created_at=at(1), left_out=(1 << 31) - 1)


def messages_of(storage: Storage, conversation_id: str, visitor_id: str = ALICE) -> list[KeptMessage]:
    return list(storage.archive.messages(visitor_id, conversation_id))


def test_conversations_are_told_oldest_first(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c3", 10))
    kept.conversations.create(ALICE, conversation("c2", 10, updated_at=at(99), pinned=True, title="Owls"))
    kept.conversations.create(ALICE, conversation("c0", 20))
    kept.conversations.create(BOB, conversation("of-bob", 5))

    assert [each.id for each in kept.archive.conversations(ALICE)] == ["c1", "c2", "c3", "c0"]
    assert next(iter(kept.archive.conversations(BOB))) == kept.conversation("of-bob", BOB)
    assert list(kept.archive.conversations("nobody")) == []


def test_messages_are_told_in_the_order_in_which_they_were_made(kept: Storage) -> None:
    kept.answer(opening(1, seconds=30))
    kept.answer(opening(2, seconds=20))
    kept.answer(opening(3, seconds=20, parent_id="r1"))

    assert [each.id for each in messages_of(kept, "c1")] == ["q1", "r1", "q2", "r2", "q3", "r3"]


def test_messages_are_told_whole_and_without_siblings(kept: Storage) -> None:
    kept.begin(opening(request_id="request-1"), "half")
    kept.finish(ended(), OWNER)

    question, answer = messages_of(kept, "c1")

    assert question == kept.conversations.message(ALICE, "q1")
    assert answer == kept.conversations.message(ALICE, "r1")
    assert (answer.usage, answer.cost, answer.request_id, answer.siblings) == (USAGE, COST, "request-1", ())


def test_a_conversation_is_told_with_its_instructions(kept: Storage) -> None:
    kept.conversations.create(BOB, conversation("c1", 1, system="Be brief."))
    kept.conversations.create(BOB, conversation("c2", 2))

    assert [each.system for each in kept.archive.conversations(BOB)] == ["Be brief.", None]


def test_messages_of_others_are_not_told(kept: Storage) -> None:
    kept.answer(opening(1))

    assert messages_of(kept, "c1", BOB) == messages_of(kept, "c9") == []


def test_long_conversations_are_told_whole(kept: Storage) -> None:
    messages = [message(f"m{number}", f"m{number - 1}" if number else None) for number in range(250)]
    kept.archive.add(ALICE, [whole(conversation("c2"), *messages)])

    assert [each.id for each in messages_of(kept, "c2")] == [each.id for each in messages]


def test_a_conversation_comes_in_as_it_went_out(kept: Storage) -> None:
    made = conversation("c2", 5, title="Owls", pinned=True, model_id="gpt-4o", system="Be brief.", updated_at=at(9))
    batch = whole(
        made,
        message("m1", text="Hi"),
        replace(ANSWER, model_id="o1", finish_reason="length", state=ReplyState.TRUNCATED, usage=USAGE, cost=COST),
        message("m3", "m2", role=Role.SYSTEM, text="Be kind.", request_id="request-1"),
        message("m4", text="", created_at=at(-1000)),
    )

    kept.archive.add(ALICE, [batch])

    assert kept.conversation("c2") == batch.conversation
    assert messages_of(kept, "c2") == list(batch.messages)
    assert kept.branch("m3") == ["m1", "m2", "m3"]


def test_why_an_answer_failed_comes_in_too(kept: Storage) -> None:
    failed = replace(ANSWER, state=ReplyState.FAILED, error=ProviderFailed("It broke."))
    kept.archive.add(ALICE, [whole(conversation("c2"), message("m1"), failed)])

    error = messages_of(kept, "c2")[1].error

    assert (type(error), str(error)) == (ProviderFailed, "It broke.")


def test_an_imported_conversation_goes_on(kept: Storage) -> None:
    kept.archive.add(ALICE, [whole(conversation("c2"), message("m1"), ANSWER)])

    kept.answer(opening(1, conversation_id="c2", parent_id="m2", title="Greetings"))

    assert kept.branch("r1") == ["m1", "m2", "q1", "r1"]
    assert (kept.conversation("c2").leaf_id, kept.conversation("c2").title) == ("r1", "Greetings")


def test_messages_are_added_to_a_conversation_that_is_there(kept: Storage) -> None:
    kept.answer(opening(1))
    before = kept.conversation()

    kept.archive.add(ALICE, [Batch("c1", None, (message("m1", "q1", created_at=at(-1000)), message("m2", "m1")))])

    assert [each.id for each in messages_of(kept, "c1")] == ["q1", "r1", "m1", "m2"]
    assert kept.conversations.branch(ALICE, "m1", 1)[0].siblings == ("r1", "m1")
    assert kept.conversation() == before


def test_added_messages_may_bring_a_new_leaf(kept: Storage) -> None:
    kept.answer(opening(1))
    before = kept.conversation()

    kept.archive.add(ALICE, [Batch("c1", None, (message("m1", "r1"),), leaf_id="m1")])
    assert kept.conversation() == replace(before, leaf_id="m1")

    kept.archive.add(ALICE, [Batch("c1", None, (), leaf_id="r1")])
    assert kept.conversation() == before


def test_a_conversation_may_come_in_several_parts(kept: Storage) -> None:
    kept.archive.add(
        ALICE,
        [
            Batch("c2", conversation("c2"), (message("m1", conversation_id="c2"),)),
            whole(conversation("c3"), message("m9")),
            Batch("c2", None, (replace(ANSWER, conversation_id="c2"),), leaf_id="m2"),
        ],
    )

    assert [each.id for each in messages_of(kept, "c2")] == ["m1", "m2"]
    assert [kept.conversation(each).leaf_id for each in ("c2", "c3")] == ["m2", "m9"]


def test_what_is_known_is_told(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2"))
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.answer(opening(1))
    kept.answer(opening(2, conversation_id="of-bob", visitor_id=BOB))

    assert kept.archive.known_conversations(ALICE, ["c1", "c2", "c9", "of-bob"]) == {"c1": "r1", "c2": None}
    assert kept.archive.known_messages(ALICE, {"q1", "r1", "q2", "m9"}) == {"q1": "c1", "r1": "c1"}
    assert kept.archive.known_messages(BOB, ["q1", "r2"]) == {"r2": "of-bob"}


def test_of_no_ids_none_is_known(kept: Storage) -> None:
    assert kept.archive.known_conversations(ALICE, []) == {}
    assert kept.archive.known_messages(ALICE, []) == {}


@pytest.mark.parametrize("visitor_id", ["nobody", BOB])
def test_nothing_is_kept_for_somebody_who_is_gone(kept: Storage, visitor_id: str) -> None:
    kept.visitors.remove(BOB)

    with pytest.raises(NotFound):
        kept.archive.add(visitor_id, [whole(conversation("c2"), message("m1"))])

    assert list(kept.archive.conversations(visitor_id)) == []


@pytest.mark.parametrize(
    "refused",
    [
        Batch("c9", None, (message("m2", conversation_id="c9"),)),
        Batch("of-bob", None, (message("m2", conversation_id="of-bob"),)),
        whole(conversation("c1"), message("m2")),
        whole(conversation("c3"), message("q1")),
    ],
    ids=["no conversation", "a stranger's conversation", "a conversation twice", "a message twice"],
)
def test_all_is_kept_or_nothing(kept: Storage, refused: Batch) -> None:
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.answer(opening(1))
    before = kept.conversation()

    with pytest.raises(Conflict):
        kept.archive.add(ALICE, [whole(conversation("c2"), message("m1")), refused])

    assert [each.id for each in kept.archive.conversations(ALICE)] == ["c1"]
    assert kept.conversation() == before
    assert kept.archive.known_messages(ALICE, ["m1", "m2"]) == {}


def test_what_many_import_at_once_is_there_once(kept: Storage) -> None:
    messages = [message(f"m{number}", f"m{number - 1}" if number else None) for number in range(100)]
    kept.archive.add(BOB, [whole(conversation("c2"), *messages)])
    file = list(export_jsonl(kept.archive, BOB))

    def bring_in(_: int) -> Imported:
        return import_jsonl(kept.archive, ALICE, file, Limits(batch_messages=10))

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(bring_in, range(4)))

    assert (sum(each.conversations for each in told), sum(each.messages for each in told)) == (1, 100)
    assert {(each.conversations + each.messages + each.known, each.left_out) for each in told} == {(101, ())}
    assert messages_of(kept, "c2") == messages_of(kept, "c2", BOB)
    assert kept.conversation("c2") == kept.conversation("c2", BOB)
