"""One call of the fake: what it was asked, what it has said, how that ended, and what it would have cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from time import monotonic
from typing import Any

from chatapp.domain.accounting import cost_nano_usd
from chatapp.domain.entities import NANO_USD_PER_USD, Price, Usage
from chatapp.fake.asked import Asked
from chatapp.fake.faults import Error
from chatapp.fake.plan import Plan
from chatapp.fake.steps import Begin, Break, Finish, Piece, Played, made_by, timed

PATIENCE_SECONDS = 5.0
"""How long whoever asks how a call ended waits for its end, before they learn that it still runs."""


class Ending(StrEnum):
    """How a call ended: ``failed`` is what its rule wanted, ``cancelled`` is that its caller left."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Bill:
    """What a real provider would have charged; ``nano_usd`` is None where a model has no price."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    nano_usd: int | None = 0

    @property
    def usd(self) -> str | None:
        """Return the money in dollars, as a decimal number."""
        if self.nano_usd is None:
            return None
        dollars, nanos = divmod(self.nano_usd, NANO_USD_PER_USD)
        return f"{dollars}.{nanos:09}"


class Call:
    """One request to the fake. A door plays its ``steps`` and says when it is over; everybody else just looks.

    ``rule`` is the number of the rule that answered, counted from 1; None where the fake answered by itself.
    """

    def __init__(
        self, number: int, asked: Asked, plan: Plan, *, rule: int | None, price: Price | None, streamed: bool
    ) -> None:
        self.number = number
        self.plan = plan
        self.rule = rule
        self.came_at = datetime.now(UTC)
        self.began_at = monotonic()
        self._asked = asked
        self._price = price
        self._streamed = streamed
        self._steps: Iterator[tuple[float, Played]] = timed(plan.steps(), monotonic)
        self._being_played: tuple[float, Played] | None = None
        self._begun = False
        self._broken = False
        self._said: list[str] = []
        self._made = 0
        self._ending = Ending.RUNNING
        self._went_out = streamed
        self._usage: Usage | None = None
        self._tells_usage = True
        self._over = threading.Event()

    @property
    def id(self) -> str:
        """Return the provider's name for its answer."""
        return f"req_fake_{self.number}"

    @property
    def model(self) -> str:
        """Return the model that was asked for."""
        return self._asked.model

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """Return the messages as they were sent: ``{"role": …, "content": …}``."""
        return self._asked.messages

    @property
    def message(self) -> str:
        """Return the text of the user's last message."""
        return self._asked.message

    @property
    def turn(self) -> int:
        """Return how many messages of the user there were."""
        return self._asked.turn

    @property
    def text(self) -> str:
        """Return the text that went out so far. What is not streamed goes out all at once, at its end."""
        return "".join(self._said) if self._went_out else ""

    @property
    def has_begun(self) -> bool:
        """Tell whether the head of the answer went out."""
        return self._begun and self._went_out

    @property
    def is_broken(self) -> bool:
        """Tell whether its fault has struck."""
        return self._broken

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is to come."""
        return self._over.is_set()

    @property
    def state(self) -> Ending:
        """Return how it stands, without waiting for anything."""
        return self._ending if self._over.is_set() else Ending.RUNNING

    @property
    def ended(self) -> Ending:
        """Return how it ended. Waits for the end, a few seconds; a call that runs on is ``running``."""
        self._over.wait(PATIENCE_SECONDS)
        return self._ending

    @property
    def cancelled_after_characters(self) -> int | None:
        """Return how much text had gone out when the caller left; None if nobody did. Waits as ``ended`` does.

        An answer that is not streamed goes out in one piece: who left before it had none of it.
        """
        if self.ended is not Ending.CANCELLED:
            return None
        return len(self.text) if self._streamed else 0

    @property
    def usage(self) -> Usage | None:
        """Return the token counts that were reported; None if none were, or not yet, or nobody wanted to know."""
        return self._usage if self._tells_usage else None

    @property
    def bill(self) -> Bill:
        """Return what a provider would have charged: for what was made, whoever got it.

        What a call has made is known at its end; until then it is what went out.
        """
        if self._broken and not self._begun:
            return Bill()
        whole, usage = self.plan.usage, self._usage
        made = whole.completion_tokens if usage else self._made + (whole.reasoning_tokens or 0)
        charged = Usage(whole.prompt_tokens, made, whole.cached_tokens, whole.cache_write_tokens)
        cost = None if self._price is None else cost_nano_usd(self._price, charged)
        return Bill(charged.prompt_tokens, charged.completion_tokens, cost)

    def keep_usage(self) -> None:
        """Say that the caller does not want the token counts."""
        self._tells_usage = False

    def steps(self) -> Iterator[tuple[float, Played]]:
        """Yield what is to be played, each with the moment at which it is due."""
        for timed_step in self._steps:
            self._being_played = timed_step
            yield timed_step
            self.note_played()

    def note_played(self) -> None:
        """Say that the step at hand goes out now: before it does, so that whoever gets it finds it noted here.

        Asking for the next step says it too.
        """
        if self._being_played is None:
            return
        _, step = self._being_played
        self._being_played = None
        if isinstance(step, Piece):
            self._said.append(step.text)
            self._made += 1
        elif isinstance(step, Begin):
            self._begun = True
        elif isinstance(step, Finish):
            self._usage = step.usage
            self._went_out = True
        elif isinstance(step, Break):
            self._broken = True
            if not self._streamed and isinstance(step.fault, Error):  # nothing of the answer ever goes out
                self._begun = False
            else:
                self._went_out = True

    def end(self, *, cancelled: bool) -> None:
        """Say that it is over, and whether the caller had left before. Only the first time counts."""
        if self._over.is_set():
            return
        if cancelled or self._broken:
            self._ending = Ending.CANCELLED if cancelled else Ending.FAILED
            taken = () if self._being_played is None else (self._being_played,)
            self._made += made_by(chain(taken, self._steps), monotonic())
        else:
            self._ending = Ending.FINISHED
        self._over.set()
