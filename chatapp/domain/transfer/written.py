"""How conversations and messages look in a file: keys in a fixed order, without those that have no value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from chatapp.domain.entities import Conversation, Cost, Usage
from chatapp.domain.errors import ChatError
from chatapp.domain.kept import KeptMessage

FORMAT = "chatapp-conversations"
VERSION = 1

HEADER = "header"
CONVERSATION = "conversation"
MESSAGE = "message"
END = "end"
COMPLETE = "complete"


def header() -> bytes:
    """Return the first line of a file."""
    return _line(HEADER, {"format": FORMAT, "version": VERSION})


def conversation_line(conversation: Conversation) -> bytes:
    """Return the line that a conversation begins with; its leaf stands in its end."""
    return _line(
        CONVERSATION,
        {
            "id": conversation.id,
            "title": conversation.title,
            "pinned": conversation.pinned,
            "model": conversation.model_id,
            "system": conversation.system,
            "created_at": rfc3339(conversation.created_at),
            "updated_at": rfc3339(conversation.updated_at),
        },
    )


def message_line(message: KeptMessage) -> bytes:
    """Return the line of a message."""
    return _line(
        MESSAGE,
        {
            "id": message.id,
            "conversation_id": message.conversation_id,
            "parent_id": message.parent_id,
            "role": message.role.value,
            "text": message.text,
            "created_at": rfc3339(message.created_at),
            "model": message.model_id,
            "state": message.state.value,
            "finish_reason": message.finish_reason,
            "usage": _usage(message.usage),
            "cost": _cost(message.cost),
            "error": _error(message.error),
            "request_id": message.request_id,
            "left_out": message.left_out,
        },
    )


def end_line(conversation_id: str, leaf_id: str | None) -> bytes:
    """Return the line behind the last message of a conversation: only here it is sure that the leaf is among them."""
    return _line(END, {"conversation_id": conversation_id, "leaf_id": leaf_id})


def complete_line(conversations: int) -> bytes:
    """Return the last line of a file, by which one that was cut off is told from a whole one."""
    return _line(COMPLETE, {"conversations": conversations})


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC with milliseconds, cut off behind them."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(kind: str, fields: Mapping[str, Any]) -> bytes:
    values = {"type": kind} | _with_value(fields)
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _with_value(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    return None if usage is None else _with_value(asdict(usage))


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    day = cost.price_as_of.isoformat() if cost.price_as_of else None
    return _with_value({"nano_usd": cost.nano_usd, "source": cost.source.value, "price_as_of": day})


def _error(error: ChatError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return _with_value({"code": error.code, "error": error.message, "retry_after_seconds": error.retry_after_seconds})
