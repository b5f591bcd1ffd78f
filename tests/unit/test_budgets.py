"""What may be spent, why something may not, and what is said of it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.budgets import ANSWER_SECONDS, NOTICE_PERCENT, Budgets, allowance, next_day, refusal
from chatapp.domain.entities import Allowance
from chatapp.domain.errors import BudgetSpent, ChatError, RateLimited, TooManyReplies
from chatapp.domain.ledger import EVERYBODY, Meter, Spender, date_of, day_of, meter_of
from tests.samples import NOON, PLENTY, reservation

TODAY, MINUTE_AT = day_of(NOON), round(NOON.timestamp() * 1000)
MINE, ADDRESS = meter_of("alice"), "address here"
NEARLY = 1_000_000
"""What a reservation of the samples may cost."""

FEW = Budgets(7_777_000_000, 333_000_000, 17, 13)
FIGURES = re.compile(r"\$|usd|dollar|cent|7[.,]?7|333|17|13", re.IGNORECASE)
"""What would give the budgets above away."""


def meter(name: str = MINE, **fields: Any) -> Meter:
    """Return a meter of today on which nothing has been used, or what differs."""
    return replace(Meter(name, TODAY, 0), **fields)


def refused(*meters: Meter, budgets: Budgets = PLENTY, at: datetime = NOON, nano_usd: int = NEARLY) -> ChatError | None:
    """Return why a call of that time and cost may not be made."""
    return refusal(meters, reservation(at=at, nano_usd=nano_usd), budgets)


@pytest.mark.parametrize(("ahead", "is_refused"), [(0, True), (1, True), (2, False), (1000, False)])
def test_a_day_that_a_wrong_clock_began_holds_up_nobody(ahead: int, is_refused: bool) -> None:
    used = meter(MINE, day=TODAY + ahead, nano_usd=PLENTY.visitor_daily_nano_usd)

    assert (refused(used) is not None) is is_refused


def test_what_nobody_has_used_may_be_used() -> None:
    assert refused(meter(EVERYBODY), meter(ADDRESS), meter(MINE), budgets=FEW) is None


@pytest.mark.parametrize("name", [EVERYBODY, ADDRESS, MINE])
@pytest.mark.parametrize(("spent", "allowed"), [(-1, True), (0, True), (1, False), (NEARLY, False)])
def test_a_budget_may_be_used_up_exactly(name: str, spent: int, allowed: bool) -> None:
    budget = FEW.daily(name)
    error = refused(meter(name, nano_usd=budget - NEARLY + spent), budgets=FEW)

    assert error is None if allowed else type(error) is BudgetSpent


@pytest.mark.parametrize("name", [EVERYBODY, ADDRESS, MINE])
def test_a_budget_of_nothing_allows_what_costs_nothing_alone(name: str) -> None:
    nothing = Budgets(0, 0, 1, 1)

    assert refused(meter(name), budgets=nothing, nano_usd=0) is None
    assert type(refused(meter(name), budgets=nothing, nano_usd=1)) is BudgetSpent


def test_everybody_may_spend_more_than_one() -> None:
    between = Budgets(3 * NEARLY, NEARLY, 1, 1)

    assert refused(meter(EVERYBODY, nano_usd=2 * NEARLY), meter(MINE), budgets=between) is None
    assert type(refused(meter(EVERYBODY), meter(MINE, nano_usd=2 * NEARLY), budgets=between)) is BudgetSpent


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        pytest.param(TODAY - 1, True, id="yesterday"),
        pytest.param(TODAY, False, id="today"),
        pytest.param(TODAY + 1, False, id="tomorrow, by a clock that is ahead"),
    ],
)
def test_what_was_spent_on_an_earlier_day_does_not_count(day: int, allowed: bool) -> None:
    error = refused(meter(day=day, nano_usd=FEW.visitor_daily_nano_usd), budgets=FEW)

    assert (error is None) is allowed


@pytest.mark.parametrize(
    ("requests", "seconds_ago", "retry_after"),
    [
        pytest.param(16, 0, None, id="one is left"),
        pytest.param(17, 0, 60, id="none is left"),
        pytest.param(18, 30, 30, id="half a minute later"),
        pytest.param(17, 59.001, 1, id="part of a second is a whole one"),
        pytest.param(17, 59.999, 1, id="the last millisecond"),
        pytest.param(17, 60, None, id="a minute later"),
        pytest.param(17, 86_400, None, id="a day later"),
    ],
)
def test_requests_are_counted_in_minutes_that_begin_with_the_first(
    requests: int, seconds_ago: float, retry_after: int | None
) -> None:
    error = refused(
        meter(requests=requests, minute_at=MINUTE_AT), budgets=FEW, at=NOON + timedelta(seconds=seconds_ago)
    )

    assert (error and error.retry_after_seconds) == retry_after
    assert error is None or type(error) is RateLimited


@pytest.mark.parametrize(("open_replies", "allowed"), [(12, True), (13, False), (14, False)])
def test_so_many_answers_may_be_made_at_once(open_replies: int, allowed: bool) -> None:
    error = refused(meter(open_replies=open_replies), budgets=FEW)

    assert error is None if allowed else type(error) is TooManyReplies
    assert error is None or error.retry_after_seconds == ANSWER_SECONDS


def test_everybody_together_may_ask_as_fast_and_as_often_as_they_like() -> None:
    busy = meter(EVERYBODY, requests=10**6, minute_at=MINUTE_AT, open_replies=10**6)

    assert refused(busy, meter(MINE), budgets=FEW) is None


def test_one_meter_that_has_too_little_is_enough() -> None:
    """An address is refused whoever asks from it, and a visitor wherever they are."""
    full, empty = {"nano_usd": FEW.visitor_daily_nano_usd}, {"nano_usd": 0}

    for address, mine in ((full, empty), (empty, full)):
        assert refused(meter(EVERYBODY), meter(ADDRESS, **address), meter(MINE, **mine), budgets=FEW)


@pytest.mark.parametrize(
    ("at", "seconds", "words"),
    [
        (datetime(2026, 11, 28, tzinfo=UTC), 86_400, "about 24 hours"),
        (NOON, 43_200, "about 12 hours"),
        (datetime(2026, 11, 28, 22, 59, tzinfo=UTC), 3_660, "about an hour"),
        (datetime(2026, 11, 28, 23, 0, 1, tzinfo=UTC), 3_599, "60 minutes"),
        (datetime(2026, 11, 28, 23, 58, 59, tzinfo=UTC), 61, "2 minutes"),
        (datetime(2026, 11, 28, 23, 59, tzinfo=UTC), 60, "a minute"),
        (datetime(2026, 11, 28, 23, 59, 59, 999_999, tzinfo=UTC), 1, "a minute"),
        (datetime(2026, 11, 29, 1, 30, tzinfo=timezone(timedelta(hours=2))), 1_800, "30 minutes"),
    ],
)
def test_a_budget_comes_back_at_midnight_in_utc(at: datetime, seconds: int, words: str) -> None:
    full = meter(day=day_of(at), nano_usd=FEW.visitor_daily_nano_usd)
    error = refused(full, budgets=FEW, at=at)

    assert error is not None
    assert error.retry_after_seconds == seconds
    assert f"midnight UTC, in {words}." in str(error)
    assert refused(full, budgets=FEW, at=at + timedelta(seconds=seconds)) is None


def test_the_next_day_begins_at_midnight() -> None:
    assert next_day(NOON) == datetime(2026, 11, 29, tzinfo=UTC)
    assert date_of(day_of(NOON)) == NOON.date()
    assert day_of(next_day(NOON)) == day_of(NOON) + 1


USED_UP = [
    meter(EVERYBODY, nano_usd=FEW.daily_nano_usd),
    meter(EVERYBODY, nano_usd=FEW.daily_nano_usd - 1),
    meter(ADDRESS, nano_usd=FEW.visitor_daily_nano_usd),
    meter(MINE, nano_usd=FEW.visitor_daily_nano_usd - 1),
    meter(MINE, requests=17, minute_at=MINUTE_AT),
    meter(ADDRESS, open_replies=13),
]


@pytest.mark.parametrize("used_up", USED_UP)
def test_visitors_are_told_what_is_used_up_but_not_the_owners_figures(used_up: Meter) -> None:
    error = refused(used_up, budgets=FEW)

    assert error is not None
    assert not FIGURES.search(str(error)), str(error)
    assert str(error).endswith(".")
    assert all(word not in str(error) for word in ("alice", "here", "reserve", "nano", "meter", "None"))


@pytest.mark.parametrize(
    ("name", "spent", "begins", "advises"),
    [
        (EVERYBODY, FEW.daily_nano_usd, "What this server may spend in a day is used up.", False),
        (EVERYBODY, FEW.daily_nano_usd - 1, "What this server may spend in a day is nearly used up", True),
        (MINE, FEW.visitor_daily_nano_usd, "What may be spent for one visitor, or from one", False),
        (ADDRESS, FEW.visitor_daily_nano_usd - 1, "What may be spent for one visitor, or from one", True),
    ],
)
def test_where_something_is_left_a_cheaper_question_is_advised(
    name: str, spent: int, begins: str, advises: bool
) -> None:
    error = str(refused(meter(name, nano_usd=spent), budgets=FEW))

    assert error.startswith(begins)
    assert ("A shorter message, or a cheaper model, may still fit." in error) is advises


def test_more_than_the_budget_was_spent() -> None:
    """An answer may come to more than was reserved: the prices, or the counts, were not what we knew."""
    error = refused(meter(nano_usd=2 * FEW.visitor_daily_nano_usd), budgets=FEW)

    assert "is used up." in str(error)


def told(*meters: Meter, budgets: Budgets = FEW) -> Allowance | None:
    return allowance(meters, budgets, NOON)


@pytest.mark.parametrize(
    ("percent", "said"), [(0, None), (79, None), (NOTICE_PERCENT, 80), (99, 99), (100, 100), (250, 100)]
)
def test_who_has_used_most_of_a_budget_is_told(percent: int, said: int | None) -> None:
    used = meter(nano_usd=FEW.visitor_daily_nano_usd * percent // 100)

    assert told(used) == (None if said is None else Allowance(said, next_day(NOON)))


def test_a_part_of_a_percent_does_not_count() -> None:
    assert told(meter(nano_usd=FEW.visitor_daily_nano_usd * 80 // 100 - 1)) is None


def test_nobody_is_told_how_much_everybody_has_used() -> None:
    assert told(meter(EVERYBODY, nano_usd=FEW.daily_nano_usd)) == Allowance(None, next_day(NOON))


@pytest.mark.parametrize(
    ("everybodys", "own", "said"), [(85, 90, 90), (90, 85, None), (85, 20, None), (20, 85, 85), (20, 20, "nothing")]
)
def test_what_is_used_most_is_told(everybodys: int, own: int, said: int | str | None) -> None:
    meters: Sequence[Meter] = (
        meter(EVERYBODY, nano_usd=FEW.daily_nano_usd * everybodys // 100),
        meter(ADDRESS),
        meter(MINE, nano_usd=FEW.visitor_daily_nano_usd * own // 100),
    )
    answer = told(*meters)

    assert (answer.used_percent if answer else "nothing") == said


def test_what_was_used_on_another_day_is_not_told() -> None:
    assert told(meter(day=TODAY - 1, nano_usd=FEW.visitor_daily_nano_usd)) is None
    assert told() is None


def test_a_budget_of_nothing_has_no_share() -> None:
    assert told(meter(nano_usd=5), budgets=Budgets(0, 0, 1, 1)) is None


def test_a_spender_has_the_meters_of_an_address_and_of_a_visitor() -> None:
    assert Spender("here").meters == ("address here",)
    assert Spender("here", "alice").meters == ("address here", "visitor alice")


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_is_allowed_never_goes_beyond_the_budget(budget: int, spent: int, cost: int) -> None:
    error = refused(meter(nano_usd=spent), budgets=Budgets(10**7, budget, 1, 1), nano_usd=cost)

    assert (error is None) is (spent + cost <= budget)


@given(st.datetimes(max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_midnight_is_less_than_a_day_and_a_second_away(at: datetime) -> None:
    error = refused(meter(day=10**9, nano_usd=1), budgets=Budgets(0, 0, 1, 1), at=at)

    assert error is not None
    assert error.retry_after_seconds is not None
    assert 1 <= error.retry_after_seconds <= 86_400
