"""Has SQLite forget for good what was deleted.

It overwrites by itself what leaves its tables (``secure_delete``). But FTS5 keeps the words of a deleted entry until
all parts of its index are one, and the write-ahead log keeps old pages until it is cut off. Both are done here, some
time later and in small steps. That this is owed is noted in the file, so it survives the end of a process.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from itertools import count

from sqlalchemy import Connection

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.sqlite_search import MERGE, PAGES_AT_ONCE, SqliteSearch

ERASE_EVERY_SECONDS = 3600.0
"""To make one of all parts of the index is to write all of it anew."""

STEPS_A_WRITE_BACK = 8
"""Some megabytes of log. To cut off a long one would hold up all who want to write, 1.5 ms for each megabyte."""

A_BREATH_SECONDS = 0.005
# So few parts are worth a merge meanwhile. Else three new ones would have FTS5 leave a merge of two unfinished.
FEW_PARTS = "INSERT INTO search (search, rank) VALUES ('usermerge', 2)"
USUAL_PARTS = "INSERT INTO search (search, rank) VALUES ('usermerge', 4)"
CUTS = 50
PAUSE_SECONDS = 0.02
NOTHING_OWED = 0
LARGEST_NOTE = (1 << 31) - 1


def note_deletion(connection: Connection) -> None:
    """Note, in the transaction that deletes, that the words are still to be erased; PostgreSQL does that by itself."""
    if connection.dialect.name == "sqlite":
        # A random number: whoever erases sees by it whether somebody has deleted more meanwhile.
        _write_note(connection, 1 + secrets.randbelow(LARGEST_NOTE))


class Erasing:
    """Erases what is owed; ``beat`` must be called a few times a second, beside others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = SqliteSearch(database)
        self._erased_at = -ERASE_EVERY_SECONDS

    def beat(self) -> None:
        """Erase what was deleted, if it is a while since that was done."""
        if not self._database.is_sqlite or time.monotonic() - self._erased_at < ERASE_EVERY_SECONDS:
            return
        with self._database.reading() as connection:
            note = _read_note(connection)
        if note != NOTHING_OWED:
            self._erase(note)
            self._erased_at = time.monotonic()

    def _erase(self, note: int) -> None:
        """Erase what had been deleted when that note was read."""
        self._merge_all()
        if self._cut_log():
            with self._database.writing() as connection:
                if _read_note(connection) == note:
                    connection.exec_driver_sql(USUAL_PARTS)
                    _write_note(connection, NOTHING_OWED)

    def _merge_all(self) -> None:
        self._database.change_apart(_begin_merging)
        for step in count(1):
            if not self._index.tidy():
                break
            if step % STEPS_A_WRITE_BACK == 0:
                self._write_back(_restart)
            time.sleep(A_BREATH_SECONDS)  # others want to write too

    def _cut_log(self) -> bool:
        """Write the log back and cut it off; return False if somebody was always reading it."""
        for _ in range(CUTS):
            if self._write_back(_truncate):
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def _write_back(self, rest: Callable[[sqlite3.Connection], bool]) -> bool:
        """Write the log back beside others; then, while nobody else writes, what has come meanwhile."""
        self._database.write_back()
        return self._database.change_apart(rest)


def _read_note(connection: Connection) -> int:
    note: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    return note


def _write_note(connection: Connection, note: int) -> None:
    connection.exec_driver_sql(f"PRAGMA user_version={note}")


def _begin_merging(connection: sqlite3.Connection) -> None:
    connection.execute(FEW_PARTS)
    # Source: sqlite.org/fts5.html, “The 'merge' Command”: below zero, all parts are to become one.
    connection.execute(MERGE, {"pages": -PAGES_AT_ONCE})


def _restart(connection: sqlite3.Connection) -> bool:
    return _checkpoint(connection, "RESTART")


def _truncate(connection: sqlite3.Connection) -> bool:
    return _checkpoint(connection, "TRUNCATE")


def _checkpoint(connection: sqlite3.Connection, mode: str) -> bool:
    """Write all of the log back, and return True; or False at once if somebody reads it."""
    (wait_milliseconds,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout=0")  # while this waited for readers, writers would wait for this
    try:
        is_busy, _, _ = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={wait_milliseconds}")
    return not is_busy
