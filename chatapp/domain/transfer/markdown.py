"""One conversation as Markdown, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from chatapp.domain.entities import Conversation, Role
from chatapp.domain.kept import KeptMessage
from chatapp.domain.reply import ReplyState

SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "Instructions"}
NOTES = {
    ReplyState.RUNNING: "It is still being written.",
    ReplyState.TRUNCATED: "It was cut off at its greatest length.",
    ReplyState.FILTERED: "The provider's filter cut it off.",
    ReplyState.REFUSED: "The model refused.",
    ReplyState.STOPPED: "It was stopped.",
    ReplyState.ABANDONED: "Nobody was reading it any more.",
    ReplyState.INTERRUPTED: "The server shut down.",
    ReplyState.FAILED: "Something went wrong.",
    ReplyState.LOST: "The server lost the rest of it.",
}
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def markdown(conversation: Conversation, branch: Iterable[KeptMessage]) -> Iterator[str]:
    """Yield a conversation piece by piece: its title, its instructions, then each message of the branch as it is."""
    title = " ".join(conversation.title.split())
    yield f"# {title or 'Conversation'}\n\n*{_moment(conversation.created_at)}*\n"
    if conversation.system:
        yield f"\n## Instructions\n\n{_ended(conversation.system)}"
    for message in branch:
        yield _heading(message)
        if message.text:
            yield _ended(message.text)
        if message.state is not ReplyState.COMPLETE:
            yield _note(message)


def _heading(message: KeptMessage) -> str:
    model = f" ({message.model_id})" if message.model_id else ""
    return f"\n## {SPEAKERS[message.role]}{model} · {_moment(message.created_at)}\n\n"


def _note(message: KeptMessage) -> str:
    reason = NOTES[message.state] if message.error is None else message.error.message
    between = "\n" if message.text else ""
    return f"{between}> *This answer is not complete. {' '.join(reason.split())}*\n"


def _ended(text: str) -> str:
    """Return a text with the end of its last line, and of a code block that was cut off: else it would go on below."""
    fence = _open_fence(text)
    text = text if text.endswith("\n") else f"{text}\n"
    return f"{text}{fence}\n" if fence else text


def _open_fence(text: str) -> str:
    """Return what closes the code block at the end of a text, if there is an open one."""
    fence = ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if found is None:
            continue
        sign, rest = found[1], found[2]
        if not fence:
            fence = sign if sign[0] == "~" or "`" not in rest else ""
        elif sign.startswith(fence) and not rest.strip():
            fence = ""
    return fence


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
