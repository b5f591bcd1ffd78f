"""A provider that never says the same thing twice, and knows what it has said when.

with Teller() as teller:
    teller.pace("Why?", Pace(tokens=30, seconds=0.05))
    ...                       # ask
    (telling,) = teller.tellings("Why?")
    telling.text, telling.sent_at(place)
"""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from chatapp.domain.accounting import cost_nano_usd
from chatapp.domain.entities import Usage
from chatapp.fake import Gate
from chatapp.fake.call import Bill
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Send, Sending, Sendings
from tests.samples import PRICE
from tests.upstream.wire import LAST_CHUNK as LAST
from tests.upstream.wire import STREAM_HEADERS as HEADERS
from tests.upstream.wire import chunk, event, framed, head, usage_of

WAIT = Send(b"")
PROMPT_TOKENS, COMPLETION_TOKENS = 9, 2
"""What is told at the end of each answer, as what it came to; of one that is left each token counts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How one answer comes; at token ``held_at`` it waits for the ``gate``, if there is one."""

    tokens: int = 12
    seconds: float = 0.005
    first_seconds: float = 0.0
    gate: Gate | None = None
    held_at: int = 0

    @property
    def total_seconds(self) -> float:
        """Return how long it takes, where no gate holds it up."""
        return self.first_seconds + self.tokens * self.seconds


@dataclass(eq=False)
class Telling:
    """One answer as it was made: each token of ``number`` is unlike that of any other answer.

    ``places`` are the numbers of characters up to the end of each token, ``moments`` when each was sent.
    """

    number: int
    exchange: Exchange
    pace: Pace
    asked_at: float = field(default_factory=monotonic)
    places: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    finished_at: float | None = None

    @property
    def whole(self) -> str:
        """Return what it says when nobody stops it."""
        return "".join(self.token(place) for place in range(self.pace.tokens))

    @property
    def text(self) -> str:
        """Return what has been sent so far."""
        return "".join(self.token(place) for place in range(len(self.places)))

    @property
    def id(self) -> str:
        """Return the provider's name for it."""
        return f"req_{self.number}"

    @property
    def bill(self) -> Bill:
        """Return what is charged for it: what is told at its end, or for what was sent until it was left."""
        made = COMPLETION_TOKENS if self.finished_at is not None else len(self.moments)
        usage = Usage(PROMPT_TOKENS, made)
        return Bill(usage.prompt_tokens, usage.completion_tokens, cost_nano_usd(PRICE, usage))

    def token(self, number: int) -> str:
        """Return one token."""
        return f"{self.number}·{number}😀 "

    def sent_at(self, place: int) -> float:
        """Return when the token was sent that ends at this character, or holds it."""
        return self.moments[bisect_left(self.places, place)]


class Teller(LoopbackServer):
    """Answers each question at its own pace. ``on_finish`` is called when the end of an answer is about to go out."""

    def __init__(self) -> None:
        super().__init__()
        self.on_finish: Callable[[], object] = _nothing
        self._numbers = itertools.count(100)
        self._paces: dict[str, Pace] = {}
        self._tellings: dict[str, list[Telling]] = defaultdict(list)
        self._told = threading.Condition()

    def pace(self, message: str, pace: Pace) -> None:
        """Answer this message so from now on."""
        self._paces[message] = pace

    def tellings(self, message: str) -> list[Telling]:
        """Return all answers to this message, one each time that it was asked."""
        return list(self._tellings.get(message, ()))

    @property
    def all_tellings(self) -> list[Telling]:
        """Return all answers to all messages."""
        return [telling for tellings in list(self._tellings.values()) for telling in tellings]

    def wait_for_telling(self, message: str, count: int = 1, timeout_seconds: float = 20.0) -> Telling:
        """Return the ``count``-th answer to this message, as soon as it was asked."""
        with self._told:
            asked = self._told.wait_for(lambda: len(self._tellings[message]) >= count, timeout_seconds)
            assert asked, f"{message} was asked {len(self._tellings[message])} times, not {count}"
            return self._tellings[message][count - 1]

    def answer(self, exchange: Exchange) -> Sendings:
        """Begin to answer a question."""
        message = exchange.json["messages"][-1]["content"]
        telling = Telling(next(self._numbers), exchange, self._paces.get(message, Pace()))
        with self._told:
            self._tellings[message].append(telling)
            self._told.notify_all()
        return self._play(telling)

    def _play(self, telling: Telling) -> Iterator[tuple[float, Sending]]:
        due = telling.asked_at
        yield due, head(200, {**HEADERS, "x-request-id": telling.id})
        yield due, framed(event(chunk({"role": "assistant", "content": "", "refusal": None})))
        due += telling.pace.first_seconds
        place = 0
        for number in range(telling.pace.tokens):
            gate = telling.pace.gate
            if gate is not None and number == telling.pace.held_at and not gate.is_open:
                yield due, gate
                due = max(due, monotonic())
            yield due, WAIT  # what follows is made when it is sent
            token = telling.token(number)
            place += len(token)
            telling.moments.append(monotonic())
            telling.places.append(place)
            yield due, framed(event(chunk({"content": token})))
            due += telling.pace.seconds
        yield due, WAIT
        telling.finished_at = monotonic()
        self.on_finish()
        for last in (chunk({}, "stop"), chunk(None, usage=usage_of(PROMPT_TOKENS, COMPLETION_TOKENS))):
            yield due, framed(event(last))
        yield due, framed(b"data: [DONE]\n\n")
        yield due, LAST


def _nothing() -> None:
    """Most do not want to know."""
