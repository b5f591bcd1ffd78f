"""Writes conversations as JSON Lines, in flat memory, so that an import makes the same of them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatapp.domain.entities import Conversation
from chatapp.domain.stores import Archive
from chatapp.domain.transfer.written import complete_line, conversation_line, end_line, header, message_line


def export_jsonl(
    archive: Archive, visitor_id: str, conversations: Iterable[Conversation] | None = None
) -> Iterator[bytes]:
    """Yield the lines of a file with these conversations, or with all that this visitor has.

    A reply that is still being made is left out. If it is the leaf, what it answers is the leaf in the file.
    """
    yield header()
    count = 0
    for conversation in archive.conversations(visitor_id) if conversations is None else conversations:
        yield conversation_line(conversation)
        yield from _messages(archive, visitor_id, conversation)
        count += 1
    yield complete_line(count)


def _messages(archive: Archive, visitor_id: str, conversation: Conversation) -> Iterator[bytes]:
    leaf_id: str | None = None
    unfinished: dict[str | None, str | None] = {}
    """By the id of each message that is left out, the one above it that is not."""
    for message in archive.messages(visitor_id, conversation.id):
        if not message.state.is_final or message.parent_id in unfinished:
            unfinished[message.id] = unfinished.get(message.parent_id, message.parent_id)
        else:
            yield message_line(message)
        if message.id == conversation.leaf_id:
            leaf_id = unfinished.get(message.id, message.id)
    yield end_line(conversation.id, leaf_id)
