"""Replies in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chatapp.adapters.memory.database import Key, MemoryDatabase, StoredMessage, to_milliseconds
from chatapp.adapters.memory.ledger import MemoryLedger
from chatapp.domain.entities import Role
from chatapp.domain.errors import Conflict, Detail, NotFound
from chatapp.domain.kept import Asked, Closing, KeptMessage, News, Opening, Orphan, Piece, Silence
from chatapp.domain.ledger import Reservation, Settled, Settlement
from chatapp.domain.reply import ReplyRecord, ReplyState


class MemoryReplyStore:
    """A ``ReplyStore`` in dictionaries."""

    def __init__(self, database: MemoryDatabase, ledger: MemoryLedger) -> None:
        self._database = database
        self._ledger = ledger

    def find_asked(self, visitor_id: str, client_id: str) -> Asked | None:
        """Return what this visitor asked under that id before."""
        with self._database.lock:
            return self._database.asked.get((visitor_id, client_id))

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        """Reserve what the reply may cost, and keep the question and its empty, running reply."""
        database = self._database
        with database.lock:
            asked = opening.asked
            if asked is not None:
                before = database.asked.get((opening.visitor_id, asked.client_id))
                if before is not None:
                    return before
            self._require_place(opening)
            self._ledger.reserve_in(reservation, owner)
            if asked is not None:
                database.asked[opening.visitor_id, asked.client_id] = asked
            if opening.question is not None:
                database.add_message(opening.visitor_id, opening.question)
            answer = database.add_message(opening.visitor_id, _empty_answer(opening))
            answer.owner = owner
            self._show_newest(opening)
            return None

    def checkpoint(self, owner: str, pieces: Mapping[str, Piece]) -> Mapping[str, bool]:
        """Add text to running replies of ``owner``; return all of them, and for each whether it is to stop."""
        with self._database.lock:
            running = {stored.message.id: stored for stored in self._running_of(owner)}
            for reply_id in running.keys() & pieces.keys():
                stored, piece = running[reply_id], pieces[reply_id]
                stored.message = replace(stored.message, text=stored.message.text[: piece.begin] + piece.text)
            return {reply_id: stored.stop_requested for reply_id, stored in running.items()}

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        """Store the end of a running reply of ``owner``, and settle what was reserved for it."""
        with self._database.lock:
            return self._finish(record, owner, settlement)

    def find(self, visitor_id: str, reply_id: str) -> ReplyRecord | None:
        """Return the reply as it is stored now, with the text of its last checkpoint."""
        with self._database.lock:
            return self._record((visitor_id, reply_id))

    def news(self, offsets: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], News]:
        """Return what is new in these replies since the given numbers of characters."""
        with self._database.lock:
            found = {key: self._record(key) for key in offsets}
        return {
            key: News(record.text[offsets[key] :], record if record.state.is_final else None)
            for key, record in found.items()
            if record is not None
        }

    def request_stop(self, visitor_id: str, reply_id: str) -> None:
        """Ask the owner of a running reply to stop it."""
        with self._database.lock:
            stored = self._database.messages.get((visitor_id, reply_id))
            if stored is not None and stored.is_running:
                stored.stop_requested = True

    def note_followed(self, keys: Collection[Key]) -> None:
        """Note that these running replies are followed somewhere."""
        with self._database.lock:
            for key in keys & self._database.messages.keys():
                self._database.messages[key].followed_at = self._database.now()

    def followed(self, owner: str, within_seconds: float) -> Collection[str]:
        """Return the running replies of ``owner`` for which that was noted so short a time ago."""
        with self._database.lock:
            earliest = self._database.now() - within_seconds
            return {
                stored.message.id
                for stored in self._running_of(owner)
                if stored.followed_at is not None and stored.followed_at > earliest
            }

    def running(self, visitor_id: str, conversation_id: str | None = None) -> Sequence[str]:
        """Return the running replies of a conversation, or of all that this visitor has."""
        with self._database.lock:
            return [
                reply_id
                for (owner_id, reply_id), stored in self._database.messages.items()
                if owner_id == visitor_id
                and stored.is_running
                and conversation_id in (None, stored.message.conversation_id)
            ]

    def show_life(self, owner: str) -> None:
        """Note that the process ``owner`` lives."""
        with self._database.lock:
            self._database.signs.show(owner)

    def orphans(self, silence: Silence) -> Sequence[Orphan]:
        """Return running replies whose owner is silent, or has never shown life; forget such owners without any."""
        with self._database.lock:
            signs = self._database.signs
            orphans = [
                Orphan(_record_of(stored.message), stored.owner, signs.have_witness(stored.owner, silence))
                for stored in self._database.messages.values()
                if stored.is_running and stored.owner is not None and signs.are_missing(stored.owner, silence.seconds)
            ]
            signs.forget(silence.seconds, but={orphan.owner for orphan in orphans})
            return orphans

    def close(self, closings: Sequence[Closing]) -> Collection[str]:
        """Store the ends of lost replies, and settle what was reserved for them; return those that were not yet."""
        with self._database.lock:
            return [closing.reply_id for closing in closings if self._close(closing)]

    def _close(self, closing: Closing) -> bool:
        settlement, owner = closing.settlement, closing.owner
        if closing.record is None:
            return settlement is not None and self._ledger.settle_in(settlement, owner) is not None
        is_running = any(stored.message.id == closing.reply_id for stored in self._running_of(owner))
        return is_running and self._finish(closing.record, owner, settlement) is not None

    def _finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        settled = settlement and self._ledger.settle_in(settlement, owner)
        stored = next((stored for stored in self._running_of(owner) if stored.message.id == record.id), None)
        if stored is None:
            return None
        stored.message = replace(
            stored.message,
            text=record.text,
            state=record.state,
            finish_reason=record.finish_reason,
            usage=record.usage,
            cost=record.cost,
            error=record.error,
        )
        return settled or Settled()

    def _require_place(self, opening: Opening) -> None:
        conversation = self._database.conversations.get((opening.visitor_id, opening.conversation_id))
        if conversation is None:
            raise NotFound("There is no such conversation.")
        if opening.parent_id is None and opening.question is not None:
            return
        parent = self._database.messages.get((opening.visitor_id, opening.parent_id or ""))
        if parent is None or parent.message.conversation_id != opening.conversation_id:
            raise NotFound("There is no such message in this conversation.")
        if parent.is_running:
            raise Conflict(
                "The answer above is still being written. Wait for its end, or stop it.",
                details=(Detail("parent_id", f"The reply {parent.message.id} is still running."),),
            )

    def _show_newest(self, opening: Opening) -> None:
        kept = self._database.conversations[opening.visitor_id, opening.conversation_id]
        kept.conversation = replace(
            kept.conversation,
            leaf_id=opening.reply_id,
            title=kept.conversation.title or opening.title,
            updated_at=to_milliseconds(opening.created_at),
        )

    def _record(self, key: Key) -> ReplyRecord | None:
        stored = self._database.messages.get(key)
        return None if stored is None or stored.message.role is not Role.ASSISTANT else _record_of(stored.message)

    def _running_of(self, owner: str) -> list[StoredMessage]:
        return [stored for stored in self._database.messages.values() if stored.owner == owner and stored.is_running]


def _empty_answer(opening: Opening) -> KeptMessage:
    return KeptMessage(
        opening.reply_id,
        opening.conversation_id,
        opening.user_message_id,
        Role.ASSISTANT,
        "",
        opening.created_at,
        opening.model_id,
        ReplyState.RUNNING,
        request_id=opening.request_id,
        left_out=opening.left_out,
    )


def _record_of(message: KeptMessage) -> ReplyRecord:
    return ReplyRecord(
        message.id,
        message.model_id or "",
        message.state,
        message.text,
        message.finish_reason,
        message.usage,
        message.cost,
        message.error,
        message.conversation_id,
        message.parent_id,
        message.request_id,
        message.left_out,
    )
