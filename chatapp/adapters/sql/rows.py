"""Rows to values and back."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import bindparam, null

from chatapp.adapters.sql.tables import conversations
from chatapp.domain.entities import Conversation, Cost, Role, Source, Usage
from chatapp.domain.errors import ChatError, error_named
from chatapp.domain.kept import KeptMessage
from chatapp.domain.moments import milliseconds, moment
from chatapp.domain.reply import ReplyRecord, ReplyState

write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
USAGE_NAMES = tuple(field.name for field in fields(Usage))

CONVERSATION_COLUMNS = (
    "position",
    "newest",
    "visitor_id",
    "id",
    "title",
    "pinned",
    "model_id",
    "system",
    "leaf_id",
    "created_at",
    "updated_at",
    "indexed",
)
"""What a new conversation has; one without a title has nothing to be indexed."""

MESSAGE_COLUMNS = (
    "position",
    "visitor_id",
    "conversation_id",
    "id",
    "parent_id",
    "role",
    "text",
    "created_at",
    "model_id",
    "state",
    "finish_reason",
    "usage",
    "cost",
    "error",
    "request_id",
    "left_out",
    "owner",
)
"""What a new message has; it is neither wanted stopped nor indexed yet."""


THIS = (conversations.c.visitor_id == bindparam("visitor"), conversations.c.id == bindparam("conversation"))
"""One conversation of a visitor."""

WITHOUT_SYSTEM = tuple(
    null().label("system") if column is conversations.c.system else column for column in conversations.c
)
"""A conversation as it is listed: its instructions may be longer than all the rest."""


def conversation_of(row: Any) -> Conversation:
    """Return the conversation of a row."""
    return Conversation(
        row.id,
        moment(row.created_at),
        moment(row.updated_at),
        row.title,
        bool(row.pinned),
        row.model_id,
        row.system,
        row.leaf_id,
    )


def message_of(row: Any, text: str | None = None, siblings: tuple[str, ...] = ()) -> KeptMessage:
    """Return the message of a row; ``text`` is what has been stored of one that is still being made."""
    return KeptMessage(
        row.id,
        row.conversation_id,
        row.parent_id,
        Role(row.role),
        row.text if text is None else text,
        moment(row.created_at),
        row.model_id,
        ReplyState(row.state),
        row.finish_reason,
        _usage(row.usage),
        _cost(row.cost),
        _error(row.error),
        row.request_id,
        row.left_out,
        siblings,
    )


def record_of(row: Any, text: str) -> ReplyRecord:
    """Return the reply of a row, with its text."""
    return ReplyRecord(
        row.id,
        row.model_id or "",
        ReplyState(row.state),
        text,
        row.finish_reason,
        _usage(row.usage),
        _cost(row.cost),
        _error(row.error),
        row.conversation_id,
        row.parent_id,
        row.request_id,
        row.left_out,
    )


def conversation_row(visitor_id: str, conversation: Conversation, position: int) -> dict[str, Any]:
    """Return the row of a new conversation."""
    return {
        "position": position,
        "newest": position,
        "visitor_id": visitor_id,
        "id": conversation.id,
        "title": conversation.title,
        "pinned": conversation.pinned,
        "model_id": conversation.model_id,
        "system": conversation.system,
        "leaf_id": conversation.leaf_id,
        "created_at": milliseconds(conversation.created_at),
        "updated_at": milliseconds(conversation.updated_at),
        "indexed": not conversation.title,
    }


def message_row(visitor_id: str, message: KeptMessage, position: int) -> dict[str, Any]:
    """Return the row of a new message that is not being made."""
    return {
        "position": position,
        "visitor_id": visitor_id,
        "conversation_id": message.conversation_id,
        "id": message.id,
        "parent_id": message.parent_id,
        "role": message.role.value,
        "text": message.text,
        "created_at": milliseconds(message.created_at),
        "model_id": message.model_id,
        "request_id": message.request_id,
        "left_out": message.left_out,
        "owner": None,
        **ending_row(message),
    }


def ending_row(ended: KeptMessage | ReplyRecord) -> dict[str, Any]:
    """Return the columns that tell how an answer ended."""
    return {
        "state": ended.state.value,
        "finish_reason": ended.finish_reason,
        "usage": None if ended.usage is None else write_json(_usage_row(ended.usage)),
        "cost": None if ended.cost is None else write_json(_cost_row(ended.cost)),
        "error": None if ended.error is None else write_json(_error_row(ended.error)),
    }


def _usage_row(usage: Usage) -> dict[str, int]:
    return {name: count for name in USAGE_NAMES if (count := getattr(usage, name)) is not None}


def _usage(text: str | None) -> Usage | None:
    return None if text is None else Usage(**json.loads(text))


def _cost_row(cost: Cost) -> dict[str, Any]:
    day = cost.price_as_of.isoformat() if cost.price_as_of else None
    return {"nano_usd": cost.nano_usd, "source": cost.source.value, "price_as_of": day}


def _cost(text: str | None) -> Cost | None:
    if text is None:
        return None
    row = json.loads(text)
    day = row["price_as_of"]
    return Cost(row["nano_usd"], Source(row["source"]), date.fromisoformat(day) if day else None)


def _error_row(error: ChatError) -> dict[str, Any]:
    return {"code": error.code, "error": error.message, "retry_after_seconds": error.retry_after_seconds}


def _error(text: str | None) -> ChatError | None:
    if text is None:
        return None
    row = json.loads(text)
    return error_named(row["code"], row["error"], row["retry_after_seconds"])
