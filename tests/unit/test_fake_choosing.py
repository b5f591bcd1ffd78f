"""Which rule of its script the fake answers by, and what it says where none fits."""

import threading
from time import monotonic

import pytest

from chatapp.domain.entities import Usage
from chatapp.fake import Error, Rule, Script, When
from chatapp.fake.asked import Asked
from chatapp.fake.call import Bill, Call
from chatapp.fake.choosing import LONGEST_QUOTE_CHARACTERS, explanation, fits
from chatapp.fake.model import MOST_CALLS, NO_RULE, ScriptedModel
from tests.samples import once
from tests.unit.scripted import asked, play


def take(model: ScriptedModel, request: Asked | None = None) -> Call:
    return model.take(request or asked(), price=None)


def text_of(call: Call) -> str:
    play(call)
    return call.text


def answers(model: ScriptedModel, *messages: str) -> list[str]:
    return [text_of(take(model, asked(message))) for message in messages]


@pytest.mark.parametrize(
    ("when", "request_", "fit"),
    [
        (When(), asked("anything"), True),
        (When(message="hi"), asked("hi"), True),
        (When(message=" hi\n"), asked("\thi "), True),
        (When(message="hi"), asked("Hi"), False),
        (When(message="hi"), asked("hi there"), False),
        (When(message="hi"), asked("hi", "hello", "bye"), False),
        (When(message=""), asked(""), True),
        (When(pattern=r"\d+"), asked("I am 7 years old"), True),
        (When(pattern=r"^\d+$"), asked("I am 7 years old"), False),
        (When(model="gpt-4o"), asked("hi", model="gpt-4o"), True),
        (When(model="gpt-4o"), asked("hi", model="gpt-4o-mini"), False),
        (When(turn=1), asked("hi"), True),
        (When(turn=2), asked("hi"), False),
        (When(turn=2), asked("hi", "hello", "bye"), True),
        (When(message="hi", pattern="i", model="m", turn=1), asked("hi", model="m"), True),
        (When(message="hi", pattern="x", model="m", turn=1), asked("hi", model="m"), False),
    ],
)
def test_a_rule_fits_where_all_its_conditions_do(when: When, request_: Asked, fit: bool) -> None:
    assert fits(when, request_) is fit


def test_a_message_of_several_parts_is_their_text() -> None:
    parts = [{"type": "text", "text": "What is "}, {"type": "image_url"}, {"type": "text", "text": "this?"}, "no part"]
    said = {"role": "user", "content": parts}
    request = Asked("gpt-4o", [{"role": "system", "content": "Be kind."}, said, {"role": "assistant"}])

    assert (request.message, request.turn, request.prompt_tokens) == ("What is this?", 1, 2 + 3)


def test_a_conversation_without_a_user_has_no_message() -> None:
    request = Asked("gpt-4o", [{"role": "system", "content": "Be kind."}])

    assert (request.message, request.turn) == ("", 0)


def test_the_first_rule_that_fits_answers() -> None:
    rules = [Rule(when=When(pattern="x"), reply="one"), Rule(reply="two"), Rule(when=When(message="x"), reply="three")]

    assert answers(ScriptedModel(Script(rules=rules)), "x", "y") == ["one", "two"]


def test_a_rule_that_is_used_up_lets_the_next_one_answer() -> None:
    rules = [Rule(reply="one", times=2), Rule(reply="two")]

    assert answers(ScriptedModel(Script(rules=rules)), *"abcd") == ["one", "one", "two", "two"]


def test_a_request_that_does_not_fit_uses_nothing_up() -> None:
    model = ScriptedModel(Script(rules=[Rule(when=When(message="x"), reply="one", times=1)]))

    assert "fake model" in answers(model, "y")[0]
    assert answers(model, "x") == ["one"]


def test_a_call_knows_the_number_of_its_rule() -> None:
    model = ScriptedModel(Script(rules=[Rule(when=When(message="x"), reply="one"), Rule(reply="two", times=1)]))

    calls = [take(model, asked(message)) for message in ("y", "x", "y")]

    assert [call.rule for call in calls] == [2, 1, None]
    assert [(call.number, call.message) for call in model.calls] == [(1, "y"), (2, "x"), (3, "y")]


def test_added_rules_come_behind_the_others_until_a_script_is_loaded() -> None:
    model = ScriptedModel(Script(rules=[once("one")]))
    model.add(Rule(reply="two"))
    assert answers(model, "a", "b") == ["one", "two"]

    model.load(Script(rules=[once("three")]))

    assert answers(model, "c") == ["three"]
    assert "fake model" in answers(model, "d")[0]
    assert len(model.calls) == 4


def test_a_rule_that_takes_the_place_of_another_can_be_used_as_often() -> None:
    model = ScriptedModel()
    rule = once("one")
    model.add(rule)
    model.add(Rule(reply="two"))
    assert answers(model, "a", "b") == ["one", "two"]

    model.replace(rule, rule.for_requests(When(message="c")))

    assert answers(model, "b", "c", "c") == ["two", "one", "two"]


def test_a_rule_that_was_forgotten_cannot_be_replaced() -> None:
    model, rule = ScriptedModel(), once("one")
    model.add(rule)
    model.load(Script())

    with pytest.raises(ValueError, match="This rule is not there any more"):
        model.replace(rule, rule)


def test_a_strict_script_refuses_what_no_rule_fits() -> None:
    model = ScriptedModel(Script(rules=[Rule(when=When(message="x"), reply="one")], strict=True))

    call = take(model, asked("y"))

    fault = call.plan.fault
    assert isinstance(fault, Error)
    assert (fault.status, fault.code, fault.message) == (400, NO_RULE, explanation(model.script.rules, asked("y")))
    assert call.bill == Bill(1, 0, None)
    play(call)
    assert (call.rule, call.bill) == (None, Bill())


NEAREST = "The nearest is rule "


@pytest.mark.parametrize(
    ("whens", "reason"),
    [
        ([], "The script has no rules."),
        ([When(message="Hello")], NEAREST + "1, but its message is “Hello”."),
        ([When(message="Bye"), When(message="Hallo")], NEAREST + "2, but its message is “Hallo”."),
        ([When(pattern="Hel*a"), When(pattern="zzz")], NEAREST + "1, but its pattern is “Hel*a”."),
        ([When(model="gpt-4o")], NEAREST + "1, but its model is “gpt-4o”."),
        ([When(turn=2, message="Hellow"), When(turn=2)], NEAREST + "2, but its turn is 2."),
        (
            [When(turn=2, model="m", message="x")],
            NEAREST + "1, but its model is “m” and its turn is 2 and its message is “x”.",
        ),
        ([When(message="Hellow"), When()], NEAREST + "2, but it has been used as often as it may be."),
        ([When(message="x" * 300)], NEAREST + f"1, but its message is “{'x' * LONGEST_QUOTE_CHARACTERS}…”."),
    ],
)
def test_the_rule_that_comes_nearest_is_named_with_its_reason(whens: list[When], reason: str) -> None:
    sentence = explanation([Rule(when=when, reply="x") for when in whens], asked("Helo", model="gpt-4o-mini"))

    said = "No rule of the fake's script fits this request: model “gpt-4o-mini”, turn 1, message “Helo”."
    assert sentence == f"{said} {reason}"


def test_long_rules_are_compared_in_no_time() -> None:
    rules = [Rule(when=When(message=f"{number} {'word after word ' * 150}"), reply="x") for number in range(10)]

    began_at = monotonic()
    explanation(rules, asked("word upon word " * 150))

    assert monotonic() - began_at < 0.2


def test_a_long_message_is_quoted_only_in_part() -> None:
    sentence = explanation([], asked("x" * 10_000))

    assert f"“{'x' * LONGEST_QUOTE_CHARACTERS}…”" in sentence
    assert len(sentence) < LONGEST_QUOTE_CHARACTERS + 200


def test_the_newest_calls_are_kept_and_all_are_billed() -> None:
    model = ScriptedModel(Script(rules=[Rule(reply="x")]))
    for number in range(MOST_CALLS + 5):
        take(model, asked(str(number)))

    assert [model.calls[place].message for place in (0, -1)] == ["5", str(MOST_CALLS + 4)]
    assert len(model.calls) == MOST_CALLS
    assert model.bill.prompt_tokens == MOST_CALLS + 5


def test_a_call_can_be_waited_for() -> None:
    model = ScriptedModel()
    threading.Timer(0.01, lambda: (take(model, asked("one")), take(model, asked("two")))).start()

    assert model.wait_for_call(2).message == "two"
    with pytest.raises(TimeoutError, match="2 calls came, not 3"):
        model.wait_for_call(3, timeout_seconds=0)
    with pytest.raises(ValueError, match="counted from 1"):
        model.wait_for_call(0)


def test_a_call_that_nobody_ended_still_runs() -> None:
    call = take(ScriptedModel())

    assert (call.is_over, call.state, call.usage) == (False, "running", None)
    play(call)
    assert (call.is_over, call.state, call.ended) == (True, "finished", "finished")
    assert isinstance(call.usage, Usage)
