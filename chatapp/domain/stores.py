"""Where things are kept: the ports behind which SQLite, PostgreSQL and, for tests, memory stand.

Ids are unique for one visitor: another one may have imported a copy. Whatever belongs to another visitor is not found,
as if it did not exist. Every method is one transaction of its own, and raises ``StorageUnavailable`` where the storage
cannot do it now. Times are kept in whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatapp.domain.books import Book, Call, Days, Tally
    from chatapp.domain.entities import Conversation, Message
    from chatapp.domain.kept import (
        Asked,
        Batch,
        Changes,
        Closing,
        Found,
        KeptMessage,
        News,
        Opening,
        Orphan,
        Piece,
        Silence,
    )
    from chatapp.domain.ledger import Dangling, Meter, Reservation, Settled, Settlement
    from chatapp.domain.reply import ReplyRecord
    from chatapp.domain.search import Query

CHARACTERS_A_PAGE = 1_000_000
"""A page of messages ends with the one that brings it there: an imported one may be very long."""


class ReplyStore(Protocol):
    """Keeps replies, also while they are made. ``owner`` is the process that makes one; nobody else may change it."""

    def find_asked(self, visitor_id: str, client_id: str) -> Asked | None:
        """Return what this visitor asked under that id before."""

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        """Reserve what the reply may cost, and keep the question and its empty, running reply, in one transaction. The
        reply becomes the leaf of its conversation, and ``opening.created_at`` the time of its last message.

        Return what was asked under the same client id before, and keep nothing, if there is such; whatever else would
        speak against it.

        Raises:
            NotFound: there is no such conversation, or no such parent in it.
            Conflict: the parent is still being made; ``details`` name it.
            BudgetSpent, RateLimited, TooManyReplies: as of ``Ledger.reserve``.
        """

    def checkpoint(self, owner: str, pieces: Mapping[str, Piece]) -> Mapping[str, bool]:
        """Add text to running replies of ``owner``, by reply id; return all that it has running, with a piece or
        without, and for each whether somebody wants it stopped. What does not run, or belongs to another owner, stays
        as it is. A piece that comes again from the same character on, and may be longer then, takes the place of the
        first.
        """

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        """Store the end of a running reply of ``owner``, with the whole text; return None, changing nothing of it, if
        it is none (any more). Settle what was reserved for it in the same transaction, also if the reply is gone;
        ``settlement`` is None for one of which nobody knows what was reserved.
        """

    def find(self, visitor_id: str, reply_id: str) -> ReplyRecord | None:
        """Return the reply as it is stored now, with the text of its last checkpoint; an imported answer is one too."""

    def news(self, offsets: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], News]:
        """Return what is new in these replies, by visitor and reply id, since the given numbers of characters; nothing
        for one that is gone.
        """

    def request_stop(self, visitor_id: str, reply_id: str) -> None:
        """Ask the owner of a running reply to stop it."""

    def note_followed(self, keys: Collection[tuple[str, str]]) -> None:
        """Note by the storage's own clock that these running replies, by visitor and reply id, are followed."""

    def followed(self, owner: str, within_seconds: float) -> Collection[str]:
        """Return the running replies of ``owner`` for which that was noted so short a time ago."""

    def running(self, visitor_id: str, conversation_id: str | None = None) -> Sequence[str]:
        """Return the running replies of a conversation, or of all that this visitor has."""

    def show_life(self, owner: str) -> None:
        """Note that the process ``owner`` lives, by the storage's own clock."""

    def orphans(self, silence: Silence) -> Sequence[Orphan]:
        """Return running replies whose owner is silent, or has never shown life; forget such owners without any."""

    def close(self, closings: Sequence[Closing]) -> Collection[str]:
        """Store the ends of lost replies, and settle what was reserved for them, all in one transaction; return the ids
        of those that are closed now. What has ended meanwhile, or anybody holds at this moment, is left out, and so is
        what was reserved for it: the next look at ``orphans`` and ``Ledger.dangling`` shows what is left to do.
        """


class Ledger(Protocol):
    """Keeps what every call of the provider may cost, and did cost; one row for each, in one book: the real one, or the
    fake model's.
    """

    def reserve(self, reservation: Reservation, owner: str) -> None:
        """Reserve what a call may cost, made by the process ``owner``, in one step with the look whether it may.

        Raises:
            BudgetSpent, RateLimited, TooManyReplies: it may not; nothing is reserved.
        """

    def settle(self, settlement: Settlement, owner: str) -> Settled | None:
        """Write what a call of ``owner`` came to; return None, changing nothing, if it is settled already."""

    def dangling(self, silence: Silence) -> Sequence[Dangling]:
        """Return reservations whose owner is silent, or has never shown life."""


class Books(Protocol):
    """Reads the ledger for its owner, one book at a time. Days are those of ``Reservation.day``, in UTC."""

    def tally(self, book: Book, days: Days, most_spenders: int) -> Tally:
        """Sum up all calls of these days, and those of the ``most_spenders`` who were charged most, as of one moment.

        A visitor's calls are theirs whatever for; without a visitor, stateless ones belong to their address, and the
        others to visitors who are gone.
        """

    def meters(self, book: Book, day: int, most: int) -> Sequence[Meter]:
        """Return what everybody has used on that day since 1970, and the ``most`` others who have used most."""

    def calls(self, book: Book, days: Days) -> Iterator[Call]:
        """Yield all calls of these days, in flat memory, by when they were reserved and then by id."""


class UsageLinks(Protocol):
    """Keeps the hashes of secrets that let somebody see the usage page, once each."""

    def add(self, digest: str, expires_at: datetime) -> None:
        """Keep one."""

    def take(self, digest: str, now: datetime) -> bool:
        """Forget it; return False if it is unknown, was used or is too old."""


class ConversationStore(Protocol):
    """Keeps conversations and their messages. An answer that is still being made has the text of its last checkpoint,
    but is not searched.
    """

    def create(self, visitor_id: str, conversation: Conversation) -> None:
        """Keep a new, empty conversation.

        Raises:
            NotFound: there is no such visitor (any more).
        """

    def find(self, visitor_id: str, conversation_id: str) -> Conversation | None:
        """Return the conversation."""

    def listed(self, visitor_id: str, after: Conversation | None, limit: int) -> Sequence[Conversation]:
        """Return conversations, pinned ones first, then by ``updated_at`` and id, newest first; those behind ``after``
        in that order, or from the beginning. Their instructions (``system``), which may be long, are left out.
        """

    def search(self, visitor_id: str, query: Query, below: int | None, limit: int) -> Sequence[Found]:
        """Return conversations with a message or title that matches, each once at its newest match, newest first;
        those whose newest match has a position below ``below``. What is new is told by when a message, or (for its
        title) a conversation, was made. Text may be found a second after it was stored. Instructions are left out.
        """

    def change(self, visitor_id: str, conversation_id: str, changes: Changes) -> Conversation | None:
        """Change what is to be changed, and return how it is now; None if there is no such conversation.

        Raises:
            NotFound: the leaf is none of its messages; nothing was changed.
        """

    def delete(self, visitor_id: str, conversation_id: str) -> bool:
        """Remove a conversation with all that belongs to it, client ids too; return False if there is none."""

    def message(self, visitor_id: str, message_id: str) -> KeptMessage | None:
        """Return one message, without its siblings."""

    def branch(
        self, visitor_id: str, leaf_id: str, limit: int, characters: int = CHARACTERS_A_PAGE
    ) -> Sequence[KeptMessage]:
        """Return at most ``limit`` messages that lead to ``leaf_id``, that one last; with their siblings. Nothing if
        there is no such message.

        They are fewer where those that come after one have so many ``characters`` already.
        """

    def history(self, visitor_id: str, leaf_id: str) -> Sequence[Message]:
        """Return all messages that lead to ``leaf_id``, that one last, as a model is told them."""

    def newest_leaf(self, visitor_id: str, message_id: str) -> str:
        """Return the end of the branch below a message: its newest child's newest child and so on, or itself."""


class VisitorStore(Protocol):
    """Keeps who is here, and the keys that their tokens are signed with."""

    def keys(self) -> Mapping[str, bytes]:
        """Return all keys that count, by their id, oldest first; make the first one if there is none."""

    def add_key(self, key_id: str, key: bytes, *, forget_others: bool) -> None:
        """Sign with a new key from now on; the others still count, unless they are to be forgotten."""

    def add(self, visitor_id: str, now: datetime) -> None:
        """Keep a new visitor."""

    def seen_at(self, visitor_id: str) -> datetime | None:
        """Return when the visitor was last noted to be here; None if there is none (any more)."""

    def note_seen(self, visitor_id: str, now: datetime) -> None:
        """Note that the visitor is here; one who is gone stays so."""

    def remove(self, visitor_id: str) -> None:
        """Remove a visitor with all that belongs to them."""

    def unseen_since(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return visitors that have not been seen since then, and any whose removal was cut short."""

    def count_visit(self, address: str, hour: int) -> int:
        """Count one more new visitor from an address (as a hash) in an hour since 1970; return the count. Earlier hours
        may be forgotten then.
        """

    def visits(self, address: str, hour: int) -> int:
        """Return how many were counted from an address in an hour."""

    def add_handoff(self, digest: str, visitor_id: str, expires_at: datetime) -> None:
        """Keep the hash of a secret that brings the visitor to another device, once; nothing for one who is gone."""

    def take_handoff(self, digest: str, now: datetime) -> str | None:
        """Return whom it brings along, and forget it; None if it is unknown, was used or is too old."""


class Archive(Protocol):
    """Reads and writes everything that a visitor has, in flat memory."""

    def conversations(self, visitor_id: str) -> Iterator[Conversation]:
        """Yield all conversations, oldest first (by ``created_at``, then id)."""

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        """Yield all messages in the order in which they were made (or imported), so parents before their children."""

    def known_conversations(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str | None]:
        """Return which of these conversations this visitor has, each with its leaf."""

    def known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Return which of these messages this visitor has, each with the id of its conversation."""

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        """Keep whole conversations, or more messages of ones that are there, all in one go. None is still being made.

        Raises:
            NotFound: there is no such visitor (any more).
            Conflict: something else has just been kept under one of these ids, or the conversation is gone. Nothing is
                kept then.
        """
