"""Money in JSON: decimal strings, exact to the nano-dollar."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.entities import Cost, LongPrompt, Price, Source, Usage
from chatapp.web import presenting
from tests.samples import PRICE


@pytest.mark.parametrize(
    ("nano_usd", "shown"),
    [
        (0, "0"),
        (1, "0.000000001"),
        (10, "0.00000001"),
        (2_550, "0.00000255"),
        (123_000, "0.000123"),
        (999_999_999, "0.999999999"),
        (1_000_000_000, "1"),
        (1_500_000_000, "1.5"),
        (10_000_000_000, "10"),
        (123_456_789_012_345_678_901_234_567, "123456789012345678.901234567"),
    ],
)
def test_dollars_are_shown_exactly(nano_usd: int, shown: str) -> None:
    assert presenting.usd(nano_usd) == shown


@pytest.mark.parametrize(
    ("nano_usd", "shown"),
    [(0, "0.00"), (2_500_000_000, "2.50"), (75_000_000, "0.075"), (10_000_000_000, "10.00"), (1, "0.000000001")],
)
def test_prices_have_two_places_at_least(nano_usd: int, shown: str) -> None:
    assert presenting.usd(nano_usd, decimals=2) == shown


@given(st.integers(0, 10**27))
def test_what_is_shown_is_what_it_costs(nano_usd: int) -> None:
    shown = presenting.usd(nano_usd)

    whole, _, places = shown.partition(".")
    assert int(whole + places.ljust(9, "0")) == nano_usd
    assert set(shown) <= set("0123456789.")


def test_a_cost_says_where_it_comes_from() -> None:
    cost = Cost(2_550, Source.PROVIDER, PRICE.as_of)

    assert presenting.cost(cost) == {"usd": "0.00000255", "source": "provider", "price_as_of": "2026-11-22"}


def test_a_cost_that_nobody_knows_is_null_and_never_zero() -> None:
    assert presenting.cost(Cost(None, Source.UNKNOWN)) == {"usd": None, "source": "unknown", "price_as_of": None}


def test_a_price_is_shown_as_the_provider_lists_it() -> None:
    assert presenting.price(PRICE) == {
        "input_usd_per_million": "0.15",
        "cached_input_usd_per_million": "0.075",
        "output_usd_per_million": "0.60",
        "as_of": "2026-11-22",
    }


def test_a_price_with_all_its_rates_shows_them() -> None:
    price = Price(1, 2, PRICE.as_of, None, 125_000_000, LongPrompt(272_000, 200, 150))

    assert presenting.price(price) == {
        "input_usd_per_million": "0.000000001",
        "cached_input_usd_per_million": None,
        "output_usd_per_million": "0.000000002",
        "cache_write_usd_per_million": "0.125",
        "long_prompt": {"above_tokens": 272_000, "input_factor": "2", "output_factor": "1.5"},
        "as_of": "2026-11-22",
    }


@given(st.integers(1, 10_000))
def test_a_factor_is_shown_exactly(percent: int) -> None:
    price = Price(1, 2, PRICE.as_of, long_prompt=LongPrompt(1, percent, 100))

    shown = presenting.price(price)

    assert shown is not None
    assert Decimal(shown["long_prompt"]["input_factor"]) * 100 == percent


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        (None, None),
        (Usage(9, 2), {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}),
        (
            Usage(9, 2, cached_tokens=0, reasoning_tokens=1),
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 1},
            },
        ),
    ],
)
def test_usage_shows_only_the_details_that_were_given(usage: Usage | None, shown: dict[str, object] | None) -> None:
    assert presenting.usage(usage) == shown
