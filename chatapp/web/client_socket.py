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


class Caller:
    """One caller while a request of theirs lasts.

    ``on_gone`` is called once if they hang up; it says in ``has_left`` whether they missed anything by that.
    ``writing_since`` is when the write to them began that still lasts; ``reads_nothing`` says that it lasted too long.
    Their request must have arrived at ``sending_until``. ``client`` is None where the server does not hand out the
    socket.
    """

    __slots__ = ("client", "has_left", "on_gone", "reads_nothing", "sending_until", "writing_since")

    def __init__(self, client: socket.socket | None) -> None:
        self.client = client
        self.on_gone: Callable[[], None] | None = None
        self.has_left = False
        self.sending_until: float | None = None
        self.writing_since: float | None = None
        self.reads_nothing = False

    def give_up(self) -> None:
        """Hang up on somebody who reads nothing."""
        self.reads_nothing = True
        if self.client is not None:
            with suppress(OSError):
                # Frees the thread that is blocked in the write, under every worker class and operating system.
                self.client.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Tell whoever wants to know that they hung up."""
        on_gone, self.on_gone = self.on_gone, None
        if on_gone is not None:
            on_gone()


class ClientWatch:
    """Notices callers who left, also while nothing is written to them, and those who never come to an end.

    ``sweep`` must be called a few times a second. A write may last ``write_seconds``; then nobody reads.

    A caller who closes only their sending side counts as gone too: no browser does that, and the kernel shows no
    difference.
    """

    def __init__(self, write_seconds: float) -> None:
        self._write_seconds = write_seconds
        self._callers: set[Caller] = set()
        self._senders = 0
        self._lock = threading.Lock()

    def begin(self, environ: Mapping[str, Any]) -> Caller:
        """Watch the caller of a request, until its ``end``."""
        caller = Caller(of(environ))
        if caller.client is not None:
            self._callers.add(caller)
        return caller

    def end(self, caller: Caller) -> None:
        """Watch no more: the request is answered."""
        self._callers.discard(caller)

    @contextmanager
    def patience(self, caller: Caller, silence_seconds: float, total_seconds: float) -> Iterator[None]:
        """Let reading from the caller end in ``TimeoutError`` after a silence, and once all the time is used up.

        A server reads until it has what it was asked for, so a time-out of the socket alone, which counts anew with
        every byte, would never end somebody who sends one a second.
        """
        client = caller.client
        if client is None:
            yield
            return
        before = client.gettimeout()
        if self._senders >= CROWD:  # so many at once are half-sent on purpose, and each keeps a place from others
            silence_seconds = CROWDED_SILENCE_SECONDS
        client.settimeout(min(silence_seconds, total_seconds))
        with self._lock:
            self._senders += 1
            caller.sending_until = monotonic() + total_seconds
        try:
            yield
        finally:
            with self._lock:
                self._senders -= 1
                caller.sending_until = None
                client.settimeout(before)

    def sweep(self) -> None:
        """Look at all callers once; that takes less than a microsecond for each."""
        now = monotonic()
        callers = list(self._callers)
        with self._lock:
            for caller in callers:
                if caller.client and caller.sending_until is not None and now > caller.sending_until:
                    caller.client.settimeout(NO_PATIENCE_SECONDS)
        for caller in callers:
            since = caller.writing_since  # read once: the write may end at this moment
            if since is not None and now - since > self._write_seconds:
                caller.give_up()
        watched = [(caller.client.fileno(), caller) for caller in callers if caller.client and caller.on_gone]
        gone = _gone_among([number for number, _ in watched])
        for number, caller in watched:
            if number in gone:
                caller.hang_up()


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
