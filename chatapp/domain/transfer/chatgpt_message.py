"""What one message of ChatGPT's export says, and what of it cannot be carried over.

Shapes of ``content``: ``text`` and ``multimodal_text`` have ``parts``; ``code``, ``execution_output`` and
``tether_quote`` have ``text``; ``thoughts`` has a list, ``reasoning_recap`` a ``content``. Nobody has promised that it
stays so: what is of another shape is counted, never a reason to fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from chatapp.domain.entities import Role
from chatapp.domain.moments import EPOCH, moment
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer.chatgpt_nodes import Pause, in_turns
from chatapp.domain.transfer.fields import SHORT_CHARACTERS, YEARS, unfit

LATEST_SECONDS = (datetime(YEARS.stop, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
BETWEEN_PARTS = "\n\n"


class Lost(Enum):
    """What cannot be carried over, in words for one and for many."""

    IMAGE = "image", "images"
    RECORDING = "audio or video recording", "audio or video recordings"
    FILE = "attached file", "attached files"
    CALL = "tool call", "tool calls"
    RESULT = "result of a tool", "results of tools"
    THOUGHTS = "note of the model's thoughts", "notes of the model's thoughts"
    MISSING = "message that is missing in the file", "messages that are missing in the file"
    UNFIT = "text with characters that cannot be kept, or too long", "texts with characters that cannot be kept"
    OTHER = "part of an unknown kind", "parts of an unknown kind"
    INSTRUCTIONS = "set of custom instructions", "sets of custom instructions"


Losses = Counter[Lost]

USUAL = frozenset({Lost.THOUGHTS, Lost.INSTRUCTIONS})
"""What is lost of nearly every conversation: told once for all of them."""

BY_CONTENT = {
    "user_editable_context": Lost.INSTRUCTIONS,
    "model_editable_context": Lost.INSTRUCTIONS,
    "thoughts": Lost.THOUGHTS,
    "reasoning_recap": Lost.THOUGHTS,
}
BY_PART = {"image": Lost.IMAGE, "audio": Lost.RECORDING, "video": Lost.RECORDING, "file": Lost.FILE}
TEXTS = ("text", "multimodal_text")
EVERYBODY = (None, "all")


@dataclass(frozen=True, slots=True)
class Said:
    """What can be carried over of a message."""

    role: Role
    text: str
    created_at: datetime | None
    model_id: str | None = None
    state: ReplyState = ReplyState.COMPLETE
    finish_reason: str | None = None


def said(message: Any, losses: Losses, longest_characters: int, pause: Pause) -> Said | None:
    """Return what a message says to a person, or None; count what is lost.

    What ChatGPT itself never showed (hidden and empty messages) is no loss.
    """
    if not isinstance(message, dict):
        losses[Lost.OTHER] += message is not None  # None stands in the node that a tree begins with
        return None
    content, metadata = _object(message, "content"), _object(message, "metadata")
    role = _object(message, "author").get("role")
    loss = _loss(message, role, content.get("content_type"))
    if loss is Lost.RESULT:
        losses.update(_parts_lost(content, pause))
    if loss is not None:
        losses[loss] += 1
        return None
    if metadata.get("is_visually_hidden_from_conversation") is True:
        return None
    losses[Lost.OTHER] += not isinstance(message.get("content"), dict | None)
    losses.update(_parts_lost(content, pause))
    losses[Lost.FILE] += _files(metadata)
    texts = list(_texts(content, pause))
    is_too_long = sum(map(len, texts)) > longest_characters  # asked before they are joined: that would take the room
    text = "" if is_too_long else BETWEEN_PARTS.join(texts)
    if not (text or is_too_long):
        losses[Lost.OTHER] += content.get("content_type") not in (None, *TEXTS) or "text" in content
        return None
    if role not in list(Role):
        losses[Lost.OTHER] += 1
        return None
    if is_too_long or unfit(text, longest_characters):
        losses[Lost.UNFIT] += 1
        return None
    return _said(Role(role), text, message, metadata)


def moment_of(seconds: Any) -> datetime | None:
    """Return the time that a number of seconds since 1970 means, to the millisecond; None if it means none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < LATEST_SECONDS:
        return None
    return moment(int(seconds * 1000))


def _loss(message: dict[str, Any], role: Any, kind: Any) -> Lost | None:
    """Return what a whole message is, if it is no text for a person."""
    if isinstance(kind, str) and kind in BY_CONTENT:
        return BY_CONTENT[kind]
    if role == "tool":
        return Lost.RESULT
    if role != "assistant":
        return None
    if message.get("channel") == "analysis":
        return Lost.THOUGHTS
    if kind == "code" or message.get("recipient") not in EVERYBODY:
        return Lost.CALL
    return None


def _said(role: Role, text: str, message: dict[str, Any], metadata: dict[str, Any]) -> Said:
    created_at = moment_of(message.get("create_time"))
    if role is not Role.ASSISTANT:
        return Said(role, text, created_at)
    state, finish_reason = _end(message.get("status"), _object(metadata, "finish_details").get("type"))
    return Said(role, text, created_at, _model(metadata), state, finish_reason)


def _end(status: Any, finish: Any) -> tuple[ReplyState, str | None]:
    if finish == "interrupted" or status == "in_progress":
        return ReplyState.STOPPED, None
    if finish == "max_tokens" or status == "finished_partial_completion":
        return ReplyState.TRUNCATED, "length"
    return ReplyState.COMPLETE, None


def _model(metadata: dict[str, Any]) -> str | None:
    model = metadata.get("model_slug")
    return model if isinstance(model, str) and model and not unfit(model, SHORT_CHARACTERS) else None


def _texts(content: dict[str, Any], pause: Pause) -> Iterator[str]:
    """Yield the texts of a message; that of a voice is one too."""
    for part in in_turns(_list(content, "parts"), pause):
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and text and not text.isspace():  # strip() would copy it
            yield text


def _parts_lost(content: dict[str, Any], pause: Pause) -> Losses:
    losses: Losses = Counter()
    if not isinstance(content.get("parts"), list | None):
        losses[Lost.OTHER] += 1
    for part in in_turns(_list(content, "parts"), pause):
        if isinstance(part, str) or (isinstance(part, dict) and isinstance(part.get("text"), str)):
            continue
        losses[_kind_of(part)] += 1
    return losses


def _kind_of(part: Any) -> Lost:
    kind = part.get("content_type") if isinstance(part, dict) else None
    if not isinstance(kind, str):
        return Lost.OTHER
    return next((lost for word, lost in BY_PART.items() if word in kind), Lost.OTHER)


def _files(metadata: dict[str, Any]) -> int:
    """Return how many files hang on a message; its images stand among its parts as well."""
    kinds = [each.get("mime_type") or each.get("mimeType") for each in _objects(_list(metadata, "attachments"))]
    return sum(not (isinstance(kind, str) and kind.startswith("image/")) for kind in kinds)


def _object(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _objects(values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    return (value for value in values if isinstance(value, dict))


def _list(values: dict[str, Any], name: str) -> Sequence[Any]:
    value = values.get(name)
    return value if isinstance(value, list) else []
