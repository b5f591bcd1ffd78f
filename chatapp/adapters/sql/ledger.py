"""The ledger and its meters.

All that spends takes everybody's meter first, and rows of the ledger before any meter: so no two transactions wait for
each other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, insert, null, or_, select, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.signs import SignsOfLife, bound
from chatapp.adapters.sql.tables import ledger, meters
from chatapp.domain.budgets import MINUTE_MILLISECONDS, Budgets, refusal
from chatapp.domain.errors import ChatError, RateLimited
from chatapp.domain.kept import Silence
from chatapp.domain.ledger import (
    EVERYBODY,
    RESERVED,
    Dangling,
    Meter,
    Purpose,
    Reservation,
    Settled,
    Settlement,
    Spender,
    meter_of,
)
from chatapp.domain.moments import milliseconds, moment

AT_THE_SAME_MOMENT = "Too much was asked at the same moment. Please try again."
"""What is said where there was too little, and there is enough again when it is looked at."""

PLACES = ("meter_0", "meter_1", "meter_2")
ROWS_A_STEP = 100
DAY_MILLISECONDS = 86_400_000
A_BREATH_SECONDS = 0.001

RESERVATION_COLUMNS = (
    "reserved_at",
    "id",
    "book",
    "day",
    "purpose",
    "visitor_id",
    "address",
    "request_id",
    "model_id",
    "prompt_tokens",
    "completion_tokens",
    "reserved_nano_usd",
    "charged_nano_usd",
    "price_as_of",
    "owner",
    "state",
)
SETTLED_COLUMNS = (
    "settled_at",
    "state",
    "source",
    "prompt_tokens",
    "completion_tokens",
    "charged_nano_usd",
    "cost_nano_usd",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "answered_by",
    "provider_request_id",
)

ADD = Prepared(insert(ledger).values({name: bindparam(name) for name in RESERVATION_COLUMNS}))
UNSETTLED = (
    select(ledger.c.id, ledger.c.owner)
    .where(
        ledger.c.owner.in_(bindparam("owners", expanding=True)),
        ledger.c.id.in_(bindparam("replies", expanding=True)),
    )
    .with_for_update(skip_locked=True)
)
SETTLE = Prepared(
    update(ledger)
    .where(
        ledger.c.reserved_at == bindparam("at"),
        ledger.c.id == bindparam("reply"),
        ledger.c.owner == bindparam("process"),
    )
    .values({name: bindparam(name) for name in SETTLED_COLUMNS} | {"owner": null()})
)


def _correction(which: ColumnElement[bool]) -> Prepared:
    """Return the statement that settles meters: those of another day have begun anew meanwhile."""
    is_same_day = meters.c.day == bindparam("charged_day")
    return Prepared(
        update(meters)
        .where(meters.c.book == bindparam("of_book"), which)
        .values(
            nano_usd=meters.c.nano_usd + case((is_same_day, bindparam("more")), else_=0),
            open_replies=meters.c.open_replies - 1,
        )
        .returning(meters.c.name, meters.c.day, meters.c.nano_usd)
    )


def _named(*places: int) -> ColumnElement[bool]:
    return meters.c.name.in_([bindparam(PLACES[place]) for place in places])


CORRECTIONS = {
    "sqlite": {2: [_correction(_named(0, 1))], 3: [_correction(_named(0, 1, 2))]},
    # Here others change meters at the same time: they meet at everybody's.
    "postgresql": {
        2: [_correction(_named(0)), _correction(_named(1))],
        3: [_correction(_named(0)), _correction(_named(1, 2))],
    },
}
SOME_OF_VISITOR = Prepared(
    select(ledger.c.reserved_at, ledger.c.id)
    .where(ledger.c.visitor_id == bindparam("visitor"))
    .order_by(ledger.c.reserved_at, ledger.c.id)  # two machines that do this at once take turns
    .limit(ROWS_A_STEP)
)
MAKE_NAMELESS = Prepared(
    update(ledger)
    .where(ledger.c.reserved_at == bindparam("at"), ledger.c.id == bindparam("reply"))
    .values(visitor_id=null())
)
DROP_METER = Prepared(delete(meters).where(meters.c.name == bindparam("meter")))
SOME_OLD_METERS = (
    select(meters.c.book, meters.c.name, meters.c.day)
    .where(meters.c.name != EVERYBODY, meters.c.open_replies <= 0)
    .order_by(meters.c.book, meters.c.name)
    .limit(ROWS_A_STEP)
)
DROP_METERS = Prepared(
    delete(meters).where(
        meters.c.book == bindparam("of_book"),
        meters.c.name == bindparam("meter"),
        meters.c.day == bindparam("last_used"),  # nobody has used it again meanwhile
    )
)
METER = (
    meters.c.name,
    meters.c.day,
    meters.c.nano_usd,
    meters.c.minute_at,
    meters.c.requests,
    meters.c.open_replies,
)
METERS = select(*METER).where(
    meters.c.book == bindparam("of_book"), meters.c.name.in_(bindparam("names", expanding=True))
)


class NotEnough(Exception):
    """A meter has too little left."""


class SqlLedger:
    """The ``Ledger`` in a database. ``book`` keeps the fake model's calls apart from those that are paid for."""

    def __init__(self, database: Database, budgets: Budgets, book: str) -> None:
        self._database = database
        self._budgets = budgets
        self._book = book
        self._take = {count: self._taking(count) for count in (2, 3)}
        signs = SignsOfLife(database)
        has_witness = signs.have_witness(ledger.c.owner).label("has_witness")
        self._dangling = select(ledger, has_witness).where(
            ledger.c.owner.is_not(None), signs.are_missing(ledger.c.owner), ledger.c.book == book
        )

    def reserve(self, reservation: Reservation, owner: str) -> None:
        """Reserve what a call may cost, in one step with the look whether it may."""
        try:
            with self._database.writing() as connection:
                self.reserve_in(connection, reservation, owner)
        except NotEnough:
            raise self.why_not(reservation) from None

    def settle(self, settlement: Settlement, owner: str) -> Settled | None:
        """Write what a call of ``owner`` came to; return None, changing nothing, if it is settled already."""
        with self._database.writing() as connection:
            return self.settle_in(connection, settlement, owner)

    def dangling(self, silence: Silence) -> Sequence[Dangling]:
        """Return reservations whose owner is silent, or has never shown life."""
        with self._database.reading() as connection:
            rows = connection.execute(self._dangling, bound(silence)).all()
        return [Dangling(_reservation(row), row.owner, bool(row.has_witness)) for row in rows]

    def reserve_in(self, connection: Connection, reservation: Reservation, owner: str) -> None:
        """Reserve in a transaction that is open already.

        Raises:
            NotEnough: it may not be made; the transaction must be undone.
        """
        names = reservation.meters
        if reservation.nano_usd > min(map(self._budgets.daily, names)):  # a new meter would take it
            raise NotEnough
        values = {
            "of_book": self._book,
            "on_day": reservation.day,
            "most": reservation.nano_usd,
            "at": reservation.at_milliseconds,
            **_places(names),
        }
        # The look whether there is enough, and the taking, are one statement: a row that has too little is not changed.
        if self._take[len(names)].run(connection, values) < len(names):
            raise NotEnough
        ADD.run(connection, self._row(reservation, owner))

    def why_not(self, reservation: Reservation) -> ChatError:
        """Return why a call may not be made, once the transaction is undone: it had changed some of the meters."""
        names = reservation.meters
        with self._database.reading() as connection:
            rows = connection.execute(METERS, {"of_book": self._book, "names": names}).all()
        known = {row.name: Meter(*row) for row in rows}
        used = [known.get(name) or Meter(name, reservation.day, 0) for name in names]
        return refusal(used, reservation, self._budgets) or RateLimited(AT_THE_SAME_MOMENT, retry_after_seconds=1)

    def settle_in(self, connection: Connection, settlement: Settlement, owner: str) -> Settled | None:
        """Settle in a transaction that is open already."""
        if not SETTLE.run(connection, self._settled_row(settlement, owner)):
            return None
        corrections = CORRECTIONS[connection.dialect.name][len(settlement.reservation.meters)]
        values = self._more(settlement)
        rows = [row for correction in corrections for row in correction.all(connection, values)]
        return Settled([Meter(*row) for row in rows])

    def settle_many_in(self, connection: Connection, settlements: Sequence[tuple[Settlement, str]]) -> set[str]:
        """Settle calls of these owners in a transaction that is open already; return the ids of those that were not.

        Rows that somebody else holds are left out.
        """
        by_key = {(settlement.reservation.id, owner): (settlement, owner) for settlement, owner in settlements}
        keys = by_key.keys()
        values = {"replies": {reply_id for reply_id, _ in keys}, "owners": {owner for _, owner in keys}}
        held = {(row.id, row.owner) for row in connection.execute(UNSETTLED, values)}
        open_ones = [by_key[key] for key in keys & held]
        SETTLE.run_many(connection, [self._settled_row(*each) for each in open_ones])
        # Those with as many meters at a time; everybody's meter comes first, where all meet who spend or settle.
        for count, corrections in CORRECTIONS[connection.dialect.name].items():
            rows = [self._more(each) for each, _ in open_ones if len(each.reservation.meters) == count]
            for correction in corrections:
                correction.run_many(connection, rows)
        return {settlement.reservation.id for settlement, _ in open_ones}

    def _more(self, settlement: Settlement) -> dict[str, Any]:
        """Return the values that correct the meters."""
        reservation = settlement.reservation
        return {
            "of_book": self._book,
            "charged_day": reservation.day,
            "more": settlement.bill.charged_nano_usd - reservation.nano_usd,
            **_places(reservation.meters),
        }

    def _taking(self, count: int) -> Prepared:
        """Return the statement that takes from the meters of one call what it may cost, unless one has too little."""
        rows = [
            {
                "book": bindparam("of_book"),
                "name": bindparam(PLACES[place]),
                "day": bindparam("on_day"),
                "nano_usd": bindparam("most"),
                "minute_at": bindparam("at"),
                "requests": 1,
                "open_replies": 1,
            }
            for place in range(count)
        ]
        taking = self._database.insert(meters).values(rows)
        new = taking.excluded
        is_same_day = meters.c.day.between(new.day, new.day + 1)
        spent = case((is_same_day, meters.c.nano_usd), else_=0) + new.nano_usd
        is_same_minute = meters.c.minute_at.between(
            new.minute_at - MINUTE_MILLISECONDS + 1, new.minute_at + MINUTE_MILLISECONDS - 1
        )
        requests = case((is_same_minute, meters.c.requests), else_=0) + 1
        budgets = self._budgets
        most = case((meters.c.name == EVERYBODY, budgets.daily_nano_usd), else_=budgets.visitor_daily_nano_usd)
        has_room = or_(
            meters.c.name == EVERYBODY,
            and_(
                requests <= budgets.visitor_requests_per_minute,
                meters.c.open_replies < budgets.visitor_open_replies,
            ),
        )
        return Prepared(
            taking.on_conflict_do_update(
                index_elements=[meters.c.book, meters.c.name],
                set_={
                    "day": case((is_same_day, meters.c.day), else_=new.day),
                    "nano_usd": spent,
                    "minute_at": case((is_same_minute, meters.c.minute_at), else_=new.minute_at),
                    "requests": requests,
                    "open_replies": meters.c.open_replies + 1,
                },
                where=and_(spent <= most, has_room),
            )
        )

    def _row(self, reservation: Reservation, owner: str) -> dict[str, Any]:
        return {
            "reserved_at": reservation.at_milliseconds,
            "id": reservation.id,
            "book": self._book,
            "day": reservation.day,
            "purpose": reservation.purpose.value,
            "visitor_id": reservation.spender.visitor_id,
            "address": reservation.spender.address,
            "request_id": reservation.request_id,
            "model_id": reservation.model_id,
            "prompt_tokens": reservation.prompt_tokens,
            "completion_tokens": reservation.completion_tokens,
            "reserved_nano_usd": reservation.nano_usd,
            "charged_nano_usd": reservation.nano_usd,
            "price_as_of": reservation.price_as_of.isoformat() if reservation.price_as_of else None,
            "owner": owner,
            "state": RESERVED,
        }

    def _settled_row(self, settlement: Settlement, owner: str) -> dict[str, Any]:
        bill = settlement.bill
        usage = bill.usage
        return {
            "at": settlement.reservation.at_milliseconds,
            "reply": settlement.reservation.id,
            "process": owner,
            "settled_at": milliseconds(settlement.at),
            "state": settlement.state.value,
            "source": bill.cost.source.value,
            "prompt_tokens": usage and usage.prompt_tokens,
            "completion_tokens": usage and usage.completion_tokens,
            "charged_nano_usd": bill.charged_nano_usd,
            "cost_nano_usd": bill.cost.nano_usd,
            "cached_tokens": usage and usage.cached_tokens,
            "cache_write_tokens": usage and usage.cache_write_tokens,
            "reasoning_tokens": usage and usage.reasoning_tokens,
            "answered_by": settlement.answered_by,
            "provider_request_id": settlement.provider_request_id,
        }


def forget_visitor(database: Database, visitor_id: str) -> None:
    """Take a visitor's name out of the ledger, whose rows stay, and drop their meter; in steps that hold nobody up."""
    has_more = True
    while has_more:
        with database.writing() as connection:
            rows = SOME_OF_VISITOR.all(connection, {"visitor": visitor_id})
            MAKE_NAMELESS.run_many(connection, [{"at": row.reserved_at, "reply": row.id} for row in rows])
        has_more = len(rows) == ROWS_A_STEP
        time.sleep(A_BREATH_SECONDS)
    with database.writing() as connection:
        DROP_METER.run(connection, {"meter": meter_of(visitor_id)})


def forget_meters(database: Database) -> None:
    """Drop meters that were last used before yesterday, in steps that hold nobody up: addresses have new ones daily."""
    old = SOME_OLD_METERS.where(meters.c.day < database.now // DAY_MILLISECONDS - 1)
    while True:
        with database.reading() as connection:
            rows = connection.execute(old).all()
        if not rows:
            return
        with database.writing() as connection:
            DROP_METERS.run_many(
                connection, [{"of_book": row.book, "meter": row.name, "last_used": row.day} for row in rows]
            )
        time.sleep(A_BREATH_SECONDS)


def _places(names: Sequence[str]) -> dict[str, str]:
    return dict(zip(PLACES, names, strict=False))


def _reservation(row: Any) -> Reservation:
    return Reservation(
        row.id,
        moment(row.reserved_at),
        Spender(row.address, row.visitor_id),
        Purpose(row.purpose),
        row.model_id,
        row.prompt_tokens,
        row.completion_tokens,
        row.reserved_nano_usd,
        date.fromisoformat(row.price_as_of) if row.price_as_of else None,
        row.request_id,
    )
