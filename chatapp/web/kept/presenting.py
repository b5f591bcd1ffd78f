"""How what is kept looks in JSON. Times are RFC 3339 in UTC, with milliseconds."""

from __future__ import annotations

from typing import Any

from chatapp.domain.conversation import Branch, Listed
from chatapp.domain.entities import Conversation, Role
from chatapp.domain.errors import ChatError
from chatapp.domain.kept import KeptMessage
from chatapp.domain.reply import ReplyRecord
from chatapp.domain.transfer import Imported
from chatapp.web import errors
from chatapp.web.presenting import allowance, cost, moment, usage


def reply(record: ReplyRecord) -> dict[str, Any]:
    """Return a reply, with its text so far."""
    return reply_without_text(record) | {"text": record.text}


def reply_without_text(record: ReplyRecord) -> dict[str, Any]:
    """Return a reply as the first event of its stream tells of it."""
    return {
        "id": record.id,
        "conversation_id": record.conversation_id,
        "message_id": record.id,
        "user_message_id": record.user_message_id,
        "model": record.model_id or None,
        "state": record.state.value,
        "finish_reason": record.finish_reason,
        "error": _error(record.error, record.request_id),
        "usage": usage(record.usage),
        "cost": cost(record.cost),
        "left_out": record.left_out,
        **allowance(record.allowance),
    }


def conversation(value: Conversation) -> dict[str, Any]:
    """Return a conversation without its messages."""
    return {
        "id": value.id,
        "title": value.title,
        "pinned": value.pinned,
        "model": value.model_id,
        "system": value.system,
        "created_at": moment(value.created_at),
        "updated_at": moment(value.updated_at),
        "leaf_id": value.leaf_id,
    }


def listed(entry: Listed) -> dict[str, Any]:
    """Return a conversation as it stands in a list."""
    shown = conversation(entry.conversation)
    del shown["system"], shown["leaf_id"]
    return shown if entry.snippet is None else shown | {"snippet": entry.snippet}


def branch(value: Branch) -> dict[str, Any]:
    """Return the newest messages of a branch, and where the ones before them begin."""
    return {"messages": [message(each) for each in value.messages], "before": value.before}


def message(value: KeptMessage) -> dict[str, Any]:
    """Return a message of a branch."""
    return {
        "id": value.id,
        "parent_id": value.parent_id,
        "reply_id": value.id if value.role is Role.ASSISTANT else None,
        "role": value.role.value,
        "text": value.text,
        "model": value.model_id,
        "state": value.state.value,
        "finish_reason": value.finish_reason,
        "error": _error(value.error, value.request_id),
        "usage": usage(value.usage),
        "cost": cost(value.cost),
        "left_out": value.left_out,
        "created_at": moment(value.created_at),
        "siblings": list(value.siblings),
    }


def imported(value: Imported) -> dict[str, Any]:
    """Return what became of a file."""
    return {
        "conversations": value.conversations,
        "messages": value.messages,
        "known": value.known,
        "left_out": [{"path": detail.path, "reason": detail.reason} for detail in value.left_out],
    }


def _error(error: ChatError | None, request_id: str | None) -> dict[str, Any] | None:
    return None if error is None else errors.told(error, request_id)
