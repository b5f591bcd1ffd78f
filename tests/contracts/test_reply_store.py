"""What every ``ReplyStore`` keeps, and what it refuses to change."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.errors import ProviderFailed
from chatapp.domain.ports import ReplyStore
from chatapp.domain.reply import ReplyRecord, ReplyState
from tests.samples import PRICE

RUNNING = ReplyRecord("r1", "gpt-4o-mini")
COMPLETE = ReplyRecord(
    "r1",
    "gpt-4o-mini",
    ReplyState.COMPLETE,
    "Hello 🙂",
    "stop",
    Usage(9, 2, cached_tokens=4),
    Cost(2550, Source.PROVIDER, PRICE.as_of),
)
FAILED = ReplyRecord("r1", "gpt-4o-mini", ReplyState.FAILED, "half", error=ProviderFailed("It broke."))


def test_a_new_reply_is_found_as_it_was_opened(store: ReplyStore) -> None:
    store.open(RUNNING)

    assert store.find("r1") == RUNNING


def test_what_was_never_opened_is_not_found(store: ReplyStore) -> None:
    store.open(RUNNING)

    assert store.find("r2") is None


def test_pieces_are_added_in_their_order(store: ReplyStore) -> None:
    store.open(RUNNING)
    for piece in ("Hel", "lo ", "🙂"):
        store.append({"r1": piece})

    found = store.find("r1")
    assert found is not None
    assert (found.text, found.state) == ("Hello 🙂", ReplyState.RUNNING)


def test_pieces_of_many_replies_are_added_in_one_go(store: ReplyStore) -> None:
    for name in ("r1", "r2", "r3"):
        store.open(ReplyRecord(name, "gpt-4o-mini"))

    store.append({"r1": "one", "r3": "three"})

    assert [store.find(name) for name in ("r1", "r2", "r3")] == [
        ReplyRecord("r1", "gpt-4o-mini", text="one"),
        ReplyRecord("r2", "gpt-4o-mini"),
        ReplyRecord("r3", "gpt-4o-mini", text="three"),
    ]


@pytest.mark.parametrize("record", [COMPLETE, FAILED])
def test_the_end_is_stored_with_all_that_belongs_to_it(store: ReplyStore, record: ReplyRecord) -> None:
    store.open(RUNNING)
    store.append({"r1": "what was saved meanwhile"})

    assert store.finish(record)
    assert store.find("r1") == record


def test_a_reply_ends_only_once(store: ReplyStore) -> None:
    store.open(RUNNING)

    assert [store.finish(COMPLETE), store.finish(FAILED), store.finish(COMPLETE)] == [True, False, False]
    assert store.find("r1") == COMPLETE


def test_a_reply_that_has_ended_does_not_grow(store: ReplyStore) -> None:
    store.open(RUNNING)
    store.open(ReplyRecord("r2", "gpt-4o-mini"))
    store.finish(COMPLETE)

    store.append({"r1": " more", "r2": "x"})

    assert store.find("r1") == COMPLETE
    assert store.find("r2") == ReplyRecord("r2", "gpt-4o-mini", text="x")


def test_what_was_never_opened_can_neither_grow_nor_end(store: ReplyStore) -> None:
    store.append({"r1": "x"})

    assert not store.finish(COMPLETE)
    assert store.find("r1") is None


def test_of_many_who_end_a_reply_only_one_does(store: ReplyStore) -> None:
    store.open(RUNNING)

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(store.finish, [COMPLETE, FAILED] * 20))

    assert ended.count(True) == 1


def test_pieces_from_many_threads_are_all_kept(store: ReplyStore) -> None:
    for number in range(8):
        store.open(ReplyRecord(f"r{number}", "gpt-4o-mini"))

    def add_all(number: int) -> None:
        for piece in range(100):
            store.append({f"r{number}": str(piece)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_all, range(8)))

    texts = {found.text for number in range(8) if (found := store.find(f"r{number}"))}
    assert texts == {"".join(map(str, range(100)))}
