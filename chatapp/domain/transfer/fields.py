"""The fields of an object in JSON, each of which must be as it is meant, or is refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from chatapp.domain.transfer.report import Wrong

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = range(1970, 2200)
"""Times beyond these are mistakes; places that sort by time have no room for them."""

SHORT_CHARACTERS = 10_000
MOST = 1 << 53
"""JSON of other programs knows no larger whole numbers."""
MOST_COUNTED = 1 << 31
"""Nobody has so many messages."""

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """The fields of an object, each of which is asked for once."""

    def __init__(self, values: Any, within: str = "") -> None:
        if not isinstance(values, dict):
            raise Wrong("This must be an object.", within)
        self._values = dict(values)
        self._within = f"{within}." if within else ""

    def optional(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """Return what ``read`` makes of a field, or None if it is missing or null."""
        if self._values.get(name) is None:
            self._values.pop(name, None)
            return None
        return read(name)

    def text(self, name: str, longest_characters: int = SHORT_CHARACTERS) -> str:
        """Return a text that every database can keep."""
        value = self._take(name)
        if not isinstance(value, str):
            raise self._wrong(name, "This must be text.")
        if reason := unfit(value, longest_characters):
            raise self._wrong(name, reason)
        return value

    def id(self, name: str) -> str:
        """Return an id."""
        value = self._take(name)
        if not is_id(value):
            raise self._wrong(name, "An id has 1 to 64 letters (a to z), digits, “-” or “_”.")
        return str(value)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "This must be true or false.")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number from zero on."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST:
            raise self._wrong(name, "This must be a whole number from 0 on.")
        return value

    def count(self, name: str) -> int:
        """Return how many of something there are."""
        value = self.whole(name)
        if value >= MOST_COUNTED:
            raise self._wrong(name, "This is too large.")
        return value

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        """Return one of a few words."""
        value = self._take(name)
        if value not in list(kind):
            raise self._wrong(name, f"This must be one of: {', '.join(kind)}.")
        return kind(value)

    def moment(self, name: str) -> datetime:
        """Return a time."""
        value = self._take(name)
        try:
            if isinstance(value, str) and MOMENT.fullmatch(value) and int(value[:4]) in YEARS:
                return datetime.fromisoformat(value)
        except ValueError:  # there is no such day, or hour
            pass
        raise self._wrong(name, "This must be a time like 2026-11-28T09:30:00.000Z.")

    def day(self, name: str) -> date:
        """Return a day."""
        value = self._take(name)
        try:
            if isinstance(value, str) and DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self._wrong(name, "This must be a day like 2026-11-28.")

    def inner(self, name: str) -> Fields:
        """Return an object."""
        return Fields(self._take(name), f"{self._within}{name}")

    def require_no_more(self) -> None:
        """Refuse what nobody asked for: it would be lost in silence."""
        for name in self._values:
            raise self._wrong(name if is_id(name) else "…", "There is no such field.")

    def _take(self, name: str) -> Any:
        return self._values.pop(name, None)

    def _wrong(self, name: str, reason: str) -> Wrong:
        return Wrong(reason, f"{self._within}{name}")


def is_id(value: Any) -> bool:
    """Tell whether something can be an id."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def unfit(text: str, longest_characters: int) -> str | None:
    """Return why a text cannot be kept; None if it can."""
    if len(text) > longest_characters:
        return f"This is too long: {len(text):,} characters, where {longest_characters:,} are allowed."
    if "\0" in text:
        return "This must not hold the character NUL."
    if not text.isascii() and not _is_whole(text):
        return "This holds half a character (a lone surrogate)."
    return None


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
