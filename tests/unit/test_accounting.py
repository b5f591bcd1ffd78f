"""What fits into a model, and what an answer costs."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.accounting import TokenAccountant, cost_nano_usd
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ChatRequest, Cost, LongPrompt, Message, ModelCard, Price, Role, Source, Usage
from chatapp.domain.errors import AtCapacity, ChatError, ContextTooLong, ProviderFailed, ProviderTimeout, ProviderWork
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported
from chatapp.domain.ledger import Bill, Purpose, Reservation
from chatapp.domain.ports import Tokenizer
from chatapp.domain.reply import Reply, ReplyState
from tests.samples import CARD, CATALOG, NOON, PRICE, SPENDER, card, question

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


DEAR = card("dear", price=replace(PRICE, input_nano_usd=10**9, output_nano_usd=2 * 10**9))
UNPRICED = card("unpriced", price=None)
BOTH = ModelCatalog([CARD, DEAR, UNPRICED], CARD.id, lambda: PRICE.as_of, dates_apply=False)
UNREACHED = ProviderFailed("It cannot be reached.")
UNREACHED.provider_work = ProviderWork.NOTHING
FAULT = ProviderFailed("It has a problem.")
FAULT.provider_work = ProviderWork.PROMPT


def reply(*events: Event, error: ChatError | None = None, state: ReplyState = ReplyState.STOPPED) -> Reply:
    """Return a reply that was told these events, and ended from outside if they did not end it."""
    told = Reply("r1", 1_000_000)
    for event in events:
        told.apply(event)
    told.end(ReplyState.FAILED if error else state, error=error)
    return told


def billed(told: Reply, request: ChatRequest | None = None, tokenizer: Tokenizer | None = None) -> Bill:
    """Return what an answer to the ordinary question came to."""
    accountant, request = TokenAccountant(tokenizer or LetterTokenizer(), BOTH), request or question()
    return accountant.bill(reserved(request), request, told)


def reserved(request: ChatRequest) -> Reservation:
    """Return what is reserved for a request."""
    return TokenAccountant(LetterTokenizer(), BOTH).reservation("r1", request, SPENDER, Purpose.CHAT, NOON, None)


def test_the_longest_answer_is_reserved() -> None:
    assert reserved(question()).nano_usd == 8 * 150 + 1000 * 600


def test_a_prompt_that_is_dearest_when_it_is_written_to_the_cache_is_reserved_as_that() -> None:
    request = question(model=card(price=LUNA), prompt_tokens=1000, max_output_tokens=1)

    assert reserved(request).nano_usd == 1000 * 125 + 500


def test_a_model_without_price_is_reserved_at_the_dearest_one() -> None:
    reservation = reserved(question(model=UNPRICED))

    assert (reservation.nano_usd, reservation.price_as_of) == (8 * 1000 + 1000 * 2000, None)


def test_a_reported_answer_is_billed_as_reported() -> None:
    bill = billed(reply(Delta("a text of more than two tokens"), UsageReported(Usage(9, 2)), Finished("stop")))

    assert bill == Bill(Usage(9, 2), Cost(2_550, Source.PROVIDER, PRICE.as_of), 2_550)


@pytest.mark.parametrize(
    ("answered_by", "nano_usd"),
    [("gpt-4o-mini-2024-07-18", 2_550), ("dear-0125", 13_000), ("dear", 13_000), ("nobody-knows", 2_550)],
)
def test_an_answer_costs_what_the_model_does_that_gave_it(answered_by: str, nano_usd: int) -> None:
    bill = billed(reply(UsageReported(Usage(9, 2), answered_by), Finished("stop")))

    assert bill.cost.nano_usd == nano_usd


def test_a_model_without_price_costs_an_unknown_amount_and_counts_at_the_dearest_price() -> None:
    told = reply(UsageReported(Usage(9, 2)), Finished("stop"))

    assert billed(told, question(model=UNPRICED)) == Bill(Usage(9, 2), Cost(None, Source.UNKNOWN), 13_000)


def test_an_unreported_answer_is_billed_by_our_own_count_from_above() -> None:
    bill = billed(reply(Delta("a" * 50), Finished("stop")))

    assert bill.usage == Usage(8, 55)
    assert bill.cost == Cost(8 * 150 + 55 * 600, Source.ESTIMATED, PRICE.as_of)


@pytest.mark.parametrize(("said", "tokens"), [("a" * 50, 155), ("", 100), ("a" * 990, 1000)])
def test_of_an_unfinished_answer_more_may_have_been_made_than_came(said: str, tokens: int) -> None:
    events = (Started(), Delta(said)) if said else (Started(),)

    assert billed(reply(*events)).usage == Usage(8, tokens)


@pytest.mark.parametrize(("silent_seconds", "tokens"), [(0.5, 55 + 100 + 100), (2.001, 55 + 100 + 401), (60, 1000)])
def test_the_longer_it_was_silent_the_more_may_have_been_made(silent_seconds: float, tokens: int) -> None:
    request, told = question(), reply(Started(), Delta("a" * 50))
    accountant = TokenAccountant(LetterTokenizer(), BOTH)

    assert accountant.bill(reserved(request), request, told, silent_seconds).usage == Usage(8, tokens)


def test_without_an_exact_count_no_text_can_have_more_tokens_than_is_reserved_and_billed() -> None:
    words = "zqжж好🙂" * 10  # each byte of it could be a token, where an estimate counts less
    most = len(words.encode())
    request = question(text=words, max_output_tokens=5000)
    accountant = TokenAccountant(TokenEstimator(), BOTH)

    reservation = accountant.reservation("r1", request, SPENDER, Purpose.CHAT, NOON, None)
    bill = accountant.bill(reservation, request, reply(Delta(words), Finished("stop")))

    assert reservation.prompt_tokens == most + 7
    assert bill.usage == Usage(most + 7, most + -(-most // 10))
    assert request.prompt_tokens < reservation.prompt_tokens


def test_an_unreported_answer_of_a_reasoning_model_counts_as_long_as_allowed() -> None:
    request = question(model=card(reasoning=True), max_output_tokens=500)

    assert billed(reply(Delta("short"), Finished("stop")), request).usage == Usage(8, 500)


@pytest.mark.parametrize("error", [AtCapacity("Full."), UNREACHED])
def test_what_the_provider_never_began_costs_nothing(error: ChatError) -> None:
    assert billed(reply(error=error)) == Bill(Usage(0, 0), Cost(0, Source.PROVIDER, PRICE.as_of), 0)


def test_what_a_fault_of_the_provider_cost_is_unknown_and_counts_as_its_prompt() -> None:
    assert billed(reply(error=FAULT)) == Bill(None, Cost(None, Source.UNKNOWN), 8 * 150)


@pytest.mark.parametrize("events", [(Started(),), (Started(), Delta("half"))])
def test_of_an_answer_that_broke_off_nobody_knows_for_how_long_it_went_on(events: tuple[Event, ...]) -> None:
    assert billed(reply(*events, error=ProviderTimeout())).usage == Usage(8, 1000)


@pytest.mark.parametrize("model", [CARD, UNPRICED])
def test_what_nobody_knows_counts_as_all_that_was_reserved(model: ModelCard) -> None:
    request = question(model=model)
    bill = billed(reply(error=ProviderTimeout()), request)

    assert bill.charged_nano_usd == reserved(request).nano_usd
    assert bill.cost.source is (Source.ESTIMATED if model.price else Source.UNKNOWN)
    assert bill.cost.nano_usd == (bill.charged_nano_usd if model.price else None)


def test_the_overhead_of_the_chat_format_is_counted() -> None:
    """OpenAI's own count of one user message "hello world" is 9: 2 for its words, 7 for the format."""
    accountant = TokenAccountant(LetterTokenizer(), CATALOG)
    messages = [Message(Role.USER, ""), Message(Role.ASSISTANT, "")]

    assert accountant.prompt_tokens(card(), messages[:1]) == 7
    assert accountant.prompt_tokens(card(), messages) == 11


@pytest.mark.parametrize(("tokens", "fits"), [(99, True), (100, False), (10_000, False)])
def test_a_prompt_must_leave_room_in_the_window(tokens: int, fits: bool) -> None:
    accountant = TokenAccountant(LetterTokenizer(), CATALOG)
    small = card(context_tokens=100)

    if fits:
        accountant.require_fit(small, tokens)
    else:
        with pytest.raises(ContextTooLong, match=r"about [\d,]+ tokens, where it can take 100"):
            accountant.require_fit(small, tokens)


def test_only_what_surely_does_not_fit_is_refused() -> None:
    accountant = TokenAccountant(LetterTokenizer(overcount=4.0), CATALOG)
    small = card(context_tokens=100)

    accountant.require_fit(small, 399)
    with pytest.raises(ContextTooLong):
        accountant.require_fit(small, 400)
