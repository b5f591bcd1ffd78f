"""What the killing of workers did to the questions of a crowd: in which phase each was hit, and what is missing."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from statistics import median, quantiles

from tests.integration.kept_processes.teller import Telling
from tests.soak.kept_crowd import Question
from tests.soak.killing import Kill

NOTICED_WITHIN_SECONDS = 0.5
"""How long after a kill a connection may be seen to be cut, on a busy machine."""


class Phase(Enum):
    """Where in its life a reply was when its worker was killed."""

    BEFORE_OPEN = "before open"
    BEFORE_FIRST_TOKEN = "before the first token"
    IN_MID_TEXT = "in mid-text"
    FINISHING = "finishing"


@dataclass(frozen=True, slots=True)
class Hit:
    """A question that was in flight in a worker when that was killed. ``missing_seconds`` is None if it was not lost.

    What is missing is counted from the moment when the last stored token was sent; nothing is, if all that was sent
    before the kill is stored.
    """

    question: Question
    kill: Kill
    phase: Phase
    missing_seconds: float | None = None
    sent_characters: int = 0
    stored_characters: int = 0


@dataclass(slots=True)
class Losses:
    """All hits of all kills."""

    kills: Sequence[Kill]
    hits: list[Hit] = field(default_factory=list)

    def note(self, asked: Question, telling: Telling | None, reply: dict[str, str]) -> None:
        """Find out whether a question was hit, given what is stored in the end."""
        lost = reply["state"] == "lost"
        if asked.cut_at is not None and _made_on(asked.reply_id) > asked.cut_on:  # it was opened by the second try
            if (kill := self._last_before(asked.cut_at)) is not None:
                self.hits.append(Hit(asked, kill, Phase.BEFORE_OPEN))
            asked = replace(asked, cut_at=None)
        kill = self._kill_of(asked, telling, was_lost=lost)
        if kill is None:
            assert not lost, f"{asked.message} is lost, but nobody was killed: {reply}"
            return
        phase = _phase(telling, kill)
        if not lost:
            self.hits.append(Hit(asked, kill, phase))
            return
        sent = 0 if telling is None else _places_before(telling, kill.at)
        stored = len(reply["text"])
        self.hits.append(Hit(asked, kill, phase, _missing_seconds(telling, stored, sent, kill), sent, stored))

    def kills_by_phase(self) -> Counter[Phase]:
        """Return how many kills hit a reply in each phase."""
        return Counter(phase for _, phase in {(hit.kill.at, hit.phase) for hit in self.hits})

    def missing_milliseconds(self) -> list[float]:
        """Return how much text is missing of each lost reply, least first."""
        return sorted(hit.missing_seconds * 1000 for hit in self.hits if hit.missing_seconds is not None)

    def table(self) -> list[str]:
        """Return what happened, as lines to read."""
        by_kill, by_reply = self.kills_by_phase(), Counter(hit.phase for hit in self.hits)
        lines = [f"  {len(self.kills)} kills hit {len(self.hits)} replies:"]
        lines += [f"    {phase.value:23} {by_kill[phase]:4} kills, {by_reply[phase]:5} replies" for phase in Phase]
        missing = self.missing_milliseconds()
        median_ms, p95_ms, most_ms = percentile(missing, 50), percentile(missing, 95), max(missing, default=0.0)
        figures = f"median {median_ms:.0f} ms, 95 % {p95_ms:.0f} ms, most {most_ms:.0f} ms"
        return [*lines, f"  {len(missing)} lost; missing text: {figures}"]

    def worse_than(self, milliseconds: float) -> list[str]:
        """Return a line for each kill after which more is missing of some reply, with how its worker had fared."""
        worse: dict[Kill, list[float]] = defaultdict(list)
        for hit in self.hits:
            if (missing_ms := (hit.missing_seconds or 0) * 1000) > milliseconds:
                worse[hit.kill].append(missing_ms)
        return [
            f"  more than {milliseconds:.0f} ms: {len(missing)} of {self._lost_in(kill)} replies of a worker, most "
            f"{max(missing):.0f} ms; just before, it ran {kill.ran:.0%} and waited for a processor {kill.waited:.0%}"
            for kill, missing in worse.items()
        ]

    def _lost_in(self, kill: Kill) -> int:
        return sum(hit.kill is kill and hit.missing_seconds is not None for hit in self.hits)

    def _kill_of(self, asked: Question, telling: Telling | None, *, was_lost: bool) -> Kill | None:
        """Return the kill that cut it off; the provider notices that first, and its caller too."""
        cuts = [telling.exchange.peer_left_at] if telling is not None else []
        cuts += [asked.cut_at]
        for cut_at in cuts:
            if cut_at is not None and (kill := self._last_before(cut_at)) is not None:
                return kill
        if not was_lost:
            return None
        if telling is None or telling.finished_at is None:  # not asked yet, by somebody who did not wait
            return next((kill for kill in self.kills if kill.at >= (asked.acknowledged_at or 0)), None)
        # It had told all, or what it still told went into a connection that it did not know to be cut.
        finished_at = telling.finished_at
        return min(self.kills, key=lambda kill: abs(kill.at - finished_at))

    def _last_before(self, moment: float) -> Kill | None:
        place = bisect_right([kill.at for kill in self.kills], moment)
        if place == 0 or moment - self.kills[place - 1].at > NOTICED_WITHIN_SECONDS:
            return None
        return self.kills[place - 1]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return what so many percent do not exceed; 0 where there is nothing."""
    if len(values) < 2:
        return max(values, default=0.0)
    return median(values) if percent == 50 else quantiles(values, n=100)[percent - 1]


def _phase(telling: Telling | None, kill: Kill) -> Phase:
    if telling is None or not telling.moments or telling.moments[0] > kill.at:
        return Phase.BEFORE_FIRST_TOKEN
    if telling.finished_at is None or telling.finished_at > kill.at:
        return Phase.IN_MID_TEXT
    return Phase.FINISHING


def _made_on(reply_id: str) -> float:
    """Return the time that an id of ours begins with, in seconds since 1970."""
    return int(reply_id[:12], 16) / 1000


def _places_before(telling: Telling, moment: float) -> int:
    sent = bisect_right(telling.moments, moment)
    return telling.places[sent - 1] if sent else 0


def _missing_seconds(telling: Telling | None, stored: int, sent: int, kill: Kill) -> float:
    if telling is None or stored >= sent:
        return 0.0
    return kill.at - (telling.sent_at(stored) if stored else telling.moments[0])
