"""The machine: its clock, threads, random numbers and ports. Under gevent's workers the threads are greenlets."""

from __future__ import annotations

import _thread
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

NANOSECONDS_A_MILLISECOND = 1_000_000

RECOVERED_AFTER_SECONDS = 10.0
"""So long must nothing have failed: not every beat has something to do."""

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


class Beat:
    """Work that is done again and again.

    While the storage cannot be reached, it fails five times a second: the log is told when that begins (each kind of
    failure once), and when it is over.
    """

    def __init__(self, work: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._monotonic = monotonic
        self._name = getattr(work, "__qualname__", type(work).__qualname__)
        self._failures: set[type[Exception]] = set()
        self._failed_at = 0.0

    def __call__(self) -> None:
        """Do the work; its failure holds up nobody."""
        try:
            self._work()
        except Exception as error:
            if type(error) not in self._failures:
                log.exception("%s failed; it is tried again and again", self._name)
            self._failures.add(type(error))
            self._failed_at = self._monotonic()
        else:
            if self._failures and self._monotonic() - self._failed_at >= RECOVERED_AFTER_SECONDS:
                log.warning("%s goes well again", self._name)
                self._failures.clear()


class Pulse:
    """Calls what must be done a few times a second, on one thread, until it is stopped.

    Start it after the fork: threads do not survive one.
    """

    def __init__(self, beats: Sequence[Callable[[], None]], interval_seconds: float = 0.2) -> None:
        self._beats = [Beat(beat) for beat in beats]
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
                beat()


def new_id() -> str:
    """Return an id that sorts by the time it was made, and cannot be guessed: a UUID of version 7 in hexadecimal.

    Its 12 bits after the version go on where the milliseconds end; 62 bits are random. Source: RFC 9562, section 5.7
    and 6.2 (method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), NANOSECONDS_A_MILLISECOND)
    fraction = (rest << 12) // NANOSECONDS_A_MILLISECOND
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return f"{number:032x}"


def port_trouble(host: str, port: int) -> str | None:
    """Return why a server could not listen there, as a sentence; None if it could."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return f"Port {port} on {host} cannot be used: {error.strerror or error}."
    return None
