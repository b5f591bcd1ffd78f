"""The ledger as its owner reads it, and the links to it.

A month may be a million rows. So SQLite is asked apart, as its C would hold up everybody else; and it answers in one
row of JSON, as a thread may have to wait for others before each row. One statement is one moment, too: what it sums up
in several ways comes to the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, delete, func, insert, literal, select, tuple_
from sqlalchemy.dialects import sqlite

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.tables import ledger, meters, usage_links
from chatapp.domain.books import SUMS, Book, Call, Days, Part, SpenderKind, Spent, Sums, Tally
from chatapp.domain.entities import Source
from chatapp.domain.ledger import EVERYBODY, FIRST_DAY, RESERVED, Meter, Purpose, date_of
from chatapp.domain.moments import milliseconds, moment

ROWS_AT_ONCE = 200
DAY_MILLISECONDS = 86_400_000


def _of(source: Source, column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((ledger.c.source == source.value, column), else_=0)


IS_RESERVED = ledger.c.state == RESERVED
ONE: ColumnElement[int] = literal(1)
SUMMED: Mapping[str, ColumnElement[Any]] = {
    "calls": ONE,
    "prompt_tokens": case((IS_RESERVED, 0), else_=ledger.c.prompt_tokens),
    "completion_tokens": case((IS_RESERVED, 0), else_=ledger.c.completion_tokens),
    "cached_tokens": ledger.c.cached_tokens,
    "reasoning_tokens": ledger.c.reasoning_tokens,
    "provider_nano_usd": _of(Source.PROVIDER, ledger.c.cost_nano_usd),
    "estimated_nano_usd": _of(Source.ESTIMATED, ledger.c.cost_nano_usd),
    "unknown_calls": _of(Source.UNKNOWN, ONE),
    "unknown_nano_usd": _of(Source.UNKNOWN, ledger.c.charged_nano_usd),
    "reserved_calls": case((IS_RESERVED, 1), else_=0),
    "reserved_nano_usd": case((IS_RESERVED, ledger.c.charged_nano_usd), else_=0),
    "charged_nano_usd": ledger.c.charged_nano_usd,
}
TOTALS = [func.coalesce(func.sum(SUMMED[name]), 0).label(name) for name in SUMS]

# By the key of the table, which begins with the time: of a long history only these days are read.
IN_THESE_DAYS = and_(
    ledger.c.reserved_at >= bindparam("begin"),
    ledger.c.reserved_at < bindparam("end"),
    ledger.c.book == bindparam("of_book"),
)
PARTS = (
    select(ledger.c.day, ledger.c.model_id, ledger.c.state, *TOTALS)
    .where(IN_THESE_DAYS)
    .group_by(ledger.c.day, ledger.c.model_id, ledger.c.state)
)
IS_STATELESS = ledger.c.purpose == Purpose.CHAT.value
KIND = case(
    (ledger.c.visitor_id.is_not(None), SpenderKind.VISITOR.value),
    (IS_STATELESS, SpenderKind.ADDRESS.value),
    else_=SpenderKind.GONE.value,
).label("kind")
NAME = func.coalesce(ledger.c.visitor_id, case((IS_STATELESS, ledger.c.address), else_="")).label("name")
DEAREST = (
    select(KIND, NAME, *TOTALS)
    .where(IN_THESE_DAYS)
    .group_by(KIND, NAME)
    .order_by(TOTALS[SUMS.index("charged_nano_usd")].desc(), KIND, NAME)
    .limit(bindparam("most"))
)
WEEK_MILLISECONDS = 7 * DAY_MILLISECONDS
VISITORS = func.count(ledger.c.visitor_id.distinct()).label("visitors")
BUSIEST_DAY = (
    select(VISITORS, func.count(ledger.c.address.distinct()).label("addresses"))
    .where(ledger.c.reserved_at > bindparam("since"), ledger.c.visitor_id.is_not(None))
    .group_by(ledger.c.day)  # the name of an address changes with the day
    .order_by(VISITORS.desc())
    .limit(1)
)
METERS = (
    select(meters.c.name, meters.c.nano_usd)
    .where(meters.c.book == bindparam("of_book"), meters.c.day == bindparam("on_day"))
    .order_by(meters.c.name != EVERYBODY, meters.c.nano_usd.desc(), meters.c.name)
    .limit(bindparam("most"))
)
# Of whatever book: how many rows are looked at then depends on nothing but their number here.
CALLS = Prepared(
    select(ledger)
    .where(
        tuple_(ledger.c.reserved_at, ledger.c.id) > tuple_(bindparam("after_at"), bindparam("after")),
        ledger.c.reserved_at < bindparam("end"),
    )
    .order_by(ledger.c.reserved_at, ledger.c.id)
    .limit(ROWS_AT_ONCE)
)


class SqlBooks:
    """The ``Books`` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tally = self._in_one_row(PARTS, DEAREST)
        self._meters = self._in_one_row(METERS)

    def tally(self, book: Book, days: Days, most_spenders: int) -> Tally:
        """Sum up all calls of these days, and those of the spenders who were charged most, as of one moment."""
        begin, end = _bounds(days)
        values = {"begin": begin, "end": end, "of_book": book.value, "most": most_spenders}
        parts, dearest = self._ask(self._tally, values)
        return Tally(
            [Part(date_of(day), model_id, state, Sums(*sums)) for day, model_id, state, *sums in parts],
            [Spent(SpenderKind(kind), name, Sums(*sums)) for kind, name, *sums in dearest],
        )

    def meters(self, book: Book, day: int, most: int) -> Sequence[Meter]:
        """Return what everybody has used on that day, and those others who have used most."""
        (rows,) = self._ask(self._meters, {"of_book": book.value, "on_day": day, "most": most + 1})
        return [Meter(name, day, nano_usd) for name, nano_usd in rows]

    def calls(self, book: Book, days: Days) -> Iterator[Call]:
        """Yield all calls of these days, some at a time."""
        begin, end = _bounds(days)
        after = {"after_at": begin, "after": ""}
        while True:
            with self._database.reading() as connection:
                rows = CALLS.all(connection, after | {"end": end})
            yield from (_call(row) for row in rows if row.book == book)
            if len(rows) < ROWS_AT_ONCE:
                break
            after = {"after_at": rows[-1].reserved_at, "after": rows[-1].id}

    def _in_one_row(self, *questions: Select[Any]) -> Select[Any]:
        """Return the statement that answers each question with a JSON array of its rows."""
        if self._database.is_sqlite:
            array, row = func.json_group_array, func.json_array
        else:
            array, row = func.json_agg, func.json_build_array
        inner = [question.subquery() for question in questions]
        return select(*(select(array(row(*each.c))).scalar_subquery() for each in inner))

    def _ask(self, statement: Select[Any], values: Mapping[str, Any]) -> list[list[Any]]:
        if not self._database.is_sqlite:
            with self._database.reading() as connection:
                return [found or [] for found in connection.execute(statement, values).one()]
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
        every = compiled.params | values
        row = self._database.ask_apart(lambda connection: connection.execute(str(compiled), every).fetchone())
        return [json.loads(found) for found in row]


class SqlUsageLinks:
    """The ``UsageLinks`` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: str, expires_at: datetime) -> None:
        """Keep one."""
        row = {"digest": digest, "expires_at": milliseconds(expires_at)}
        with self._database.writing() as connection:
            connection.execute(insert(usage_links), row)

    def take(self, digest: str, now: datetime) -> bool:
        """Forget it, and all that are too old; return False if it is unknown, was used or is too old."""
        with self._database.writing() as connection:
            connection.execute(delete(usage_links).where(usage_links.c.expires_at <= milliseconds(now)))
            return connection.execute(delete(usage_links).where(usage_links.c.digest == digest)).rowcount > 0


def _bounds(days: Days) -> tuple[int, int]:
    """Return the milliseconds since 1970 at which the days begin, and end."""
    begin = (days.first - FIRST_DAY).days * DAY_MILLISECONDS
    return begin, begin + days.count * DAY_MILLISECONDS


def _call(row: Any) -> Call:
    is_settled = row.state != RESERVED
    return Call(
        id=row.id,
        reserved_at=moment(row.reserved_at),
        settled_at=moment(row.settled_at) if is_settled else None,
        purpose=row.purpose,
        visitor_id=row.visitor_id,
        address=row.address,
        model_id=row.model_id,
        answered_by=row.answered_by,
        state=row.state,
        source=row.source,
        prompt_tokens=row.prompt_tokens if is_settled else None,
        completion_tokens=row.completion_tokens if is_settled else None,
        cached_tokens=row.cached_tokens,
        cache_write_tokens=row.cache_write_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cost_nano_usd=row.cost_nano_usd,
        charged_nano_usd=row.charged_nano_usd,
        price_as_of=row.price_as_of,
        request_id=row.request_id,
        provider_request_id=row.provider_request_id,
    )


def busiest_day(url: str) -> tuple[int, int]:
    """Return how many visitors asked on that day of the last week on which most did, and from how many addresses."""
    database = Database(url)
    try:
        with database.reading() as connection:
            since = milliseconds(datetime.now(UTC)) - WEEK_MILLISECONDS
            row = connection.execute(BUSIEST_DAY, {"since": since}).first()
    finally:
        database.close()
    return (0, 0) if row is None else (row.visitors, row.addresses)
