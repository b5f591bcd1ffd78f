"""What the owner is told of the ledger: which days there may be, and sums that all come to the same."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryBooks, MemoryDatabase, MemoryLedger
from chatapp.domain.books import Book, Days, SpenderKind, Sums
from chatapp.domain.budgets import Budgets
from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.errors import InvalidRequest
from chatapp.domain.ledger import Bill, Purpose, Settlement, Spender
from chatapp.domain.reply import ReplyState
from chatapp.domain.usage import MOST_DAYS, MOST_METERS, MOST_SPENDERS, BudgetUse, UsageService
from tests.samples import NOON, PLENTY, reservation, settlement
from tests.unit.deterministic import FakeClock

TODAY = NOON.date()
OWNER = "process-1"
BUDGETS = Budgets(1000, 100, 10, 10)


class Shop:
    """A ledger, and what its owner reads."""

    def __init__(self, budgets: Budgets = PLENTY) -> None:
        database = MemoryDatabase()
        self.clock = FakeClock(NOON)
        self.ledger = MemoryLedger(database, PLENTY)
        self.usage = UsageService(MemoryBooks(database, "openai"), budgets, self.clock, "openai")
        self._calls = 0

    def call(self, spender: Spender, bill: Bill | None, state: ReplyState, **fields: Any) -> None:
        self._calls += 1
        reserved = reservation(f"r{self._calls}", spender=spender, **fields)
        self.ledger.reserve(reserved, OWNER)
        if bill is not None:
            assert self.ledger.settle(Settlement(reserved, state, bill, reserved.at), OWNER)

    def spend(self, spender: Spender, nano_usd: int, at: datetime = NOON) -> None:
        self._calls += 1
        reserved = reservation(f"r{self._calls}", at, spender)
        self.ledger.reserve(reserved, OWNER)
        assert self.ledger.settle(settlement(reserved, nano_usd), OWNER)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def whole(sums: Iterable[Sums]) -> Sums:
    return sum(sums, start=Sums())


def busy(chance: random.Random, shop: Shop) -> None:
    """Have many calls of every kind, by more spenders than are told one by one."""
    usage = Usage(100, 20, cached_tokens=30, reasoning_tokens=4)
    for _ in range(600):
        cost = chance.randrange(10**6)
        bills = [
            Bill(usage, Cost(cost, Source.PROVIDER), cost),
            Bill(Usage(7, 1), Cost(cost, Source.ESTIMATED), cost),
            Bill(None, Cost(None, Source.UNKNOWN), cost),
            None,
        ]
        is_kept = chance.random() < 0.5
        visitor = f"visitor-{chance.randrange(15)}" if is_kept and chance.random() < 0.9 else None
        shop.call(
            Spender(f"address-{chance.randrange(15)}", visitor),
            chance.choice(bills),
            chance.choice([state for state in ReplyState if state.is_final]),
            at=NOON - timedelta(days=chance.randrange(10), hours=chance.randrange(12)),
            purpose=Purpose.CONVERSATION if is_kept else Purpose.CHAT,
            model_id=chance.choice(["gpt-4o", "gpt-4o-mini", "gpt-4.1"]),
        )


@pytest.mark.parametrize("seed", range(5))
def test_every_sum_adds_up(shop: Shop, seed: int) -> None:
    busy(random.Random(seed), shop)

    report = shop.usage.report(shop.usage.last_days(10), Book.OPENAI)

    assert report.total.calls == 600
    assert len(report.spenders) == MOST_SPENDERS + 1
    for parts in (report.by_day.values(), report.by_model.values(), report.by_ending.values()):
        assert whole(parts) == report.total
    assert whole(spent.sums for spent in report.spenders) == report.total
    total = report.total
    assert total.cost_nano_usd + total.unknown_nano_usd + total.reserved_nano_usd == total.charged_nano_usd


def test_days_outside_are_in_no_sum(shop: Shop) -> None:
    for days_ago in range(5):
        shop.spend(Spender("here"), 10**days_ago, NOON - timedelta(days=days_ago))

    report = shop.usage.report(Days(TODAY - timedelta(days=3), TODAY - timedelta(days=1)), Book.OPENAI)

    assert report.total.cost_nano_usd == 1110
    assert [sums.cost_nano_usd for sums in report.by_day.values()] == [1000, 100, 10]
    assert report.spenders[0].sums.cost_nano_usd == 1110


def test_days_without_a_call_are_told_too(shop: Shop) -> None:
    report = shop.usage.report(shop.usage.last_days(3), Book.OPENAI)

    assert report.by_day == {TODAY - timedelta(days=number): Sums() for number in (2, 1, 0)}
    assert list(report.by_day) == sorted(report.by_day)
    assert (report.total, report.by_model, report.by_ending, list(report.spenders)) == (Sums(), {}, {}, [])


def test_the_dearest_and_the_most_frequent_come_first(shop: Shop) -> None:
    for nano_usd, model_id, state in (
        (1, "a", "stopped"),
        (1, "a", "stopped"),
        (9, "b", "complete"),
        (5, "c", "failed"),
    ):
        bill = Bill(None, Cost(None, Source.UNKNOWN), nano_usd)
        shop.call(Spender(model_id), bill, ReplyState(state), model_id=model_id)

    report = shop.usage.report(shop.usage.last_days(1), Book.OPENAI)

    assert list(report.by_model) == ["b", "c", "a"]
    assert list(report.by_ending) == ["stopped", "complete", "failed"]
    assert [spent.name for spent in report.spenders] == ["b", "c", "a"]


def test_all_spenders_but_the_dearest_are_told_as_one(shop: Shop) -> None:
    for number in range(MOST_SPENDERS + 3):
        shop.spend(Spender(f"address {number:02}"), number)

    *dearest, others = shop.usage.report(shop.usage.last_days(1), Book.OPENAI).spenders

    assert [spent.sums.cost_nano_usd for spent in dearest] == list(range(MOST_SPENDERS + 2, 2, -1))
    assert (others.kind, others.name) == (SpenderKind.OTHERS, "")
    assert (others.sums.calls, others.sums.cost_nano_usd) == (3, 0 + 1 + 2)


def test_a_visitor_is_told_by_the_end_of_the_id(shop: Shop) -> None:
    shop.spend(Spender("here", "0197aaaa00000000000000001234abcd"), 5)

    (spent,) = shop.usage.report(shop.usage.last_days(1), Book.OPENAI).spenders

    assert (spent.kind, spent.short_name) == (SpenderKind.VISITOR, "1234abcd")


def test_the_other_book_is_never_added(shop: Shop) -> None:
    shop.spend(Spender("here"), 5)

    assert shop.usage.book is Book.OPENAI
    assert shop.usage.report(shop.usage.last_days(1), Book.FAKE).total == Sums()
    assert [use.used_nano_usd for use in shop.usage.budgets(Book.FAKE)] == [0]
    assert list(shop.usage.calls(shop.usage.last_days(1), Book.FAKE)) == []


@pytest.mark.parametrize(("count", "first"), [(1, TODAY), (30, date(2026, 10, 30)), (MOST_DAYS, date(2025, 11, 28))])
def test_the_last_days_end_today(shop: Shop, count: int, first: date) -> None:
    days = shop.usage.last_days(count)

    assert (days, days.count) == (Days(first, TODAY), count)
    assert len(list(days.each())) == count


def test_today_is_told_by_utc(shop: Shop) -> None:
    shop.clock.advance(timedelta(hours=12).total_seconds())

    assert shop.usage.last_days(1).last == TODAY + timedelta(days=1)


@pytest.mark.parametrize("count", [-1, 0, MOST_DAYS + 1, 10**9])
def test_there_are_not_so_many_days(shop: Shop, count: int) -> None:
    with pytest.raises(InvalidRequest, match="366"):
        shop.usage.last_days(count)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (TODAY, TODAY - timedelta(days=1), "after"),
        (TODAY, TODAY + timedelta(days=1), "UTC"),
        (TODAY - timedelta(days=MOST_DAYS), TODAY, "366"),
        (date(1969, 12, 31), date(1970, 1, 1), "1970"),
        (date.min, date.min, "1970"),
    ],
)
def test_days_may_be_wrong(shop: Shop, first: date, last: date, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        shop.usage.between(first, last)


def test_any_days_may_be_chosen(shop: Shop) -> None:
    first = TODAY - timedelta(days=MOST_DAYS - 1)

    assert shop.usage.between(first, TODAY) == Days(first, TODAY)
    assert shop.usage.between(date(1970, 1, 1), date(1970, 1, 1)).count == 1


def test_what_is_left_is_told_of_everybody_and_of_those_nearest_to_the_end() -> None:
    shop = Shop(BUDGETS)
    shop.spend(Spender("yesterday"), 50, NOON - timedelta(days=1))
    for number in range(MOST_METERS + 2):
        shop.spend(Spender(f"a{number}"), 10 * number)

    everybody, *others = shop.usage.budgets(Book.OPENAI)

    assert everybody == BudgetUse(SpenderKind.OTHERS, "", 1000, 210)
    assert [(use.kind, use.name, use.left_nano_usd) for use in others] == [
        (SpenderKind.ADDRESS, f"a{number}", 100 - 10 * number) for number in (6, 5, 4, 3, 2)
    ]


def test_a_budget_that_is_overdrawn_is_used_up() -> None:
    assert BudgetUse(SpenderKind.OTHERS, "", 100, 130).left_nano_usd == 0
    assert [BudgetUse(SpenderKind.OTHERS, "", 1000, used).used_percent for used in (0, 9, 999, 1000, 1300)] == [
        0,
        0,
        99,
        100,
        100,
    ]
    assert BudgetUse(SpenderKind.OTHERS, "", 0, 0).used_percent == 100


def test_nothing_used_is_all_left() -> None:
    shop = Shop(BUDGETS)
    shop.spend(Spender("yesterday"), 50, datetime(2026, 11, 27, 23, tzinfo=UTC))

    assert list(shop.usage.budgets(Book.OPENAI)) == [BudgetUse(SpenderKind.OTHERS, "", 1000, 0)]
