"""The storage's side of the replies that this process makes: opened, saved while they grow, ended, and found again.

A process shows signs of life while it makes kept replies. One that shows none for a while is taken for dead, and any
other process closes its replies as lost. If it was only stalled, it finds out at its next checkpoint: nothing that it
does to those replies counts any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.errors import Lost
from chatapp.domain.kept import Asked, Orphan, Piece
from chatapp.domain.live import LiveReply
from chatapp.domain.ports import Clock
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.stores import ReplyStore

REPLIES_A_CHECKPOINT = 100
SIGN_OF_LIFE_SECONDS = 1.0
DEAD_AFTER_SECONDS = 10.0
ORPHANS_EVERY_SECONDS = 3.0

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
        self._unsaved: dict[str, ReplyRecord] = {}
        self._lock = threading.Lock()

    @property
    def has_unsaved(self) -> bool:
        """Tell whether there are ends that the storage would not take yet."""
        return bool(self._unsaved)

    def open(self, live: LiveReply) -> Asked | None:
        """Store a reply that begins; return what was asked before under the same client id, if it was."""
        if live.opening is None:
            return None
        self._show_life()
        asked = self._store.open(live.opening, self._owner)
        live.is_stored = asked is None
        return asked

    def finish(self, live: LiveReply, outcome: ReplyRecord) -> ReplyRecord:
        """Store how a reply ended, and return what counts: if somebody else has ended it before, that.

        An end that the storage will not take now is kept here, and offered again with every checkpoint.
        """
        if live.opening is None or not live.is_stored:
            return outcome
        try:
            if self._store.finish(outcome, self._owner):
                return outcome
            return self._store.find(live.opening.visitor_id, outcome.id) or outcome
        except Exception:  # its readers, and the other replies that are ended with it, must not suffer for it
            log.exception("The end of reply %s could not be stored yet", outcome.id)
            with self._lock:
                self._unsaved[outcome.id] = outcome
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
        for some in _batches(kept):
            new = {live: text for live in some if (text := live.reply.text_since(live.saved_characters))}
            pieces = {live.reply.id: Piece(live.saved_characters, text) for live, text in new.items()}
            running.update(self._store.checkpoint(self._owner, pieces))
            for live, text in new.items():  # not before: a checkpoint that failed is made up for by the next
                live.saved_characters += len(text)
        still = [live for live in kept if not live.reply.state.is_final]
        return (
            [live for live in still if running.get(live.reply.id)],
            [live for live in still if live.reply.id not in running],
        )

    def close_orphans(self) -> None:
        """Close the replies of processes that have died, from time to time."""
        now = self._clock.monotonic()
        if now - self._looked_at < ORPHANS_EVERY_SECONDS:
            return
        self._looked_at = now
        for orphan in self._store.orphans(DEAD_AFTER_SECONDS):
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

    def _save_ends(self) -> None:
        for reply_id, outcome in list(self._unsaved.items()):
            self._store.finish(outcome, self._owner)
            with self._lock:
                del self._unsaved[reply_id]


def _batches(lives: Sequence[LiveReply]) -> Iterable[Sequence[LiveReply]]:
    """Divide replies so that no transaction is long."""
    return [lives[place : place + REPLIES_A_CHECKPOINT] for place in range(0, len(lives), REPLIES_A_CHECKPOINT)]
