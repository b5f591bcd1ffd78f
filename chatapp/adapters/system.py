"""The machine: its clock, its threads, its random numbers. Under gevent's workers the threads are greenlets."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

log = logging.getLogger(__name__)


class SystemClock:
    """The ``Clock`` on the wall."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()


class ThreadRunner:
    """A ``Runner`` that gives every piece of work a daemon thread of its own."""

    def start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Begin ``work`` on a new thread."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread


class Pulse:
    """Calls what must be done a few times a second, on one thread, until it is stopped.

    Start it after the fork: threads do not survive one.
    """

    def __init__(self, beats: Sequence[Callable[[], None]], interval_seconds: float = 0.2) -> None:
        self._beats = beats
        self._interval_seconds = interval_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to beat."""
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stop(self) -> None:
        """End after the current beat."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            for beat in self._beats:
                try:
                    beat()
                except Exception:
                    log.exception("A beat failed; the others and the next one go on")


def new_id() -> str:
    """Return an id that cannot be guessed: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)
