"""Clocks and runners that do as they are told, so that a test needs no second thread and never waits.

stage = Stage([once("one ", Meanwhile(lambda: clock.advance(61)), "two")])

All of them are real adapters of their ports, and pass the ports' contracts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chatapp.fake import Gate

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(slots=True)
class FakeClock:
    """A ``Clock`` that stands still until it is advanced."""

    started_at: datetime = NOON
    seconds: float = 0.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self.started_at + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds that were let pass."""
        return self.seconds


@dataclass(slots=True)
class DeterministicTask:
    """A ``Task`` that lives as long as somebody says so."""

    work: Callable[[], None]
    alive: bool = True

    def is_alive(self) -> bool:
        """Tell whether the work still goes on."""
        return self.alive

    def run(self) -> None:
        """Do the work, to its end."""
        try:
            self.work()
        finally:
            self.alive = False


class InlineRunner:
    """A ``Runner`` that has done the work by the time it returns."""

    def start(self, name: str, work: Callable[[], None]) -> DeterministicTask:
        """Do ``work``."""
        task = DeterministicTask(work)
        task.run()
        return task


@dataclass(slots=True)
class SteppedRunner:
    """A ``Runner`` that keeps its work until the test wants it done."""

    tasks: list[DeterministicTask] = field(default_factory=list)

    def start(self, name: str, work: Callable[[], None]) -> DeterministicTask:
        """Keep ``work`` for later."""
        task = DeterministicTask(work)
        self.tasks.append(task)
        return task

    def run(self) -> None:
        """Do everything that waits, in the order in which it came."""
        while self.tasks:
            self.tasks.pop(0).run()

    def kill(self) -> None:
        """Let everything that waits die undone, as a thread dies with a bug or a killed process."""
        while self.tasks:
            self.tasks.pop().alive = False


class Meanwhile(Gate):
    """A gate in a reply of the fake that does something in the middle of the answer, and is open after it."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed = deed

    def wait(self, seconds: float) -> bool:
        """Do it, each time anew where a reply has the gate more than once."""
        self._deed()
        self.open()
        return True
