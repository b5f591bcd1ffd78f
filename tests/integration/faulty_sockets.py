"""Sockets that go wrong at a moment of a test's choosing, and the two places where an application meets sockets.

upstream_reads, client_writes = Trap(), Trap()
container.openai_chat_model.override(providers.Object(model_through(upstream_reads, upstream.url)))
with serving(app, client_writes) as server:
    upstream_reads.arm(7, Fault.END)
    ...                       # the seventh read finds the end of the bytes; so does each one after it
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import httpx2
import urllib3
from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.adapters.openai_chat.exchange import OwnedConnection
from chatapp.adapters.openai_chat.transport import Urllib3Transport

KEY = "sk-canary-93b1e0d7"


class Fault(Enum):
    """What a read or a write on a socket may end in."""

    END = "end of bytes"
    RESET = "reset"
    BROKEN = "broken pipe"
    SILENCE = "time-out"

    def strike(self) -> int:
        """Be what the kernel would say: an error, or no bytes."""
        match self:
            case Fault.RESET:
                raise ConnectionResetError
            case Fault.BROKEN:
                raise BrokenPipeError
            case Fault.SILENCE:
                raise TimeoutError
        return 0


class Trap:
    """Counts what is done on some sockets. Armed, it lets the ``at``-th time go wrong, and each one after it.

    ``passed`` is what has been read since then, ``has_sprung`` whether anything went wrong.
    """

    def __init__(self) -> None:
        self.passed = bytearray()
        self.has_sprung = False
        self._count = 0
        self._at: int | None = None
        self._fault = Fault.END
        self._lock = threading.Lock()

    def arm(self, at: int, fault: Fault) -> None:
        """Begin to count anew."""
        with self._lock:
            self.passed.clear()
            self.has_sprung = False
            self._count, self._at, self._fault = 0, at, fault

    def disarm(self) -> None:
        """Let everything go well again."""
        self._at = None

    def springs(self) -> Fault | None:
        """Count one more; return what it ends in, if not well."""
        with self._lock:
            self._count += 1
            if self._at is None or self._count < self._at:
                return None
            self.has_sprung = True
            return self._fault


class TrappedSocket(socket.socket):
    """A socket with a trap on its reads, which are short, or on its writes."""

    reads: Trap | None = None
    writes: Trap | None = None
    read_bytes = 0

    @classmethod
    def instead_of(cls, other: socket.socket) -> TrappedSocket:
        """Take the place of ``other``, which is no more use afterwards."""
        timeout_seconds = other.gettimeout()
        mine = cls(other.family, other.type, other.proto, fileno=other.detach())
        mine.settimeout(timeout_seconds)
        return mine

    def recv_into(self, buffer: Any, *args: Any) -> int:
        """Read no more than ``read_bytes``; this is what every buffered reader calls."""
        if self.reads is None:
            return super().recv_into(buffer, *args)
        if fault := self.reads.springs():
            return fault.strike()
        size = super().recv_into(memoryview(buffer)[: self.read_bytes])
        self.reads.passed += memoryview(buffer)[:size]
        return size

    def sendall(self, data: Any, *args: Any) -> None:
        """Write everything; this is what the WSGI server calls."""
        if self.writes is not None and (fault := self.writes.springs()):
            fault.strike()
        super().sendall(data, *args)


def model_through(trap: Trap, read_bytes: int, base_url: str) -> OpenAIChatModel:
    """Return the real model on its real transport, whose sockets read that many bytes at once, into ``trap``."""

    class Connection(OwnedConnection):
        def _new_conn(self) -> socket.socket:
            trapped = TrappedSocket.instead_of(super()._new_conn())
            trapped.reads, trapped.read_bytes = trap, read_bytes
            return trapped

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Connection

    class Transport(Urllib3Transport):
        def __init__(self) -> None:
            self._pools = urllib3.PoolManager(maxsize=10)
            self._pools.pool_classes_by_scheme = {"http": Pool}

    http_client = httpx2.Client(transport=Transport(), timeout=10, trust_env=False)
    return OpenAIChatModel(connect(KEY, base_url).with_options(http_client=http_client))


class Server(ThreadedWSGIServer):
    """werkzeug's WSGI server, one thread a request; ``errors`` is what it has to say about the application."""

    def __init__(self, app: Flask, trap: Trap) -> None:
        self.errors: list[str] = []
        self._trap = trap
        super().__init__("127.0.0.1", 0, app, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a client, with the trap on what is written to it."""
        accepted, address = super().get_request()
        trapped = TrappedSocket.instead_of(accepted)
        trapped.writes = self._trap
        return trapped, address

    def log(self, kind: str, message: str, *args: Any) -> None:
        """Keep what is not about an ordinary request."""
        if kind != "info":
            self.errors.append(message % args if args else message)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: Any) -> None:
        """Say nothing about an ordinary request."""


@contextmanager
def serving(app: Flask, trap: Trap) -> Iterator[Server]:
    """Serve ``app`` in this process until the block ends."""
    server = Server(app, trap)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
