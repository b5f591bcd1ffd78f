"""The storage's side of the replies that this process makes: opened, saved while they grow, ended, and found again.

A process shows signs of life while it makes kept replies. One that shows none for a while is taken for dead, and any
other process closes its replies as lost. If it was only stalled, it finds out at its next checkpoint: nothing that it
does to those replies counts any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.errors import InternalError, Lost, StorageUnavailable
from chatapp.domain.kept import Asked, Orphan, Piece
from chatapp.domain.live import LiveReply
from chatapp.domain.mirrors import NOTE_FOLLOWED_SECONDS
from chatapp.domain.ports import Clock
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.stores import ReplyStore

REPLIES_A_CHECKPOINT = 100
SIGN_OF_LIFE_SECONDS = 1.0
DEAD_AFTER_SECONDS = 10.0
ORPHANS_EVERY_SECONDS = 1.5
LOOK_AGAIN_SECONDS = 1.0
"""Time enough for a living process to show it, once the storage takes writes again."""

AWAY_AFTER_SECONDS = 2 * ORPHANS_EVERY_SECONDS
FOLLOWED_FOR_SECONDS = 3 * NOTE_FOLLOWED_SECONDS
"""How long a reply counts as followed in another process that has said so: it may be late with saying it again."""

log = logging.getLogger(__name__)


class Keeper:
    """Keeps the replies of one process, which is known to the storage as ``owner``."""

    def __init__(
        self, store: ReplyStore, catalog: ModelCatalog, accountant: TokenAccountant, clock: Clock, owner: str
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._accountant = accountant
        self._clock = clock
        self._owner = owner
        self._shown_at: float | None = None
        self._looked_at = 0.0
        self._told_at: float | None = None
        self._suspects: set[str] = set()
        self._unsaved: dict[str, ReplyRecord] = {}
        self._lock = threading.Lock()

    def open(self, live: LiveReply) -> Asked | None:
        """Store a reply that begins; return what was asked before under the same client id, if it was."""
        if live.opening is None:
            return None
        self._show_life()
        try:
            asked = self._store.open(live.opening, self._owner)
        except StorageUnavailable as error:
            # The answer may have been lost on its way: what was kept all the same must not run for ever.
            self._keep(replace(live.record, state=ReplyState.FAILED, error=error))
            raise
        live.is_stored = asked is None
        return asked

    def finish(self, live: LiveReply, outcome: ReplyRecord) -> ReplyRecord:
        """Store how a reply ended, and return what counts: if somebody else has ended it before, that.

        An end that the storage will not take now is kept here, and offered again with every checkpoint. While there
        are such ends, others join them at once: each would wait for the storage as long, and its readers with it.
        """
        if live.opening is None or not live.is_stored:
            return outcome
        if self._unsaved:
            self._keep(outcome)
            return outcome
        try:
            if self._store.finish(outcome, self._owner):
                return outcome
            return self._store.find(live.opening.visitor_id, outcome.id) or _as_deleted(outcome)
        except StorageUnavailable:
            log.warning("The end of a reply could not be stored yet", extra={"fields": {"reply_id": outcome.id}})
        except Exception:  # its readers, and the other replies that are ended with it, must not suffer for it
            log.exception("The end of reply %s could not be stored", outcome.id)
        self._keep(outcome)
        return outcome

    def unsaved(self, reply_id: str) -> ReplyRecord | None:
        """Return how a reply ended whose end could not be stored yet."""
        return self._unsaved.get(reply_id)

    def checkpoint(self, lives: Iterable[LiveReply]) -> tuple[Sequence[LiveReply], Sequence[LiveReply]]:
        """Store what is new in all kept replies; return those that somebody wants stopped, and those that others have
        ended meanwhile.
        """
        kept = [live for live in lives if live.is_stored]
        if not kept and not self._unsaved:
            return (), ()
        self._show_life()
        self._save_ends()
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
        """Close the replies of processes that have died, from time to time.

        Only what was without its owner at the look before is closed: between the two, the storage took our own sign of
        life, and would have taken its owner's. When we have not looked for a while, that look does not count.
        """
        now = self._clock.monotonic()
        if now - self._looked_at < (LOOK_AGAIN_SECONDS if self._suspects else ORPHANS_EVERY_SECONDS):
            return
        self._looked_at = now
        orphans = self._store.orphans(DEAD_AFTER_SECONDS)
        was_away = self._told_at is not None and now - self._told_at > AWAY_AFTER_SECONDS
        self._told_at = now
        suspects = set() if was_away else self._suspects
        if orphans:  # while the storage takes no writes, as under another program's lock, the living are silent too
            self._store.show_life(self._owner)
            self._looked_at = self._told_at = self._clock.monotonic()
        self._suspects = {orphan.record.id for orphan in orphans}
        for orphan in orphans:
            if orphan.record.id not in suspects:
                continue
            record = self._lost(orphan)
            if self._store.finish(record, orphan.owner):
                log.warning(
                    "A reply was lost with its process", extra={"fields": {"reply_id": record.id, "code": Lost.code}}
                )

    def _lost(self, orphan: Orphan) -> ReplyRecord:
        record = orphan.record
        card = self._catalog.find(record.model_id)
        bill = self._accountant.bill_orphan(card, orphan.prompt_tokens, record.text) if card else None
        return replace(
            record,
            state=ReplyState.LOST,
            error=Lost(),
            usage=bill.usage if bill else None,
            cost=bill.cost if bill else None,
        )

    def _show_life(self) -> None:
        now = self._clock.monotonic()
        if self._shown_at is None or now - self._shown_at >= SIGN_OF_LIFE_SECONDS:
            self._store.show_life(self._owner)
            self._shown_at = now

    def _keep(self, outcome: ReplyRecord) -> None:
        with self._lock:
            self._unsaved[outcome.id] = outcome

    def _save_ends(self) -> None:
        with self._lock:
            unsaved = dict(self._unsaved)
        for reply_id, outcome in unsaved.items():
            self._save(outcome)
            with self._lock:
                self._unsaved.pop(reply_id, None)  # at the shutdown, there may be a second beat at the same time

    def _save(self, outcome: ReplyRecord) -> None:
        """Store an end, or that of a failure where it cannot be stored as it is: it must not hold up all the others."""
        for end in (outcome, replace(outcome, state=ReplyState.FAILED, finish_reason=None, error=InternalError())):
            try:
                self._store.finish(end, self._owner)
            except StorageUnavailable:
                raise
            except Exception:
                log.exception("The end of reply %s cannot be stored as %s", end.id, end.state)
            else:
                return


def _as_deleted(outcome: ReplyRecord) -> ReplyRecord:
    """Return how a reply ended that is gone from the storage: it was deleted, and is stopped before it is."""
    return replace(outcome, state=ReplyState.STOPPED, error=None) if outcome.state is ReplyState.LOST else outcome


def _batches(lives: Sequence[LiveReply]) -> Sequence[Sequence[LiveReply]]:
    """Divide replies so that no transaction is long."""
    return [lives[place : place + REPLIES_A_CHECKPOINT] for place in range(0, len(lives), REPLIES_A_CHECKPOINT)]
