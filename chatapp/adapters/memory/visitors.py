"""Visitors and signing keys in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chatapp.adapters.memory.database import Handoff, MemoryDatabase, to_milliseconds
from chatapp.domain.ledger import meter_of
from chatapp.domain.visitors import new_key


class MemoryVisitorStore:
    """A ``VisitorStore`` in dictionaries."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def keys(self) -> Mapping[str, bytes]:
        """Return all keys that count, by their id, oldest first; make the first one if there is none."""
        with self._database.lock:
            if not self._database.keys:
                key_id, key = new_key()
                self._database.keys[key_id] = key
            return dict(self._database.keys)

    def add_key(self, key_id: str, key: bytes, *, forget_others: bool) -> None:
        """Sign with a new key from now on; the others still count, unless they are to be forgotten."""
        with self._database.lock:
            if forget_others:
                self._database.keys.clear()
            self._database.keys[key_id] = key

    def add(self, visitor_id: str, now: datetime) -> None:
        """Keep a new visitor."""
        with self._database.lock:
            self._database.seen_at[visitor_id] = to_milliseconds(now)

    def seen_at(self, visitor_id: str) -> datetime | None:
        """Return when the visitor was last noted to be here; None if there is none (any more)."""
        with self._database.lock:
            return self._database.seen_at.get(visitor_id)

    def note_seen(self, visitor_id: str, now: datetime) -> None:
        """Note that the visitor is here."""
        with self._database.lock:
            if visitor_id in self._database.seen_at:
                self._database.seen_at[visitor_id] = to_milliseconds(now)

    def remove(self, visitor_id: str) -> None:
        """Remove a visitor with all that belongs to them."""
        database = self._database
        with database.lock:
            database.seen_at.pop(visitor_id, None)
            for owner_id, conversation_id in list(database.conversations):
                if owner_id == visitor_id:
                    database.remove_conversation(visitor_id, conversation_id)
            database.meters.pop(meter_of(visitor_id), None)
            for entry in database.ledger.values():
                if entry.reservation.spender.visitor_id == visitor_id:
                    nameless = replace(entry.reservation.spender, visitor_id=None)
                    entry.reservation = replace(entry.reservation, spender=nameless)
                    if entry.settlement is not None:
                        entry.settlement = replace(entry.settlement, reservation=entry.reservation)
            for digest, handoff in list(database.handoffs.items()):
                if handoff.visitor_id == visitor_id:
                    del database.handoffs[digest]

    def unseen_since(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return visitors that have not been seen since then, those longest away first."""
        with self._database.lock:
            seen_at = self._database.seen_at
            away = [visitor_id for visitor_id, seen in seen_at.items() if seen < moment]
            return sorted(away, key=lambda visitor_id: seen_at[visitor_id])[:limit]

    def count_visit(self, address: str, hour: int) -> int:
        """Count one more new visitor from an address (as a hash) in an hour since 1970; return the count."""
        with self._database.lock:
            self._database.visits[address, hour] += 1
            return self._database.visits[address, hour]

    def visits(self, address: str, hour: int) -> int:
        """Return how many were counted from an address in an hour."""
        with self._database.lock:
            return self._database.visits.get((address, hour), 0)

    def add_handoff(self, digest: str, visitor_id: str, expires_at: datetime) -> None:
        """Keep the hash of a secret that brings the visitor to another device, once; nothing for one who is gone."""
        with self._database.lock:
            if visitor_id in self._database.seen_at:
                self._database.handoffs[digest] = Handoff(visitor_id, expires_at)

    def take_handoff(self, digest: str, now: datetime) -> str | None:
        """Return whom it brings along, and forget it; None if it is unknown, was used or is too old."""
        with self._database.lock:
            handoff = self._database.handoffs.pop(digest, None)
            return handoff.visitor_id if handoff is not None and handoff.expires_at > now else None
