"""Two servers on different ports over one PostgreSQL: what one makes, the other tells from any place, and stops.

With ``--soak`` 40 replies at once are followed for half a minute, 40 are stopped, and how long that took is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, pairwise
from time import monotonic

import pytest

from chatapp.fake import Gate
from tests.integration.kept_processes.teller import Pace, Teller, Telling
from tests.integration.kept_processes.visitor import Event, Visitor, text_of
from tests.integration.kept_processes.workers import kept_server
from tests.postgres import Postgres
from tests.soak.losses import percentile

REPLIES, PACE = 4, Pace(tokens=20, seconds=0.05)
WHOLE_REPLIES, WHOLE_PACE = 40, Pace(tokens=300, seconds=0.1)
UNHURRIED = Pace(tokens=10_000, seconds=0.1)
MOST_LATE_MS = 500
"""For 99 of 100 tokens, and for each stop."""


@dataclass(frozen=True, slots=True)
class BothServers:
    """One visitor at the one server and at the other."""

    teller: Teller
    here: Visitor
    there: Visitor

    def asks(self, message: str, pace: Pace) -> tuple[str, Telling]:
        """Ask here; return the reply's id and its answer as it is made."""
        self.teller.pace(message, pace)
        reply_id = self.here.asks_without_waiting(self.here.begins(), message)
        return reply_id, self.teller.wait_for_telling(message)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[BothServers]:
    folder = tmp_path_factory.mktemp("both")
    with ExitStack() as stack:
        teller = stack.enter_context(Teller())
        url = stack.enter_context(postgres.fresh())
        one, other = (
            stack.enter_context(kept_server(folder / name, teller, CHATAPP_DATABASE_URL=url, CHATAPP_WORKERS="1"))
            for name in ("one", "other")
        )
        visitor = Visitor.new(one.port)
        yield BothServers(teller, visitor, visitor.at(other.port))


def test_a_reply_is_followed_at_another_server_from_any_place(both: BothServers) -> None:
    gate = Gate()
    reply_id, telling = both.asks("From any place?", Pace(tokens=4, gate=gate, held_at=2))
    half = len(telling.token(0) + telling.token(1))
    with ExitStack() as stack:
        readings = [stack.enter_context(both.there.follows(reply_id, place)) for place in range(half + 2)]
        begun = [reading.until(half) if place < half else "" for place, reading in enumerate(readings)]
        gate.open()
        rests = [reading.rest() for reading in readings]

    assert [text + text_of(rest) for text, rest in zip(begun, rests, strict=True)] == [
        telling.whole[place:] for place in range(half + 2)
    ]
    assert {rest[-1].data["state"] for rest in rests} == {"complete"}


def test_tokens_come_soon_at_another_server(both: BothServers, soak: bool, soak_lines: list[str]) -> None:
    count, pace = (WHOLE_REPLIES, WHOLE_PACE) if soak else (REPLIES, PACE)
    with ThreadPoolExecutor(count) as pool:
        all_late_ms = pool.map(lambda number: followed(both, f"How late? {number}", pace), range(count))
        late_ms = sorted(chain.from_iterable(all_late_ms))
    p99_ms = percentile(late_ms, 99)
    soak_lines.append(
        f"two servers: {len(late_ms)} tokens of {count} replies at once, late at the other one: "
        f"median {percentile(late_ms, 50):.0f} ms, p99 {p99_ms:.0f} ms, most {late_ms[-1]:.0f} ms"
    )

    assert len(late_ms) == count * pace.tokens
    if soak:
        assert p99_ms <= MOST_LATE_MS


def test_a_reply_is_stopped_from_another_server(both: BothServers, soak: bool, soak_lines: list[str]) -> None:
    stopped_ms = sorted(stopped(both, f"Stop! {number}") for number in range(WHOLE_REPLIES if soak else REPLIES))
    soak_lines.append(
        f"two servers: {len(stopped_ms)} replies stopped from the other one, the provider's connection closed after: "
        f"median {percentile(stopped_ms, 50):.0f} ms, most {stopped_ms[-1]:.0f} ms"
    )

    if soak:
        assert stopped_ms[-1] <= MOST_LATE_MS


def followed(both: BothServers, message: str, pace: Pace) -> list[float]:
    """Ask here and follow there, to the end; return how late each token came, in milliseconds."""
    reply_id, telling = both.asks(message, pace)
    with both.there.follows(reply_id) as reading:
        *pieces, last = reading.rest()

    assert (text_of(pieces), last.data["state"]) == (telling.whole, "complete")
    return lateness(telling, pieces)


def lateness(telling: Telling, pieces: Sequence[Event]) -> list[float]:
    """Return how many milliseconds after it was sent each token had come."""
    ends = [0, *(piece.place or 0 for piece in pieces)]
    came_at = {
        place: piece.at
        for (before, end), piece in zip(pairwise(ends), pieces, strict=True)
        for place in telling.places
        if before < place <= end
    }
    return [(came_at[place] - telling.sent_at(place)) * 1000 for place in telling.places]


def stopped(both: BothServers, message: str) -> float:
    """Ask here and stop there; return after how many milliseconds the provider was told, having checked the rest."""
    reply_id, telling = both.asks(message, UNHURRIED)
    with both.here.follows(reply_id) as reading:
        reading.next()
        asked_at = monotonic()
        heard = both.there.stops(reply_id)
        last = reading.rest()[-1].data
    left_at = telling.exchange.wait_until_left()

    assert (heard.status, heard.json["state"], last["state"]) == (200, "stopped", "stopped")
    assert telling.text.startswith(heard.json["text"])
    assert both.here.reply(reply_id) == heard.json
    return (left_at - asked_at) * 1000
