"""The machine: its clock, its threads, its random numbers. Under gevent's workers the threads are greenlets."""

from __future__ import annotations

import _thread
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

NANOSECONDS_A_MILLISECOND = 1_000_000

log = logging.getLogger(__name__)


class SystemClock:
    """The ``Clock`` on the wall."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()


class ThreadTask:
    """A ``Task`` on a thread of its own."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._is_over = False

    def is_alive(self) -> bool:
        """Tell whether the work still goes on."""
        return not self._is_over

    def run(self) -> None:
        """Do the work on this thread."""
        try:
            self._work()
        except Exception:
            log.exception("The task %s failed", self._name)
        finally:
            self._is_over = True
            del self._work  # whoever holds this task may be held by it, and would wait for the garbage collector


class ThreadRunner:
    """A ``Runner`` that gives every piece of work a thread of its own, which does not hold up the process's end."""

    def start(self, name: str, work: Callable[[], None]) -> ThreadTask:
        """Begin ``work`` on a new thread."""
        task = ThreadTask(name, work)
        # threading.Thread would wait here until the new thread runs: a fifth of what a short answer costs.
        _thread.start_new_thread(task.run, ())
        return task


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
    """Return an id that sorts by the time it was made, and cannot be guessed: a UUID of version 7 in hexadecimal.

    Its 12 bits after the version go on where the milliseconds end; 62 bits are random. Source: RFC 9562, section 5.7
    and 6.2 (method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), NANOSECONDS_A_MILLISECOND)
    fraction = (rest << 12) // NANOSECONDS_A_MILLISECOND
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return f"{number:032x}"
