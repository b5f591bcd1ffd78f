"""What fits into a model, and what an answer costs."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.accounting import TokenAccountant, cost_nano_usd, cost_of
from chatapp.domain.entities import LongPrompt, Message, Price, Role, Source, Usage
from chatapp.domain.errors import ContextTooLong
from tests.samples import PRICE, card, question

ACCOUNTANT = TokenAccountant(TokenEstimator())
LUNA = Price(
    input_nano_usd=100_000_000,
    output_nano_usd=500_000_000,
    as_of=PRICE.as_of,
    cached_input_nano_usd=10_000_000,
    cache_write_nano_usd=125_000_000,
    long_prompt=LongPrompt(272_000, input_factor_percent=200, output_factor_percent=150),
)
MILLION = 1_000_000

counts = st.integers(0, 2_000_000)
rates = st.integers(0, 10**11)


class LetterTokenizer:
    """A ``Tokenizer`` to whom every character is a token."""

    def __init__(self, overcount: float = 1.0) -> None:
        self._overcount = overcount

    def overcount(self, _: str | None) -> float:
        return self._overcount

    def count(self, text: str, _: str | None) -> int:
        return len(text)


@pytest.mark.parametrize(
    ("price", "usage", "nano_usd"),
    [
        pytest.param(PRICE, Usage(MILLION, 0), 150_000_000, id="a million in"),
        pytest.param(PRICE, Usage(0, MILLION), 600_000_000, id="a million out"),
        pytest.param(PRICE, Usage(9, 2), 2_550, id="a small answer"),
        pytest.param(PRICE, Usage(0, 0), 0, id="nothing"),
        pytest.param(PRICE, Usage(MILLION, 0, cached_tokens=MILLION), 75_000_000, id="all cached"),
        pytest.param(PRICE, Usage(100, 0, cached_tokens=40), 60 * 150 + 40 * 75, id="partly cached"),
        pytest.param(PRICE, Usage(0, 100, reasoning_tokens=90), 60_000, id="reasoning is inside the answer"),
        pytest.param(LUNA, Usage(100, 0, cache_write_tokens=100), 12_500, id="written to the cache"),
        pytest.param(LUNA, Usage(100, 0, cached_tokens=30, cache_write_tokens=20), 5_000 + 300 + 2_500, id="all kinds"),
        pytest.param(LUNA, Usage(272_000, 1000), 27_700_000, id="just not long"),
        pytest.param(LUNA, Usage(272_001, 1000), 54_400_200 + 750_000, id="just long"),
        pytest.param(PRICE, Usage(100, 0, cache_write_tokens=100), 15_000, id="no price for writing: the prompt's"),
        pytest.param(
            replace(PRICE, cached_input_nano_usd=None),
            Usage(100, 0, cached_tokens=100),
            15_000,
            id="no price for cached: the prompt's",
        ),
        pytest.param(
            replace(PRICE, cached_input_nano_usd=0), Usage(100, 0, cached_tokens=100), 0, id="cached costs nothing"
        ),
        pytest.param(replace(PRICE, input_nano_usd=1), Usage(1, 0), 1, id="the smallest fraction is rounded up"),
    ],
)
def test_an_answer_costs_what_the_price_table_says(price: Price, usage: Usage, nano_usd: int) -> None:
    assert cost_nano_usd(price, usage) == nano_usd


@given(rates, rates, rates, rates, counts, counts, counts, counts)
def test_a_cost_is_never_rounded_down(
    fresh_rate: int, cached_rate: int, write_rate: int, out_rate: int, fresh: int, cached: int, written: int, out: int
) -> None:
    price = Price(fresh_rate, out_rate, PRICE.as_of, cached_rate, write_rate)
    usage = Usage(fresh + cached + written, out, cached, written)
    exact = Fraction(fresh * fresh_rate + cached * cached_rate + written * write_rate + out * out_rate, MILLION)

    assert 0 <= cost_nano_usd(price, usage) - exact < 1


@given(rates, rates, counts, counts, st.integers(100, 999), st.integers(100, 999))
def test_a_long_prompt_is_never_rounded_down(
    in_rate: int, out_rate: int, prompt: int, out: int, input_percent: int, output_percent: int
) -> None:
    price = Price(in_rate, out_rate, PRICE.as_of, long_prompt=LongPrompt(1, input_percent, output_percent))
    usage = Usage(prompt + 2, out)
    exact = Fraction((prompt + 2) * in_rate * input_percent + out * out_rate * output_percent, 100 * MILLION)

    assert 0 <= cost_nano_usd(price, usage) - exact < 1


def test_more_cached_tokens_than_prompt_never_lower_the_cost_below_the_cached_ones() -> None:
    assert cost_nano_usd(PRICE, Usage(10, 0, cached_tokens=50)) == 50 * 75


def test_a_price_below_zero_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="below zero"):
        replace(PRICE, cached_input_nano_usd=-1)


def test_a_model_without_price_costs_an_unknown_amount() -> None:
    cost = cost_of(None, Usage(9, 2), Source.PROVIDER)

    assert (cost.nano_usd, cost.source, cost.price_as_of) == (None, Source.UNKNOWN, None)


def test_a_reported_answer_is_billed_as_reported() -> None:
    reported = Usage(9, 2)

    bill = ACCOUNTANT.bill(question(), "a very much longer text than two tokens", reported)

    assert bill.usage is reported
    assert (bill.cost.nano_usd, bill.cost.source, bill.cost.price_as_of) == (2_550, Source.PROVIDER, PRICE.as_of)


def test_an_unreported_answer_is_billed_by_our_own_count() -> None:
    accountant = TokenAccountant(LetterTokenizer())

    bill = accountant.bill(question("12345", prompt_tokens=12), "abc", None)

    assert bill.usage == Usage(12, 3)
    assert (bill.cost.nano_usd, bill.cost.source) == (12 * 150 + 3 * 600, Source.ESTIMATED)


def test_an_unreported_answer_of_a_reasoning_model_counts_as_long_as_allowed() -> None:
    request = question(model=card(reasoning=True), max_output_tokens=500)

    assert ACCOUNTANT.bill(request, "short", None).usage.completion_tokens == 500


def test_the_overhead_of_the_chat_format_is_counted() -> None:
    """OpenAI's own count of one user message "hello world" is 9: 2 for its words, 7 for the format."""
    accountant = TokenAccountant(LetterTokenizer())
    messages = [Message(Role.USER, ""), Message(Role.ASSISTANT, "")]

    assert accountant.prompt_tokens(card(), messages[:1]) == 7
    assert accountant.prompt_tokens(card(), messages) == 11


@pytest.mark.parametrize(("tokens", "fits"), [(99, True), (100, False), (10_000, False)])
def test_a_prompt_must_leave_room_in_the_window(tokens: int, fits: bool) -> None:
    accountant = TokenAccountant(LetterTokenizer())
    small = card(context_tokens=100)

    if fits:
        accountant.require_fit(small, tokens)
    else:
        with pytest.raises(ContextTooLong, match=r"about [\d,]+ tokens, where it can take 100"):
            accountant.require_fit(small, tokens)


def test_only_what_surely_does_not_fit_is_refused() -> None:
    accountant = TokenAccountant(LetterTokenizer(overcount=4.0))
    small = card(context_tokens=100)

    accountant.require_fit(small, 399)
    with pytest.raises(ContextTooLong):
        accountant.require_fit(small, 400)
