"""What every ``Books`` tells of the ledger, and every ``UsageLinks`` lets in once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chatapp.domain.books import Book, Call, Days, Part, SpenderKind, Spent, Sums
from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.ledger import Bill, Purpose, Settlement, Spender, day_of
from chatapp.domain.reply import ReplyState
from tests.contracts.storage import ALICE, BOB, OWNER, Storage, at
from tests.samples import CARD, NOON, PRICE, reservation, settlement

TODAY = NOON.date()
THIS_DAY = Days(TODAY, TODAY)
REPORTED = Sums(calls=1, prompt_tokens=9, completion_tokens=2, provider_nano_usd=2550, charged_nano_usd=2550)
RESERVED = Sums(calls=1, reserved_calls=1, reserved_nano_usd=1_000_000, charged_nano_usd=1_000_000)


def call(storage: Storage, reply_id: str, when: datetime = NOON, nano_usd: int = 2550, **fields: Any) -> None:
    """Keep a call that the provider's count was told of."""
    reserved = reservation(reply_id, when, **fields)
    storage.ledger.reserve(reserved, OWNER)
    assert storage.ledger.settle(settlement(reserved, nano_usd), OWNER)


def settled(storage: Storage, reply_id: str, bill: Bill, state: ReplyState = ReplyState.FAILED) -> None:
    reserved = reservation(reply_id)
    storage.ledger.reserve(reserved, OWNER)
    assert storage.ledger.settle(Settlement(reserved, state, bill, NOON), OWNER)


def spent(storage: Storage, most: int = 20, days: Days = THIS_DAY) -> list[tuple[SpenderKind, str, int]]:
    """Return who spent how much."""
    dearest = storage.books.tally(Book.OPENAI, days, most).dearest
    return [(each.kind, each.name, each.sums.charged_nano_usd) for each in dearest]


def ids(storage: Storage, days: Days, book: Book = Book.OPENAI) -> list[str]:
    return [each.id for each in storage.books.calls(book, days)]


def test_an_empty_ledger_is_told_as_one(storage: Storage) -> None:
    tally = storage.books.tally(Book.OPENAI, THIS_DAY, 20)

    assert (list(tally.parts), list(tally.dearest)) == ([], [])
    assert list(storage.books.calls(Book.OPENAI, THIS_DAY)) == []
    assert list(storage.books.meters(Book.OPENAI, day_of(NOON), 5)) == []


def test_calls_are_summed_up_by_day_model_and_state(storage: Storage) -> None:
    call(storage, "r1")
    call(storage, "r2", at(60))
    call(storage, "r3", model_id="gpt-4o")
    call(storage, "r4", NOON - timedelta(days=1))
    storage.ledger.reserve(reservation("r5"), OWNER)

    parts = storage.books.tally(Book.OPENAI, Days(TODAY - timedelta(days=1), TODAY), 20).parts

    assert {(part.day, part.model_id, part.state): part.sums for part in parts} == {
        (TODAY, CARD.id, "complete"): REPORTED + REPORTED,
        (TODAY, "gpt-4o", "complete"): REPORTED,
        (TODAY - timedelta(days=1), CARD.id, "complete"): REPORTED,
        (TODAY, CARD.id, "reserved"): RESERVED,
    }


def test_costs_are_told_by_whose_count_they_are(storage: Storage) -> None:
    usage = Usage(100, 20, cached_tokens=40, cache_write_tokens=5, reasoning_tokens=10)
    settled(storage, "r1", Bill(usage, Cost(70, Source.PROVIDER, PRICE.as_of), 70))
    settled(storage, "r2", Bill(Usage(7, 3), Cost(50, Source.ESTIMATED, PRICE.as_of), 50))
    settled(storage, "r3", Bill(None, Cost(None, Source.UNKNOWN), 900))

    (part,) = storage.books.tally(Book.OPENAI, THIS_DAY, 20).parts

    assert part == Part(
        TODAY,
        CARD.id,
        "failed",
        Sums(
            calls=3,
            prompt_tokens=107,
            completion_tokens=23,
            cached_tokens=40,
            reasoning_tokens=10,
            provider_nano_usd=70,
            estimated_nano_usd=50,
            unknown_calls=1,
            unknown_nano_usd=900,
            charged_nano_usd=1020,
        ),
    )


def test_days_begin_and_end_at_midnight_utc(storage: Storage) -> None:
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    moment = timedelta(milliseconds=1)
    for reply_id, when in (
        ("before", midnight - moment),
        ("first", midnight),
        ("last", midnight + timedelta(days=1) - moment),
        ("after", midnight + timedelta(days=1)),
    ):
        call(storage, reply_id, when)

    tally = storage.books.tally(Book.OPENAI, THIS_DAY, 20)

    assert ids(storage, THIS_DAY) == ["first", "last"]
    assert [(part.day, part.sums.calls) for part in tally.parts] == [(TODAY, 2)]
    assert [each.sums.calls for each in tally.dearest] == [2]


def test_books_are_kept_apart(storage: Storage) -> None:
    call(storage, "r1")

    tally = storage.books.tally(Book.FAKE, THIS_DAY, 20)

    assert (list(tally.parts), list(tally.dearest)) == ([], [])
    assert ids(storage, THIS_DAY, Book.FAKE) == []
    assert list(storage.books.meters(Book.FAKE, day_of(NOON), 5)) == []


def test_a_spender_is_a_visitor_or_else_an_address(storage: Storage) -> None:
    storage.welcome(ALICE, BOB)
    kept: dict[str, Any] = {"purpose": Purpose.CONVERSATION}
    call(storage, "r1", nano_usd=10, spender=Spender("here", ALICE), **kept)
    call(storage, "r2", nano_usd=20, spender=Spender("there", ALICE), **kept)
    call(storage, "r3", nano_usd=7, spender=Spender("here", BOB), **kept)
    call(storage, "r4", nano_usd=5, spender=Spender("here"))
    call(storage, "r5", nano_usd=4, spender=Spender("there"))
    storage.visitors.remove(BOB)

    assert spent(storage) == [
        (SpenderKind.VISITOR, ALICE, 30),
        (SpenderKind.GONE, "", 7),
        (SpenderKind.ADDRESS, "here", 5),
        (SpenderKind.ADDRESS, "there", 4),
    ]


def test_only_the_dearest_spenders_are_told(storage: Storage) -> None:
    for number in range(5):
        call(storage, f"r{number}", nano_usd=number, spender=Spender(f"place {number}"))
    storage.ledger.reserve(reservation("r5", spender=Spender("place 5")), OWNER)

    tally = storage.books.tally(Book.OPENAI, THIS_DAY, 2)

    assert tally.dearest[0] == Spent(SpenderKind.ADDRESS, "place 5", RESERVED)
    assert spent(storage, 2)[1] == (SpenderKind.ADDRESS, "place 4", 4)
    assert sum(part.sums.calls for part in tally.parts) == 6


def test_spenders_of_the_same_cost_are_told_in_a_fixed_order(storage: Storage) -> None:
    for name in ("b", "c", "a"):
        call(storage, name, spender=Spender(name))

    assert [name for _, name, _ in spent(storage, 2)] == ["a", "b"]


def test_meters_tell_everybodys_first_and_then_the_fullest(storage: Storage) -> None:
    for number in range(4):
        call(storage, f"r{number}", nano_usd=100 + number, spender=Spender(f"place {number}"))
    call(storage, "old", NOON - timedelta(days=1), spender=Spender("yesterday"))

    meters = storage.books.meters(Book.OPENAI, day_of(NOON), 2)

    assert [(meter.name, meter.nano_usd) for meter in meters][1:] == [
        ("address place 3", 103),
        ("address place 2", 102),
    ]
    assert meters[0].name == "everybody"


def test_calls_are_told_in_full(storage: Storage) -> None:
    storage.welcome(ALICE)
    reserved = reservation(
        "r1", at(1.2345), Spender("here", ALICE), purpose=Purpose.CONVERSATION, request_id="request-1"
    )
    bill = Bill(Usage(9, 2, 4, 1, 0), Cost(2550, Source.PROVIDER, PRICE.as_of), 2550)
    storage.ledger.reserve(reserved, OWNER)
    ended = Settlement(reserved, ReplyState.COMPLETE, bill, at(5), "gpt-4o-mini-2024-07-18", "req_1")
    assert storage.ledger.settle(ended, OWNER)

    (told,) = storage.books.calls(Book.OPENAI, THIS_DAY)

    assert told == Call(
        "r1",
        at(1.234),
        at(5),
        "conversation",
        ALICE,
        "here",
        CARD.id,
        "gpt-4o-mini-2024-07-18",
        "complete",
        "provider",
        9,
        2,
        4,
        1,
        0,
        2550,
        2550,
        "2026-11-22",
        "request-1",
        "req_1",
    )


def test_a_call_that_is_still_open_has_neither_tokens_nor_cost(storage: Storage) -> None:
    storage.ledger.reserve(replace(reservation("r1"), price_as_of=None), OWNER)

    (told,) = storage.books.calls(Book.OPENAI, THIS_DAY)

    assert (told.state, told.source, told.settled_at, told.price_as_of) == ("reserved", None, None, None)
    assert (told.prompt_tokens, told.completion_tokens, told.cost_nano_usd) == (None, None, None)
    assert told.charged_nano_usd == 1_000_000


def test_many_calls_are_told_once_each_in_their_order(storage: Storage) -> None:
    names = [f"r{number:04}" for number in range(1100)]
    for number, name in enumerate(reversed(names)):
        storage.ledger.reserve(reservation(name, at(number // 7)), OWNER)

    told = list(storage.books.calls(Book.OPENAI, THIS_DAY))

    assert sorted(each.id for each in told) == names
    assert told == sorted(told, key=lambda each: (each.reserved_at, each.id))


def test_days_of_long_ago_have_no_calls(storage: Storage) -> None:
    assert ids(storage, Days(date(1970, 1, 1), date(1970, 1, 2))) == []


def test_a_link_opens_once(storage: Storage) -> None:
    storage.usage_links.add("digest", at(600))
    storage.usage_links.add("another", at(600))

    assert [storage.usage_links.take(digest, at(1)) for digest in ("digest", "digest", "none")] == [True, False, False]
    assert storage.usage_links.take("another", at(599))


def test_an_old_link_never_opens_again(storage: Storage) -> None:
    storage.usage_links.add("digest", at(600))

    assert not storage.usage_links.take("digest", at(600))
    assert not storage.usage_links.take("digest", at(1))
