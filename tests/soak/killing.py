"""Kills workers, one after the other, at moments spread over the life of replies."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import monotonic
from typing import Self

from tests.integration.kept_processes.workers import Workers

LONGEST_WAIT_SECONDS = 2.0
PAUSES_SECONDS = (0.4, 1.8)
OPENING_SECONDS = 0.0025
FINISHING_SECONDS = 0.0015


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: whom, and when (monotonic, and by the clock on the wall).

    ``ran`` and ``waited`` are the shares of the last moment in which it ran, and in which it waited for a processor.
    """

    pid: int
    at: float
    on: float
    ran: float
    waited: float


@dataclass(frozen=True, slots=True)
class Turns:
    """How long a process has run, and waited for a processor, at a moment; zeros where the system does not tell."""

    at: float
    ran_seconds: float
    waited_seconds: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Look at a process."""
        place = Path("/proc") / str(pid) / "schedstat"
        ran, waited, *_ = place.read_text("ascii").split() if place.exists() else (0, 0)
        return cls(monotonic(), int(ran) / 1e9, int(waited) / 1e9)

    def kill(self, pid: int) -> Kill:
        """Kill the process; return that together with how it fared since."""
        now = type(self).of(pid)
        at, on = monotonic(), time.time()
        os.kill(pid, signal.SIGKILL)
        seconds = now.at - self.at
        ran, waited = now.ran_seconds - self.ran_seconds, now.waited_seconds - self.waited_seconds
        return Kill(pid, at, on, ran / seconds, waited / seconds)


class Killer:
    """Kills somewhere, just after somebody has begun to ask, or just after the provider has finished, in turn.

    ``asking`` and ``finished`` are to be set when that happens.
    """

    def __init__(self, workers: Workers, seed: int) -> None:
        self.asking = threading.Event()
        self.finished = threading.Event()
        self.kills: list[Kill] = []
        self._workers = workers
        self._chance = random.Random(seed)

    def kill(self, times: int) -> None:
        """Kill so often, with a pause before each, in which the one killed before has been replaced."""
        asking, finishing = (self.asking, OPENING_SECONDS), (self.finished, FINISHING_SECONDS)
        moments = cycle([None, asking, finishing, asking, finishing, asking])
        for _, moment in zip(range(times), moments, strict=False):
            pid = self._chance.choice(self._workers.running)
            before = Turns.of(pid)
            time.sleep(self._chance.uniform(*PAUSES_SECONDS))
            if moment is not None:
                event, within_seconds = moment
                event.clear()
                event.wait(LONGEST_WAIT_SECONDS)
                time.sleep(self._chance.uniform(0, within_seconds))
            self.kills.append(before.kill(pid))
            self._workers.wait_for_the_end_of(pid)
