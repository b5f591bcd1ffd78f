"""What the owner sees of the ledger: what calls came to by day, model, ending and spender, and what is left for today.

Whatever is summed up is summed up from the same rows at the same moment: days, models, endings and spenders all come to
the same total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import TypeVar

from chatapp.domain.books import ONE_DAY, Book, Call, Days, SpenderKind, Spent, Sums, short_id
from chatapp.domain.budgets import Budgets
from chatapp.domain.errors import InvalidRequest
from chatapp.domain.ledger import EVERYBODY, FIRST_DAY, Meter, day_of
from chatapp.domain.ports import Clock
from chatapp.domain.stores import Books

MOST_DAYS = 366
USUAL_DAYS = 30
MOST_SPENDERS = 20
MOST_METERS = 5

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Report:
    """What the calls of one book came to in some days. Days are in their order, the most frequent ending, and the
    dearest model and spender, first.
    """

    book: Book
    days: Days
    total: Sums
    by_day: Mapping[date, Sums]
    by_model: Mapping[str, Sums]
    by_ending: Mapping[str, Sums]
    spenders: Sequence[Spent]


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What is used of a budget today, by everybody (``kind`` OTHERS and no name), a visitor or an address."""

    kind: SpenderKind
    name: str
    daily_nano_usd: int
    used_nano_usd: int

    @property
    def left_nano_usd(self) -> int:
        """Return what may still be spent today."""
        return max(0, self.daily_nano_usd - self.used_nano_usd)

    @property
    def used_percent(self) -> int:
        """Return how much of it is used: 0 to 100, and 100 only where nothing is left."""
        if not self.left_nano_usd:
            return 100
        return 100 * self.used_nano_usd // self.daily_nano_usd


class UsageService:
    """Reads the ledger for its owner; ``book`` is the one that is in use now."""

    def __init__(self, books: Books, budgets: Budgets, clock: Clock, book: str) -> None:
        self._books = books
        self._budgets = budgets
        self._clock = clock
        self.book = Book(book)

    @property
    def today(self) -> date:
        """Return the calendar day in UTC."""
        return self._clock.now().astimezone(UTC).date()

    def last_days(self, count: int) -> Days:
        """Return today and the days before it, ``count`` in all.

        Raises:
            InvalidRequest: there may not be so many, or so few.
        """
        if not 1 <= count <= MOST_DAYS:
            raise InvalidRequest(f"Please choose from 1 to {MOST_DAYS} days.")
        today = self.today
        return Days(today - (count - 1) * ONE_DAY, today)

    def between(self, first: date, last: date) -> Days:
        """Return the days from the first to the last one.

        Raises:
            InvalidRequest: they are too many, turned round, or not here yet.
        """
        if first > last:
            raise InvalidRequest("The first day must not be after the last one.")
        if last > self.today:
            raise InvalidRequest(f"Today is {self.today} in UTC, by which days are counted here: please end there.")
        days = Days(first, last)
        if days.count > MOST_DAYS or first < FIRST_DAY:
            raise InvalidRequest(f"Please choose at most {MOST_DAYS} days, from {FIRST_DAY} on.")
        return days

    def report(self, days: Days, book: Book) -> Report:
        """Sum up what the calls of these days came to."""
        tally = self._books.tally(book, days, MOST_SPENDERS)
        total = _sum(part.sums for part in tally.parts)
        by_day = dict.fromkeys(days.each(), Sums()) | _by((part.day, part.sums) for part in tally.parts)
        return Report(
            book,
            days,
            total,
            by_day,
            _dearest_first(_by((part.model_id, part.sums) for part in tally.parts)),
            _most_first(_by((part.state, part.sums) for part in tally.parts)),
            _spenders(tally.dearest, total),
        )

    def budgets(self, book: Book) -> Sequence[BudgetUse]:
        """Return what is used today of everybody's budget, then of those visitors and addresses who are nearest to
        the end of theirs.
        """
        meters = self._books.meters(book, day_of(self._clock.now()), MOST_METERS)
        everybody = next((meter.nano_usd for meter in meters if meter.name == EVERYBODY), 0)
        first = BudgetUse(SpenderKind.OTHERS, "", self._budgets.daily_nano_usd, everybody)
        others = (self._use(meter) for meter in meters if meter.name != EVERYBODY)
        return [first, *sorted(others, key=lambda use: (-use.used_nano_usd, use.kind, use.name))]

    def calls(self, days: Days, book: Book) -> Iterator[Call]:
        """Yield all calls of these days, the oldest first."""
        return self._books.calls(book, days)

    def _use(self, meter: Meter) -> BudgetUse:
        kind, _, name = meter.name.partition(" ")
        short = short_id(name) if kind == SpenderKind.VISITOR else name
        return BudgetUse(SpenderKind(kind), short, self._budgets.daily(meter.name), meter.nano_usd)


def _sum(sums: Iterable[Sums]) -> Sums:
    return sum(sums, start=Sums())


def _by(parts: Iterable[tuple[Key, Sums]]) -> dict[Key, Sums]:
    found: defaultdict[Key, Sums] = defaultdict(Sums)
    for key, sums in parts:
        found[key] += sums
    return found


def _dearest_first(found: Mapping[str, Sums]) -> dict[str, Sums]:
    return dict(sorted(found.items(), key=lambda item: (-item[1].charged_nano_usd, -item[1].calls, item[0])))


def _most_first(found: Mapping[str, Sums]) -> dict[str, Sums]:
    return dict(sorted(found.items(), key=lambda item: (-item[1].calls, item[0])))


def _spenders(dearest: Sequence[Spent], total: Sums) -> Sequence[Spent]:
    """Return the dearest ones, and everybody else as one."""
    ordered = sorted(dearest, key=lambda spent: (-spent.sums.charged_nano_usd, spent.kind, spent.name))
    rest = total - _sum(spent.sums for spent in dearest)
    return [*ordered, Spent(SpenderKind.OTHERS, "", rest)] if rest.calls else ordered
