"""The fields of bodies and queries. Each says in plain words what is wrong with a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

REQUIRED = "This field is required."
NOT_NULL = "This field must not be null."
UNKNOWN = "There is no such field."
PLAIN: dict[str, Any] = {"required": REQUIRED, "null": NOT_NULL}

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,100}")
DIGITS = re.compile(r"[0-9]{1,15}")


def check_text(text: Any, max_characters: int, *, may_be_blank: bool = False) -> str:
    """Return a text of bounded length, with something in it, and without NUL, which not every database keeps.

    Raises:
        ValidationError: it is none.
    """
    if not isinstance(text, str):
        raise ValidationError("This must be text.")
    if len(text) > max_characters:
        raise ValidationError(f"This is too long: {len(text):,} characters, where {max_characters:,} are allowed.")
    if not may_be_blank and (not text or text.isspace()):
        raise ValidationError("This must not be empty.")
    if "\0" in text:
        raise ValidationError("This must not hold the character NUL.")
    return text


class Body(Schema):
    """A JSON object in the body of a request."""

    error_messages = {"unknown": UNKNOWN, "type": "The body must be a JSON object."}  # noqa: RUF012


class Query(Schema):
    """What stands behind the question mark of an address."""

    error_messages = {"unknown": "There is no such parameter."}  # noqa: RUF012


class Text(fields.String):
    """Text as ``check_text`` wants it."""

    def __init__(self, *, max_characters: int, **kwargs: Any) -> None:
        # The check stands in _deserialize; the validator is there for the description.
        super().__init__(validate=validate.Length(1, max_characters), error_messages=PLAIN, **kwargs)
        self._max_characters = max_characters

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return check_text(value, self._max_characters)


class Word(fields.String):
    """A text of one form, which ``reason`` tells in words."""

    def __init__(self, form: re.Pattern[str], reason: str, **kwargs: Any) -> None:
        # Python's way to say "the whole text" is not that of a description.
        super().__init__(validate=validate.Regexp(f"^{form.pattern}$"), error_messages=PLAIN, **kwargs)
        self._form = form
        self._reason = reason

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not self._form.fullmatch(value):
            raise ValidationError(self._reason)
        return value


class Id(Word):
    """The id of something that is kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ID, "This must be an id: 1 to 64 letters, digits, “-” and “_”.", **kwargs)


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(words), error_messages=PLAIN, **kwargs)
        self._words = words

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self._words:
            raise ValidationError(f"This must be {' or '.join(f'“{word}”' for word in self._words)}.")
        return value


class Flag(fields.Boolean):
    """True or false of JSON: no text or number that may stand for one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages=PLAIN, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("This must be true or false.")
        return value


class Number(fields.Float):
    """A number of JSON: no text that looks like one, and neither true nor false."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("This must be a number.")
        return value  # a whole number of any length; it may be too long for a float


class WholeNumber(fields.Integer):
    """A whole number of JSON."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("This must be a whole number.")
        return value


class Limit(fields.Integer):
    """How many entries a page may have, in the digits of a query."""

    def __init__(self, most: int, usual: int) -> None:
        super().__init__(validate=validate.Range(1, most), load_default=usual)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str) or not DIGITS.fullmatch(value) or not 1 <= int(value) <= self._most:
            raise ValidationError(f"This must be a whole number from 1 to {self._most}.")
        return int(value)
