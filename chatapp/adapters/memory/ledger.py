"""The ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp.adapters.memory.database import Entry, MemoryDatabase
from chatapp.domain.budgets import Budgets, is_same_day, is_same_minute, refusal
from chatapp.domain.kept import Silence
from chatapp.domain.ledger import Dangling, Meter, Reservation, Settled, Settlement


class MemoryLedger:
    """A ``Ledger`` in dictionaries. All that share a database have one book."""

    def __init__(self, database: MemoryDatabase, budgets: Budgets) -> None:
        self._database = database
        self._budgets = budgets

    def reserve(self, reservation: Reservation, owner: str) -> None:
        """Reserve what a call may cost, in one step with the look whether it may."""
        with self._database.lock:
            self.reserve_in(reservation, owner)

    def settle(self, settlement: Settlement, owner: str) -> Settled | None:
        """Write what a call of ``owner`` came to; return None, changing nothing, if it is settled already."""
        with self._database.lock:
            return self.settle_in(settlement, owner)

    def dangling(self, silence: Silence) -> Sequence[Dangling]:
        """Return reservations whose owner is silent, or has never shown life."""
        with self._database.lock:
            signs = self._database.signs
            return [
                Dangling(entry.reservation, entry.owner, signs.have_witness(entry.owner, silence))
                for entry in self._database.ledger.values()
                if entry.settlement is None and signs.are_missing(entry.owner, silence.seconds)
            ]

    def reserve_in(self, reservation: Reservation, owner: str) -> None:
        """Reserve where the lock is held already.

        Raises:
            BudgetSpent, RateLimited, TooManyReplies: it may not be made.
        """
        names = reservation.meters
        meters = [self._database.meters.get(name) or Meter(name, reservation.day, 0) for name in names]
        error = refusal(meters, reservation, self._budgets)
        if error is not None:
            raise error
        for meter in meters:
            self._database.meters[meter.name] = _taken(meter, reservation)
        self._database.ledger[reservation.id] = Entry(reservation, owner)

    def settle_in(self, settlement: Settlement, owner: str) -> Settled | None:
        """Settle where the lock is held already."""
        reservation = settlement.reservation
        entry = self._database.ledger.get(reservation.id)
        if entry is None or entry.owner != owner or entry.settlement is not None:
            return None
        entry.settlement = replace(settlement, reservation=entry.reservation)  # its visitor may be gone meanwhile
        more = settlement.bill.charged_nano_usd - reservation.nano_usd
        names = reservation.meters
        there = [meter for name in names if (meter := self._database.meters.get(name)) is not None]
        settled = [
            replace(
                meter,
                nano_usd=meter.nano_usd + (more if meter.day == reservation.day else 0),
                open_replies=meter.open_replies - 1,
            )
            for meter in there
        ]
        self._database.meters.update({meter.name: meter for meter in settled})
        return Settled(settled)


def _taken(meter: Meter, reservation: Reservation) -> Meter:
    is_today, goes_on = is_same_day(meter, reservation), is_same_minute(meter, reservation)
    return Meter(
        meter.name,
        meter.day if is_today else reservation.day,
        (meter.nano_usd if is_today else 0) + reservation.nano_usd,
        meter.minute_at if goes_on else reservation.at_milliseconds,
        (meter.requests if goes_on else 0) + 1,
        meter.open_replies + 1,
    )
