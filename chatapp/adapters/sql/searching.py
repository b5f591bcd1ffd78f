"""Full-text search: FTS5 in SQLite, ``tsvector`` in PostgreSQL, both over the words of ``domain.search``.

The index has one entry for each message and each title. In SQLite an entry also names its visitor and conversation, as
if they were words: so the index itself passes over what belongs to others, and gives the newest first. Messages are
indexed a moment after they are stored, many at once, as that costs a fraction of indexing each with its own change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, false, select, text, true, tuple_, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import conversation_of
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.entities import Conversation
from chatapp.domain.kept import Found
from chatapp.domain.reply import ReplyState
from chatapp.domain.search import Query, words

ENTRIES_AT_ONCE = 100
CHARACTERS_AT_ONCE = 200_000
LONGEST_INDEXED_CHARACTERS = 100_000
HITS_A_LOOK = 100

UNINDEXED = Prepared(
    select(messages.c.position, messages.c.visitor_id, messages.c.conversation_id, messages.c.text)
    .where(messages.c.indexed == false(), messages.c.state != ReplyState.RUNNING.value)
    .limit(ENTRIES_AT_ONCE)
)
UNINDEXED_TITLES = Prepared(
    select(
        conversations.c.position,
        conversations.c.visitor_id,
        conversations.c.id.label("conversation_id"),
        conversations.c.title.label("text"),
    )
    .where(conversations.c.indexed == false())
    .limit(ENTRIES_AT_ONCE)
)
MARK = Prepared(update(messages).where(messages.c.position == bindparam("at")).values(indexed=true()))
MARK_TITLES = Prepared(update(conversations).where(conversations.c.position == bindparam("at")).values(indexed=true()))
SOURCES = ((UNINDEXED, MARK), (UNINDEXED_TITLES, MARK_TITLES))
CONVERSATIONS = select(conversations).where(
    tuple_(conversations.c.visitor_id, conversations.c.id).in_(bindparam("keys", expanding=True))
)

SQLITE_FORGET = Prepared(text("DELETE FROM search WHERE rowid = :position"))
SQLITE_ADD = Prepared(text("INSERT INTO search (rowid, scope, words) VALUES (:position, :scope, :words)"))
SQLITE_HITS = text(
    "SELECT search.rowid AS position, coalesce(m.conversation_id, c.id) AS conversation_id,"
    " coalesce(m.text, c.title) AS text FROM search"
    " LEFT JOIN messages m ON m.position = search.rowid LEFT JOIN conversations c ON c.position = search.rowid"
    " WHERE search MATCH :match AND search.rowid < :below ORDER BY search.rowid DESC LIMIT :most"
)
SQLITE_NEWER = text("SELECT 1 FROM search WHERE search MATCH :match AND rowid >= :above LIMIT 1")

POSTGRESQL_FORGET = Prepared(text("DELETE FROM search WHERE position = :position"))
POSTGRESQL_ADD = Prepared(
    text(
        "INSERT INTO search (position, visitor_id, conversation_id, words)"
        " VALUES (:position, :visitor_id, :conversation_id, CAST(:lexemes AS tsvector))"
    )
)
POSTGRESQL_HITS = text(
    "SELECT s.position, s.conversation_id, coalesce(m.text, c.title) AS text FROM search s"
    " LEFT JOIN messages m ON m.position = s.position LEFT JOIN conversations c ON c.position = s.position"
    " WHERE s.visitor_id = :visitor AND s.words @@ CAST(:match AS tsquery) AND s.position < :below"
    " ORDER BY s.position DESC LIMIT :most"
)
POSTGRESQL_NEWER = text(
    "SELECT 1 FROM search WHERE visitor_id = :visitor AND conversation_id = :conversation"
    " AND words @@ CAST(:match AS tsquery) AND position >= :above LIMIT 1"
)
TOP = (1 << 63) - 1
LAST_PLACE = 16_383
"""PostgreSQL counts no further: behind it, words need not follow each other to be found as a phrase."""


class Searching:
    """Finds conversations, and keeps the index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, visitor_id: str, query: Query, below: int | None, limit: int) -> Sequence[Found]:
        """Return conversations with a match, each once at its newest one, newest first."""
        hits: dict[str, Any] = {}
        known: set[str] = set()
        place = TOP if below is None else below
        with self._database.reading() as connection:
            while len(hits) < limit:
                rows = self._hits(connection, visitor_id, query, place)
                for row in rows:
                    if row.conversation_id not in known and len(hits) < limit:
                        known.add(row.conversation_id)
                        if below is None or not self._is_newer(
                            connection, visitor_id, row.conversation_id, query, below
                        ):
                            hits[row.conversation_id] = row
                if len(rows) < HITS_A_LOOK:
                    break
                place = rows[-1].position
            found = _conversations(connection, visitor_id, hits)
        return [Found(found[name], row.text, row.position) for name, row in hits.items() if name in found]

    def index(self) -> bool:
        """Index some of what is new; return True if there is more."""
        with self._database.reading() as connection:
            if all(source.first(connection, {}) is None for source, _ in SOURCES):
                return False
        with self._database.writing() as connection:
            # Read again: another process may have been faster.
            left = [self._add(connection, source.all(connection, {}), mark) for source, mark in SOURCES]
        return any(left)

    def _add(self, connection: Connection, rows: Sequence[Any], mark: Prepared) -> bool:
        """Index rows, as many as may be at once; return True if there are more."""
        entries: list[dict[str, Any]] = []
        characters = 0
        for row in rows:
            characters += len(row.text)
            if entries and characters > CHARACTERS_AT_ONCE:
                break
            entries.append(self._entry(row))
        is_sqlite = self._database.is_sqlite
        if mark is MARK_TITLES:  # a message does not change; a title may have been another one
            (SQLITE_FORGET if is_sqlite else POSTGRESQL_FORGET).run_many(connection, entries)
        (SQLITE_ADD if is_sqlite else POSTGRESQL_ADD).run_many(connection, entries)
        mark.run_many(connection, [{"at": entry["position"]} for entry in entries])
        return len(entries) < len(rows) or len(rows) == ENTRIES_AT_ONCE

    def _entry(self, row: Any) -> dict[str, Any]:
        found = words(row.text[:LONGEST_INDEXED_CHARACTERS])
        if self._database.is_sqlite:
            scope = f"{row.visitor_id} {_scope(row.conversation_id)}"
            return {"position": row.position, "scope": scope, "words": " ".join(found)}
        return {
            "position": row.position,
            "visitor_id": row.visitor_id,
            "conversation_id": row.conversation_id,
            "lexemes": _lexemes(found),
        }

    def _hits(self, connection: Connection, visitor_id: str, query: Query, below: int) -> Sequence[Any]:
        values: dict[str, Any] = {"below": below, "most": HITS_A_LOOK}
        if self._database.is_sqlite:
            return connection.execute(SQLITE_HITS, values | {"match": _fts(query, visitor_id)}).all()
        return connection.execute(POSTGRESQL_HITS, values | {"match": _tsquery(query), "visitor": visitor_id}).all()

    def _is_newer(
        self, connection: Connection, visitor_id: str, conversation_id: str, query: Query, above: int
    ) -> bool:
        """Tell whether a conversation stood on an earlier page already."""
        if self._database.is_sqlite:
            match = _fts(query, visitor_id, _scope(conversation_id))
            return connection.execute(SQLITE_NEWER, {"match": match, "above": above}).first() is not None
        values = {"match": _tsquery(query), "visitor": visitor_id, "conversation": conversation_id, "above": above}
        return connection.execute(POSTGRESQL_NEWER, values).first() is not None


def _conversations(connection: Connection, visitor_id: str, ids: Any) -> dict[str, Conversation]:
    if not ids:
        return {}
    rows = connection.execute(CONVERSATIONS, {"keys": [(visitor_id, each) for each in ids]})
    return {row.id: conversation_of(row) for row in rows}


def _scope(conversation_id: str) -> str:
    """Return a conversation's id as one word of the index: imported ids may hold dashes."""
    return "c" + conversation_id.encode().hex()


def _fts(query: Query, *scope: str) -> str:
    inside = " AND ".join(f'scope : "{each}"' for each in scope)
    return f"{inside} AND " + " AND ".join(f'words : "{" ".join(phrase)}"' for phrase in query.phrases)


def _tsquery(query: Query) -> str:
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in query.phrases)


def _lexemes(found: Sequence[str]) -> str:
    """Return words as PostgreSQL writes a ``tsvector``; its own parser would see other words in a text."""
    return " ".join(f"'{word}':{min(place, LAST_PLACE)}" for place, word in enumerate(found, 1))
