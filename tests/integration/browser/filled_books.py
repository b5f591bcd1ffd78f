"""A server with a ledger that tells of more than a month."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.domain.ledger import Purpose, Spender
from chatapp.domain.reply import ReplyState
from tests.integration.terminal import chatapp
from tests.samples import PLENTY, reservation, settlement
from tests.server import serving


@dataclass(frozen=True, slots=True)
class FilledBooks:
    """The server at ``url``, and its folder."""

    url: str
    folder: Path

    def link(self) -> str:
        """Return a new link to its usage page."""
        shown = chatapp(self.folder, "usage", "--link", CHATAPP_LLM="fake", CHATAPP_PORT=self.url.rpartition(":")[2])
        return shown.stdout.strip()


@contextmanager
def filled_books(folder: Path) -> Iterator[FilledBooks]:
    """Run one with the fake model that was asked something on each of the last 40 days."""
    with serving(folder, CHATAPP_LLM="fake") as running:
        _fill(folder)
        yield FilledBooks(running.url, folder)


def _fill(folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/data/chatapp.db")
    ledger = SqlLedger(database, PLENTY, "fake")
    for number in reversed(range(40)):
        at = datetime.now(UTC) - timedelta(days=number)
        spender = Spender("here", f"visitor-{number % 3}")
        state = ReplyState.STOPPED if number % 5 == 0 else ReplyState.COMPLETE
        model_id = "gpt-4o" if number % 2 else "gpt-4o-mini"
        reserved = reservation(f"r{number}", at, spender, purpose=Purpose.CONVERSATION, model_id=model_id)
        ledger.reserve(reserved, "process-1")
        ledger.settle(settlement(reserved, 10_000_000 * (number + 1), state), "process-1")
    database.close()
