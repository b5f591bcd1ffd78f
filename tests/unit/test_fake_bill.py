"""What a call of the fake would have cost: all that was made, whoever got it."""

import pytest

from chatapp.domain.entities import Usage
from chatapp.fake import Cut, Error, Gate, Malformed, Reset, Rule, Script, SlowHead, Stall, Tokens, WrongType
from chatapp.fake.call import Bill, Ending
from chatapp.fake.model import ScriptedModel
from tests.samples import PRICE
from tests.unit.deterministic import Meanwhile
from tests.unit.scripted import WORDS, asked, play, taken

SLOWLY = 0.01
"""Tokens a second: within a test there is time for one alone."""


def bill_of(prompt_tokens: int, completion_tokens: int) -> Bill:
    return Bill(prompt_tokens, completion_tokens, prompt_tokens * 150 + completion_tokens * 600)


@pytest.mark.parametrize(
    ("rule", "bill"),
    [
        (Rule(reply=WORDS), bill_of(2, 4)),
        (Rule(reply=WORDS, usage=False), bill_of(2, 4)),
        (Rule(refusal=WORDS), bill_of(2, 4)),
        (Rule(reply=""), bill_of(2, 0)),
        (Rule(reply=WORDS, usage=Tokens(prompt_tokens=70, completion_tokens=30)), bill_of(70, 30)),
        (Rule(reply=WORDS, usage=Tokens(prompt_tokens=70, cached_tokens=20)), Bill(70, 4, 7500 + 1500 + 2400)),
    ],
    ids=["whole", "without usage", "refusal", "empty", "given tokens", "cached tokens"],
)
def test_a_finished_answer_costs_its_tokens(rule: Rule, bill: Bill) -> None:
    call = taken(rule, asked("Count, please!"))

    play(call)

    assert (call.ended, call.bill) == (Ending.FINISHED, bill)


@pytest.mark.parametrize("fault", [Error(status=429), Error(status=500), WrongType()])
def test_a_refused_request_costs_nothing(fault: Error | WrongType) -> None:
    call = taken(Rule(reply=WORDS, fault=fault))

    play(call)

    assert (call.ended, call.bill) == (Ending.FAILED, Bill(0, 0, 0))


def test_a_model_without_a_price_costs_nobody_knows_what() -> None:
    call = taken(Rule(reply=WORDS), has_price=False)

    play(call)

    assert (call.bill, call.bill.usd) == (Bill(1, 4, None), None)


@pytest.mark.parametrize(
    ("nano_usd", "usd"),
    [(0, "0.000000000"), (1, "0.000000001"), (1_000_000_000, "1.000000000"), (12_345_678_901, "12.345678901")],
)
def test_money_is_told_in_dollars_to_the_last_digit(nano_usd: int, usd: str) -> None:
    assert Bill(1, 1, nano_usd).usd == usd


def test_a_cancelled_answer_costs_what_was_made_until_then() -> None:
    call = taken(Rule(reply=WORDS, tokens_per_second=SLOWLY))

    play(call, most_pieces=2)

    assert (call.ended, call.cancelled_after_characters, call.usage) == (Ending.CANCELLED, 8, None)
    assert call.bill == bill_of(1, 2)


def test_tokens_that_were_made_but_not_delivered_cost_too() -> None:
    call = taken(Rule(reply=WORDS))

    play(call, most_pieces=1)

    assert (call.text, call.bill) == ("one ", bill_of(1, 4))


def test_a_model_makes_nothing_while_a_gate_is_shut() -> None:
    call = taken(Rule(reply=["one ", "two ", Gate(), "three"]))

    play(call)

    assert (call.ended, call.text, call.bill) == (Ending.CANCELLED, "one two ", bill_of(1, 2))


def test_a_model_makes_what_stands_behind_an_open_gate() -> None:
    gate = Gate()
    gate.open()
    call = taken(Rule(reply=["one ", gate, "two ", "three"]))

    play(call, most_pieces=1)

    assert call.bill == bill_of(1, 3)


def test_thoughts_of_a_cancelled_answer_cost_too() -> None:
    call = taken(Rule(reply=WORDS, tokens_per_second=SLOWLY, usage=Tokens(reasoning_tokens=50)))

    play(call, most_pieces=1)

    assert call.bill == bill_of(1, 51)


def test_whoever_leaves_before_the_head_pays_for_the_question() -> None:
    call = taken(Rule(reply=WORDS, fault=SlowHead(seconds=60)))
    next(call.steps())

    call.end(cancelled=True)

    assert (call.cancelled_after_characters, call.bill) == (0, bill_of(1, 0))


@pytest.mark.parametrize("fault", [Cut, Reset, Malformed, Error])
def test_a_broken_answer_costs_what_was_made_until_then(fault: type[Cut | Reset | Malformed | Error]) -> None:
    call = taken(Rule(reply=["one ", "two ", 60, "three"], fault=fault(after_characters=5)))

    play(call)

    assert (call.ended, call.text, call.bill) == (Ending.FAILED, "one t", bill_of(1, 2))


def test_a_stalled_answer_costs_what_was_said() -> None:
    call = taken(Rule(reply=WORDS, fault=Stall(after_characters=4)))

    play(call, most_pieces=1)

    assert call.bill == bill_of(1, 1)


def test_a_running_answer_costs_what_has_gone_out() -> None:
    call = taken(Rule(reply=["one ", Meanwhile(lambda: None), "two"]))
    bills = [call.bill for _ in call.steps()]

    assert bills == [bill_of(1, tokens) for tokens in (0, 0, 1, 1, 2)]


def test_an_answer_in_one_piece_is_lost_to_whoever_leaves_before_it() -> None:
    call = taken(Rule(reply=WORDS, tokens_per_second=SLOWLY), streamed=False)

    play(call, most_pieces=2)

    assert (call.cancelled_after_characters, call.text, call.bill) == (0, "", bill_of(1, 2))


def test_an_answer_in_one_piece_has_not_gone_out_before_its_end() -> None:
    call = taken(Rule(reply="one two"), streamed=False)
    went_out = [(call.text, call.has_begun) for _ in call.steps()]

    assert set(went_out) == {("", False)}
    assert (call.text, call.has_begun) == ("one two", True)


def test_an_error_in_place_of_an_answer_in_one_piece_costs_nothing() -> None:
    call = taken(Rule(reply=WORDS, fault=Error(after_characters=5)), streamed=False)

    play(call)

    assert (call.ended, call.text, call.has_begun, call.bill) == (Ending.FAILED, "", False, Bill())


def test_usage_is_what_the_caller_was_told_and_the_bill_is_not() -> None:
    call = taken(Rule(reply=WORDS, usage=Tokens(completion_tokens=30)))
    call.keep_usage()

    play(call)

    assert (call.usage, call.bill) == (None, bill_of(1, 30))


def test_only_the_first_end_of_a_call_counts() -> None:
    call = taken(Rule(reply=WORDS))
    play(call)

    call.end(cancelled=True)

    assert (call.ended, call.usage, call.bill) == (Ending.FINISHED, Usage(1, 4), bill_of(1, 4))


def test_the_bill_of_a_model_is_that_of_all_its_calls() -> None:
    model = ScriptedModel(Script(rules=[Rule(reply=WORDS)]))
    assert model.bill == Bill(0, 0, 0)

    play(model.take(asked(), price=PRICE))
    play(model.take(asked(), price=PRICE))
    assert model.bill == bill_of(2, 8)

    play(model.take(asked(), price=None))
    assert model.bill == Bill(3, 12, None)
