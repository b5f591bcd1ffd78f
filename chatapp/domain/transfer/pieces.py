"""The bytes of a file as they arrive, and a first look at what kind of file it is."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chatapp.domain.errors import InvalidRequest

HEAD_BYTES = 64
PIECE_BYTES = 8192
"""So much may stand between two calls of ``Progress``: a flood of tiny lines must not hold up others for long."""

OTHER_KINDS = {
    b"PK\x03\x04": "This is a zip file. Please unpack it, and import the file conversations.json that is in it.",
    b"\x1f\x8b": "This file is compressed (gzip). Please unpack it, and import the file that is in it.",
    codecs.BOM_UTF16_LE: "This file is UTF-16 text. Please save it as UTF-8.",
    codecs.BOM_UTF16_BE: "This file is UTF-16 text. Please save it as UTF-8.",
}

Progress = Callable[[int], None]
"""Is told again and again how many bytes have been read so far; a server lets others run there."""


@dataclass(slots=True)
class Part:
    """One line, or one element of a list, and its number from 1 on; or what is ``wrong`` with it."""

    number: int
    text: bytes
    wrong: str | None = None

    def release(self) -> bytes:
        """Return the text, and hold it no longer: parsed, it needs several times the room."""
        text, self.text = self.text, b""
        return text


def silent(_: int) -> None:
    """Tell nobody about the progress."""


class Meter:
    """Counts the bytes that are read, and tells how many there are: with each piece, and with each pause."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bytes = 0

    def add(self, more_bytes: int) -> None:
        """Count more bytes."""
        self._bytes += more_bytes
        self._progress(self._bytes)

    def pause(self) -> None:
        """Interrupt long work on what was read."""
        self._progress(self._bytes)


def pieces(chunks: Iterable[bytes], meter: Meter, check: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield a file's bytes, without a byte order mark, once ``check`` has seen how it begins.

    Raises:
        InvalidRequest: it is empty, or no text in UTF-8.
    """
    head: bytes | None = b""
    for chunk in _divided(chunks):
        meter.add(len(chunk))
        if head is None:
            yield chunk
        elif len(head) + len(chunk) < HEAD_BYTES:
            head += chunk
        else:
            yield _checked(head + chunk, check)
            head = None
    if head is not None:
        yield _checked(head, check)


def _divided(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for place in range(0, len(chunk), PIECE_BYTES):
            yield chunk[place : place + PIECE_BYTES]


def _checked(head: bytes, check: Callable[[bytes], None]) -> bytes:
    for mark, sentence in OTHER_KINDS.items():
        if head.startswith(mark):
            raise InvalidRequest(sentence)
    head = head.removeprefix(codecs.BOM_UTF8)
    if len(head) < HEAD_BYTES and not head.strip():
        raise InvalidRequest("The file is empty.")
    check(head[:HEAD_BYTES].lstrip())
    return head
