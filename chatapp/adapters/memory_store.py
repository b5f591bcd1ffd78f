"""Replies in this process's memory, for tests and for what need not survive it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from chatapp.domain.reply import ReplyRecord


class MemoryReplyStore:
    """A ``ReplyStore`` in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[str, ReplyRecord] = {}
        self._lock = threading.Lock()

    def open(self, record: ReplyRecord) -> None:
        """Keep a new, running reply."""
        with self._lock:
            self._records[record.id] = record

    def append(self, pieces: Mapping[str, str]) -> None:
        """Add text to running replies."""
        with self._lock:
            for reply_id, text in pieces.items():
                record = self._records.get(reply_id)
                if record is not None and not record.state.is_final:
                    self._records[reply_id] = replace(record, text=record.text + text)

    def finish(self, record: ReplyRecord) -> bool:
        """Store the end of a running reply; return False if it had ended already."""
        with self._lock:
            stored = self._records.get(record.id)
            if stored is None or stored.state.is_final:
                return False
            self._records[record.id] = record
            return True

    def find(self, reply_id: str) -> ReplyRecord | None:
        """Return the reply as it is now."""
        with self._lock:
            return self._records.get(reply_id)
