"""The ledger as its owner reads it: calls, and what they came to.

Days are calendar days in UTC, money is whole nano-dollars (1e-9 USD).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

SHORT_ID_CHARACTERS = 8
"""The end of a visitor's id tells visitors apart; its beginning is a time, and much the same for all of a day."""

ONE_DAY = timedelta(days=1)


class Book(StrEnum):
    """Whose calls they are: the provider's, which are paid for, or the fake model's. They are never added up."""

    OPENAI = "openai"
    FAKE = "fake"


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days in UTC, from the first to the last one, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """Return how many they are."""
        return (self.last - self.first).days + 1

    def each(self) -> Iterator[date]:
        """Yield all of them, the first one first."""
        return (self.first + number * ONE_DAY for number in range(self.count))


@dataclass(frozen=True, slots=True)
class Sums:
    """What some calls came to. Tokens are those of settled calls alone, and 0 where nobody knows them.

    Costs are by whose count it is: the provider's, or ours. ``unknown_calls`` are settled, but nobody knows their cost;
    what they were charged counts against budgets all the same. So does what is still reserved.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    provider_nano_usd: int = 0
    estimated_nano_usd: int = 0
    unknown_calls: int = 0
    unknown_nano_usd: int = 0
    reserved_calls: int = 0
    reserved_nano_usd: int = 0
    charged_nano_usd: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(mine + theirs for mine, theirs in zip(self.values(), other.values(), strict=True)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(mine - theirs for mine, theirs in zip(self.values(), other.values(), strict=True)))

    @property
    def cost_nano_usd(self) -> int:
        """Return what is known of the cost."""
        return self.provider_nano_usd + self.estimated_nano_usd

    def values(self) -> list[int]:
        """Return all sums, in the order of the fields."""
        return [getattr(self, name) for name in SUMS]


SUMS = tuple(field.name for field in fields(Sums))


class SpenderKind(StrEnum):
    """Who spent: a visitor; an address, by calls that belong to no visitor; visitors who are gone; all others."""

    VISITOR = "visitor"
    ADDRESS = "address"
    GONE = "gone"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Spent:
    """What one spender's calls came to. ``name`` is a visitor's whole id, or an address's hash of one day, or ""."""

    kind: SpenderKind
    name: str
    sums: Sums

    @property
    def short_name(self) -> str:
        """Return what tells this spender from others of its kind."""
        return short_id(self.name) if self.kind is SpenderKind.VISITOR else self.name


@dataclass(frozen=True, slots=True)
class Part:
    """What the calls of one day for one model that stand in one state came to."""

    day: date
    model_id: str
    state: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Tally:
    """All calls of some days in parts, and the spenders of the dearest among them, at the same moment."""

    parts: Sequence[Part]
    dearest: Sequence[Spent]


@dataclass(frozen=True, slots=True)
class Call:
    """One row of the ledger. Tokens are None until it is settled, and where nobody knows them; so is the cost."""

    id: str
    reserved_at: datetime
    settled_at: datetime | None
    purpose: str
    visitor_id: str | None
    address: str
    model_id: str
    answered_by: str | None
    state: str
    source: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_nano_usd: int | None
    charged_nano_usd: int
    price_as_of: str | None
    request_id: str | None
    provider_request_id: str | None


def short_id(visitor_id: str) -> str:
    """Return the end of a visitor's id, by which the owner tells visitors apart."""
    return visitor_id[-SHORT_ID_CHARACTERS:]
