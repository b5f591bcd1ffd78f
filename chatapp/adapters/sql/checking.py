"""Looks a whole database over: is it whole, does everything in it belong together, and what does it hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatapp.adapters.sql.preparing import database_at
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.adapters.sql.sqlite_file import SqliteFile

if TYPE_CHECKING:
    from chatapp.adapters.sql.postgresql_database import PostgresqlDatabase

MOST_PROBLEMS = 20
COUNTED = {
    "conversations": "SELECT count(*) FROM conversations",
    "messages": "SELECT count(*) FROM messages",
    "running": "SELECT count(*) FROM messages WHERE state = 'running'",
    "unindexed": "SELECT count(*) FROM messages WHERE NOT indexed",
}
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


def check(url: str, step: Step) -> Report:
    """Look everything over; only reads.

    Raises:
        BadDatabase: there is no database, or none that can be read.
    """
    database = database_at(url)
    step("the tables' revision")
    revision = database.find_revision()
    if revision is None:
        raise BadDatabase(f"There is nothing in the database {database.place} yet. The first start makes its tables.")
    if revision != HEAD:
        raise BadDatabase(
            f"The database {database.place} is of an earlier version of chatapp (revision {revision}). "
            "The next start, or “chatapp db upgrade”, brings it up to date."
        )
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


def _postgresql(database: PostgresqlDatabase, step: Step) -> Report:
    with database.connected() as connection:
        step("the indexes")
        unfit = connection.exec_driver_sql(UNFIT_INDEXES).scalars().all()
        step("what it holds")
        counts = {name: int(connection.exec_driver_sql(query).scalar_one()) for name, query in COUNTED.items()}
        size_bytes = int(connection.exec_driver_sql(POSTGRESQL_SIZE).scalar_one())
    problems = tuple(f"The index {name} is not valid; REINDEX makes it anew." for name in unfit)
    return Report(database.place, HEAD, **counts, size_bytes=size_bytes, log_bytes=None, problems=problems)
