"""A scripted server on a loopback socket: which script is played when, and what it was asked."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Sequence
from ssl import SSLContext
from types import TracebackType
from typing import Self

from tests.upstream.connection import Connection, Exchange
from tests.upstream.script import Step
from tests.upstream.wire import error, models, sse

SHUTDOWN_DATES = {"gpt-4o-mini": "2027-01-14", "gpt-6-luna": None}


class ScriptedUpstream:
    """Plays one script a request, in the order in which they were given, and then an ordinary answer to each.

    ``with ScriptedUpstream() as upstream`` serves on a free port until the block ends; with an ``SSLContext``
    it speaks TLS.
    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.requests: list[Exchange] = []
        self._tls = tls
        self._scripts: deque[Sequence[Step]] = deque()
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[Connection] = []
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, name="upstream", daemon=True)

    @property
    def url(self) -> str:
        """Return the address to use as a base URL, ending in ``/v1``."""
        host, port = self._listener.getsockname()
        return f"{'https' if self._tls else 'http'}://{host}:{port}/v1"

    @property
    def connections(self) -> int:
        """Return how many connections have been opened so far."""
        return len(self._connections)

    def script(self, *steps: Step) -> None:
        """Answer the next request that has no script yet with these steps."""
        self._scripts.append(steps)

    def wait_for_request(self, count: int = 1, timeout_seconds: float = 5.0) -> Exchange:
        """Return the ``count``-th request, as soon as it is there."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.requests) >= count, timeout_seconds)
            assert came, f"{len(self.requests)} requests came, not {count}"
            return self.requests[count - 1]

    def _script_for(self, exchange: Exchange) -> Sequence[Step]:
        with self._changed:
            self.requests.append(exchange)
            self._changed.notify_all()
            if self._scripts:
                return self._scripts.popleft()
        match exchange.method, exchange.path:
            case "POST", "/v1/chat/completions":
                return sse(["Hello", " world"])
            case "GET", "/v1/models":
                return models(SHUTDOWN_DATES)
            case _:
                return error(404, None, f"There is no {exchange.path} here.")

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            if self._closing:
                peer.close()
                return
            if self._tls:  # the handshake is for the connection's own thread
                peer = self._tls.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
            connection = Connection(len(self._connections) + 1, peer, self._script_for)
            self._connections.append(connection)
            connection.start()

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()  # wakes the acceptor
        self._acceptor.join()
        self._listener.close()
        for connection in self._connections:
            connection.stop()
