"""What every ``ConversationStore`` keeps of conversations, how it lists them, and what it changes and removes."""

from dataclasses import replace

import pytest

from chatapp.domain.entities import Conversation
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Changes
from chatapp.domain.search import Query
from tests.contracts.storage import ALICE, BOB, OWNER, Storage, asked, conversation, ended, opening, silent

FULL = conversation("c2", 5, title="Über “alles” 🙂", pinned=True, model_id="gpt-4o", system="Be brief.")


def all_listed(storage: Storage, page_size: int, visitor_id: str = ALICE) -> list[str]:
    """Return the ids of all conversations, asked for page by page."""
    ids: list[str] = []
    after: Conversation | None = None
    while page := storage.conversations.listed(visitor_id, after, page_size):
        assert len(page) <= page_size
        ids += [each.id for each in page]
        assert len(ids) == len(set(ids))
        after = page[-1]
    return ids


@pytest.mark.parametrize("made", [conversation("c2"), FULL])
def test_a_conversation_is_found_as_it_was_made(kept: Storage, made: Conversation) -> None:
    kept.conversations.create(ALICE, made)

    assert kept.conversations.find(ALICE, "c2") == made
    assert kept.conversations.find(BOB, "c2") is None


def test_a_conversation_needs_a_visitor(kept: Storage) -> None:
    kept.visitors.remove(BOB)

    for visitor_id in ("nobody", BOB):
        with pytest.raises(NotFound):
            kept.conversations.create(visitor_id, conversation("c2"))

        assert kept.conversations.find(visitor_id, "c2") is None


def test_times_are_kept_in_whole_milliseconds(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", 1.0019))

    assert kept.conversation("c2") == conversation("c2", 1.001)


def test_pinned_ones_are_listed_first_then_the_newest(storage: Storage) -> None:
    storage.welcome(ALICE)
    for conversation_id, seconds, pinned in [("a", 3, False), ("b", 1, True), ("c", 4, False), ("d", 2, True)]:
        storage.conversations.create(ALICE, conversation(conversation_id, seconds, pinned=pinned))

    assert all_listed(storage, 10) == ["d", "b", "c", "a"]


def test_a_list_goes_by_the_last_message_not_by_the_beginning(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", 10))
    assert all_listed(kept, 10) == ["c2", "c1"]

    kept.answer(opening(seconds=20))

    assert all_listed(kept, 10) == ["c1", "c2"]


@pytest.mark.parametrize("page_size", [1, 2, 3, 10])
def test_pages_hold_everything_once_also_at_equal_times(storage: Storage, page_size: int) -> None:
    storage.welcome(ALICE)
    for conversation_id in "beadcf":
        pinned = conversation_id in "ade"
        storage.conversations.create(
            ALICE, conversation(conversation_id, seconds=conversation_id in "ef", pinned=pinned)
        )

    assert all_listed(storage, page_size) == ["e", "d", "a", "f", "c", "b"]


def test_a_list_goes_on_from_a_place_that_is_gone(storage: Storage) -> None:
    storage.welcome(ALICE)
    for number in range(4):
        storage.conversations.create(ALICE, conversation(f"c{number}", number))
    after = storage.conversations.listed(ALICE, None, 2)[-1]
    storage.conversations.delete(ALICE, after.id)

    place = Conversation(after.id, after.updated_at, after.updated_at, pinned=after.pinned)
    assert [each.id for each in storage.conversations.listed(ALICE, place, 2)] == ["c1", "c0"]


def test_everybody_lists_their_own(kept: Storage) -> None:
    kept.conversations.create(BOB, conversation("of-bob"))

    assert [all_listed(kept, 10, visitor_id) for visitor_id in (ALICE, BOB, "nobody")] == [["c1"], ["of-bob"], []]


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        (Changes(), FULL),
        (Changes(title="New"), replace(FULL, title="New")),
        (Changes(title=""), replace(FULL, title="")),
        (Changes(pinned=False), replace(FULL, pinned=False)),
        (Changes(model_id="gpt-4.1", system="Be kind."), replace(FULL, model_id="gpt-4.1", system="Be kind.")),
        (Changes(clear=frozenset({"model_id"})), replace(FULL, model_id=None)),
        (
            Changes(title="New", clear=frozenset({"model_id", "system"})),
            replace(FULL, title="New", model_id=None, system=None),
        ),
    ],
)
def test_only_what_is_to_be_changed_is_changed(kept: Storage, changes: Changes, after: Conversation) -> None:
    kept.conversations.create(ALICE, FULL)

    assert kept.conversations.change(ALICE, "c2", changes) == after
    assert kept.conversation("c2") == after


def test_another_branch_is_shown_from_now_on(kept: Storage) -> None:
    kept.answer(opening(1))
    kept.answer(opening(2))
    before = kept.conversation()

    changed = kept.conversations.change(ALICE, "c1", Changes(leaf_id="r1"))

    assert changed == kept.conversation() == replace(before, leaf_id="r1")


def test_a_leaf_must_be_a_message_of_the_conversation(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2"))
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.answer(opening(1))
    kept.answer(opening(2, conversation_id="c2"))
    kept.answer(opening(3, conversation_id="of-bob", visitor_id=BOB))
    before = kept.conversation()

    for leaf_id in ("r8", "r2", "r3"):
        with pytest.raises(NotFound):
            kept.conversations.change(ALICE, "c1", Changes(title="New", leaf_id=leaf_id))

    assert kept.conversation() == before


def test_what_is_not_there_is_neither_changed_nor_removed(kept: Storage) -> None:
    before = kept.conversation()

    for visitor_id, conversation_id in [(BOB, "c1"), (ALICE, "c9"), ("nobody", "c1")]:
        assert kept.conversations.change(visitor_id, conversation_id, Changes(title="Mine")) is None
        assert not kept.conversations.delete(visitor_id, conversation_id)

    assert kept.conversation() == before


def test_a_conversation_goes_with_all_that_belongs_to_it(kept: Storage) -> None:
    kept.answer(opening(1, asked=asked(1)))
    kept.begin(opening(2), "half a word")

    assert kept.conversations.delete(ALICE, "c1")

    assert kept.conversations.find(ALICE, "c1") is None
    assert [kept.conversations.message(ALICE, each) for each in ("q1", "r1", "r2")] == [None] * 3
    assert kept.replies.find(ALICE, "r2") is None
    assert kept.replies.running(ALICE) == []
    assert kept.replies.find_asked(ALICE, "client-1") is None
    assert not kept.conversations.delete(ALICE, "c1")


def test_the_owner_of_a_reply_that_is_gone_finds_that_out(kept: Storage) -> None:
    kept.begin(opening(), "half")
    kept.conversations.delete(ALICE, "c1")

    assert kept.replies.checkpoint(OWNER, {}) == {}
    assert not kept.finish(ended(), OWNER)
    assert kept.replies.news({(ALICE, "r1"): 0}) == {}
    assert kept.replies.orphans(silent(0)) == []


def test_what_belongs_to_other_conversations_stays(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2"))
    kept.answer(opening(1))
    kept.answer(opening(2, conversation_id="c2", asked=asked(2)))

    kept.conversations.delete(ALICE, "c1")

    assert kept.branch("r2") == ["q2", "r2"]
    assert kept.replies.find_asked(ALICE, "client-1") == asked(2)


def test_the_ids_of_what_was_removed_are_free_again(kept: Storage) -> None:
    kept.answer(opening(1, asked=asked(1)))
    kept.conversations.delete(ALICE, "c1")

    kept.conversations.create(ALICE, conversation())
    kept.begin(opening(1, asked=asked(1)))

    assert kept.branch("r1") == ["q1", "r1"]
    assert kept.reply("r1").text == ""


def test_lists_and_searches_leave_instructions_out(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", 9, title="Owls", system="Be brief."))
    kept.catch_up()

    (newest, *_) = kept.conversations.listed(ALICE, None, 10)
    (found,) = kept.conversations.search(ALICE, Query.parse("owls"), None, 10)

    assert (newest.id, newest.system) == ("c2", None)
    assert (found.conversation.id, found.conversation.system) == ("c2", None)
    assert kept.conversation("c2").system == "Be brief."
