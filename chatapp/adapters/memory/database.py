"""The dictionaries that the memory stores share, behind one lock. Whoever calls a method here holds that lock."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chatapp.adapters.memory.signs import SignsOfLife
from chatapp.domain import moments
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Asked, KeptMessage
from chatapp.domain.ledger import Meter, Reservation, Settlement
from chatapp.domain.reply import ReplyState

POSITION_BITS = 20

Key = tuple[str, str]
"""A visitor's id, and the id of something that belongs to them."""


@dataclass(slots=True)
class StoredConversation:
    """A conversation and its place in the results of searches; ``newest`` is that of its newest message."""

    conversation: Conversation
    position: int
    newest: int


@dataclass(slots=True)
class StoredMessage:
    """A message, its place in the results of searches, and what a reply needs while it is made.

    The text of a running reply is that of its last checkpoint.
    """

    message: KeptMessage
    position: int
    owner: str | None = None
    stop_requested: bool = False
    followed_at: float | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether it is a reply that is still being made."""
        return self.message.state is ReplyState.RUNNING


@dataclass(slots=True)
class Entry:
    """A row of the ledger; ``settlement`` is None while it is only reserved."""

    reservation: Reservation
    owner: str
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Handoff:
    """Whom a secret brings to another device, and until when."""

    visitor_id: str
    expires_at: datetime


class MemoryDatabase:
    """What all visitors have. Dictionaries keep the order in which things were made.

    ``now`` returns seconds that only ever grow: the clock for signs of life.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.lock = threading.Lock()
        self.now = now
        self.seen_at: dict[str, datetime] = {}
        self.conversations: dict[Key, StoredConversation] = {}
        self.messages: dict[Key, StoredMessage] = {}
        self.asked: dict[Key, Asked] = {}
        self.signs = SignsOfLife(now)
        self.keys: dict[str, bytes] = {}
        self.handoffs: dict[str, Handoff] = {}
        self.ledger: dict[str, Entry] = {}
        self.meters: dict[str, Meter] = {}
        self.visits: Counter[tuple[str, int]] = Counter()
        self.usage_links: dict[str, datetime] = {}
        self._positions: set[int] = set()

    def require_visitor(self, visitor_id: str) -> None:
        """Raise ``NotFound`` if there is no such visitor (any more)."""
        if visitor_id not in self.seen_at:
            raise NotFound("There is no such visitor.")

    def add_conversation(self, visitor_id: str, conversation: Conversation) -> None:
        """Keep a new conversation."""
        position = self._next_position(conversation.created_at)
        whole = replace(
            conversation,
            created_at=to_milliseconds(conversation.created_at),
            updated_at=to_milliseconds(conversation.updated_at),
        )
        self.conversations[visitor_id, conversation.id] = StoredConversation(whole, position, newest=position)

    def add_message(self, visitor_id: str, message: KeptMessage) -> StoredMessage:
        """Keep a new message of a conversation that is there."""
        kept = self.conversations[visitor_id, message.conversation_id]
        kept.newest = self._next_position(message.created_at, above=kept.newest)
        whole = replace(message, created_at=to_milliseconds(message.created_at), siblings=())
        stored = StoredMessage(whole, kept.newest)
        self.messages[visitor_id, message.id] = stored
        return stored

    def messages_of(self, visitor_id: str, conversation_id: str) -> list[StoredMessage]:
        """Return all messages of a conversation in the order in which they were made."""
        return [
            stored
            for (owner_id, _), stored in self.messages.items()
            if owner_id == visitor_id and stored.message.conversation_id == conversation_id
        ]

    def remove_conversation(self, visitor_id: str, conversation_id: str) -> bool:
        """Remove a conversation with all that belongs to it; return False if there is none."""
        if self.conversations.pop((visitor_id, conversation_id), None) is None:
            return False
        gone = {stored.message.id for stored in self.messages_of(visitor_id, conversation_id)}
        for message_id in gone:
            del self.messages[visitor_id, message_id]
        for key, asked in list(self.asked.items()):
            if key[0] == visitor_id and asked.reply_id in gone:
                del self.asked[key]
        return True

    def _next_position(self, moment: datetime, above: int = 0) -> int:
        """Return a position of its own for something of that moment, larger than ``above``."""
        position = max(moments.milliseconds(moment) << POSITION_BITS, above + 1)
        while position in self._positions:
            position += 1
        self._positions.add(position)
        return position


def to_milliseconds(moment: datetime) -> datetime:
    """Return a time as it is kept: in whole milliseconds."""
    return moments.moment(moments.milliseconds(moment))
