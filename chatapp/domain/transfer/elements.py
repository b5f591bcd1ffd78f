"""Finds the elements of a list in JSON without parsing it, and without holding more than one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chatapp.domain.errors import InvalidRequest
from chatapp.domain.transfer.lines import Collector
from chatapp.domain.transfer.pieces import Part

BLANKS = re.compile(rb"\s*+")
TO_QUOTE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
TO_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+', re.DOTALL)
"""All up to the next bracket, over whole strings; or up to a string that does not end in this piece."""
WORD = re.compile(rb'[^"\[\]{},\s]*+')
QUOTE = ord('"')
BEGIN = ord("[")
OPENING = b"[{"

STRAY = "It is not a conversation."
NO_LIST = "This is not ChatGPT's export: conversations.json begins with a list."
CUT = "The file ends in the middle. What comes before is taken over; please get the whole file and import it again."


def elements(pieces: Iterable[bytes], max_bytes: int) -> Iterator[Part]:
    """Yield the elements of the list that a file holds, as they stand there.

    Raises:
        InvalidRequest: it holds no list.
    """
    splitter = _Splitter(max_bytes)
    for piece in pieces:
        yield from splitter.feed(piece)
    yield from splitter.finish()


class _Splitter:
    """Follows brackets and strings from piece to piece. ``_depth`` is 1 in the list, and more in its elements."""

    def __init__(self, max_bytes: int) -> None:
        self._collector = Collector(max_bytes)
        self._depth = 0
        self._number = 0
        self._has_begun = False
        self._has_more = False
        self._in_string = False
        self._is_escaped = False
        self._is_stray = False
        self._found: list[Part] = []

    def feed(self, piece: bytes) -> list[Part]:
        """Return the elements that end in this piece."""
        self._found = []
        place = begin = 0
        while place < len(piece):
            if self._in_string:
                place = self._skip_string(piece, place)
            elif self._depth > 1:
                place = self._skip_element(piece, place)
                if self._depth == 1:
                    self._collector.add(piece[begin:place])
                    self._found.append(self._collector.take(self._number))
            else:
                place = self._look_between(piece, place)
                begin = place - 1  # the bracket that an element begins with, if one does
        if self._depth > 1:
            self._collector.add(piece[begin:])
        return self._found

    def finish(self) -> list[Part]:
        """Return what is wrong with the end of the file.

        Raises:
            InvalidRequest: there was nothing in it but blanks.
        """
        if not self._has_begun:
            raise InvalidRequest("The file is empty.")
        return [Part(self._number + (self._depth == 1), b"", CUT)] if self._depth else []

    def _skip_string(self, piece: bytes, place: int) -> int:
        if self._is_escaped:
            self._is_escaped = False
            return place + 1
        place = _end(TO_QUOTE, piece, place)
        if place < len(piece):
            self._in_string = piece[place] != QUOTE
            self._is_escaped = self._in_string
        return place + 1

    def _skip_element(self, piece: bytes, place: int) -> int:
        """Go on to the end of the element, or of the piece, or into a string that does not end in the piece."""
        depth = self._depth  # as a local name: this loop sees every bracket of the file
        while place < len(piece) and depth > 1 and not self._in_string:
            found = TO_BRACKET.match(piece, place)
            place = len(piece) if found is None else found.end()
            if place < len(piece):
                sign = piece[place]
                if sign == QUOTE:
                    self._in_string = True
                else:
                    depth += 1 if sign in OPENING else -1
            place += 1
        self._depth = depth
        return place

    def _look_between(self, piece: bytes, place: int) -> int:
        """Go on where no element has begun: before the list, between its elements, or behind it."""
        place = _end(BLANKS, piece, place)
        sign = piece[place : place + 1]
        if not sign:
            return place
        if self._depth == 0:
            return self._enter(piece, place)
        if sign == b",":
            self._is_stray = False
        elif sign == b"]":
            self._depth = 0
        elif sign in OPENING:
            self._number += 1
            self._depth += 1
        else:
            return self._skip_stray(piece, place)
        return place + 1

    def _enter(self, piece: bytes, place: int) -> int:
        if not self._has_begun:
            if piece[place] != BEGIN:
                raise InvalidRequest(NO_LIST)
            self._has_begun = True
            self._depth = 1
            return place + 1
        if not self._has_more:
            self._has_more = True
            self._found.append(Part(self._number + 1, b"", "Something stands behind the end of the list."))
        return len(piece)

    def _skip_stray(self, piece: bytes, place: int) -> int:
        if not self._is_stray:
            self._is_stray = True
            self._number += 1
            self._found.append(Part(self._number, b"", STRAY))
        self._in_string = piece[place] == QUOTE
        return place + 1 if self._in_string else max(_end(WORD, piece, place), place + 1)


def _end(pattern: re.Pattern[bytes], piece: bytes, place: int) -> int:
    """Return where what a pattern finds at a place ends; each finds at least nothing."""
    found = pattern.match(piece, place)
    return place if found is None else found.end()
