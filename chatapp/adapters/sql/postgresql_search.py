"""The search index in PostgreSQL: a table of ``tsvector``.

A ``tsvector`` does not know every place of a word in a long text: it counts to 16,383, and knows 256 places of a word.
So it tells which words an entry has; whether they follow each other is looked up in the words as one text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select, text, union_all

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.search import LONGEST_SEARCHED_CHARACTERS, Query, spaced

FLOOR = text(
    "SELECT position FROM search WHERE visitor_id = :visitor AND position < :below"
    " ORDER BY position DESC OFFSET :looked_at LIMIT 1"
)
# Apart inside, so that PostgreSQL goes through them from the newest on, and ends early where a word is frequent.
AMONG_NEWEST = text(
    "SELECT position, conversation_id FROM ("
    " SELECT position, conversation_id, words, spaced FROM search WHERE visitor_id = :visitor AND position < :below"
    " ORDER BY position DESC LIMIT :newest) AS newest"
    " WHERE words @@ CAST(:words AS tsquery) AND spaced LIKE ALL (CAST(:phrases AS text[]))"
    " ORDER BY position DESC LIMIT :most"
)
# Not by the plain position: PostgreSQL would go through all that the visitor has, where it had better ask the index of
# words. It cannot know which words are rare for one visitor and common for others.
AMONG_OLDER = text(
    "SELECT position, conversation_id FROM search"
    " WHERE visitor_id = :visitor AND position < :below"
    " AND words @@ CAST(:words AS tsquery) AND spaced LIKE ALL (CAST(:phrases AS text[]))"
    " ORDER BY position + 0 DESC LIMIT :most"
)
NEWER = text(
    "SELECT DISTINCT conversation_id FROM search"
    " WHERE visitor_id = :visitor AND conversation_id IN :ids AND position >= :above"
    " AND words @@ CAST(:words AS tsquery) AND spaced LIKE ALL (CAST(:phrases AS text[]))"
).bindparams(bindparam("ids", expanding=True))
ADD = Prepared(
    text(
        "INSERT INTO search (position, visitor_id, conversation_id, words, spaced)"
        " VALUES (:position, :visitor_id, :conversation_id, CAST(:lexemes AS tsvector), :spaced)"
    )
)
FORGET = Prepared(text("DELETE FROM search WHERE position = :position"))
ONE_AT_A_TIME = Prepared(text("SELECT pg_advisory_xact_lock(:key)"))
INDEX_LOCK = int.from_bytes(b"search")
NEWEST = 2_000
"""So many entries of a visitor are looked at one by one, before the index of all words is asked."""

TEXTS_AT_ONCE = 10
POSITIONS: BindParameter[int] = bindparam("positions", expanding=True)
TEXTS = union_all(
    select(messages.c.position, func.substr(messages.c.text, 1, LONGEST_SEARCHED_CHARACTERS).label("text")).where(
        messages.c.position.in_(POSITIONS), messages.c.visitor_id == bindparam("visitor")
    ),
    select(conversations.c.position, conversations.c.title).where(
        conversations.c.position.in_(POSITIONS), conversations.c.visitor_id == bindparam("visitor")
    ),
)


class PostgresqlSearch:
    """The index; ``positions`` are those of messages and, for titles, of conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, visitor_id: str, query: Query, below: int, most: int) -> Sequence[tuple[int, str | None]]:
        """Return positions of matches, newest first, each with its conversation."""
        values: dict[str, Any] = {"visitor": visitor_id, "below": below, "most": most} | _match(query)
        with self._database.reading() as connection:
            # A word that is frequent is found here, and the many older matches need not be sorted.
            rows = connection.execute(AMONG_NEWEST, values | {"newest": NEWEST}).all()
            if len(rows) < most and (floor := connection.scalar(FLOOR, values | {"looked_at": NEWEST - 1})) is not None:
                older = values | {"below": floor, "most": most - len(rows)}
                rows = [*rows, *connection.execute(AMONG_OLDER, older)]
        return [(row.position, row.conversation_id) for row in rows]

    def newer(self, visitor_id: str, ids: Collection[str], query: Query, above: int) -> set[str]:
        """Return which of these conversations have a match at ``above`` or a newer one."""
        values = {"visitor": visitor_id, "ids": list(ids), "above": above} | _match(query)
        with self._database.reading() as connection:
            return set(connection.execute(NEWER, values).scalars())

    def texts(self, visitor_id: str, positions: Sequence[int]) -> dict[int, str]:
        """Return what a visitor has at these positions, as far as it is searched; nothing where it is gone since."""
        texts: dict[int, str] = {}
        for begin in range(0, len(positions), TEXTS_AT_ONCE):  # to take in long texts holds others up
            with self._database.reading() as connection:
                rows = connection.execute(
                    TEXTS, {"visitor": visitor_id, "positions": positions[begin : begin + TEXTS_AT_ONCE]}
                )
                texts.update((row.position, row.text) for row in rows)
        return texts

    def add(self, connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add entries: ``position``, ``visitor_id``, ``conversation_id`` and ``words``."""
        ADD.run_many(connection, [_row(entry) for entry in entries])

    def forget(self, connection: Connection, positions: Sequence[int]) -> None:
        """Remove entries, if they are there."""
        FORGET.run_many(connection, [{"position": position} for position in positions])

    def begin(self, connection: Connection) -> None:
        """Wait until no other process adds to the index."""
        ONE_AT_A_TIME.run(connection, {"key": INDEX_LOCK})

    def tidy(self) -> bool:
        """Do nothing: PostgreSQL does that by itself."""
        return False


def _match(query: Query) -> dict[str, Any]:
    found = dict.fromkeys(word for phrase in query.phrases for word in phrase)
    return {
        "words": " & ".join(f"'{word}'" for word in found),
        "phrases": [f"%{spaced(phrase)}%" for phrase in query.phrases if len(phrase) > 1],
    }


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as it is stored. PostgreSQL's own parser would see other words in a text."""
    found = entry["words"]
    return {**entry, "lexemes": " ".join(f"'{word}'" for word in dict.fromkeys(found)), "spaced": spaced(found)}
