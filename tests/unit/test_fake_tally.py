"""What all calls of the fake come to."""

from __future__ import annotations

from datetime import date

from chatapp.domain.entities import Price
from chatapp.fake.asked import Asked
from chatapp.fake.call import Call
from chatapp.fake.model import ScriptedModel
from chatapp.fake.tally import FEWEST_OPEN

PRICE = Price(input_nano_usd=1_000_000, output_nano_usd=10_000_000, as_of=date(2026, 1, 1))


def take(model: ScriptedModel, *, price: Price | None = PRICE) -> Call:
    """Return a new call, which has begun to run."""
    return model.take(Asked("a-model", [{"role": "user", "content": "One two"}]), price=price)


def finish(call: Call) -> None:
    """Play a call to its end."""
    for _ in call.steps():
        pass
    call.end(cancelled=False)


def test_calls_that_run_and_calls_that_are_over_are_added_up() -> None:
    model = ScriptedModel()
    calls = [take(model) for _ in range(3)]
    finish(calls[1])
    for _ in range(2):  # looking twice adds nothing twice
        assert model.totals.calls == 3
        assert model.totals.running == 2
        assert model.totals.nano_usd == sum(call.bill.nano_usd or 0 for call in calls)
    finish(calls[0])
    assert model.totals.running == 1
    assert model.totals.completion_tokens == sum(call.bill.completion_tokens for call in calls)


def test_without_a_price_nobody_knows_the_bill_but_the_rest_of_it_is_known() -> None:
    model = ScriptedModel()
    finish(priced := take(model))
    finish(take(model, price=None))
    assert model.bill.usd is None
    assert model.totals.without_price == 1
    assert model.totals.money.nano_usd == priced.bill.nano_usd


def test_nothing_is_lost_of_calls_beyond_those_that_are_kept_open() -> None:
    model = ScriptedModel()
    running = take(model)
    for _ in range(2 * FEWEST_OPEN):
        finish(take(model))
    totals = model.totals
    assert (totals.calls, totals.running) == (2 * FEWEST_OPEN + 1, 1)
    finish(running)
    assert model.totals.running == 0
    assert model.totals.nano_usd == model.totals.calls * (running.bill.nano_usd or 0)
