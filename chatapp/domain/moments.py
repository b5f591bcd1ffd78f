"""Times as whole milliseconds since 1970, as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970, cut off behind them."""
    return (moment - EPOCH) // MILLISECOND


def moment(milliseconds_since_epoch: int) -> datetime:
    """Return milliseconds since 1970 as a time in UTC."""
    return EPOCH + milliseconds_since_epoch * MILLISECOND
