"""Keeps keys, cookies and organizations out of cassettes.

None of the headers that carry them is ever written. But a provider may quote a key in the body of an error, and a
caller may have put it into a prompt: so it is looked for in both bodies too. An answer in which a model spells a key
token by token, each in an event of its own, is not recognised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from typing import Any

REMOVED = "[removed]"
SHORTEST_SECRET = 8
"""Local servers take words like "none" and "ollama" for a key: those are no secrets, and would tear texts apart."""

WITH_SCHEME = ("authorization", "proxy-authorization")
WHOLE = ("api-key", "x-api-key", "openai-organization", "openai-project")
KEPT_OF_ANSWER = frozenset(
    {
        "content-type",
        "openai-processing-ms",
        "openai-version",
        "retry-after",
        "retry-after-ms",
        "x-request-id",
        "x-should-retry",
    }
)
KEPT_FAMILY = "x-ratelimit-"

Reads = Sequence[tuple[float, bytes]]


class Secrets:
    """What the headers of one request give away, to be removed from everything that is written about it."""

    def __init__(self, headers: Message) -> None:
        words = {word for word in _told_by(headers) if len(word) >= SHORTEST_SECRET}
        words |= {json.dumps(word)[1:-1] for word in words}  # as it stands inside JSON
        longest_first = sorted(words, key=len, reverse=True)
        coded = [code for word in longest_first for code in {word.encode(), word.encode("latin-1", "replace")}]
        nothing = r"(?!)"
        self._text = re.compile("|".join(map(re.escape, longest_first)) or nothing)
        self._bytes = re.compile(b"|".join(map(re.escape, coded)) or nothing.encode())

    def removed_from(self, value: Any) -> Any:
        """Return text, or JSON that has been parsed, without them, down to the names in its objects."""
        if isinstance(value, str):
            return self._text.sub(REMOVED, value)
        if isinstance(value, list):
            return [self.removed_from(item) for item in value]
        if isinstance(value, dict):
            return {self.removed_from(name): self.removed_from(item) for name, item in value.items()}
        return value

    def removed_from_bytes(self, data: bytes) -> bytes:
        """Return bytes without them."""
        return self._bytes.sub(REMOVED.encode(), data)

    def removed_from_reads(self, reads: Reads) -> list[tuple[float, bytes]]:
        """Return a body without them, also where one is spread over several reads.

        The reads stay as they were split; the first that had a part of a secret has the word in its place.
        """
        found = [match.span() for match in self._bytes.finditer(b"".join(data for _, data in reads))]
        if not found:
            return list(reads)
        kept, begin = [], 0
        for milliseconds, data in reads:
            left = _left_of(data, begin, found)
            begin += len(data)
            if left:
                kept.append((milliseconds, left))
        return kept


def kept_of_answer(headers: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """Return those headers of an answer that a cassette may have: of these alone, and in plain ASCII."""
    return {
        name.lower(): secrets.removed_from(value)
        for name, value in headers.items()
        if (name.lower() in KEPT_OF_ANSWER or name.lower().startswith(KEPT_FAMILY))
        and value.isascii()
        and value.isprintable()
    }


def _left_of(data: bytes, begin: int, found: Sequence[tuple[int, int]]) -> bytes:
    """Return what is left of the read that begins at ``begin`` of a body when all that was ``found`` is gone."""
    left, place, end = bytearray(), begin, begin + len(data)
    for first, last in found:
        if last <= begin or first >= end:
            continue
        left += data[place - begin : max(first - begin, 0)]
        if first >= begin:
            left += REMOVED.encode()
        place = min(last, end)
    return bytes(left + data[place - begin :])


def _told_by(headers: Message) -> Iterator[str]:
    for name, value in headers.items():
        said = str(value).strip()
        match name.lower():
            case kind if kind in WITH_SCHEME:
                yield said.partition(" ")[2].strip() or said
            case kind if kind in WHOLE:
                yield said
            case "cookie":
                yield said
                for cookie in said.split(";"):
                    yield cookie.partition("=")[2].strip()
