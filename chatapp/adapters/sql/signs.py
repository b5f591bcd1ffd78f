"""The signs of life of processes: the last one of each, and the one before, by the clock of the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, and_, bindparam, case, func, select

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.tables import processes
from chatapp.domain.kept import SIGNS_APART_SECONDS, Silence


class SignsOfLife:
    """What to write as a sign of life, and the conditions that tell who is silent; their values are ``bound``."""

    def __init__(self, database: Database) -> None:
        now = database.now
        is_another = processes.c.alive_at <= now - round(SIGNS_APART_SECONDS * 1000)
        before = case((is_another, processes.c.alive_at), else_=processes.c.alive_before)
        sign = database.insert(processes).values(id=bindparam("owner"), alive_at=now)
        self.show = Prepared(
            sign.on_conflict_do_update(index_elements=[processes.c.id], set_={"alive_before": before, "alive_at": now})
        )
        self._earliest = now - bindparam("silence", type_=BigInteger)
        self._witness = _newest_sign(now - bindparam("witness_from", type_=BigInteger))
        self._oldest_witness = now - bindparam("witness_to", type_=BigInteger)
        self.are_old = processes.c.alive_at <= self._earliest

    def are_missing(self, owner: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether a process has shown no sign for so long, or never."""
        return owner.not_in(select(processes.c.id).where(processes.c.alive_at > self._earliest))

    def have_witness(self, owner: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether a process was silent already when somebody showed life who is a witness."""
        shown_since = processes.c.alive_at > self._witness - bindparam("silence", type_=BigInteger)
        return and_(self._witness >= self._oldest_witness, owner.not_in(select(processes.c.id).where(shown_since)))


def bound(silence: Silence) -> dict[str, int]:
    """Return the values that the conditions need, in milliseconds."""
    return {
        "silence": round(silence.seconds * 1000),
        "witness_from": round(silence.witness_from_seconds * 1000),
        "witness_to": round(silence.witness_to_seconds * 1000),
    }


def _newest_sign(latest: ColumnElement[int]) -> ScalarSelect[Any]:
    shown_by = processes.alias()
    sign = case(
        (shown_by.c.alive_at <= latest, shown_by.c.alive_at),
        (shown_by.c.alive_before <= latest, shown_by.c.alive_before),
    )
    return select(func.max(sign)).scalar_subquery()
