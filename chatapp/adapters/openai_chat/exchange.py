"""One request and its answer, which another thread can break off, and the connections that carry them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpx2
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssltransport import SSLTransport

from chatapp.adapters.openai_chat.chunks import EagerResponse

SEND_SECONDS = 60.0
"""How long a request may take to go out: urllib3 would give a long history no more than the time to connect."""


class Exchange:
    """One request and its answer. ``abort`` may be called from any thread, at any moment, any number of times."""

    def __init__(self) -> None:
        self._aborted = threading.Event()
        self._connection: OwnedConnection | None = None

    @property
    def aborted(self) -> bool:
        """Tell whether somebody broke it off."""
        return self._aborted.is_set()

    def wait_aborted(self, seconds: float) -> bool:
        """Wait, but no longer than until somebody breaks it off; return whether somebody did."""
        return self._aborted.wait(seconds)

    def abort(self) -> None:
        """Shut the connection down, which also frees a thread that is blocked reading from it."""
        self._aborted.set()
        if self._connection is not None:
            self._connection.break_off(self)

    def require_wanted(self) -> None:
        """Go no further with what was broken off.

        Raises:
            httpx2.ConnectError: it was.
        """
        if self.aborted:
            raise httpx2.ConnectError("The request was given up before it was sent.")

    def carried_by(self, connection: OwnedConnection) -> None:
        """Note the connection that is about to be used; ``abort`` either finds it here, or was before."""
        self._connection = connection
        self.require_wanted()

    def wait_for_each_read(self, timeout_seconds: float | None) -> None:
        """Bound how long each further read may take; ``None``: until somebody breaks the exchange off."""
        if self._connection is not None:
            self._connection.wait_for_each_read(timeout_seconds)

    def let_go(self) -> None:
        """Leave the connection to others: from now on ``abort`` does not touch it."""
        if self._connection is not None:
            self._connection.disown(self)


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
"""The exchange of this thread's next request: nothing can be handed through the SDK to its transport."""


class OwnedConnection(HTTPConnection):
    """A connection that knows whose exchange it carries, so that nobody breaks off another's."""

    response_class = EagerResponse

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner: Exchange | None = None
        self._carrier: socket.socket | None = None
        self._lock = threading.Lock()

    def connect(self) -> None:
        """Connect for the exchange of this thread."""
        super().connect()
        self._take_owner()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send the request of this thread's exchange."""
        self._take_owner()
        super().request(*args, **kwargs)

    def break_off(self, exchange: Exchange) -> None:
        """Shut the connection down if it still carries ``exchange``."""
        with self._lock, suppress(OSError):
            if self._owner is exchange and self._carrier is not None:
                # close() would wait for the thread that reads. Both directions: the provider is to notice at once.
                # Not the method of a TLS socket: it would make that thread read what is encrypted as if it were plain.
                socket.socket.shutdown(_below_tls(self._carrier), socket.SHUT_RDWR)

    def disown(self, exchange: Exchange) -> None:
        """Forget ``exchange``."""
        with self._lock:
            if self._owner is exchange:
                self._owner = None

    def wait_for_each_read(self, timeout_seconds: float | None) -> None:
        """Bound how long each further read may take, until the next exchange begins."""
        if self._carrier is not None:
            with suppress(OSError):
                self._carrier.settimeout(timeout_seconds)

    def _take_owner(self) -> None:
        if self.sock is None:
            return  # connect() comes first, and back here
        exchange = current_exchange.get()
        self.timeout = SEND_SECONDS  # urllib3 sets it on the socket once more before it sends
        self.sock.settimeout(SEND_SECONDS)
        with self._lock:
            self._owner, self._carrier = exchange, self.sock  # urllib3 forgets the socket of a last answer
        if exchange is not None:
            exchange.carried_by(self)


def _below_tls(carrier: socket.socket | SSLTransport) -> socket.socket:
    """Return the plain socket: behind a proxy that speaks TLS itself, TLS within TLS is no socket at all."""
    while isinstance(carrier, SSLTransport):
        carrier = carrier.socket
    return carrier


class OwnedTLSConnection(OwnedConnection, HTTPSConnection):
    """The same over TLS."""
