"""What a chat request may look like, checked strictly before it costs anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from chatapp.domain.composing import Turn
from chatapp.domain.entities import Message, Role
from chatapp.web.schemas import ROLES, MessageSchema

REQUIRED = "This field is required."
NOT_NULL = "This field must not be null."
UNKNOWN = "There is no such field."


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bounds of a chat request."""

    body_bytes: int
    body_seconds: float
    message_characters: int
    messages: int

    @property
    def values(self) -> int:
        """Return how many values the JSON may hold: a message has three, and one too many shall be told as such."""
        return 16 * self.messages + 1000


def _check_text(text: Any, max_characters: int, *, may_be_blank: bool = False) -> str:
    if not isinstance(text, str):
        raise ValidationError("This must be text.")
    if len(text) > max_characters:
        raise ValidationError(f"This is too long: {len(text):,} characters, where {max_characters:,} are allowed.")
    if not may_be_blank and (not text or text.isspace()):
        raise ValidationError("This must not be empty.")
    if "\0" in text:
        raise ValidationError("This must not hold the character NUL.")
    return text


class Text(fields.String):
    """Text of bounded length, with something in it, and without NUL, which not every database keeps."""

    def __init__(self, *, max_characters: int, **kwargs: Any) -> None:
        # The check stands in _deserialize; the validator is there for the description.
        super().__init__(validate=validate.Length(1, max_characters), error_messages=_PLAIN, **kwargs)
        self._max_characters = max_characters

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return _check_text(value, self._max_characters)


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


class History(fields.List[Any]):
    """The earlier turns, checked by hand: a nested schema costs 14 µs a message, and every request brings them all."""

    def __init__(self, *, max_messages: int, max_characters: int, **kwargs: Any) -> None:
        super().__init__(
            fields.Nested(MessageSchema), validate=validate.Length(0, max_messages), error_messages=_PLAIN, **kwargs
        )
        self._max_messages = max_messages
        self._max_characters = max_characters

    def _deserialize(  # type: ignore[override]  # a list field may give a tuple
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[Message, ...]:
        if not isinstance(value, list):
            raise ValidationError("This must be a list of messages.")
        if len(value) > self._max_messages:
            raise ValidationError(f"These are too many: {len(value):,}, where {self._max_messages:,} are allowed.")
        return tuple(self._message(place, item) for place, item in enumerate(value))

    def _message(self, place: int, item: Any) -> Message:
        if not isinstance(item, dict):
            raise ValidationError({place: ["This must be an object with “role” and “content”."]})
        role = item.get("role")
        if not isinstance(role, str) or role not in ROLES:
            raise ValidationError({place: {"role": ["This must be “user”, “assistant” or “system”."]}})
        try:
            # A model may answer nothing, and what it answered must be good as history.
            may_be_blank = role == Role.ASSISTANT
            content = _check_text(item.get("content"), self._max_characters, may_be_blank=may_be_blank)
        except ValidationError as error:
            raise ValidationError({place: {"content": error.messages}}) from None
        if len(item) > 2:
            extra = min(set(item) - {"role", "content"})
            raise ValidationError({place: {extra: [UNKNOWN]}})
        return Message(ROLES[role], content)


_PLAIN: dict[str, Any] = {"required": REQUIRED, "null": NOT_NULL}


def chat_body(limits: BodyLimits) -> type[Schema]:
    """Return the schema of a chat request; it loads a ``Turn``."""
    characters = limits.message_characters

    class ChatBody(Schema):
        class Meta:
            title = "ChatRequest"

        error_messages = {"unknown": UNKNOWN, "type": "The body must be a JSON object."}  # noqa: RUF012

        message = Text(max_characters=characters, required=True, metadata={"description": "The new message."})
        messages = History(
            max_messages=limits.messages,
            max_characters=characters,
            metadata={"description": "What was said before, oldest first."},
        )
        model = Text(max_characters=200, metadata={"description": "One of GET /models; else its default."})
        system = Text(max_characters=characters, metadata={"description": "Instructions for this conversation."})
        temperature = Number(
            validate=validate.Range(0, 2, error="This must be a number from 0 to 2."), error_messages=_PLAIN
        )
        max_tokens = WholeNumber(
            validate=validate.Range(min=1, error="This must be at least 1."),
            error_messages=_PLAIN,
            metadata={"description": "Cap of the answer; the server's own cap holds in any case."},
        )

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> Turn:
            return Turn(
                message=data["message"],
                history=data.get("messages", ()),
                model_id=data.get("model"),
                system=data.get("system"),
                temperature=data.get("temperature"),
                max_output_tokens=data.get("max_tokens"),
            )

    return ChatBody
