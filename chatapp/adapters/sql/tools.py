"""What the owner can do with the database from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chatapp.adapters.sql.checking import Report, Step, check, quick_problems, require_current
from chatapp.adapters.sql.copying import Progress, copy_database
from chatapp.adapters.sql.preparing import Upgrade, database_at, prepare
from chatapp.adapters.sql.revisions import HEAD, BadDatabase
from chatapp.adapters.sql.sqlite_file import SqliteFile

QUICKLY_CHECKED_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database stands, at a glance; ``revision`` is None where there is nothing yet."""

    place: str
    revision: str | None
    size_bytes: int | None
    problems: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Tell whether its tables are up to date."""
        return self.revision == HEAD


@dataclass(frozen=True, slots=True)
class Callers:
    """How many visitors asked on one day, and from how many addresses."""

    visitors: int
    addresses: int


class StorageTools:
    """Tools for the database at ``url``. All of them raise ``BadDatabase`` where it cannot be used."""

    def __init__(self, url: str) -> None:
        self._url = url

    def upgrade(self, progress: Progress) -> Upgrade | None:
        """Make the tables or bring them up to date; None where there was nothing to do."""
        return prepare(self._url, progress)

    def check(self, step: Step) -> Report:
        """Look everything over."""
        return check(self._url, step)

    def require_current(self) -> None:
        """Look whether the tables are there and up to date."""
        require_current(database_at(self._url))

    def reindex(self, progress: Progress) -> int:
        """Make the search index anew; return how many messages and titles are in it."""
        self.require_current()
        # Imported here alone, as the other tools do without it.
        from chatapp.adapters.sql.reindexing import reindex

        return reindex(self._url, progress)

    def backup(self, target: Path, progress: Progress) -> int:
        """Copy the database while it is in use; return the size of the copy in bytes."""
        database = database_at(self._url)
        if not isinstance(database, SqliteFile):
            raise BadDatabase("PostgreSQL has a program of its own for this: pg_dump. Please use that one.")
        if database.find_revision() is None:
            raise BadDatabase(f"There is nothing in the database {database.place} yet.")
        copy_database(database.path, target.absolute(), progress)
        return target.stat().st_size

    def callers(self) -> Callers:
        """Return who asked on that day of the last week on which most visitors did."""
        # Imported here alone, as the other tools do without it.
        from chatapp.adapters.sql.usage import busiest_day

        return Callers(*busiest_day(self._url))

    def look(self) -> Standing:
        """Look at it quickly, changing nothing: can it be used, is it up to date, and is a small file whole."""
        database = database_at(self._url)
        revision = database.find_revision()
        if not isinstance(database, SqliteFile):
            return Standing(database.place, revision, None)
        database.require_writable()
        if revision is None:
            return Standing(database.place, None, None)
        is_small = database.size_bytes <= QUICKLY_CHECKED_BYTES
        problems = quick_problems(database) if is_small else []
        return Standing(database.place, revision, database.size_bytes, tuple(problems))
