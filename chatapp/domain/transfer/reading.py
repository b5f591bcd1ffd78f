"""Makes conversations and messages of what stands in a file, and takes nothing that is not as it must be."""

from __future__ import annotations

from typing import Any

from chatapp.domain.entities import Conversation, Cost, Role, Source, Usage
from chatapp.domain.errors import ChatError, error_named
from chatapp.domain.kept import KeptMessage
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer.fields import Fields
from chatapp.domain.transfer.report import Wrong

OF_ANSWERS = ("model", "finish_reason", "usage", "cost", "error", "request_id", "left_out")


def require_plain_header(values: Any) -> None:
    """Look whether something stands in the header that is not known.

    Raises:
        Wrong: with its name.
    """
    fields = Fields(values)
    for name in ("type", "format"):
        fields.text(name)
    fields.whole("version")
    fields.require_no_more()


def conversation_in(values: Any, longest_characters: int) -> Conversation:
    """Return the conversation of a line; its leaf stands elsewhere.

    Raises:
        Wrong: with the field that is wrong.
    """
    fields = Fields(values)
    fields.optional("type", fields.text)
    conversation = Conversation(
        id=fields.id("id"),
        title=fields.text("title"),
        pinned=fields.flag("pinned"),
        model_id=fields.optional("model", fields.text),
        system=fields.optional("system", lambda name: fields.text(name, longest_characters)),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
    )
    fields.require_no_more()
    return conversation


def message_in(values: Any, longest_characters: int) -> tuple[KeptMessage, list[str]]:
    """Return the message of a line, and which fields are left out of it, as only an answer can have them.

    Raises:
        Wrong: with the field that is wrong.
    """
    fields = Fields(values)
    fields.optional("type", fields.text)
    message = KeptMessage(
        id=fields.id("id"),
        conversation_id=fields.id("conversation_id"),
        parent_id=fields.optional("parent_id", fields.id),
        role=fields.choice("role", Role),
        text=fields.text("text", longest_characters),
        created_at=fields.moment("created_at"),
        model_id=fields.optional("model", fields.text),
        state=fields.choice("state", ReplyState),
        finish_reason=fields.optional("finish_reason", fields.text),
        usage=fields.optional("usage", lambda name: _usage(fields.inner(name))),
        cost=fields.optional("cost", lambda name: _cost(fields.inner(name))),
        error=fields.optional("error", lambda name: _error(fields.inner(name))),
        request_id=fields.optional("request_id", fields.text),
        left_out=fields.optional("left_out", fields.count),
    )
    fields.require_no_more()
    if not message.state.is_final:
        raise Wrong("It is still being made.", "state")
    if message.role is not Role.ASSISTANT and message.state is not ReplyState.COMPLETE:
        raise Wrong("Only an answer can be anything but complete.", "state")
    if message.role is Role.ASSISTANT:
        return message, []
    plain = KeptMessage(
        message.id, message.conversation_id, message.parent_id, message.role, message.text, message.created_at
    )
    return plain, [name for name in OF_ANSWERS if values.get(name) is not None]


def end_in(values: Any) -> tuple[str, str | None]:
    """Return which conversation a line ends, and its leaf.

    Raises:
        Wrong: with the field that is wrong.
    """
    fields = Fields(values)
    fields.optional("type", fields.text)
    end = fields.id("conversation_id"), fields.optional("leaf_id", fields.id)
    fields.require_no_more()
    return end


def complete_in(values: Any) -> int:
    """Return how many conversations a file holds, as its last line says.

    Raises:
        Wrong: with the field that is wrong.
    """
    fields = Fields(values)
    fields.optional("type", fields.text)
    conversations = fields.whole("conversations")
    fields.require_no_more()
    return conversations


def _usage(fields: Fields) -> Usage:
    usage = Usage(
        prompt_tokens=fields.whole("prompt_tokens"),
        completion_tokens=fields.whole("completion_tokens"),
        cached_tokens=fields.optional("cached_tokens", fields.whole),
        cache_write_tokens=fields.optional("cache_write_tokens", fields.whole),
        reasoning_tokens=fields.optional("reasoning_tokens", fields.whole),
    )
    fields.require_no_more()
    return usage


def _cost(fields: Fields) -> Cost:
    cost = Cost(
        nano_usd=fields.optional("nano_usd", fields.whole),
        source=fields.choice("source", Source),
        price_as_of=fields.optional("price_as_of", fields.day),
    )
    fields.require_no_more()
    return cost


def _error(fields: Fields) -> ChatError:
    code = fields.text("code")
    error = error_named(code, fields.text("error"), fields.optional("retry_after_seconds", fields.whole))
    fields.require_no_more()
    if error.code != code:
        raise Wrong("There is no error of that name.", "error.code")
    return error
