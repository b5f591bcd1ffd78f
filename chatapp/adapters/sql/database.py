"""The connection to SQLite or PostgreSQL: reads and writes, each a transaction of its own."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, create_engine, event, literal_column
from sqlalchemy.engine import make_url

from chatapp.adapters.sql.failures import Clash, meaning
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.sqlite_writer import SqliteWriter
from chatapp.domain.moments import milliseconds

READ_WAIT_SECONDS = 0.1
"""Whoever reads meets a lock only while SQLite mends its log after a process was killed."""

APART_WAIT_SECONDS = 1.0
"""On a thread of its own, a lock may be waited for inside C."""

LONGEST_IDLE_LOG_BYTES = 32_000_000
"""More of SQLite's log than that is given back to the disk when it begins anew; to give it back takes its time too."""

PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""A database that is gone without a word is noticed within half a minute; by default, within a quarter of an hour."""

CONNECTIONS = 10
POSITION_BITS = 20
REMEMBERED_MILLISECONDS = 100_000
TRIES = 3

Result = TypeVar("Result")

SQLITE_NOW = "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
POSTGRESQL_NOW = "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"


class Apart(Protocol):
    """Does work on another thread, and returns what comes of it."""

    def __call__(self, work: Callable[[], Result], /) -> Result:
        """Do it; whoever asked waits, and nobody else in the process."""


class Database:
    """One database; its connections are made when they are needed, and kept.

    ``apart`` and ``apart_for_changes`` are for what SQLite needs long for: where one thread serves everybody, somebody
    must lend others. A change has others wait for the writer's turn, so it must never wait for a question.

    What was committed survives the end of any process; a power cut may cost the last moments, unless it is to
    ``survive_power_cut``: then each commit waits for the disk.
    """

    def __init__(self, url: str, *, survive_power_cut: bool = False) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        now = SQLITE_NOW if self.is_sqlite else POSTGRESQL_NOW
        self.now: ColumnElement[int] = literal_column(now, BigInteger)
        self.positions = Positions()
        self.engine = _sqlite(url, survive_power_cut) if self.is_sqlite else _postgresql(url, survive_power_cut)
        self.apart: Apart = _here
        self.apart_for_changes: Apart = _here
        # Its insert knows what to do where there is such a row already. The other one's is never loaded.
        self.insert: Any = import_module(f"sqlalchemy.dialects.{self.url.get_backend_name()}").insert
        self._driver: Any = self.engine.dialect.dbapi
        self._committed = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._writer = SqliteWriter(self.engine.connect)
        self._survives_power_cut = survive_power_cut
        self._idle: list[sqlite3.Connection] = []

    @property
    def writes(self) -> int:
        """Return how often this process has written to SQLite."""
        return self._writer.writes

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading; each statement sees what is there at its moment.

        Raises:
            StorageUnavailable: the database cannot be read now.
        """
        with self._translating(), self.engine.connect() as connection:
            yield connection

    def first(self, statement: Prepared, values: Mapping[str, Any]) -> Any:
        """Execute one short statement that only reads, and return its first row, or None.

        Raises:
            StorageUnavailable: the database cannot be read now.
        """
        # To fetch a connection takes longer than such a statement, and the one that writes knows the newest pages.
        if self.is_sqlite and self._writer.turn.acquire(blocking=False):
            try:
                with self._translating(), suppress(sqlite3.OperationalError):  # SQLite mends its log: wait for that
                    return statement.first(self._writer.connection(), values)
            finally:
                self._writer.turn.release()
        with self.reading() as connection:
            return statement.first(connection, values)

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection with an open transaction, which is committed at the end, or undone by an exception.

        Raises:
            Clash: what was to be written goes against what is there.
            StorageUnavailable: the database cannot be written now.
        """
        return self._writer if self.is_sqlite else self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._translating(), self._committed.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do ``work`` in a transaction, and once more where its positions were taken already.

        Raises:
            Clash: it goes against what is there, each time.
            StorageUnavailable: the database cannot be written now.
        """
        for _ in range(TRIES - 1):
            with suppress(Clash), self.writing() as connection:
                return work(connection)
            self.positions.forget()
        with self.writing() as connection:
            return work(connection)

    def ask_apart(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        """Ask SQLite something that may take long; others read and write meanwhile.

        Raises:
            StorageUnavailable: the database cannot be read now.
        """
        return self._do_apart(self.apart, question)

    def _do_apart(self, apart: Apart, work: Callable[[sqlite3.Connection], Result]) -> Result:
        def do() -> Result:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect_apart()
            try:
                return work(connection)
            finally:
                self._idle.append(connection)

        with self._translating():
            return apart(do)

    def change_apart(self, change: Callable[[sqlite3.Connection], Result]) -> Result:
        """Change SQLite by one statement that may take long; others read meanwhile, and writers wait their turn.

        What ``change`` returns tells whether there is anything new to be written back.

        Raises:
            StorageUnavailable: the database cannot be written now.
        """
        with self._writer.turn:
            changed = self._do_apart(self.apart_for_changes, change)
        self._writer.writes += bool(changed)
        return changed

    def write_back(self) -> None:
        """Have SQLite write its log back, as far as nobody reads what is older. This waits for the disk."""
        if self.is_sqlite:
            self._do_apart(self.apart_for_changes, _write_back)

    def _connect_apart(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.url.database or "", APART_WAIT_SECONDS, check_same_thread=False)
        _prepare(connection, self._survives_power_cut)
        return connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if (meant := meaning(error, self._driver)) is None:
                raise
            raise meant from error

    def close(self) -> None:
        """Close all connections, after what is just being written; they are made anew when they are needed."""
        self._writer.close()
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


class Positions:
    """Gives out positions: in the order of time, and unique in this process.

    What this process and another one give out for the same millisecond may be the same, once in half a million times:
    then the database refuses it, and a second try gets others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[int, int] = {}

    def next(self, moment: datetime, above: int = 0) -> int:
        """Return a new position for something of that moment, larger than ``above``."""
        with self._lock:
            least = max(milliseconds(moment) << POSITION_BITS, above + 1)
            millisecond = least >> POSITION_BITS
            last = self._last.get(millisecond)
            room = ((millisecond + 1) << POSITION_BITS) - least
            found = max(least, last + 1) if last is not None else least + secrets.randbelow(room // 2 + 1)
            if len(self._last) >= REMEMBERED_MILLISECONDS:
                self._last.clear()
            self._last[found >> POSITION_BITS] = found
            return found

    def forget(self) -> None:
        """Choose anew for every millisecond."""
        with self._lock:
            self._last.clear()


def _here(work: Callable[[], Result], /) -> Result:
    return work()


def _write_back(connection: sqlite3.Connection) -> None:
    for _ in range(TRIES):
        is_taken, pages, pages_back = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if is_taken:
            break  # somebody else does it
        if pages_back == pages:
            if pages:
                _begin_log_anew(connection)
            break


def _begin_log_anew(connection: sqlite3.Connection) -> None:
    """Write something: the first to do so after all was written back waits for the disk, and may do that here."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        (number,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
    except sqlite3.OperationalError:  # somebody else writes, and is the first
        connection.rollback()


def _sqlite(url: str, survive_power_cut: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        connect_args={"timeout": READ_WAIT_SECONDS},
        pool_reset_on_return=None,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        _prepare(connection, survive_power_cut)

    return engine


def _prepare(connection: sqlite3.Connection, survive_power_cut: bool) -> None:
    connection.isolation_level = None  # this module alone begins transactions
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={'FULL' if survive_power_cut else 'NORMAL'}",
        "foreign_keys=ON",
        "secure_delete=ON",
        "wal_autocheckpoint=0",
        f"journal_size_limit={LONGEST_IDLE_LOG_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _postgresql(url: str, survive_power_cut: bool) -> Engine:
    # Otherwise the server's own setting holds.
    options = "-c synchronous_commit=on" if survive_power_cut else ""
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_pre_ping=True,
        connect_args={"options": options, **PATIENCE},
    )
