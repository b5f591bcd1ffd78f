"""Reads requests from bytes, in whatever pieces they come."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, parse_headers
from io import BytesIO

LONGEST_HEAD_BYTES = 65_536
LONGEST_BODY_BYTES = 64_000_000
LONGEST_LINE_OF_CHUNK_BYTES = 1_024
END_OF_HEAD = b"\r\n\r\n"
DIGITS = re.compile(r"[0-9]{1,18}")
HEX_DIGITS = re.compile(rb"[0-9a-fA-F]{1,16}")


class Unreadable(ValueError):
    """No request that the server takes; ``status`` and the sentence are the answer. Nothing behind it can be read."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before the body."""

    method: str
    path: str
    version: str
    headers: Message

    @property
    def is_last(self) -> bool:
        """Tell whether the connection is to be closed behind the answer."""
        named = ",".join(self.headers.get_all("Connection") or []).lower()
        return self.version == "HTTP/1.0" or "close" in (word.strip() for word in named.split(","))


class Reader:
    """Puts one peer's requests together. ``on_expecting`` is called where a peer waits to be asked for the body."""

    def __init__(self, on_expecting: Callable[[], None]) -> None:
        self._on_expecting = on_expecting
        self._received = bytearray()
        self._head: Head | None = None
        self._chunks = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what has come."""
        self._received += data

    @property
    def waiting_bytes(self) -> int:
        """Return how much has come that is not read yet."""
        return len(self._received)

    def next(self) -> tuple[Head, bytes] | None:
        """Return the next request and its body, or None while it is not whole.

        Raises:
            Unreadable: it never will be.
        """
        head = self._head = self._head or self._read_head()
        if head is None:
            return None
        body = self._read_chunks() if _is_chunked(head) else self._read_plain(_size(head))
        if body is None:
            return None
        self._head = None
        return head, body

    def _read_head(self) -> Head | None:
        while self._received.startswith(b"\r\n"):  # some send an empty line too many behind a body
            del self._received[:2]
        end = self._received.find(END_OF_HEAD)
        if max(end, len(self._received) if end < 0 else 0) > LONGEST_HEAD_BYTES:
            raise Unreadable(431, f"The headers are longer than {LONGEST_HEAD_BYTES:,} bytes.")
        if end < 0:
            return None
        head = _parsed(bytes(self._received[: end + len(END_OF_HEAD)]))
        del self._received[: end + len(END_OF_HEAD)]
        if not _is_chunked(head):
            _size(head)  # before anybody is asked for a body that is too long
        if "100-continue" in (head.headers.get("Expect") or "").lower():
            self._on_expecting()
        return head

    def _read_plain(self, size: int) -> bytes | None:
        if len(self._received) < size:
            return None
        body = bytes(self._received[:size])
        del self._received[:size]
        return body

    def _read_chunks(self) -> bytes | None:
        """Take the chunks that are whole, once; return the body behind the last one."""
        while (line_end := self._received.find(b"\r\n")) >= 0:
            digits = bytes(self._received[:line_end]).partition(b";")[0].strip()
            if not HEX_DIGITS.fullmatch(digits):
                raise Unreadable(400, "The length of a chunk of the body is no hexadecimal number.")
            size, begin = int(digits, 16), line_end + 2
            if size == 0:
                return self._read_end(line_end)
            if len(self._chunks) + size > LONGEST_BODY_BYTES:
                raise _too_long()
            end = begin + size
            if len(self._received) < end + 2:
                return None
            if self._received[end : end + 2] != b"\r\n":
                raise Unreadable(400, "A chunk of the body is longer than it says.")
            self._chunks += self._received[begin:end]
            del self._received[: end + 2]
        if len(self._received) > LONGEST_LINE_OF_CHUNK_BYTES:
            raise Unreadable(400, "The length of a chunk of the body is no hexadecimal number.")
        return None

    def _read_end(self, line_end: int) -> bytes | None:
        end = self._received.find(END_OF_HEAD, line_end)  # behind the trailers, of which there are mostly none
        if end < 0:
            if len(self._received) > LONGEST_HEAD_BYTES:
                raise Unreadable(431, f"The trailers are longer than {LONGEST_HEAD_BYTES:,} bytes.")
            return None
        del self._received[: end + len(END_OF_HEAD)]
        body, self._chunks = bytes(self._chunks), bytearray()
        return body


def _parsed(data: bytes) -> Head:
    reader = BytesIO(data)
    words = reader.readline().decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Unreadable(400, "This is no HTTP request that I understand.")
    try:
        return Head(words[0], words[1], words[2], parse_headers(reader))
    except HTTPException as error:
        raise Unreadable(400, "The headers cannot be read.") from error


def _is_chunked(head: Head) -> bool:
    encodings = head.headers.get_all("Transfer-Encoding") or []
    if encodings and [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
        raise Unreadable(501, "Of all transfer encodings I understand chunked alone.")
    return bool(encodings)


def _size(head: Head) -> int:
    sizes = {size.strip() for size in head.headers.get_all("Content-Length") or ["0"]}
    size = sizes.pop()
    if sizes or not DIGITS.fullmatch(size):
        raise Unreadable(400, "The Content-Length is no number.")
    if int(size) > LONGEST_BODY_BYTES:
        raise _too_long()
    return int(size)


def _too_long() -> Unreadable:
    return Unreadable(413, f"The body is longer than {LONGEST_BODY_BYTES:,} bytes.")
