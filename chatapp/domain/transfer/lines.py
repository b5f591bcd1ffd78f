"""Splits a file into lines of bounded length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatapp.domain.transfer.limits import MEGABYTE
from chatapp.domain.transfer.pieces import Part


class Collector:
    """Joins the pieces of one part of a file; of one that is too large it keeps none."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._bytes = 0

    def add(self, piece: bytes) -> None:
        """Add what comes next."""
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def take(self, number: int) -> Part:
        """Return the whole part, and begin the next one."""
        text = b"".join(self._pieces)
        wrong = None
        if self._bytes > self._max_bytes:
            wrong = f"It is too large: {self._bytes:,} bytes, where {self._max_bytes // MEGABYTE:,} MB are allowed."
        self._pieces.clear()
        self._bytes = 0
        return Part(number, text, wrong)


def lines(pieces: Iterable[bytes], max_bytes: int) -> Iterator[Part]:
    """Yield the lines of a file, but for empty ones."""
    collector = Collector(max_bytes)
    number = 1
    for piece in pieces:
        begin = 0
        while (end := piece.find(b"\n", begin)) >= 0:
            collector.add(piece[begin:end])
            yield from _unless_empty(collector.take(number))
            begin = end + 1
            number += 1
        collector.add(piece[begin:])
    yield from _unless_empty(collector.take(number))


def _unless_empty(line: Part) -> Iterator[Part]:
    if line.wrong or line.text.strip():
        yield line
