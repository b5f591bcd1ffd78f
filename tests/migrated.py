"""A SQLite file with all our tables and nothing in them, migrated once in a process; to be copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from chatapp.adapters.sql.preparing import prepare


@cache
def migrated_sqlite() -> bytes:
    """Return what such a file holds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chatapp.db"
        prepare(f"sqlite:///{file}")
        return file.read_bytes()
