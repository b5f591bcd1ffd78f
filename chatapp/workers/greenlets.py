"""The worker class of greenlets."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

import gevent
import gevent.socket
from gevent.threadpool import ThreadPool
from gunicorn.workers.ggevent import GeventWorker

log = logging.getLogger(__name__)

QUESTIONS_AT_ONCE = 4
CHANGES_AT_ONCE = 2
"""One changes something, and one writes the log back: neither ever waits for a thread."""

LONGEST_RUN_SECONDS = 0.005
A_REST_SECONDS = 0.005
"""As long as the run: the others need many turns, and each of them is short."""

MOST_AT_ONCE_BYTES = 65_536
"""gunicorn asks for a megabyte, and moves all of it for each kilobyte that it takes out (gunicorn 27.0.1)."""


class EvenHandedSocket(gevent.socket.socket):
    """A caller's socket that lets others have their turn.

    gevent switches only where a read has to wait. Whoever sends faster than we read would have the whole process to
    themselves: a body in chunks of one byte, or request upon request, held up everybody for as long as it came.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = -1
        self._turn_began_at = 0.0

    def recv(self, size: int, *args: Any) -> bytes:
        """Read some of what came."""
        data: bytes = super().recv(min(size, MOST_AT_ONCE_BYTES), *args)
        self.take_turns()
        return data

    def take_turns(self) -> None:
        """Let others go first, after a while in which nobody else could run."""
        turn = gevent.get_hub().loop.iteration  # a new one each time that it has looked at all others
        if turn != self._turn:
            self._turn, self._turn_began_at = turn, monotonic()
        elif monotonic() - self._turn_began_at > LONGEST_RUN_SECONDS:
            gevent.sleep(A_REST_SECONDS)


class Worker(GeventWorker):
    """Gives every caller their turn, and its own troubles to the log."""

    def patch(self) -> None:
        """Make the standard library gevent's, in the new process."""
        super().patch()
        # gevent would print tracebacks past the log, with addresses in them.
        gevent.get_hub().print_exception = _log_exception

    def load_wsgi(self) -> None:
        """Make the application, and lend its database real threads: while SQLite works, no greenlet runs."""
        from chatapp.bootstrap import LIFE  # here alone: the standard library must be gevent's before

        super().load_wsgi()
        lend_threads(self.wsgi.extensions[LIFE].database)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection to its end."""
        even_handed = EvenHandedSocket(client.family, client.type, client.proto, fileno=client.detach())
        super().handle(listener, even_handed, addr)

    def handle_request(self, listener_name: Any, req: Any, sock: EvenHandedSocket, addr: Any) -> None:
        """Answer one request of a connection; many may have come at once."""
        super().handle_request(listener_name, req, sock, addr)
        sock.take_turns()


def lend_threads(database: Any) -> None:
    """Lend a database threads of its own: in gevent's, names of hosts are looked up, and would wait for searches."""
    database.apart = ThreadPool(QUESTIONS_AT_ONCE).apply
    database.apart_for_changes = ThreadPool(CHANGES_AT_ONCE).apply


def _log_exception(_context: object, kind: Any, value: Any, trace: Any) -> None:
    log.error("A greenlet failed", exc_info=(kind, value, trace))
