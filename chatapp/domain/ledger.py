"""The ledger: a row per call of the provider, reserved before and settled after it. Money is nano-dollars (1e-9 USD).

A reservation is the most that a call can cost. It counts against every budget until the call is settled to the truth,
or to a number that is not below it. The meters keep, beside the rows, what each spender has used: what may still be
spent is looked up and taken in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from chatapp.domain.entities import Cost, Usage
from chatapp.domain.moments import milliseconds
from chatapp.domain.reply import ReplyState

RESERVED = "reserved"
"""The state of a call that is not settled yet; any other is how its reply ended."""

EVERYBODY = "everybody"
"""The meter that all calls count on."""

FIRST_DAY = date(1970, 1, 1)


class Purpose(StrEnum):
    """What a call is for: a stateless answer, or one in a kept conversation."""

    CHAT = "chat"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Spender:
    """For whom the owner pays: an address, by a name that does not tell it, and the visitor where one is known."""

    address: str
    visitor_id: str | None = None

    @property
    def meters(self) -> tuple[str, ...]:
        """Return the names of the meters of this spender alone."""
        address = f"address {self.address}"
        return (address,) if self.visitor_id is None else (address, meter_of(self.visitor_id))


def meter_of(visitor_id: str) -> str:
    """Return the name of a visitor's meter."""
    return f"visitor {visitor_id}"


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that one call can cost, and for whom it is made. It has the id of its reply.

    ``completion_tokens`` is the cap of the answer. Without ``price_as_of`` the model has no price: ``nano_usd`` then
    is what it would cost at the dearest one known.
    """

    id: str
    at: datetime
    spender: Spender
    purpose: Purpose
    model_id: str
    prompt_tokens: int
    completion_tokens: int
    nano_usd: int
    price_as_of: date | None = None
    request_id: str | None = None

    @property
    def day(self) -> int:
        """Return the calendar day in UTC whose budgets it counts against, as days since 1970."""
        return day_of(self.at)

    @property
    def meters(self) -> tuple[str, ...]:
        """Return the names of all meters that it counts on, everybody's first."""
        return (EVERYBODY, *self.spender.meters)

    @property
    def at_milliseconds(self) -> int:
        """Return when it was made, in whole milliseconds since 1970."""
        return milliseconds(self.at)


@dataclass(frozen=True, slots=True)
class Bill:
    """What one call came to. ``usage`` is None where nobody can know; ``charged_nano_usd`` is what counts against
    budgets, also where the cost is unknown.
    """

    usage: Usage | None
    cost: Cost
    charged_nano_usd: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a reserved call ended. ``answered_by`` is the model that the provider named, often a dated snapshot."""

    reservation: Reservation
    state: ReplyState
    bill: Bill
    at: datetime
    answered_by: str | None = None
    provider_request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reservation whose process (``owner``) is silent."""

    reservation: Reservation
    owner: str
    has_witness: bool


@dataclass(frozen=True, slots=True)
class Meter:
    """What one spender, or everybody, has used: money on a day, requests since the minute began, open replies.

    ``day`` is days since 1970; ``minute_at`` milliseconds since then.
    """

    name: str
    day: int
    nano_usd: int
    minute_at: int = 0
    requests: int = 0
    open_replies: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What the meters of a call say now that it is settled."""

    meters: Sequence[Meter] = ()


def day_of(moment: datetime) -> int:
    """Return the calendar day of a moment in UTC, as days since 1970."""
    return (moment.astimezone(UTC).date() - FIRST_DAY).days


def date_of(day: int) -> date:
    """Return the date of a day since 1970."""
    return FIRST_DAY + timedelta(days=day)
