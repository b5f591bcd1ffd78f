"""What a chat request may look like, checked strictly before it costs anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from chatapp.domain.composing import Turn
from chatapp.domain.entities import Message, Role
from chatapp.web.fields import PLAIN, UNKNOWN, Body, Number, Text, WholeNumber, check_text
from chatapp.web.schemas import ROLES, MessageSchema


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bounds of what callers send; a file that is imported has its own."""

    body_bytes: int
    body_seconds: float
    message_characters: int
    messages: int
    import_bytes: int
    import_seconds: float

    @property
    def values(self) -> int:
        """Return how many values the JSON may hold: a message has three, and one too many shall be told as such."""
        return 16 * self.messages + 1000


class History(fields.List[Any]):
    """The earlier turns, checked by hand: a nested schema costs 14 µs a message, and every request brings them all."""

    def __init__(self, *, max_messages: int, max_characters: int, **kwargs: Any) -> None:
        super().__init__(
            fields.Nested(MessageSchema), validate=validate.Length(0, max_messages), error_messages=PLAIN, **kwargs
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
            content = check_text(item.get("content"), self._max_characters, may_be_blank=may_be_blank)
        except ValidationError as error:
            raise ValidationError({place: {"content": error.messages}}) from None
        if len(item) > 2:
            extra = min(set(item) - {"role", "content"})
            raise ValidationError({place: {extra: [UNKNOWN]}})
        return Message(ROLES[role], content)


def chat_body(limits: BodyLimits) -> type[Schema]:
    """Return the schema of a chat request; it loads a ``Turn``."""
    characters = limits.message_characters

    class ChatBody(Body):
        class Meta:
            title = "ChatRequest"

        message = Text(max_characters=characters, required=True, metadata={"description": "The new message."})
        messages = History(
            max_messages=limits.messages,
            max_characters=characters,
            metadata={"description": "What was said before, oldest first."},
        )
        model = Text(max_characters=200, metadata={"description": "One of GET /models; else its default."})
        system = Text(max_characters=characters, metadata={"description": "Instructions for this conversation."})
        temperature = Number(
            validate=validate.Range(0, 2, error="This must be a number from 0 to 2."), error_messages=PLAIN
        )
        max_tokens = WholeNumber(
            validate=validate.Range(min=1, error="This must be at least 1."),
            error_messages=PLAIN,
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
