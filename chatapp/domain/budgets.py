"""How much may be spent, and what is said where it is used up. Budgets of money are for a calendar day in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from chatapp.domain.entities import Allowance
from chatapp.domain.errors import BudgetSpent, ChatError, RateLimited, TooManyReplies
from chatapp.domain.ledger import EVERYBODY, Meter, Reservation, day_of

MINUTE_MILLISECONDS = 60_000
NOTICE_PERCENT = 80
ANSWER_SECONDS = 5
"""After so long, one of several open answers may have come to its end."""

SECONDS_A_MINUTE = 60
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Budgets:
    """What the owner allows: everybody together, and one visitor or one address."""

    daily_nano_usd: int
    visitor_daily_nano_usd: int
    visitor_requests_per_minute: int
    visitor_open_replies: int

    def daily(self, meter: str) -> int:
        """Return the money that a meter may come to in a day."""
        return self.daily_nano_usd if meter == EVERYBODY else self.visitor_daily_nano_usd


def refusal(meters: Sequence[Meter], reservation: Reservation, budgets: Budgets) -> ChatError | None:
    """Return why a call may not be made, its spenders having used so much; None if it may.

    Visitors are told what is used up and when it comes back, never the owner's figures.
    """
    for meter in meters:
        spent = meter.nano_usd if is_same_day(meter, reservation) else 0
        if spent + reservation.nano_usd > budgets.daily(meter.name):
            return _spent(meter.name, reservation.at, something_left=spent < budgets.daily(meter.name))
        if meter.name == EVERYBODY:
            continue
        left = meter.minute_at + MINUTE_MILLISECONDS - reservation.at_milliseconds
        if is_same_minute(meter, reservation) and meter.requests >= budgets.visitor_requests_per_minute:
            return _too_fast(-(-left // 1000))
        if meter.open_replies >= budgets.visitor_open_replies:
            return TooManyReplies(
                "Several answers are still being written for you. Wait for one to end, or stop one, and try again.",
                retry_after_seconds=ANSWER_SECONDS,
            )
    return None


def is_same_day(meter: Meter, reservation: Reservation) -> bool:
    """Tell whether the day of a meter still goes on; at midnight another machine's clock may be ahead.

    One that is further ahead is of a clock that was wrong.
    """
    return 0 <= meter.day - reservation.day <= 1


def is_same_minute(meter: Meter, reservation: Reservation) -> bool:
    """Tell whether the minute of a meter still goes on; one that begins far ahead is of a clock that was wrong."""
    return abs(meter.minute_at - reservation.at_milliseconds) < MINUTE_MILLISECONDS


def allowance(meters: Sequence[Meter], budgets: Budgets, at: datetime) -> Allowance | None:
    """Return what is to be said of a budget most of which is used up; None while there is enough."""
    today = day_of(at)
    used = [
        (100 * meter.nano_usd // daily, meter.name)
        for meter in meters
        if meter.day == today and (daily := budgets.daily(meter.name)) > 0
    ]
    percent, name = max(used, default=(0, EVERYBODY))
    if percent < NOTICE_PERCENT:
        return None
    return Allowance(None if name == EVERYBODY else min(percent, 100), next_day(at))


def next_day(at: datetime) -> datetime:
    """Return when the budgets of a day come back: at midnight in UTC."""
    return datetime.combine(at.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _spent(meter: str, at: datetime, *, something_left: bool) -> BudgetSpent:
    seconds = -(-(next_day(at) - at) // timedelta(seconds=1))
    whose = (
        "What this server may spend in a day"
        if meter == EVERYBODY
        else "What may be spent for one visitor, or from one internet address, in a day"
    )
    state = "is nearly used up, and too little is left for this" if something_left else "is used up"
    advice = " A shorter message, or a cheaper model, may still fit." if something_left else ""
    return BudgetSpent(
        f"{whose} {state}. It comes back at midnight UTC, in {_in_words(seconds)}.{advice}",
        retry_after_seconds=seconds,
    )


def _too_fast(seconds: int) -> RateLimited:
    unit = "second" if seconds == 1 else "seconds"
    return RateLimited(
        f"Too many messages came from you, or from your internet address, in one minute. "
        f"Please try again in {seconds} {unit}.",
        retry_after_seconds=seconds,
    )


def _in_words(seconds: int) -> str:
    if seconds >= SECONDS_AN_HOUR:
        hours = round(seconds / SECONDS_AN_HOUR)
        return "about an hour" if hours == 1 else f"about {hours} hours"
    minutes = -(-seconds // SECONDS_A_MINUTE)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
