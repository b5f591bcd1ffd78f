"""The database of PostgreSQL: looked at, and locked while its tables change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, exc, func, inspect, select
from sqlalchemy.engine import make_url

from chatapp.adapters.sql.copying import Progress
from chatapp.adapters.sql.revisions import REVISION_QUERY, BadDatabase, of_another_program, require_known

PAUSE_SECONDS = 0.05
LOCK_KEY = int.from_bytes(b"chatapp")
UNDEFINED_TABLE = "42P01"


class PostgresqlDatabase:
    """A database of a server. ``place`` names it for people, without a password."""

    def __init__(self, url: str) -> None:
        parts = make_url(url)
        self.place = f"{parts.database or parts.username} of PostgreSQL"
        self._engine = create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args={"connect_timeout": 5}
        )

    @property
    def is_there(self) -> bool:
        """Tell whether there are tables of ours in it."""
        return self.find_revision() is not None

    def find_revision(self) -> str | None:
        """Return the revision of its tables; None while it has none.

        Raises:
            BadDatabase: it is of a newer or of another program, or cannot be reached.
        """
        with self.connected() as connection:
            revision = self._revision(connection)
        require_known(revision, self.place)
        return revision

    def make(self) -> None:
        """Do nothing: whoever runs the server makes its databases."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Wait until nobody else changes the tables, and keep all others from it."""
        with self.connected() as connection:  # its end frees the lock, whatever happens to this process
            while not connection.scalar(select(func.pg_try_advisory_lock(LOCK_KEY))):
                time.sleep(PAUSE_SECONDS)
            yield

    def copy_before_upgrade(self, progress: Progress) -> None:
        """Make no copy: whoever runs the server has backups of it."""

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Give a connection of its own, on which each statement is a transaction.

        Raises:
            BadDatabase: the server says no, or nothing.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise BadDatabase(f"The database {self.place} cannot be used: {first_line(error)}.") from error

    def _revision(self, connection: Connection) -> str | None:
        # First of all: another process may make the tables, and say so, before the second look.
        has_tables = bool(set(inspect(connection).get_table_names()) - {"alembic_version"})
        try:
            revision = connection.exec_driver_sql(REVISION_QUERY).scalar()
        except exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
                raise
            revision = None
        if revision is None and has_tables:
            raise of_another_program(self.place)
        return None if revision is None else str(revision)


def first_line(error: exc.DBAPIError) -> str:
    """Return what the database itself says, in one line."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".")
