"""Meters of days that are over are dropped; what is open, or was used since yesterday, stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.ledger import SqlLedger, forget_meters
from chatapp.adapters.sql.tables import meters
from chatapp.domain.ledger import EVERYBODY, Spender
from tests.samples import PLENTY, reservation, settlement


@pytest.mark.parametrize(
    ("days", "is_settled", "stays"), [(5, True, False), (5, False, True), (1, True, True), (0, True, True)]
)
def test_what_is_dropped(database_url: str, days: int, is_settled: bool, stays: bool) -> None:
    database = Database(database_url)
    ledger = SqlLedger(database, PLENTY, "openai")
    reserved = reservation("r1", datetime.now(UTC) - timedelta(days=days), Spender("somewhere"))
    ledger.reserve(reserved, "p1")
    if is_settled:
        ledger.settle(settlement(reserved), "p1")

    forget_meters(database)

    with database.reading() as connection:
        left = set(connection.execute(select(meters.c.name)).scalars())
    database.close()
    assert left == ({EVERYBODY, "address somewhere"} if stays else {EVERYBODY})
