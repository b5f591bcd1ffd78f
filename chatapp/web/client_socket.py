"""The caller's socket: has the caller left, and how long may the body of a request take?

The only file of the web layer that knows how servers hand out the socket. Where one does not, a caller who left is
noticed at the second write that fails, as anywhere else.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

CROWD = 50
CROWDED_SILENCE_SECONDS = 2.0
NO_PATIENCE_SECONDS = 0.001


def of(environ: Mapping[str, Any]) -> socket.socket | None:
    """Return the caller's socket, where the server tells."""
    found = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return found if isinstance(found, socket.socket) else None


class Writing:
    """Writes to one caller: when the one ``began_at`` that still lasts, and whether it was ``given_up``."""

    __slots__ = ("began_at", "client", "given_up")

    def __init__(self, client: socket.socket | None) -> None:
        self.client = client
        self.began_at: float | None = None
        self.given_up = False


class ClientWatch:
    """Notices callers who left, also while nothing is written to them, and those who never come to an end.

    ``sweep`` must be called a few times a second. A write may last ``write_seconds``; then nobody reads.

    A caller who closes only their sending side counts as gone too: no browser does that, and the kernel shows no
    difference.
    """

    def __init__(self, write_seconds: float) -> None:
        self._write_seconds = write_seconds
        self._writings: set[Writing] = set()
        self._watched: dict[int, tuple[socket.socket, Callable[[], None]]] = {}
        self._sending: dict[int, tuple[socket.socket, float]] = {}
        self._lock = threading.Lock()
        self._last = 0

    def watch(self, environ: Mapping[str, Any], on_gone: Callable[[], None]) -> Callable[[], None]:
        """Call ``on_gone`` once when the caller leaves; return a function that ends the watch."""
        client = of(environ)
        if client is None:
            return lambda: None
        with self._lock:
            place = self._next_place()
            self._watched[place] = (client, on_gone)
        return lambda: self._forget(place)

    def writing(self, environ: Mapping[str, Any]) -> Writing:
        """Watch the writes of one answer, until it is ``written``."""
        writing = Writing(of(environ))
        self._writings.add(writing)
        return writing

    def written(self, writing: Writing) -> None:
        """End what ``writing`` began."""
        self._writings.discard(writing)

    @contextmanager
    def patience(self, environ: Mapping[str, Any], silence_seconds: float, total_seconds: float) -> Iterator[None]:
        """Let reading from the caller end in ``TimeoutError`` after a silence, and once all the time is used up.

        A server reads until it has what it was asked for, so a time-out of the socket alone, which counts anew with
        every byte, would never end somebody who sends one a second.
        """
        client = of(environ)
        if client is None:
            yield
            return
        before = client.gettimeout()
        if len(self._sending) >= CROWD:  # so many at once are half-sent on purpose, and each keeps a place from others
            silence_seconds = CROWDED_SILENCE_SECONDS
        client.settimeout(min(silence_seconds, total_seconds))
        with self._lock:
            place = self._next_place()
            self._sending[place] = (client, monotonic() + total_seconds)
        try:
            yield
        finally:
            with self._lock:
                del self._sending[place]
                client.settimeout(before)

    def sweep(self) -> None:
        """Look at all callers once; that takes less than a microsecond for each."""
        now = monotonic()
        with self._lock:
            for client, deadline in self._sending.values():
                if now > deadline:
                    client.settimeout(NO_PATIENCE_SECONDS)
        for writing in list(self._writings):
            if writing.began_at is not None and now - writing.began_at > self._write_seconds:
                _give_up(writing)
        watched = [(place, client.fileno(), on_gone) for place, (client, on_gone) in list(self._watched.items())]
        gone = _gone_among([number for _, number, _ in watched])
        for place, number, on_gone in watched:
            if number in gone:
                self._forget(place)
                on_gone()

    def _next_place(self) -> int:
        self._last += 1
        return self._last

    def _forget(self, place: int) -> None:
        self._watched.pop(place, None)


def _give_up(writing: Writing) -> None:
    writing.given_up = True
    if writing.client is not None:
        with suppress(OSError):
            # Frees the thread that is blocked in the write, under every worker class and operating system.
            writing.client.shutdown(socket.SHUT_RDWR)


def _gone_among(numbers: Collection[int]) -> set[int]:
    """Return which of these file numbers have lost their other end, or are closed."""
    gone = {number for number in numbers if number < 0}
    if not hasattr(select, "POLLRDHUP"):
        return gone | {number for number in numbers if number >= 0 and _has_ended(number)}
    poll = _poll()
    for number in numbers:
        if number >= 0:
            poll.register(number, select.POLLRDHUP)  # also sees the end behind bytes that nobody has read
    return gone | {number for number, _ in poll.poll(0)}


def _poll() -> select.poll:
    gevent = sys.modules.get("gevent.monkey")  # its own would begin and end a watch for every socket
    return gevent.get_original("select", "poll")() if gevent else select.poll()


def _has_ended(number: int) -> bool:
    """Look at one socket, where the kernel does not tell of all at once."""
    with socket.socket(fileno=os.dup(number)) as client:
        try:
            return bool(select.select([client], [], [], 0)[0]) and not client.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True
