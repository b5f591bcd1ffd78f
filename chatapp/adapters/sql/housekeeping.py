"""What the database needs from time to time: new messages in the search index, and its log written back."""

from __future__ import annotations

import time

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.searching import Searching

A_BREATH_SECONDS = 0.005
QUIET_SECONDS = 2.0
LONGEST_LOG_BYTES = 64_000_000
LOOK_EVERY_SECONDS = 5.0


class Housekeeping:
    """Keeps the index and the log of a database short; ``beat`` must be called a few times a second, beside others."""

    def __init__(self, database: Database, searching: Searching) -> None:
        self._database = database
        self._searching = searching
        self._looked_at = 0.0

    def beat(self) -> None:
        """Index what is new, and write the log back when it is quiet, or when it has become long."""
        while self._searching.index():
            time.sleep(A_BREATH_SECONDS)
        now = time.monotonic()
        if self._database.is_sqlite and now - self._looked_at > LOOK_EVERY_SECONDS:
            self._looked_at = now
            self._write_back(now)

    def _write_back(self, now: float) -> None:
        written_at = self._database.written_at
        if written_at is None:
            return
        is_quiet = now - written_at > QUIET_SECONDS
        if is_quiet or self._database.log_bytes() > LONGEST_LOG_BYTES:
            self._database.write_back()
