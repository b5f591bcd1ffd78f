"""The search index in PostgreSQL: a table of ``tsvector``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.domain.search import Query

FLOOR = text(
    "SELECT position FROM search WHERE visitor_id = :visitor AND position < :below"
    " ORDER BY position DESC OFFSET :looked_at LIMIT 1"
)
AMONG_NEWEST = text(
    "SELECT position, conversation_id FROM search"
    " WHERE visitor_id = :visitor AND words @@ CAST(:match AS tsquery) AND position < :below AND position >= :floor"
    " ORDER BY position DESC LIMIT :most"
)
# Not by the plain position: PostgreSQL would go through all that the visitor has, where it had better ask the index of
# words. It cannot know which words are rare for one visitor and common for others.
AMONG_OLDER = text(
    "SELECT position, conversation_id FROM search"
    " WHERE visitor_id = :visitor AND words @@ CAST(:match AS tsquery) AND position < :below"
    " ORDER BY position + 0 DESC LIMIT :most"
)
NEWER = text(
    "SELECT DISTINCT conversation_id FROM search WHERE visitor_id = :visitor AND conversation_id IN :ids"
    " AND words @@ CAST(:match AS tsquery) AND position >= :above"
).bindparams(bindparam("ids", expanding=True))
ADD = Prepared(
    text(
        "INSERT INTO search (position, visitor_id, conversation_id, words)"
        " VALUES (:position, :visitor_id, :conversation_id, CAST(:lexemes AS tsvector))"
    )
)
FORGET = Prepared(text("DELETE FROM search WHERE position = :position"))
ONE_AT_A_TIME = Prepared(text("SELECT pg_advisory_xact_lock(:key)"))
INDEX_LOCK = int.from_bytes(b"search")
BOTTOM = -(1 << 63)
NEWEST = 2_000
"""So many entries of a visitor are looked at one by one, before the index of all words is asked."""

LAST_PLACE = 16_383
"""PostgreSQL counts no further: behind it, words need not follow each other to be found as a phrase."""


class PostgresqlSearch:
    """The index; ``positions`` are those of messages and, for titles, of conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, visitor_id: str, query: Query, below: int, most: int) -> Sequence[tuple[int, str | None]]:
        """Return positions of matches, newest first, each with its conversation."""
        values: dict[str, Any] = {"visitor": visitor_id, "match": _tsquery(query), "below": below, "most": most}
        with self._database.reading() as connection:
            # A word that is frequent is found here, and the many older matches need not be sorted.
            floor = connection.scalar(FLOOR, values | {"looked_at": NEWEST})
            rows = connection.execute(AMONG_NEWEST, values | {"floor": BOTTOM if floor is None else floor}).all()
            if floor is not None and len(rows) < most:
                older = values | {"below": floor, "most": most - len(rows)}
                rows = [*rows, *connection.execute(AMONG_OLDER, older)]
        return [(row.position, row.conversation_id) for row in rows]

    def newer(self, visitor_id: str, ids: Collection[str], query: Query, above: int) -> set[str]:
        """Return which of these conversations have a match at ``above`` or a newer one."""
        values = {"visitor": visitor_id, "ids": list(ids), "match": _tsquery(query), "above": above}
        with self._database.reading() as connection:
            return set(connection.execute(NEWER, values).scalars())

    def add(self, connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add entries: ``position``, ``visitor_id``, ``conversation_id`` and ``words``."""
        ADD.run_many(connection, [{**entry, "lexemes": _lexemes(entry["words"])} for entry in entries])

    def forget(self, connection: Connection, positions: Sequence[int]) -> None:
        """Remove entries, if they are there."""
        FORGET.run_many(connection, [{"position": position} for position in positions])

    def begin(self, connection: Connection) -> None:
        """Wait until no other process adds to the index."""
        ONE_AT_A_TIME.run(connection, {"key": INDEX_LOCK})

    def tidy(self) -> bool:
        """Do nothing: PostgreSQL does that by itself."""
        return False


def _tsquery(query: Query) -> str:
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in query.phrases)


def _lexemes(found: Sequence[str]) -> str:
    """Return words as PostgreSQL writes a ``tsvector``; its own parser would see other words in a text."""
    return " ".join(f"'{word}':{min(place, LAST_PLACE)}" for place, word in enumerate(found, 1))
