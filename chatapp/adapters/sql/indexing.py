"""Puts new messages and titles into the search index.

That happens a moment after they are stored, some at once, as it costs a fraction of indexing each with its own change;
but never so many that others have to wait for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, false, func, select, true, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.searching import index_of
from chatapp.adapters.sql.tables import conversations, messages
from chatapp.domain.reply import ReplyState
from chatapp.domain.search import LONGEST_SEARCHED_CHARACTERS, words

ENTRIES_AT_ONCE = 100
CHARACTERS_AT_ONCE = 20_000
BATCHES_A_TIDYING = 4
MERGES_A_TIDYING = 20
"""Far more than what so many batches add; more at once would keep what is new waiting while a large index is tidied."""

UNINDEXED = Prepared(
    select(
        messages.c.position,
        messages.c.visitor_id,
        messages.c.conversation_id,
        func.substr(messages.c.text, 1, LONGEST_SEARCHED_CHARACTERS).label("text"),
    )
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
# A title may have been changed since it was read: then the new one is still to be indexed.
MARK_TITLES = Prepared(
    update(conversations)
    .where(conversations.c.position == bindparam("at"), conversations.c.title == bindparam("was"))
    .values(indexed=true())
)
SOURCES = ((UNINDEXED, MARK), (UNINDEXED_TITLES, MARK_TITLES))


class Indexing:
    """Keeps the index; ``is_tidy`` is False where it may have changed, also by what was deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = index_of(database)
        self._batches = self._merges = 0
        self.is_tidy = False

    def index(self) -> bool:
        """Index some of what is new, or tidy the index up a little; return True if there may be more to do."""
        if self._batches < BATCHES_A_TIDYING and self._is_behind():
            self._add_some()
            self._batches += 1
            self.is_tidy = False
            return True
        if self.is_tidy:
            return False
        self.is_tidy = not self._index.tidy()
        self._merges += 1
        if self.is_tidy or self._merges >= MERGES_A_TIDYING:
            self._batches = self._merges = 0
        return True

    def _is_behind(self) -> bool:
        return any(self._database.first(source, {}) is not None for source, _ in SOURCES)

    def _add_some(self) -> None:
        with self._database.writing() as connection:
            self._index.begin(connection)
            # Read again: another process may have been faster.
            for source, mark in SOURCES:
                self._add(connection, source.all(connection, {}), mark)

    def _add(self, connection: Connection, rows: Sequence[Any], mark: Prepared) -> None:
        entries: list[dict[str, Any]] = []
        marks: list[dict[str, Any]] = []
        characters = 0
        for row in rows:
            characters += len(row.text)
            if entries and characters > CHARACTERS_AT_ONCE:
                break
            entries.append(_entry(row))
            marks.append({"at": row.position} | ({"was": row.text} if mark is MARK_TITLES else {}))
        # A title may have been another one; and once in a blue moon, a title and a message have the same position.
        self._index.forget(connection, [entry["position"] for entry in entries])
        self._index.add(connection, entries)
        mark.run_many(connection, marks)


def _entry(row: Any) -> dict[str, Any]:
    return {
        "position": row.position,
        "visitor_id": row.visitor_id,
        "conversation_id": row.conversation_id,
        "words": words(row.text),
    }
