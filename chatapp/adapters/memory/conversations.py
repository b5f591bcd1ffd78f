"""Conversations in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from chatapp.adapters.memory.database import MemoryDatabase, StoredConversation
from chatapp.adapters.memory.tree import MessageTree
from chatapp.domain.entities import Conversation, Message
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Changes, Found, KeptMessage
from chatapp.domain.search import LONGEST_SEARCHED_CHARACTERS, Query
from chatapp.domain.stores import CHARACTERS_A_PAGE

T = TypeVar("T")


class MemoryConversationStore:
    """A ``ConversationStore`` in dictionaries."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def create(self, visitor_id: str, conversation: Conversation) -> None:
        """Keep a new, empty conversation."""
        with self._database.lock:
            self._database.require_visitor(visitor_id)
            self._database.add_conversation(visitor_id, conversation)

    def find(self, visitor_id: str, conversation_id: str) -> Conversation | None:
        """Return the conversation."""
        with self._database.lock:
            kept = self._database.conversations.get((visitor_id, conversation_id))
            return None if kept is None else kept.conversation

    def listed(self, visitor_id: str, after: Conversation | None, limit: int) -> Sequence[Conversation]:
        """Return conversations behind ``after``: pinned ones first, then the newest."""
        with self._database.lock:
            own = [replace(kept.conversation, system=None) for kept in self._own(visitor_id)]
        behind = [each for each in own if after is None or _rank(each) < _rank(after)]
        return sorted(behind, key=_rank, reverse=True)[:limit]

    def search(self, visitor_id: str, query: Query, below: int | None, limit: int) -> Sequence[Found]:
        """Return conversations that match, each at its newest match, newest first."""
        with self._database.lock:
            newest = [self._newest_match(visitor_id, kept, query) for kept in self._own(visitor_id)]
        found = [each for each in newest if each is not None and (below is None or each.position < below)]
        return sorted(found, key=lambda each: each.position, reverse=True)[:limit]

    def change(self, visitor_id: str, conversation_id: str, changes: Changes) -> Conversation | None:
        """Change what is to be changed, and return how it is now."""
        with self._database.lock:
            kept = self._database.conversations.get((visitor_id, conversation_id))
            if kept is None:
                return None
            if changes.leaf_id is not None:
                leaf = self._database.messages.get((visitor_id, changes.leaf_id))
                if leaf is None or leaf.message.conversation_id != conversation_id:
                    raise NotFound("There is no such message in this conversation.")
            kept.conversation = _changed(kept.conversation, changes)
            return kept.conversation

    def delete(self, visitor_id: str, conversation_id: str) -> bool:
        """Remove a conversation with all that belongs to it; return False if there is none."""
        with self._database.lock:
            return self._database.remove_conversation(visitor_id, conversation_id)

    def message(self, visitor_id: str, message_id: str) -> KeptMessage | None:
        """Return one message, without its siblings."""
        with self._database.lock:
            stored = self._database.messages.get((visitor_id, message_id))
            return None if stored is None else stored.message

    def branch(
        self, visitor_id: str, leaf_id: str, limit: int, characters: int = CHARACTERS_A_PAGE
    ) -> Sequence[KeptMessage]:
        """Return at most ``limit`` messages that lead to ``leaf_id``, that one last; with their siblings."""
        tree = self._tree_around(visitor_id, leaf_id)
        found: list[KeptMessage] = []
        for message in islice(tree.upwards(leaf_id) if tree else (), limit):
            found.insert(0, message)
            characters -= len(message.text)
            if characters <= 0:
                break
        return found

    def history(self, visitor_id: str, leaf_id: str) -> Sequence[Message]:
        """Return all messages that lead to ``leaf_id``, that one last, as a model is told them."""
        tree = self._tree_around(visitor_id, leaf_id)
        return [] if tree is None else [Message(each.role, each.text) for each in tree.upwards(leaf_id)][::-1]

    def newest_leaf(self, visitor_id: str, message_id: str) -> str:
        """Return the end of the branch below a message, or itself."""
        tree = self._tree_around(visitor_id, message_id)
        return message_id if tree is None else tree.newest_leaf(message_id)

    def _own(self, visitor_id: str) -> list[StoredConversation]:
        return [kept for (owner_id, _), kept in self._database.conversations.items() if owner_id == visitor_id]

    def _tree_around(self, visitor_id: str, message_id: str) -> MessageTree | None:
        with self._database.lock:
            stored = self._database.messages.get((visitor_id, message_id))
            if stored is None:
                return None
            around = self._database.messages_of(visitor_id, stored.message.conversation_id)
            return MessageTree([each.message for each in around])

    def _newest_match(self, visitor_id: str, kept: StoredConversation, query: Query) -> Found | None:
        conversation = kept.conversation
        messages = self._database.messages_of(visitor_id, conversation.id)
        texts = [(stored.position, stored.message.text) for stored in messages if not stored.is_running]
        for position, whole in [*reversed(texts), (kept.position, conversation.title)]:
            text = whole[:LONGEST_SEARCHED_CHARACTERS]
            if query.matches(text):
                return Found(replace(conversation, system=None), text, position)
        return None


def _rank(conversation: Conversation) -> tuple[bool, datetime, str]:
    return conversation.pinned, conversation.updated_at, conversation.id


def _changed(conversation: Conversation, changes: Changes) -> Conversation:
    def changed(old: T, new: T | None) -> T:
        return old if new is None else new

    return replace(
        conversation,
        title=changed(conversation.title, changes.title),
        pinned=changed(conversation.pinned, changes.pinned),
        leaf_id=changed(conversation.leaf_id, changes.leaf_id),
        model_id=None if "model_id" in changes.clear else changed(conversation.model_id, changes.model_id),
        system=None if "system" in changes.clear else changed(conversation.system, changes.system),
    )
