"""Looking into the ledger, and comparing it with what a provider would have charged.

calls_at(server.database_url)         # every row, by when it was reserved
wrong_with(calls_at(url), fake.calls)  # [] where the two agree
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Protocol

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.usage import SqlBooks
from chatapp.domain.books import Book, Call, Days
from chatapp.domain.entities import Source
from chatapp.domain.ledger import RESERVED
from chatapp.domain.stores import Books
from chatapp.fake.call import Bill

ALL_DAYS = Days(date(1970, 1, 1), date(9999, 12, 31))
LOOK_AGAIN_SECONDS = 0.05


class Billed(Protocol):
    """A call as the provider knows it."""

    @property
    def id(self) -> str:
        """Return the provider's name for its answer."""

    @property
    def bill(self) -> Bill:
        """Return what it charges."""


def calls_in(books: Books, book: Book = Book.OPENAI) -> list[Call]:
    """Return every row of the ledger, by when it was reserved."""
    return list(books.calls(book, ALL_DAYS))


def calls_at(url: str, book: Book = Book.OPENAI) -> list[Call]:
    """Return every row of the ledger in the database of that address."""
    with closing(Database(url)) as database:
        return calls_in(SqlBooks(database), book)


def is_open(call: Call) -> bool:
    """Tell whether a row is reserved, and not settled yet."""
    return call.state == RESERVED


def settled_at(url: str, within_seconds: float = 10.0) -> list[Call]:
    """Return every row of the ledger, as soon as none is open; or as they are when the time is up."""
    deadline = time.monotonic() + within_seconds
    while any(map(is_open, calls := calls_at(url))) and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN_SECONDS)
    return calls


def wrong_with(rows: Sequence[Call], billed: Collection[Billed]) -> list[str]:
    """Return what is wrong with a ledger: rows that are open, calls without a row of their own, bills that differ.

    A row that nobody could give the provider's name, as its process died, is taken for that of a call which has none.
    """
    return list(_wrong_with(rows, billed))


def _wrong_with(rows: Sequence[Call], billed: Collection[Billed]) -> Iterator[str]:
    yield from (f"it is still open: {row}" for row in rows if is_open(row))
    named = Counter(row.provider_request_id for row in rows if row.provider_request_id)
    yield from (f"{name} has {count} rows" for name, count in named.items() if count > 1)
    yield from (f"nobody made {name}" for name in named.keys() - {call.id for call in billed})
    by_name = {row.provider_request_id: row for row in rows}
    nameless = sorted((row for row in rows if row.provider_request_id is None), key=lambda row: row.charged_nano_usd)
    without = []
    for call in billed:
        if (row := by_name.get(call.id)) is None:
            without.append(call)
        elif reason := _disagreement(row, call.bill.nano_usd or 0):
            yield f"{reason}: {call.id}, {row}"
    # Whichever belongs to which: the dearest of the one must cover the dearest of the other, and so on.
    for call in sorted(without, key=lambda each: each.bill.nano_usd or 0, reverse=True):
        if not nameless:
            yield f"it has no row: {call.id}, {call.bill}"
        elif reason := _disagreement(row := nameless.pop(), call.bill.nano_usd or 0):
            yield f"{reason}: {call.id}, {row}"


def _disagreement(row: Call, nano_usd: int) -> str:
    if row.charged_nano_usd < nano_usd:
        return f"{row.charged_nano_usd} were charged, but {nano_usd} are due"
    if row.source == Source.PROVIDER and row.charged_nano_usd != nano_usd:
        return f"{row.charged_nano_usd} were charged by the provider's own count, but {nano_usd} are due"
    return ""
