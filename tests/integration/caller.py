"""Somebody who calls the server: one connection, byte by byte where it matters.

with Caller(port) as caller:
    caller.ask("/chat/stream")
    caller.read_until(b"first word")
# here the caller has left
"""

from __future__ import annotations

import json
import select
import socket
import struct
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from types import TracebackType
from typing import Any, Self

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
POST = "POST {} HTTP/1.{}\r\nHost: chat.test\r\nContent-Type: application/json\r\n"


def head(path: str, *lines: str, minor_version: int = 1) -> bytes:
    """Return the head of a request that carries JSON, with more lines before the empty one."""
    return (POST.format(path, minor_version) + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode("latin-1")


def question(path: str, minor_version: int = 1, **fields: Any) -> bytes:
    """Return a whole, good request."""
    body = json.dumps({"message": "Hi", **fields}).encode()
    return head(path, f"Content-Length: {len(body)}", minor_version=minor_version) + body


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer, read to its end."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


class Caller:
    """One connection to the server on ``port``."""

    def __init__(self, port: int, timeout_seconds: float = 5.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_seconds)
        self._read = bytearray()

    def send(self, *parts: bytes) -> None:
        """Send bytes as they stand."""
        self._socket.sendall(b"".join(parts))

    def ask(self, path: str = "/chat/stream", **fields: Any) -> None:
        """Send a whole, good request."""
        self.send(question(path, **fields))

    def end_sending(self) -> None:
        """Close this side, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def has_heard(self, within_seconds: float) -> bool:
        """Tell whether there is something to read, waiting a moment for it."""
        return bool(select.select([self._socket], [], [], within_seconds)[0])

    def read_until(self, mark: bytes) -> bytes:
        """Return what comes up to and with ``mark``, as soon as it is there."""
        while mark not in self._read:
            data = self._socket.recv(65_536)
            assert data, f"the connection ended before {mark!r}: {bytes(self._read)!r}"
            self._read += data
        end = self._read.index(mark) + len(mark)
        found = bytes(self._read[:end])
        del self._read[:end]
        return found

    def read_to_end(self) -> bytes:
        """Return all that comes until the server hangs up."""
        while data := self._socket.recv(65_536):
            self._read += data
        return bytes(self._read)

    def hear(self, method: str = "POST") -> Heard:
        """Read one answer; the connection may serve again."""
        response = HTTPResponse(self._socket, method=method)
        response.begin()
        return Heard(response.status, response.headers, response.read())

    def leave(self, *, abruptly: bool = False) -> None:
        """Hang up, in an orderly way (FIN) or not (RST)."""
        if abruptly:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
