"""Keeps keys, cookies and organizations out of cassettes.

None of the headers that carry them is ever written, nor is the query. But a provider may quote a key or the URL in the
body of an error, and a caller may have put it into a prompt: so it is looked for in both bodies too, and with it all
that looks like a key or an organization. An answer in which a model spells a key token by token, each in an event of
its own, is not recognised.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.message import Message
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from urllib3 import HTTPHeaderDict

from chatapp.fake.server.exchange import Exchange

REMOVED = "[removed]"
SHORTEST_SECRET = 8
"""Local servers take words like "none" and "ollama" for a key: those are no secrets, and would tear texts apart."""

ACCOUNT = ("openai-organization", "openai-project")
TELLING = ("auth", "cookie", "key", "secret", "token")
"""What the name of a header with a secret in it contains."""

BEGIN = r"(?:\b|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
r"""Where a word begins; in raw JSON also behind an escape: in ``\norg-1`` the ``n`` is no part of it."""
DASH = r"(?:-|\\u002[Dd]|%2[Dd])"
SHAPES = rf"(?=[ops]){BEGIN}(?:org{DASH}[A-Za-z0-9]{{6,}}|proj_[A-Za-z0-9]{{6,}}|sk{DASH}[A-Za-z0-9_-]{{16,}})"
"""What an organization, a project and a key look like: a provider may name one that the request did not."""

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

MOST_SPELLED = 64
"""Longer patterns take long to make. Whatever has the first characters of a longer secret goes, up to a blank."""
SHORT_ESCAPES = {'"': '\\"', "/": "\\/", "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
"""Of JSON; all others there have four digits."""
NOTHING = r"(?!)"

Reads = Sequence[tuple[float, bytes]]
Headers = Message | HTTPHeaderDict


class Secrets:
    """Words and shapes that are to be removed from everything that is written about a request."""

    def __init__(self, words: Iterable[str], shapes: str = SHAPES) -> None:
        told = {word for word in words if len(word) >= SHORTEST_SECRET}
        told |= {word for word in map(unquote, told) if len(word) >= SHORTEST_SECRET}
        spelled = [_spelled(word) for word in sorted(told, key=len, reverse=True)]
        coded = [pattern.encode() for pattern in spelled]
        # What is not ASCII may also stand there as the header had it: HTTP takes each byte for a character.
        coded += [pattern.encode("latin-1", "xmlcharrefreplace") for pattern in spelled if not pattern.isascii()]
        self._text = re.compile("|".join([*spelled, shapes]))
        self._bytes = re.compile(b"|".join([*coded, shapes.encode()]))

    @classmethod
    def of(cls, exchange: Exchange, answer: Headers | None = None) -> Self:
        """Return what a request gives away in its headers and its query, and the headers of its answer."""
        words = [*_told_by_request(exchange.headers), *_told_by_query(exchange.path.partition("?")[2])]
        if answer is not None:
            words += _told_by_answer(answer)
        return cls(words)

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


NO_SECRETS = Secrets((), NOTHING)


def kept_of_answer(headers: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """Return those headers of an answer that a cassette may have: of these alone, and in plain ASCII.

    One that is there several times has all its values, in one line.
    """
    kept: dict[str, str] = {}
    for given, value in headers.items():
        name = given.lower()
        is_kept = name in KEPT_OF_ANSWER or name.startswith(KEPT_FAMILY)
        if is_kept and value.isascii() and value.isprintable():
            clean = secrets.removed_from(value)
            kept[name] = f"{kept[name]}, {clean}" if name in kept else clean
    return kept


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


def _spelled(word: str) -> str:
    """Return a pattern for a secret, however its characters are escaped."""
    begin, rest = word[:MOST_SPELLED], word[MOST_SPELLED:]
    pattern = "".join(map(_spellings, begin))
    return rf'{pattern}(?:{re.escape(rest)}|[^\s"]*)' if rest else pattern


def _spellings(character: str) -> str:
    """Return a pattern for one character, as it is or as JSON or a URL may escape it."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    in_json = "".join(rf"\\u{units[begin : begin + 4]}" for begin in range(0, len(units), 4))
    in_url = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    short = re.escape(SHORT_ESCAPES.get(character, character))
    # The short escape comes first: that of a backslash begins with one.
    return f"(?:{short}|{re.escape(character)}|(?i:{in_json}|{in_url}))"


def _told_by_request(headers: Message) -> Iterator[str]:
    for name, value in headers.items():
        kind, said = name.lower(), str(value).strip()
        if "cookie" in kind:
            yield said
            for cookie in said.split(";"):
                yield cookie.partition("=")[2].strip()
        elif "auth" in kind:
            scheme, _, rest = said.partition(" ")
            yield rest.strip() or said
            if scheme.lower() == "basic":
                yield from _told_by_basic(rest)
        elif kind in ACCOUNT or any(word in kind for word in TELLING):
            yield said


def _told_by_basic(coded: str) -> Iterator[str]:
    try:
        pair = b64decode(coded).decode()
    except ValueError:
        return
    yield pair
    yield pair.partition(":")[2]


def _told_by_query(query: str) -> Iterator[str]:
    yield query
    for part in query.split("&"):
        yield part.partition("=")[2]
    for _, value in parse_qsl(query):
        yield value


def _told_by_answer(headers: Headers) -> Iterator[str]:
    for name, value in headers.items():
        kind, said = name.lower(), str(value).strip()
        if kind in ACCOUNT:
            yield said
        elif kind == "set-cookie":
            pair = said.partition(";")[0]  # behind it are the path and the like
            yield pair.strip()
            yield pair.partition("=")[2].strip()
