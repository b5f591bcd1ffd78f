"""Chunked transfer encoding, undone for all bytes that have come and not chunk by chunk.

A provider sends a chunk a token. ``http.client`` and urllib3 hand each out alone, and everything above them is done
for each; a reader that has fallen behind, which is when time counts, catches up four times faster this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BufferedIOBase
from time import monotonic, sleep
from typing import Any, cast

READ_BYTES = 8_192
"""Every waiting read holds a buffer of that size: 64 kB of it for 500 answers cost 20 MB, and brought no speed."""

LONGEST_LINE_BYTES = 8_192
LONGEST_RUN_SECONDS = 0.005
A_WAIT_SECONDS = 0.0005
A_BREATH_SECONDS = 0.0001
"""Not 0: gevent would come back up to a thousand times before it looks at any other socket."""


class BadChunk(HTTPException):
    """The bytes are not chunked transfer encoding."""


class ChunkReader:
    """Takes an encoded body in any pieces and gives out what it holds.

    ``ended`` tells when it is whole, ``failure`` when it went wrong: what was well before that is still given out.

    Source: RFC 9112, section 7.1. Chunk extensions and trailers are passed over.
    """

    def __init__(self) -> None:
        self.ended = False
        self.failure: BadChunk | None = None
        self._rest = b""
        self._left = 0
        self._after_content = False
        self._in_trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take more bytes; return the content that they bring."""
        data = self._rest + data if self._rest else data
        found: list[bytes] = []
        place = 0
        while not self.ended and self.failure is None:
            if self._left:
                part = data[place : place + self._left]
                found.append(part)
                place += len(part)
                self._left -= len(part)
            line_end = data.find(b"\r\n", place)
            if self._left or line_end < 0:
                break
            self._take_line(data[place:line_end])
            place = line_end + 2
        self._rest = data[place:]
        if self._rest and (self.ended or len(self._rest) > LONGEST_LINE_BYTES):
            self.failure = self.failure or BadChunk("There is no chunk where one should begin.")
        return b"".join(found)

    def _take_line(self, line: bytes) -> None:
        if self._after_content:
            self._after_content = False
            self.failure = BadChunk("A chunk is longer than it says.") if line else None
        elif self._in_trailers:
            self.ended = not line
            self._trailer_bytes += len(line)
            if self._trailer_bytes > LONGEST_LINE_BYTES:
                self.failure = BadChunk("What follows the last chunk has no end.")
        elif (size := _size(line)) is None:
            self.failure = BadChunk("A chunk does not say how long it is.")
        else:
            self._left = size
            self._after_content = size > 0
            self._in_trailers = size == 0


def _size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].rstrip()
    if not digits.isalnum() or len(digits) > 15:  # int() alone would take signs and underscores too
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return None


class WholeLines:
    """Reads the lines of an answer's head. ``http.client`` takes one that is cut off anywhere for a whole one."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._has_begun = False

    def readline(self, limit: int) -> bytes:
        """Return the next line.

        Raises:
            IncompleteRead: the connection ended in the midst of the head.
        """
        line = self._stream.readline(limit)
        if not line.endswith(b"\n") and len(line) < limit and (line or self._has_begun):
            raise IncompleteRead(line)
        self._has_begun = True
        return line

    def close(self) -> None:
        """Close what is read from."""
        self._stream.close()


class EagerResponse(HTTPResponse):
    """``http.client``'s answer, which gives its body out as it comes."""

    _ran_since = 0.0

    def begin(self) -> None:
        """Read the head.

        Raises:
            HTTPException: it is cut short, or is none.
            OSError: the connection broke.
        """
        stream = self.fp
        self.fp = cast(Any, WholeLines(stream))
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = stream

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, all that has come in one piece, and close this answer at the body's end.

        Raises:
            HTTPException: the body is cut short, or is not what its head says.
            OSError: the connection broke.
        """
        yield from self._unchunked() if self.chunked else self._plain()
        self.close()

    def _take_turns(self, read: Callable[[int], bytes]) -> bytes:
        """Read what has come; after a while without a wait, let others go first.

        gevent switches only where a read has to wait: a provider that sends faster than we read would keep the whole
        process to itself, and neither a time-out nor a reader who left could end its answer.
        """
        began_at = monotonic()
        data = read(READ_BYTES)
        now = monotonic()
        if now - began_at > A_WAIT_SECONDS:
            self._ran_since = now
        elif now - self._ran_since > LONGEST_RUN_SECONDS:
            sleep(A_BREATH_SECONDS)
            self._ran_since = monotonic()
        return data

    def _unchunked(self) -> Iterator[bytes]:
        chunks = ChunkReader()
        while not chunks.ended:
            data = self._take_turns(self.fp.read1)
            if not data:
                raise IncompleteRead(b"")
            if content := chunks.feed(data):
                yield content
            if chunks.failure is not None:
                raise chunks.failure

    def _plain(self) -> Iterator[bytes]:
        while data := self._take_turns(self.read1):
            yield data
        if self.length:
            raise IncompleteRead(b"", self.length)
