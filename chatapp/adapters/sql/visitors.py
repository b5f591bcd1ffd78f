"""Visitors, the keys that their tokens are signed with, and what brings them to other devices."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import bindparam, delete, false, func, insert, select, true, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.deleting import delete_everything
from chatapp.adapters.sql.failures import Clash
from chatapp.adapters.sql.ledger import forget_visitor
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.tables import handoffs, new_visitors, signing_keys, visitors
from chatapp.domain.moments import milliseconds, moment

FIRST_KEY = "first"
KEY_BYTES = 32

KEYS = select(signing_keys.c.id, signing_keys.c.secret).order_by(signing_keys.c.number)
NEXT_NUMBER = select(func.coalesce(func.max(signing_keys.c.number), 0) + 1).scalar_subquery()
SEEN = Prepared(select(visitors.c.seen_at).where(visitors.c.id == bindparam("visitor"), visitors.c.removed == false()))
NOTE_SEEN = update(visitors).where(visitors.c.id == bindparam("visitor")).values(seen_at=bindparam("at"))
REMOVE_LATER = update(visitors).where(visitors.c.id == bindparam("visitor")).values(removed=true())
REMOVE = delete(visitors).where(visitors.c.id == bindparam("visitor"))
VISITS = select(new_visitors.c.count).where(
    new_visitors.c.address == bindparam("address"), new_visitors.c.hour == bindparam("hour")
)
UNSEEN = (
    select(visitors.c.id)
    .where((visitors.c.seen_at < bindparam("at")) | (visitors.c.removed == true()))
    .order_by(visitors.c.seen_at)
    .limit(bindparam("most"))
)


class SqlVisitorStore:
    """The ``VisitorStore`` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add_key = database.insert(signing_keys).values(number=NEXT_NUMBER).on_conflict_do_nothing()
        visit = database.insert(new_visitors).values(count=1)
        self._count_visit = visit.on_conflict_do_update(
            index_elements=[new_visitors.c.address, new_visitors.c.hour], set_={"count": new_visitors.c.count + 1}
        ).returning(new_visitors.c.count)

    def keys(self) -> Mapping[str, bytes]:
        """Return all keys that count, by their id, oldest first; make the first one if there is none."""
        keys = self._keys()
        if not keys:
            with self._database.writing() as connection:
                connection.execute(self._add_key, {"id": FIRST_KEY, "secret": secrets.token_bytes(KEY_BYTES)})
            keys = self._keys()
        return keys

    def add_key(self, key_id: str, key: bytes, *, forget_others: bool) -> None:
        """Sign with a new key from now on; the others still count, unless they are to be forgotten."""
        self.keys()
        with self._database.writing() as connection:
            if forget_others:
                connection.execute(delete(signing_keys))
            connection.execute(self._add_key, {"id": key_id, "secret": key})

    def add(self, visitor_id: str, now: datetime) -> None:
        """Keep a new visitor."""
        at = milliseconds(now)
        with self._database.writing() as connection:
            connection.execute(insert(visitors), {"id": visitor_id, "made_at": at, "seen_at": at})

    def seen_at(self, visitor_id: str) -> datetime | None:
        """Return when the visitor was last noted to be here; None if there is none (any more)."""
        row = self._database.first(SEEN, {"visitor": visitor_id})
        return None if row is None else moment(row.seen_at)

    def note_seen(self, visitor_id: str, now: datetime) -> None:
        """Note that the visitor is here."""
        with self._database.writing() as connection:
            connection.execute(NOTE_SEEN, {"visitor": visitor_id, "at": milliseconds(now)})

    def remove(self, visitor_id: str) -> None:
        """Remove a visitor with all that belongs to them."""
        with self._database.writing() as connection:  # whatever happens then, they are not recognised any more
            connection.execute(REMOVE_LATER, {"visitor": visitor_id})
        delete_everything(self._database, visitor_id)
        forget_visitor(self._database, visitor_id)
        with self._database.writing() as connection:
            connection.execute(REMOVE, {"visitor": visitor_id})

    def unseen_since(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return visitors that have not been seen since then, and those whose removal did not come to its end."""
        with self._database.reading() as connection:
            return connection.execute(UNSEEN, {"at": milliseconds(moment), "most": limit}).scalars().all()

    def count_visit(self, address: str, hour: int) -> int:
        """Count one more new visitor from an address (as a hash) in an hour since 1970; return the count."""
        with self._database.writing() as connection:
            connection.execute(delete(new_visitors).where(new_visitors.c.hour < hour))
            count: int = connection.execute(self._count_visit, {"address": address, "hour": hour}).scalar_one()
            return count

    def visits(self, address: str, hour: int) -> int:
        """Return how many were counted from an address in an hour."""
        with self._database.reading() as connection:
            return connection.execute(VISITS, {"address": address, "hour": hour}).scalar() or 0

    def add_handoff(self, digest: str, visitor_id: str, expires_at: datetime) -> None:
        """Keep the hash of a secret that brings the visitor to another device, once."""
        row = {"digest": digest, "visitor_id": visitor_id, "expires_at": milliseconds(expires_at)}
        with suppress(Clash), self._database.writing() as connection:  # they have just been removed
            connection.execute(insert(handoffs), row)

    def take_handoff(self, digest: str, now: datetime) -> str | None:
        """Return whom it brings along, and forget it; None if it is unknown, was used or is too old."""
        with self._database.writing() as connection:
            connection.execute(delete(handoffs).where(handoffs.c.expires_at <= milliseconds(now)))
            taken = delete(handoffs).where(handoffs.c.digest == digest).returning(handoffs.c.visitor_id)
            found: str | None = connection.execute(taken).scalar()
            return found

    def _keys(self) -> Mapping[str, bytes]:
        with self._database.reading() as connection:
            return {row.id: row.secret for row in connection.execute(KEYS)}
