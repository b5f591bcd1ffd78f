"""The archive in memory: everything that a visitor has, out and in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from chatapp.adapters.memory.database import MemoryDatabase
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import Conflict
from chatapp.domain.kept import Batch, KeptMessage


class MemoryArchive:
    """An ``Archive`` in dictionaries."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def conversations(self, visitor_id: str) -> Iterator[Conversation]:
        """Yield all conversations, oldest first (by ``created_at``, then id)."""
        with self._database.lock:
            kept = [kept for (owner_id, _), kept in self._database.conversations.items() if owner_id == visitor_id]
            own = [each.conversation for each in kept]
        yield from sorted(own, key=lambda each: (each.created_at, each.id))

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        """Yield all messages in the order in which they were made (or imported)."""
        with self._database.lock:
            messages = [stored.message for stored in self._database.messages_of(visitor_id, conversation_id)]
        yield from messages

    def known_conversations(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str | None]:
        """Return which of these conversations this visitor has, each with its leaf."""
        with self._database.lock:
            stored = {each: self._database.conversations.get((visitor_id, each)) for each in ids}
        return {conversation_id: found.conversation.leaf_id for conversation_id, found in stored.items() if found}

    def known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Return which of these messages this visitor has, each with the id of its conversation."""
        with self._database.lock:
            stored = {each: self._database.messages.get((visitor_id, each)) for each in ids}
        return {message_id: found.message.conversation_id for message_id, found in stored.items() if found}

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        """Keep whole conversations, or more messages of ones that are there, all in one go."""
        with self._database.lock:
            self._database.require_visitor(visitor_id)
            self._require_place(visitor_id, batch)
            for part in batch:
                self._add_part(visitor_id, part)

    def _add_part(self, visitor_id: str, part: Batch) -> None:
        if part.conversation is not None:
            self._database.add_conversation(visitor_id, part.conversation)
        for message in part.messages:
            self._database.add_message(visitor_id, message)
        if part.leaf_id is not None:
            kept = self._database.conversations[visitor_id, part.conversation_id]
            kept.conversation = replace(kept.conversation, leaf_id=part.leaf_id)

    def _require_place(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        """Raise ``Conflict`` before anything is kept, if any part of it cannot be."""
        there = {
            conversation_id for owner_id, conversation_id in self._database.conversations if owner_id == visitor_id
        }
        taken = {message_id for owner_id, message_id in self._database.messages if owner_id == visitor_id}
        for part in batch:
            if (part.conversation is None) != (part.conversation_id in there):
                raise Conflict("There is no such conversation, or a new one has just been kept under its id.")
            there.add(part.conversation_id)
            for message in part.messages:
                if message.id in taken:
                    raise Conflict("Another message has just been kept under the same id.")
                taken.add(message.id)
