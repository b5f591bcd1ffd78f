"""Sees to it that the database is there and up to date, before anybody uses it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp.adapters.sql.copying import Progress
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.adapters.sql.sqlite_file import SQLITE, SqliteFile

if TYPE_CHECKING:
    from chatapp.adapters.sql.postgresql_database import PostgresqlDatabase

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done: from which revision (None: there was nothing) to which, and the copy that was made before."""

    before: str | None
    after: str
    copy: Path | None


def show_nothing(done: int, whole: int) -> None:
    """Show no progress."""


def database_at(url: str) -> SqliteFile | PostgresqlDatabase:
    """Return the database of an address."""
    if url.startswith(SQLITE):
        return SqliteFile(url)
    # Imported where it is needed: with SQLite, a start needs no SQLAlchemy for this.
    from chatapp.adapters.sql.postgresql_database import PostgresqlDatabase

    return PostgresqlDatabase(url)


def prepare(url: str, progress: Progress = show_nothing) -> Upgrade | None:
    """Make the tables, or bring them up to date; return None where there was nothing to do.

    Any number of processes may do this at once: one does it, the others wait for that one.

    Raises:
        BadDatabase: it cannot be used, or its tables could not be changed, and are as they were before.
    """
    database = database_at(url)
    if database.find_revision() == HEAD:
        return None
    database.make()
    with database.lock():
        before = database.find_revision()
        if before == HEAD:
            return None
        copy = None if before is None else database.copy_before_upgrade(progress)
        _upgrade(url, copy)
    if before:
        log.info("upgrade", extra={"fields": {"before": before, "after": HEAD, "copy": str(copy) if copy else None}})
    return Upgrade(before, HEAD, copy)


def _upgrade(url: str, copy: Path | None) -> None:
    # Imported here alone: Alembic takes half a second.
    from chatapp.adapters.sql.migrating import upgrade

    try:
        upgrade(url)
    except BadDatabase as error:
        raise BadDatabase(f"{error} A copy from before is at {copy}." if copy else str(error)) from error
