"""What the database needs from time to time: new messages in the search index, its log written back, what was deleted
erased, and meters of days that are over dropped.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.erasing import Erasing
from chatapp.adapters.sql.indexing import Indexing
from chatapp.adapters.sql.ledger import forget_meters

A_BREATH_SECONDS = 0.005
WRITE_BACK_EVERY_SECONDS = 5.0
FORGET_EVERY_SECONDS = 3600.0


class Housekeeping:
    """Keeps the index and the log of a database short; ``beat`` must be called a few times a second, beside others."""

    def __init__(self, database: Database, indexing: Indexing) -> None:
        self._database = database
        self._indexing = indexing
        self._erasing = Erasing(database)
        self._writes_back = 0
        self._looked_at = 0.0
        self._forgot_at = 0.0

    def beat(self) -> None:
        """Index what is new, erase what was deleted, and write the log back: the more often, the less each time.

        Each is done also where another one fails: the log would grow without an end behind a broken index.
        """
        with ExitStack() as rest:
            rest.callback(self._write_back)
            rest.callback(self._erasing.beat)
            rest.callback(self._forget_meters)
            while self._indexing.index():
                self._write_back()  # there may be very much to be indexed
                time.sleep(A_BREATH_SECONDS)

    def _forget_meters(self) -> None:
        now = time.monotonic()
        if now - self._forgot_at > FORGET_EVERY_SECONDS:
            self._forgot_at = now
            forget_meters(self._database)

    def _write_back(self) -> None:
        database, now = self._database, time.monotonic()
        if now - self._looked_at > WRITE_BACK_EVERY_SECONDS and database.writes != self._writes_back:
            self._looked_at, self._writes_back = now, database.writes
            database.write_back()
            self._indexing.is_tidy = False  # something may have been deleted
