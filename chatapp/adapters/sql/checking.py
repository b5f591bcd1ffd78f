"""Looks a whole database over: is it whole, does everything in it belong together, and what does it hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatapp.adapters.sql.preparing import database_at
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.adapters.sql.sqlite_file import SqliteFile, is_busy

if TYPE_CHECKING:
    from chatapp.adapters.sql.postgresql_database import PostgresqlDatabase

MOST_PROBLEMS = 20
LOCK_WAIT_MILLISECONDS = 10_000
COUNTED = {
    "conversations": "SELECT count(*) FROM conversations",
    "messages": "SELECT count(*) FROM messages",
    "running": "SELECT count(*) FROM messages WHERE state = 'running'",
    "unindexed": "SELECT count(*) FROM messages WHERE NOT indexed",
}
# What is being removed just now may be half gone.
MISSING_LEAVES = (
    "SELECT c.id, c.leaf_id FROM conversations c JOIN visitors v ON v.id = c.visitor_id AND NOT v.removed"
    " WHERE c.leaf_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.visitor_id = c.visitor_id"
    " AND m.id = c.leaf_id AND m.conversation_id = c.id)"
)
MISSING_PARENTS = (
    "SELECT m.id, m.parent_id FROM messages m JOIN visitors v ON v.id = m.visitor_id AND NOT v.removed"
    " JOIN conversations c ON c.visitor_id = m.visitor_id AND c.id = m.conversation_id AND c.leaf_id IS NOT NULL"
    " WHERE m.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages p WHERE p.visitor_id = m.visitor_id"
    " AND p.id = m.parent_id AND p.conversation_id = m.conversation_id)"
)
# Not the other way round: a call made on a machine whose clock is late counts on the day that has begun elsewhere.
SHORT_METERS = (
    "SELECT m.book, m.nano_usd, sum(l.charged_nano_usd) FROM meters m"
    " JOIN ledger l ON l.book = m.book AND l.day = m.day AND l.reserved_at >= CAST(m.day AS BIGINT) * 86400000"
    " WHERE m.name = 'everybody' GROUP BY m.book, m.nano_usd HAVING m.nano_usd < sum(l.charged_nano_usd)"
)
CONTRADICTIONS = {
    "The conversation {} ends with a message {} that is not in it.": MISSING_LEAVES,
    "The message {} answers a message {} that is not in its conversation.": MISSING_PARENTS,
    "Today's budget of the book “{}” counts {} billionths of a dollar, but its calls come to {}.": SHORT_METERS,
}
SQLITE_UNFOUND = (
    "SELECT count(*) FROM messages m WHERE m.indexed"
    " AND NOT EXISTS (SELECT 1 FROM search_docsize s WHERE s.id = m.position)"
)
POSTGRESQL_UNFOUND = (
    "SELECT count(*) FROM messages m WHERE m.indexed"
    " AND NOT EXISTS (SELECT 1 FROM search s WHERE s.position = m.position)"
)
# FTS5 itself does not miss these: its index is made of segments, and finds its way in each by rows of search_idx.
LOST_SEGMENTS = "SELECT id >> 37 FROM search_data WHERE id >> 37 > 0 EXCEPT SELECT segid FROM search_idx LIMIT 1"
CHECK_SEARCH = "INSERT INTO search (search) VALUES ('integrity-check')"
REMEDY = "“chatapp db reindex” makes it anew."
UNFIT_INDEXES = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
POSTGRESQL_SIZE = "SELECT pg_database_size(current_database())"

Step = Callable[[str], None]
"""Is told what is looked at next."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. ``problems`` are sentences; ``log_bytes`` is what SQLite's write-ahead log holds (None: it has
    none), ``unindexed`` the messages that the search does not find yet.
    """

    place: str
    revision: str
    conversations: int
    messages: int
    running: int
    unindexed: int
    size_bytes: int
    log_bytes: int | None
    problems: tuple[str, ...]


def require_current(database: SqliteFile | PostgresqlDatabase) -> None:
    """Look whether the tables are there and up to date; changes nothing.

    Raises:
        BadDatabase: they are not, or cannot be read.
    """
    revision = database.find_revision()
    if revision is None:
        raise BadDatabase(f"There is nothing in the database {database.place} yet. The first start makes its tables.")
    if revision != HEAD:
        raise BadDatabase(
            f"The database {database.place} is of an earlier version of chatapp (revision {revision}). "
            "The next start, or “chatapp db upgrade”, brings it up to date."
        )


def check(url: str, step: Step) -> Report:
    """Look everything over; changes nothing. Writers wait while SQLite's search index is looked over.

    Raises:
        BadDatabase: there is no database, or none that can be read.
    """
    database = database_at(url)
    step("the tables' revision")
    require_current(database)
    if isinstance(database, SqliteFile):
        return _sqlite(database, step)
    return _postgresql(database, step)


def quick_problems(database: SqliteFile) -> list[str]:
    """Return what is wrong with the file, without comparing each index with its table."""
    return database.ask(lambda connection: list(_integrity(connection, "quick_check")))


def _sqlite(file: SqliteFile, step: Step) -> Report:
    def look(connection: sqlite3.Connection) -> Report:
        step("the file")
        problems = list(_integrity(connection, "integrity_check"))
        step("what belongs together")
        problems += _references(connection)
        problems += _contradictions(lambda query: connection.execute(query).fetchall())
        step("the search index")
        problems += _search(connection)
        step("what it holds")
        counts = {name: connection.execute(query).fetchone()[0] for name, query in COUNTED.items()}
        return Report(
            file.place, HEAD, **counts, size_bytes=file.size_bytes, log_bytes=file.log_bytes, problems=tuple(problems)
        )

    return file.ask(look)


def _integrity(connection: sqlite3.Connection, pragma: str) -> Iterator[str]:
    for (found,) in connection.execute(f"PRAGMA {pragma}({MOST_PROBLEMS})"):
        if found != "ok":
            yield f"The file is damaged: {found}."


def _references(connection: sqlite3.Connection) -> Iterator[str]:
    for number, (table, row, parent, _) in enumerate(connection.execute("PRAGMA foreign_key_check")):
        if number == MOST_PROBLEMS:
            yield "There are more rows of that kind."
            return
        yield f"Row {row} of {table} refers to a row of {parent} that is not there."


def _contradictions(ask: Callable[[str], Iterable[Any]]) -> Iterator[str]:
    for sentence, query in CONTRADICTIONS.items():
        rows = list(ask(f"{query} LIMIT {MOST_PROBLEMS + 1}"))
        yield from (sentence.format(*row) for row in rows[:MOST_PROBLEMS])
        if len(rows) > MOST_PROBLEMS:
            yield "There are more of that kind."


def _search(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        # FTS5 looks its index over as a writer alone may: this waits for others, and they for this.
        connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MILLISECONDS}")
        connection.execute(CHECK_SEARCH)
        is_damaged = connection.execute(LOST_SEGMENTS).fetchone() is not None
        unfound = connection.execute(SQLITE_UNFOUND).fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            raise
        is_damaged, unfound = True, 0
    if is_damaged:
        yield f"The search index is damaged. {REMEDY}"
    yield from _unfound(unfound)


def _unfound(count: int) -> Iterator[str]:
    if count:
        yield f"The search index lacks {count:,} messages that should be in it. {REMEDY}"


def _postgresql(database: PostgresqlDatabase, step: Step) -> Report:
    with database.connected() as connection:
        step("the indexes")
        unfit = connection.exec_driver_sql(UNFIT_INDEXES).scalars().all()
        step("what belongs together")
        contradictions = list(_contradictions(lambda query: connection.exec_driver_sql(query).all()))
        step("the search index")
        unfound = list(_unfound(connection.exec_driver_sql(POSTGRESQL_UNFOUND).scalar_one()))
        step("what it holds")
        counts = {name: int(connection.exec_driver_sql(query).scalar_one()) for name, query in COUNTED.items()}
        size_bytes = int(connection.exec_driver_sql(POSTGRESQL_SIZE).scalar_one())
    problems = [f"The index {name} is not valid; REINDEX makes it anew." for name in unfit] + contradictions + unfound
    return Report(database.place, HEAD, **counts, size_bytes=size_bytes, log_bytes=None, problems=tuple(problems))
