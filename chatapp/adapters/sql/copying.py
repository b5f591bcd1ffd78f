"""Copies of a SQLite file, made while others read and write it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from chatapp.adapters.sql.revisions import BadDatabase

PAGES_AT_ONCE = 500
KEPT_COPIES = 3
STAMP = "%Y%m%d-%H%M%S-%f"
STAMP_LENGTH = 22
STAMPED = "-".join("[0-9]" * digits for digits in (8, 6, 6))
"""Matches what ends with a stamp: nothing else is ever removed."""

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database as it is at this moment. The copy has its name only when it is whole and on the disk.

    Raises:
        BadDatabase: there is such a file already, or it cannot be written.
    """
    if target.exists():
        raise BadDatabase(f"There is a file {target} already, and it stays as it is. Please choose another name.")
    half = target.with_name(f".{target.name}.{os.getpid()}.half")
    try:
        os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _copy_pages(source, half, progress)
            _to_disk(half)
            half.rename(target)
        finally:
            half.unlink(missing_ok=True)
        _to_disk(target.parent)
    except OSError as error:
        raise BadDatabase(f"The copy {target} cannot be written: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise BadDatabase(f"The copy {target} could not be made: {error}.") from error


def copy_before_upgrade(source: Path, revision: str, progress: Progress) -> Path:
    """Copy a database beside itself before its tables change; older ones of such copies go."""
    beginning = f"{source.name}.before-"
    target = source.with_name(f"{beginning}{revision}-{datetime.now(UTC).strftime(STAMP)}")
    copy_database(source, target, progress)
    copies = sorted(source.parent.glob(f"{escape(beginning)}*-{STAMPED}"), key=lambda copy: copy.name[-STAMP_LENGTH:])
    for old in copies[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
    return target


def _copy_pages(source: Path, target: Path, progress: Progress) -> None:
    reading = sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)
    with closing(reading), closing(sqlite3.connect(target)) as writing:
        # One moment for the whole copy: else it would begin anew whenever somebody writes meanwhile.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(
            writing, pages=PAGES_AT_ONCE, progress=lambda _, remaining, pages: progress(pages - remaining, pages)
        )


def _to_disk(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
