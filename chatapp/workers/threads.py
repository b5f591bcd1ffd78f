"""The worker class of threads."""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

LONGEST_RUN_SECONDS = 0.001
"""Python lets a thread run for five times as long; a chat needs many turns beside somebody whose body never ends."""


class Worker(ThreadWorker):
    """Closes connections in the threads that served them.

    gunicorn waits for up to two seconds for the other end of a connection that it closes, in the one thread that serves
    all others: five callers who stay make everybody wait for ten seconds (gunicorn 27.0.1).
    """

    def load_wsgi(self) -> None:
        """Make the application, in a process whose threads take turns quickly."""
        sys.setswitchinterval(LONGEST_RUN_SECONDS)
        super().load_wsgi()

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection; return what gunicorn is to do with it next."""
        kept = super().handle(conn)
        if not kept:
            close_graceful(conn.sock)
        return kept
