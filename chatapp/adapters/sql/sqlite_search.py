"""The search index in SQLite: FTS5.

An entry names its visitor and conversation as if they were words. So the index itself passes over what belongs to
others, and gives the newest first. Its questions are asked apart: one of them may take long, and cannot be interrupted.
They return one row each, as a thread may have to wait for others before each row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, union_all

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.search import LONGEST_SEARCHED_CHARACTERS, Query

PAGES_AT_ONCE = 32

HITS = (
    "SELECT group_concat(rowid) FROM (SELECT rowid FROM search"
    " WHERE search MATCH :match AND rowid < :below ORDER BY rowid DESC LIMIT :most)"
)
NEWER = "SELECT 1 FROM search WHERE search MATCH :match AND rowid >= :above LIMIT 1"
TEXT = (
    "SELECT substr(text, 1, :most) FROM messages WHERE position = :position AND visitor_id = :visitor"
    " UNION ALL SELECT title FROM conversations WHERE position = :position AND visitor_id = :visitor"
)
POSITIONS: Any = bindparam("positions", expanding=True)
PLACES = union_all(
    select(messages.c.position, messages.c.conversation_id).where(
        messages.c.position.in_(POSITIONS), messages.c.visitor_id == bindparam("visitor")
    ),
    select(conversations.c.position, conversations.c.id).where(
        conversations.c.position.in_(POSITIONS), conversations.c.visitor_id == bindparam("visitor")
    ),
)
ADD = Prepared(text("INSERT INTO search (rowid, scope, words) VALUES (:position, :scope, :words)"))
FORGET = Prepared(text("DELETE FROM search WHERE rowid = :position"))
MERGE = "INSERT INTO search (search, rank) VALUES ('merge', :pages)"


class SqliteSearch:
    """The index; ``positions`` are those of messages and, for titles, of conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, visitor_id: str, query: Query, below: int, most: int) -> Sequence[tuple[int, str | None]]:
        """Return positions of matches, newest first, each with its conversation; None if that is gone since."""
        values = {"match": _match(query, visitor_id), "below": below, "most": most}
        (found,) = self._database.ask_apart(lambda connection: connection.execute(HITS, values).fetchone())
        positions = sorted(map(int, found.split(",")), reverse=True) if found else []
        with self._database.reading() as connection:
            places = {
                row[0]: row[1] for row in connection.execute(PLACES, {"visitor": visitor_id, "positions": positions})
            }
        return [(position, places.get(position)) for position in positions]

    def newer(self, visitor_id: str, ids: Collection[str], query: Query, above: int) -> set[str]:
        """Return which of these conversations have a match at ``above`` or a newer one."""
        questions = {each: {"match": _match(query, visitor_id, _scope(each)), "above": above} for each in ids}

        def ask(connection: sqlite3.Connection) -> set[str]:
            return {each for each, values in questions.items() if connection.execute(NEWER, values).fetchone()}

        return self._database.ask_apart(ask)

    def texts(self, visitor_id: str, positions: Sequence[int]) -> dict[int, str]:
        """Return what a visitor has at these positions, as far as it is searched; nothing where it is gone since."""

        values = {"visitor": visitor_id, "most": LONGEST_SEARCHED_CHARACTERS}

        def ask(connection: sqlite3.Connection) -> dict[int, str]:
            rows = {
                position: connection.execute(TEXT, values | {"position": position}).fetchone() for position in positions
            }
            return {position: row[0] for position, row in rows.items() if row is not None}

        return self._database.ask_apart(ask)

    def begin(self, connection: Connection) -> None:
        """Do nothing: in SQLite there is one writer at a time anyway."""

    def add(self, connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add entries: ``position``, ``visitor_id``, ``conversation_id`` and ``words``."""
        ADD.run_many(connection, [_row(entry) for entry in entries])

    def forget(self, connection: Connection, positions: Sequence[int]) -> None:
        """Remove entries, if they are there."""
        FORGET.run_many(connection, [{"position": position} for position in positions])

    def tidy(self) -> bool:
        """Merge some of its parts, which every change adds to; return True if there is more to merge.

        By itself FTS5 would do that in the midst of a change, and much of it at once. A word that stands nearly
        everywhere takes long even so: hence apart.
        """
        return self._database.change_apart(_merge)


def _merge(connection: sqlite3.Connection) -> bool:
    before = connection.total_changes
    connection.execute(MERGE, {"pages": PAGES_AT_ONCE})
    # Source: sqlite.org/fts5.html, “The 'merge' Command”: fewer than two changes mean that nothing was done.
    return connection.total_changes - before > 1


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    scope = f"{entry['visitor_id']} {_scope(entry['conversation_id'])}"
    return {"position": entry["position"], "scope": scope, "words": " ".join(entry["words"])}


def _scope(conversation_id: str) -> str:
    """Return a conversation's id as one word of the index: imported ids may hold dashes."""
    return "c" + conversation_id.encode().hex()


def _match(query: Query, *scope: str) -> str:
    inside = " AND ".join(f'scope : "{each}"' for each in scope)
    return f"{inside} AND " + " AND ".join(f'words : "{" ".join(phrase)}"' for phrase in query.phrases)
