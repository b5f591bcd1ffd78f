"""What all calls together come to. Calls that are over are added up once: looking costs what still runs."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.fake.call import Bill, Call

FEWEST_OPEN = 1_000


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls. ``money`` is over those whose model has a price; ``without_price`` counts the others."""

    calls: int = 0
    running: int = 0
    without_price: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    nano_usd: int = 0

    @property
    def bill(self) -> Bill:
        """Return what they come to; nobody knows the money where a model has no price."""
        return Bill(self.prompt_tokens, self.completion_tokens, None if self.without_price else self.nano_usd)

    @property
    def money(self) -> Bill:
        """Return the same, but with the money that is known."""
        return Bill(self.prompt_tokens, self.completion_tokens, self.nano_usd)

    def plus(self, call: Call) -> Totals:
        """Return the sums with one more call."""
        is_running, bill = not call.is_over, call.bill
        return Totals(
            self.calls + 1,
            self.running + is_running,
            self.without_price + (bill.nano_usd is None),
            self.prompt_tokens + bill.prompt_tokens,
            self.completion_tokens + bill.completion_tokens,
            self.nano_usd + (bill.nano_usd or 0),
        )


class Tally:
    """Adds up calls, and lets go of those that are over. One thread at a time."""

    def __init__(self) -> None:
        self._settled = Totals()
        self._open: list[Call] = []
        self._most_open = FEWEST_OPEN

    def add(self, call: Call) -> None:
        """Take one more call."""
        self._open.append(call)
        if len(self._open) > self._most_open:
            self._settle()
            self._most_open = max(FEWEST_OPEN, 2 * len(self._open))

    def totals(self) -> Totals:
        """Return what all calls come to so far."""
        self._settle()
        totals = self._settled
        for call in self._open:
            totals = totals.plus(call)
        return totals

    def _settle(self) -> None:
        still_open = []
        for call in self._open:
            if call.is_over:
                self._settled = self._settled.plus(call)
            else:
                still_open.append(call)
        self._open = still_open
