"""A storage for the contract tests: the four ports over the same data, and samples to put into it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chatapp.domain.entities import Conversation, Cost, Role, Source, Usage
from chatapp.domain.kept import Asked, Batch, KeptMessage, Opening, Piece, Silence
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.stores import Archive, Books, ConversationStore, Ledger, ReplyStore, UsageLinks, VisitorStore
from tests.samples import NOON, PRICE, reservation

ALICE, BOB = "alice", "bob"
OWNER, OTHER_OWNER = "process-1", "process-2"
MODEL = "gpt-4o-mini"
USAGE = Usage(9, 2, cached_tokens=4)
CALLS = itertools.count(1)
LONG_SECONDS = 3600.0
COST = Cost(2550, Source.PROVIDER, PRICE.as_of)


def silent(seconds: float, witness_from: float = 0, witness_to: float = LONG_SECONDS) -> Silence:
    """Return a silence of so many seconds; any sign of life is a witness's."""
    return Silence(seconds, witness_from, witness_to)


@dataclass(frozen=True, slots=True)
class Storage:
    """The ports over the same data. ``catch_up`` has whatever was stored found at once, where that takes a moment."""

    ledger: Ledger
    replies: ReplyStore
    conversations: ConversationStore
    visitors: VisitorStore
    archive: Archive
    books: Books
    usage_links: UsageLinks
    catch_up: Callable[[], None] = lambda: None

    def welcome(self, *visitor_ids: str) -> None:
        """Make visitors known."""
        for visitor_id in visitor_ids:
            self.visitors.add(visitor_id, NOON)

    def begin(self, asked: Opening, *pieces: str, owner: str = OWNER) -> None:
        """Open a reply, and store what it says in pieces."""
        assert self.open(asked, owner) is None
        begin = 0
        for text in pieces:
            self.replies.checkpoint(owner, {asked.reply_id: Piece(begin, text)})
            begin += len(text)

    def answer(self, asked: Opening, text: str = "Hello", *, owner: str = OWNER) -> None:
        """Open a reply, and let it be complete with this text."""
        self.begin(asked, owner=owner)
        assert self.finish(ended(asked.reply_id, text), owner)

    def open(self, asked: Opening, owner: str = OWNER) -> Asked | None:
        """Open a reply, for which something is reserved."""
        return self.replies.open(asked, owner, reservation(f"call {next(CALLS)}"))

    def finish(self, record: ReplyRecord, owner: str = OWNER) -> bool:
        """Finish a reply, with nothing to be settled; return whether that was to be done."""
        return self.replies.finish(record, owner, None) is not None

    def reply(self, reply_id: str, visitor_id: str = ALICE) -> ReplyRecord:
        """Return a reply that is there."""
        found = self.replies.find(visitor_id, reply_id)
        assert found is not None, f"there is no reply {reply_id}"
        return found

    def conversation(self, conversation_id: str = "c1", visitor_id: str = ALICE) -> Conversation:
        """Return a conversation that is there."""
        found = self.conversations.find(visitor_id, conversation_id)
        assert found is not None, f"there is no conversation {conversation_id}"
        return found

    def branch(self, leaf_id: str, visitor_id: str = ALICE) -> list[str]:
        """Return the ids of all messages that lead to this one."""
        return [message.id for message in self.conversations.branch(visitor_id, leaf_id, 100)]


def at(seconds: float) -> datetime:
    """Return a time so long after noon."""
    return NOON + timedelta(seconds=seconds)


def conversation(conversation_id: str = "c1", seconds: float = 0, **fields: Any) -> Conversation:
    """Return a new conversation of that time."""
    return replace(Conversation(conversation_id, at(seconds), at(seconds)), **fields)


def opening(number: int = 1, text: str = "Hi", seconds: float | None = None, **fields: Any) -> Opening:
    """Return Alice's question ``q1`` with its reply ``r1``, a new root of the conversation ``c1``, or what differs."""
    created_at = at(number if seconds is None else seconds)
    plain = Opening(ALICE, "c1", f"r{number}", None, MODEL, created_at)
    plain = replace(plain, **fields)
    question = KeptMessage(f"q{number}", plain.conversation_id, plain.parent_id, Role.USER, text, created_at)
    return replace(plain, question=question)


def another_answer(number: int, to: str, **fields: Any) -> Opening:
    """Return one more answer to a question that is there."""
    return replace(opening(number, parent_id=to, **fields), question=None)


def asked(number: int = 1, client_id: str = "client-1", digest: str = "digest-1") -> Asked:
    """Return a caller's own id for a question."""
    return Asked(client_id, digest, f"r{number}")


def ended(
    reply_id: str = "r1", text: str = "Hello", state: ReplyState = ReplyState.COMPLETE, **fields: Any
) -> ReplyRecord:
    """Return how a reply of the conversation ``c1`` ended: complete, or what differs."""
    return replace(ReplyRecord(reply_id, MODEL, state, text, "stop", USAGE, COST), **fields)


def message(message_id: str, parent_id: str | None = None, text: str = "Hi", **fields: Any) -> KeptMessage:
    """Return an imported message of the conversation ``c1``: a user's, or what differs."""
    return replace(KeptMessage(message_id, "c1", parent_id, Role.USER, text, NOON), **fields)


def whole(made: Conversation, *messages: KeptMessage) -> Batch:
    """Return an imported conversation, shown up to its last message."""
    inside = tuple(replace(each, conversation_id=made.id) for each in messages)
    return Batch(made.id, replace(made, leaf_id=messages[-1].id if messages else None), inside)
