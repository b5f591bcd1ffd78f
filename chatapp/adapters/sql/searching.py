"""Full-text search: FTS5 in SQLite, ``tsvector`` in PostgreSQL, both over the words of ``domain.search``.

The index has one entry for each message and each title.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.postgresql_search import PostgresqlSearch
from chatapp.adapters.sql.rows import WITHOUT_SYSTEM, conversation_of
from chatapp.adapters.sql.sqlite_search import SqliteSearch
from chatapp.adapters.sql.tables import conversations
from chatapp.domain.entities import Conversation
from chatapp.domain.kept import Found
from chatapp.domain.search import Query

HITS_A_LOOK = 100
TOP = (1 << 63) - 1

IDS: BindParameter[str] = bindparam("ids", expanding=True)
# Not a list of pairs: SQLite would look through the whole table for those.
CONVERSATIONS = select(*WITHOUT_SYSTEM).where(
    conversations.c.visitor_id == bindparam("visitor"), conversations.c.id.in_(IDS)
)


class Searching:
    """Finds conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = index_of(database)

    def find(self, visitor_id: str, query: Query, below: int | None, limit: int) -> Sequence[Found]:
        """Return conversations with a match, each once at its newest one, newest first."""
        places = self._places(visitor_id, query, below, limit)
        if not places:
            return ()
        texts = self._index.texts(visitor_id, list(places.values()))
        with self._database.reading() as connection:
            found = _conversations(connection, visitor_id, list(places))
        return [
            Found(found[name], texts[position], position)
            for name, position in places.items()
            if name in found and position in texts
        ]

    def _places(self, visitor_id: str, query: Query, below: int | None, limit: int) -> dict[str, int]:
        """Return conversations and their newest matches, which stand below a position."""
        places: dict[str, int] = {}
        known: set[str] = set()
        place = TOP if below is None else below
        while len(places) < limit:
            hits = self._index.hits(visitor_id, query, place, HITS_A_LOOK)
            first = {name: position for position, name in reversed(hits) if name and name not in known}
            known |= first.keys()
            waiting = sorted(first, key=first.__getitem__, reverse=True)
            while waiting and len(places) < limit:
                some, waiting = waiting[:limit], waiting[limit:]
                # What has a newer match stood on an earlier page.
                passed = set() if below is None else self._index.newer(visitor_id, some, query, below)
                places.update((name, first[name]) for name in some if name not in passed)
            if len(hits) < HITS_A_LOOK:
                break
            place = hits[-1][0]
        return dict(list(places.items())[:limit])


def index_of(database: Database) -> SqliteSearch | PostgresqlSearch:
    """Return the index of a database."""
    return SqliteSearch(database) if database.is_sqlite else PostgresqlSearch(database)


def _conversations(connection: Connection, visitor_id: str, ids: Any) -> dict[str, Conversation]:
    rows = connection.execute(CONVERSATIONS, {"visitor": visitor_id, "ids": ids})
    return {row.id: conversation_of(row) for row in rows}
