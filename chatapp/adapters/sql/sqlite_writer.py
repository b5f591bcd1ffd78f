"""The one connection of a process that writes to SQLite.

SQLite waits for locks inside C, where it would hold up everybody in the process. So no writer waits there: there is one
at a time in this process, and when it meets another process's lock it sleeps a little in Python and tries again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from chatapp.adapters.sql.failures import meaning
from chatapp.adapters.sql.sqlite_file import is_busy

LONGEST_LOCK_WAIT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.001
LONGEST_PAUSE_SECONDS = 0.02


class SqliteWriter:
    """Lends its connection with an open transaction: ``with writer as connection``.

    The transaction is committed at the end, or undone by an exception. This is the context manager itself, as there is
    one transaction at a time: generators would take a third of the time that a short transaction needs.

    ``turn`` is the lock of whoever writes; ``writes`` counts what was committed.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.turn = threading.Lock()
        self.writes = 0
        self._connect = connect
        self._connection: Connection | None = None

    def __enter__(self) -> Connection:
        """Wait for the turn, and begin.

        Raises:
            StorageUnavailable: another process holds the lock for too long.
        """
        self.turn.acquire()
        try:
            connection = self.connection()
            _begin(connection)
        except BaseException as error:
            self.turn.release()
            _raise_meaning(error)
            raise
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Commit, or undo everything, and let the next one write.

        Raises:
            Clash: what was to be written goes against what is there.
            StorageUnavailable: it could not be written.
        """
        connection = self.connection()
        try:
            if error is None:
                self._commit(connection)
            else:
                _undo(connection)
        except BaseException as failure:
            self._leave_behind(connection)
            _raise_meaning(failure)
            raise
        finally:
            self.turn.release()
        if error is not None:
            _raise_meaning(error)

    def connection(self) -> Connection:
        """Return the connection, for whoever has the turn."""
        if self._connection is None:
            self._connection = self._connect()
            driver_of(self._connection).execute("PRAGMA busy_timeout=0")
        return self._connection

    def close(self) -> None:
        """Close the connection after what is just being written; it is made anew when it is needed."""
        with self.turn:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _leave_behind(self, connection: Connection) -> None:
        """Go on with another connection, if a transaction is still open on this one."""
        if driver_of(connection).in_transaction:
            self._connection = None
            connection.invalidate()

    def _commit(self, connection: Connection) -> None:
        try:
            if connection.in_transaction():  # SQLAlchemy's own; prepared statements begin none
                connection.commit()
            driver_of(connection).commit()
        except BaseException:
            _undo(connection)
            raise
        self.writes += 1


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.dbapi_connection


def _begin(connection: Connection) -> None:
    deadline = time.monotonic() + LONGEST_LOCK_WAIT_SECONDS
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            # Not BEGIN alone: a transaction that reads first and writes then may fail in its midst.
            driver_of(connection).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)


def _undo(connection: Connection) -> None:
    try:
        connection.rollback()
    finally:
        driver_of(connection).rollback()


def _raise_meaning(error: BaseException) -> None:
    meant = meaning(error, sqlite3)
    if meant is not None:
        raise meant from error
