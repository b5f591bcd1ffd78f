"""The file of SQLite: made before SQLite makes it, looked at, and locked while its tables change.

This needs the standard library alone: where everything is up to date, a start costs next to nothing.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from chatapp.adapters.sql.copying import Progress, copy_before_upgrade
from chatapp.adapters.sql.revisions import HEAD, REVISION_QUERY, BadDatabase, of_another_program, require_known

SQLITE = "sqlite:///"
PAUSE_SECONDS = 0.05
LONGEST_LOCK_WAIT_SECONDS = 10.0

T = TypeVar("T")


class SqliteFile:
    """A database in one file. ``place`` names it for people."""

    def __init__(self, url: str) -> None:
        self.path = Path(unquote(url.removeprefix(SQLITE))).absolute()
        self.place = str(self.path)

    @property
    def is_there(self) -> bool:
        """Tell whether there is anything in it, or it at all.

        Raises:
            BadDatabase: that cannot even be told.
        """
        try:
            return self.path.exists() and self.size_bytes > 0
        except OSError as error:
            raise self._unwritable(error.strerror) from error

    @property
    def size_bytes(self) -> int:
        """Return its size."""
        return self.path.stat().st_size

    @property
    def log_bytes(self) -> int:
        """Return the size of its write-ahead log: what others have written, and is not in the file itself yet."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return log.stat().st_size if log.exists() else 0

    def find_revision(self) -> str | None:
        """Return the revision of its tables; None while it has none.

        Raises:
            BadDatabase: it is of a newer or of another program, or no database.
        """
        revision = self.ask(_revision) if self.is_there else None
        require_known(revision, self.place)
        return revision

    def make(self) -> None:
        """Make folder and file where they are missing, for their owner's eyes only.

        Raises:
            BadDatabase: they cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():  # SQLite gives its other files (-wal, -shm) the mode and the owner of this one
                os.close(_opened(self.path))
        except OSError as error:
            raise self._unwritable(error.strerror) from error
        self.require_writable()

    def require_writable(self) -> None:
        """Look whether file and folder can be written, or could be made; changes nothing.

        Raises:
            BadDatabase: they cannot.
        """
        folder = next(folder for folder in self.path.parents if folder.exists())
        for place in (folder, self.path):
            if place.exists() and not os.access(place, os.W_OK):
                raise self._unwritable(f"{place} cannot be written")
        if not folder.is_dir():
            raise self._unwritable(f"{folder} is no folder")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Wait until nobody else changes the tables, and keep all others from it."""
        import fcntl  # there is none on Windows

        try:
            file = _opened(self.path.with_name(f"{self.path.name}.lock"))
        except OSError as error:
            raise self._unwritable(error.strerror) from error
        with os.fdopen(file, "w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(PAUSE_SECONDS)
                else:
                    break
            yield

    def copy_before_upgrade(self, progress: Progress) -> Path:
        """Copy it, and keep the newest of such copies only; return the copy."""
        return copy_before_upgrade(self.path, HEAD, progress)

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Return the answer to a question, as soon as no lock is in its way.

        Raises:
            BadDatabase: SQLite cannot read the file.
        """
        deadline = time.monotonic() + LONGEST_LOCK_WAIT_SECONDS
        while True:
            try:
                with closing(self._connect()) as connection:
                    return question(connection)
            except sqlite3.Error as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise self._refusal(error) from error
            time.sleep(PAUSE_SECONDS)

    def _connect(self) -> sqlite3.Connection:
        # "rw" and not "rwc": what is not there is not made. No lock is waited for inside C.
        return sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)

    def _unwritable(self, reason: str | None) -> BadDatabase:
        return BadDatabase(
            f"Nothing can be kept in {self.path}: {reason}. "
            "Please set CHATAPP_DATA_DIR to a folder that can be written."
        )

    def _refusal(self, error: sqlite3.Error) -> BadDatabase:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
            return BadDatabase(
                f"The file {self.path} is no SQLite database. Nothing in it was changed. "
                "Please move it away, or name another one with CHATAPP_DATA_DIR or CHATAPP_DATABASE_URL."
            )
        return BadDatabase(f"The database {self.path} cannot be used: {error}.")


def _opened(path: Path) -> int:
    """Open a file, and make it where it is missing, for its owner's eyes only."""
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if is_new and os.geteuid() == 0:
        # A command that root gives must not lock out the server, whose folder this is.
        folder = path.parent.stat()
        os.fchown(file, folder.st_uid, folder.st_gid)
    return file


def _revision(connection: sqlite3.Connection) -> str | None:
    # First of all: another process may make the tables, and say so, before the second look.
    has_tables = (
        connection.execute("SELECT 1 FROM sqlite_schema WHERE name <> 'alembic_version'").fetchone() is not None
    )
    try:
        row = connection.execute(REVISION_QUERY).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        row = None
    if row is None and has_tables:
        (place,) = (file for _, name, file in connection.execute("PRAGMA database_list") if name == "main")
        raise of_another_program(place)
    return None if row is None else str(row[0])


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether it says only that somebody else has locked the database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
