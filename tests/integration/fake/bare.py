"""Requests to the fake byte by byte, as no proper client would send them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from chatapp.fake.server.loopback import LoopbackServer

PATIENCE_SECONDS = 10


@contextmanager
def connected(server: LoopbackServer, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    """Open a connection; a small buffer makes a reader that is slow as soon as it pauses."""
    url = urlsplit(server.url)
    with socket.socket() as peer:
        if receive_buffer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        peer.settimeout(PATIENCE_SECONDS)
        peer.connect((url.hostname, url.port))
        yield peer


def rest(peer: socket.socket) -> bytes:
    """Return what comes until the server hangs up."""
    return b"".join(iter(lambda: peer.recv(65_536), b""))


def answers(server: LoopbackServer, *pieces: bytes) -> bytes:
    """Send the pieces, and return all that the server says; it has to hang up by itself."""
    with connected(server) as peer:
        for piece in pieces:
            peer.sendall(piece)
        return rest(peer)


def request(start: str, *lines: str, body: bytes = b"") -> bytes:
    """Return a request."""
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1") + body
