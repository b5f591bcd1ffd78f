"""What every ``VisitorStore`` knows of visitors, and what it forgets."""

import pytest

from tests.contracts.storage import (
    ALICE,
    BOB,
    OTHER_OWNER,
    OWNER,
    Storage,
    asked,
    at,
    conversation,
    ended,
    opening,
    silent,
)
from tests.samples import NOON

KEY, OTHER_KEY = b"\x00\xff" * 16, b"'\n" * 16


def test_the_first_key_is_made_when_it_is_asked_for(storage: Storage) -> None:
    ((key_id, key),) = storage.visitors.keys().items()

    assert key_id.isalnum()
    assert len(key) == 32
    assert storage.visitors.keys() == {key_id: key}


def test_keys_are_told_oldest_first(storage: Storage) -> None:
    (first,) = storage.visitors.keys().items()

    storage.visitors.add_key("zz", KEY, forget_others=False)
    storage.visitors.add_key("aa", OTHER_KEY, forget_others=False)

    assert list(storage.visitors.keys().items()) == [first, ("zz", KEY), ("aa", OTHER_KEY)]


def test_other_keys_are_forgotten_where_they_are_to_be(storage: Storage) -> None:
    storage.visitors.add_key("aa", KEY, forget_others=False)

    storage.visitors.add_key("bb", OTHER_KEY, forget_others=True)

    assert storage.visitors.keys() == {"bb": OTHER_KEY}


def test_a_visitor_is_known_from_the_first_moment(storage: Storage) -> None:
    storage.visitors.add(ALICE, at(1.0019))

    assert storage.visitors.seen_at(ALICE) == at(1.001)
    assert storage.visitors.seen_at(BOB) is None


def test_it_is_noted_who_is_here(storage: Storage) -> None:
    storage.welcome(ALICE, BOB)

    storage.visitors.note_seen(ALICE, at(60))

    assert [storage.visitors.seen_at(each) for each in (ALICE, BOB)] == [at(60), NOON]


def test_nobody_becomes_a_visitor_by_being_noted(kept: Storage) -> None:
    kept.visitors.remove(ALICE)

    for visitor_id in (ALICE, "nobody"):
        kept.visitors.note_seen(visitor_id, at(60))

        assert kept.visitors.seen_at(visitor_id) is None


def test_those_away_for_long_are_told(storage: Storage) -> None:
    for number in range(4):
        storage.visitors.add(f"v{number}", at(number))
    storage.visitors.note_seen("v0", at(10))
    storage.visitors.remove("v1")

    assert set(storage.visitors.unseen_since(at(2), 10)) == set()
    assert set(storage.visitors.unseen_since(at(3), 10)) == {"v2"}
    assert set(storage.visitors.unseen_since(at(11), 10)) == {"v0", "v2", "v3"}
    assert len(storage.visitors.unseen_since(at(11), 2)) == 2


def test_a_visitor_is_removed_with_everything(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", title="Owls"))
    kept.answer(opening(1, asked=asked(1)))
    kept.begin(opening(2), "half")
    kept.visitors.add_handoff("digest", ALICE, at(600))

    kept.visitors.remove(ALICE)

    assert kept.visitors.seen_at(ALICE) is None
    assert list(kept.conversations.listed(ALICE, None, 10)) == list(kept.archive.conversations(ALICE)) == []
    assert list(kept.archive.messages(ALICE, "c1")) == []
    assert [kept.replies.find(ALICE, reply_id) for reply_id in ("r1", "r2")] == [None, None]
    assert kept.replies.running(ALICE) == []
    assert kept.replies.find_asked(ALICE, "client-1") is None
    assert kept.visitors.take_handoff("digest", at(1)) is None


def test_a_reply_of_somebody_who_is_gone_comes_to_nothing(kept: Storage) -> None:
    kept.begin(opening(1), "half")
    kept.visitors.remove(ALICE)

    assert kept.replies.checkpoint(OWNER, {}) == {}
    assert not kept.finish(ended(), OWNER)
    assert kept.replies.orphans(silent(0)) == []


def test_what_others_have_stays(kept: Storage) -> None:
    kept.conversations.create(BOB, conversation("of-bob"))
    kept.answer(opening(1))
    kept.begin(opening(2, conversation_id="of-bob", visitor_id=BOB, asked=asked(2)), "half", owner=OTHER_OWNER)
    kept.visitors.add_handoff("digest", BOB, at(600))

    kept.visitors.remove(ALICE)
    kept.visitors.remove("nobody")

    assert kept.visitors.seen_at(BOB) == NOON
    assert kept.branch("r2", BOB) == ["q2", "r2"]
    assert kept.reply("r2", BOB).text == "half"
    assert kept.replies.find_asked(BOB, "client-1") == asked(2)
    assert kept.visitors.take_handoff("digest", at(1)) == BOB


def test_visits_are_counted_by_address_and_hour(storage: Storage) -> None:
    visits = [("here", 1), ("here", 1), ("there", 1), ("here", 1), ("here", 2), ("there", 2), ("here", 2)]

    assert [storage.visitors.count_visit(*visit) for visit in visits] == [1, 2, 1, 3, 1, 1, 2]


def test_visits_are_told_without_being_counted(storage: Storage) -> None:
    for address in ("here", "here", "there"):
        storage.visitors.count_visit(address, 2)

    asked_for = [("here", 2), ("here", 2), ("there", 2), ("here", 3), ("elsewhere", 2)]
    assert [storage.visitors.visits(*visit) for visit in asked_for] == [2, 2, 1, 0, 0]


def test_a_link_to_another_device_works_once(kept: Storage) -> None:
    kept.visitors.add_handoff("of-alice", ALICE, at(600))
    kept.visitors.add_handoff("of-bob", BOB, at(600))

    assert kept.visitors.take_handoff("of-alice", at(599)) == ALICE
    assert kept.visitors.take_handoff("of-alice", at(599)) is None
    assert kept.visitors.take_handoff("of-bob", at(599)) == BOB
    assert kept.visitors.take_handoff("of-nobody", at(599)) is None


@pytest.mark.parametrize("earlier", [1, 599])
def test_a_link_that_is_too_old_works_never_again(kept: Storage, earlier: float) -> None:
    kept.visitors.add_handoff("digest", ALICE, at(600))

    assert kept.visitors.take_handoff("digest", at(601)) is None
    assert kept.visitors.take_handoff("digest", at(earlier)) is None


def test_there_is_no_link_for_somebody_who_is_gone(kept: Storage) -> None:
    kept.visitors.remove(ALICE)

    kept.visitors.add_handoff("digest", ALICE, at(600))

    assert kept.visitors.take_handoff("digest", at(1)) is None


def test_a_visitor_may_be_removed_twice(kept: Storage) -> None:
    kept.visitors.remove(ALICE)
    kept.visitors.remove(ALICE)

    assert kept.visitors.seen_at(ALICE) is None
    assert kept.visitors.seen_at(BOB) == NOON
