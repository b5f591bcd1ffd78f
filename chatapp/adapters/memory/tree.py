"""The tree of one conversation's messages: who stands under whom, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chatapp.domain.kept import KeptMessage


class MessageTree:
    """All messages of a conversation, in the order in which they were made."""

    def __init__(self, messages: Sequence[KeptMessage]) -> None:
        self._messages: Mapping[str, KeptMessage] = {message.id: message for message in messages}
        self._children: dict[str | None, list[str]] = {}
        for message in messages:
            self._children.setdefault(message.parent_id, []).append(message.id)

    def upwards(self, leaf_id: str) -> Iterator[KeptMessage]:
        """Yield a message and all that lead to it, the first of the conversation last; each with its siblings."""
        message_id: str | None = leaf_id
        while message_id is not None:
            message = self._messages[message_id]
            yield replace(message, siblings=tuple(self._children[message.parent_id]))
            message_id = message.parent_id

    def newest_leaf(self, message_id: str) -> str:
        """Return the end of the branch below a message, or itself."""
        while children := self._children.get(message_id):
            message_id = children[-1]
        return message_id
