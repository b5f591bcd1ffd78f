"""The storage's side of the replies that this process makes: opened, saved while they grow, ended, and found again.

A process shows signs of life while it makes replies. One that shows none for a while is taken for dead, and any other
process closes its replies as lost, and settles what they may have cost. If it was only stalled, it finds out at its
next checkpoint: nothing that it does to those replies counts any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chatapp.domain.accounting import TokenAccountant, nothing_billed, reserved_bill
from chatapp.domain.budgets import Budgets, allowance
from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import InternalError, Lost, StorageUnavailable
from chatapp.domain.kept import Asked, Closing, Opening, Orphan, Piece, Silence
from chatapp.domain.ledger import Dangling, Purpose, Reservation, Settled, Settlement, Spender
from chatapp.domain.live import LiveReply
from chatapp.domain.mirrors import NOTE_FOLLOWED_SECONDS
from chatapp.domain.ports import Clock
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.stores import Ledger, ReplyStore

REPLIES_AT_ONCE, CHARACTERS_AT_ONCE = 100, 100_000
SIGN_OF_LIFE_SECONDS = 1.0
DEAD_AFTER_SECONDS = 10.0
ORPHANS_EVERY_SECONDS = 1.5
DEAD = Silence(DEAD_AFTER_SECONDS, witness_from_seconds=1.0, witness_to_seconds=5.0)
FOLLOWED_FOR_SECONDS = 3 * NOTE_FOLLOWED_SECONDS
"""How long a reply counts as followed in another process that has said so: it may be late with saying it again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """How a reply ended, and what it cost; ``is_kept`` tells whether it is one of a conversation."""

    record: ReplyRecord
    settlement: Settlement
    is_kept: bool


class Keeper:
    """Keeps the replies of one process, which is known to the storage as ``owner``, and what they cost."""

    def __init__(
        self,
        store: ReplyStore,
        ledger: Ledger,
        accountant: TokenAccountant,
        budgets: Budgets,
        clock: Clock,
        owner: str,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._accountant = accountant
        self._budgets = budgets
        self._clock = clock
        self._owner = owner
        self._shown_at: float | None = None
        self._looked_at = 0.0
        self._unsaved: dict[str, End] = {}
        self._lock = threading.Lock()

    def reservation(
        self, reply_id: str, request: ChatRequest, spender: Spender, opening: Opening | None, request_id: str | None
    ) -> Reservation:
        """Return what a reply that is about to begin may cost at most; nothing is stored yet."""
        purpose = Purpose.CHAT if opening is None else Purpose.CONVERSATION
        return self._accountant.reservation(reply_id, request, spender, purpose, self._clock.now(), request_id)

    def open(self, live: LiveReply) -> Asked | None:
        """Reserve what a reply may cost, and store that it begins if it is one to be kept; both or nothing.

        Return what was asked before under the same client id, if it was; then nothing is reserved.

        Raises:
            BudgetSpent, RateLimited, TooManyReplies: it may not be made.
            NotFound, Conflict: it cannot be kept there.
            StorageUnavailable: nothing is begun without a row that says what it may cost.
        """
        opening, reservation = live.opening, live.reservation
        self._show_life()
        asked = None
        try:
            if opening is None:
                self._ledger.reserve(reservation, self._owner)
            else:
                asked = self._store.open(opening, self._owner, reservation)
        except StorageUnavailable as error:
            # The answer may have been lost on its way: what was kept all the same must not stay open for ever.
            record = replace(live.record, state=ReplyState.FAILED, error=error)
            settlement = Settlement(reservation, record.state, nothing_billed(reservation), reservation.at)
            self._keep(End(record, settlement, is_kept=opening is not None))
            raise
        live.is_stored = opening is not None and asked is None
        return asked

    def finish(self, live: LiveReply, outcome: ReplyRecord, settlement: Settlement) -> ReplyRecord:
        """Store how a reply ended and what it cost, and return what counts: if somebody else has ended it before, that.

        An end that the storage will not take now is kept here, and offered again with every checkpoint. While there
        are such ends, others join them at once: each would wait for the storage as long, and its readers with it.
        """
        end = End(outcome, settlement, live.is_stored)
        if self._unsaved:
            self._keep(end)
            return outcome
        try:
            settled = self._store_end(end)
            if settled is not None:
                told = allowance(settled.meters, self._budgets, settlement.reservation.at)
                return outcome if told is None else replace(outcome, allowance=told)
            if live.opening is not None and live.is_stored:
                return self._store.find(live.opening.visitor_id, outcome.id) or _as_deleted(outcome)
        except StorageUnavailable:
            log.warning("The end of a reply could not be stored yet", extra={"fields": {"reply_id": outcome.id}})
            self._keep(end)
        except Exception:  # its readers, and the other replies that are ended with it, must not suffer for it
            log.exception("The end of reply %s could not be stored", outcome.id)
            self._keep(end)
        return outcome

    def unsaved(self, reply_id: str) -> ReplyRecord | None:
        """Return how a reply ended whose end could not be stored yet."""
        end = self._unsaved.get(reply_id)
        return end.record if end else None

    def checkpoint(self, lives: Iterable[LiveReply]) -> tuple[Sequence[LiveReply], Sequence[LiveReply]]:
        """Show a sign of life, and store what is new in all kept replies; return those that somebody wants stopped, and
        those that others have ended meanwhile.
        """
        lives = list(lives)
        if not lives and not self._unsaved:
            return (), ()
        self._show_life()
        self._save_ends()
        kept = [live for live in lives if live.is_stored]
        if not kept:
            return (), ()
        running: dict[str, bool] = {}
        growing = [live for live in kept if live.reply.characters > live.saved_characters]
        for some in _batches(growing) or [()]:  # where there is nothing new, one look is enough
            new = {live: live.reply.text_since(live.saved_characters) for live in some}
            pieces = {live.reply.id: Piece(live.saved_characters, text) for live, text in new.items()}
            running.update(self._store.checkpoint(self._owner, pieces))
            for live, text in new.items():  # not before: a checkpoint that failed is made up for by the next
                live.saved_characters += len(text)
        still = [live for live in kept if not live.reply.state.is_final]
        return (
            [live for live in still if running.get(live.reply.id)],
            [live for live in still if live.reply.id not in running],
        )

    def followed_elsewhere(self) -> Collection[str]:
        """Return the replies of this process that are followed in others, or were until a moment ago."""
        return self._store.followed(self._owner, FOLLOWED_FOR_SECONDS)

    def close_orphans(self) -> None:
        """Close the replies of processes that have died, from time to time; be a witness where there is none."""
        now = self._clock.monotonic()
        if now - self._looked_at < ORPHANS_EVERY_SECONDS:
            return
        self._looked_at = now
        orphans = {orphan.record.id: orphan for orphan in self._store.orphans(DEAD)}
        dangling = {each.reservation.id: each for each in self._ledger.dangling(DEAD)}
        unseen = {reply_id for found in (orphans, dangling) for reply_id, each in found.items() if not each.has_witness}
        if unseen:
            self._show_life()
        settlements = {reply_id: _settled_as_lost(each, self._clock.now()) for reply_id, each in dangling.items()}
        owners = {reply_id: each.owner for found in (dangling, orphans) for reply_id, each in found.items()}
        closings = [
            Closing(reply_id, owner, _lost(orphans.get(reply_id), settlements.get(reply_id)), settlements.get(reply_id))
            for reply_id, owner in owners.items()
            if reply_id not in unseen
        ]
        # Many at once: a process that is busy, and may be killed next, needs a moment for each step of a transaction.
        for some in _closed_at_once(closings):
            for reply_id in self._store.close(some):
                fields = {"reply_id": reply_id, "code": Lost.code}
                log.warning("A reply was lost with its process", extra={"fields": fields})

    def _show_life(self) -> None:
        now = self._clock.monotonic()
        if self._shown_at is None or now - self._shown_at >= SIGN_OF_LIFE_SECONDS:
            self._store.show_life(self._owner)
            self._shown_at = now

    def _keep(self, end: End) -> None:
        with self._lock:
            self._unsaved[end.record.id] = end

    def _save_ends(self) -> None:
        with self._lock:
            unsaved = dict(self._unsaved)
        for reply_id, end in unsaved.items():
            self._save(end)
            with self._lock:
                self._unsaved.pop(reply_id, None)  # at the shutdown, there may be a second beat at the same time

    def _save(self, end: End) -> None:
        """Store an end, or that of a failure where it cannot be stored as it is: it must not hold up all the others."""
        failure = replace(end.record, state=ReplyState.FAILED, finish_reason=None, error=InternalError())
        plain = replace(
            end.settlement,
            bill=reserved_bill(end.settlement.reservation),
            answered_by=None,
            provider_request_id=None,
        )
        for each in (end, replace(end, record=failure, settlement=plain)):
            try:
                self._store_end(each)
            except StorageUnavailable:
                raise
            except Exception:
                log.exception("The end of reply %s cannot be stored as %s", end.record.id, each.record.state)
            else:
                return

    def _store_end(self, end: End) -> Settled | None:
        if end.is_kept:
            return self._store.finish(end.record, self._owner, end.settlement)
        return self._ledger.settle(end.settlement, self._owner)


def _settled_as_lost(dangling: Dangling, at: datetime) -> Settlement:
    """Return how a call is settled that was lost with its process: it may have cost all that was reserved."""
    return Settlement(dangling.reservation, ReplyState.LOST, reserved_bill(dangling.reservation), at)


def _lost(orphan: Orphan | None, settlement: Settlement | None) -> ReplyRecord | None:
    if orphan is None:
        return None
    usage, cost = (settlement.bill.usage, settlement.bill.cost) if settlement else (None, None)
    return replace(orphan.record, state=ReplyState.LOST, error=Lost(), usage=usage, cost=cost)


def _as_deleted(outcome: ReplyRecord) -> ReplyRecord:
    """Return how a reply ended that is gone from the storage: it was deleted, and is stopped before it is."""
    return replace(outcome, state=ReplyState.STOPPED, error=None) if outcome.state is ReplyState.LOST else outcome


def _batches(lives: Sequence[LiveReply]) -> Sequence[Sequence[LiveReply]]:
    """Divide replies so that no transaction is long."""
    return [lives[place : place + REPLIES_AT_ONCE] for place in range(0, len(lives), REPLIES_AT_ONCE)]


def _closed_at_once(closings: Iterable[Closing]) -> Iterator[Sequence[Closing]]:
    """Divide them likewise; their texts are all written anew."""
    some: list[Closing] = []
    characters = 0
    for closing in closings:
        some.append(closing)
        characters += len(closing.record.text) if closing.record else 0
        if len(some) == REPLIES_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield some
            some, characters = [], 0
    if some:
        yield some
