"""The language of the fake in Python: what it can say, and what it refuses to hear."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import inf, nan
from typing import Any

import msgspec
import pytest

from chatapp.fake import (
    Chaos,
    Cut,
    Endless,
    Error,
    Gate,
    Malformed,
    Reset,
    Rule,
    Script,
    SlowHead,
    Stall,
    Tokens,
    When,
    WrongType,
)
from chatapp.fake.script import MOST_TOKENS_PER_SECOND
from chatapp.fake.words import MOST_SECONDS


@pytest.mark.parametrize(
    "fields",
    [
        {"reply": ""},
        {"reply": []},
        {"reply": ["a", 0, 1.5, MOST_SECONDS, Gate()]},
        {"template": "{message} {model} {turn}"},
        {"template": "{first}", "when": When(pattern="(?P<first>.)")},
        {"template": '{"json": {}, {two words}}'},
        {"refusal": "No."},
        {"fault": Error()},
        {"reply": "x", "fault": Endless()},
        {"reply": "x", "jitter": 1, "tokens_per_second": MOST_TOKENS_PER_SECOND, "first_token_seconds": 0},
    ],
)
def test_a_rule_says_one_thing(fields: dict[str, Any]) -> None:
    assert Rule(**fields).times is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reply": "x", "template": "x"},
        {"reply": "x", "refusal": "x"},
        {"template": "x", "refusal": "x"},
    ],
    ids=["nothing", "reply and template", "reply and refusal", "template and refusal"],
)
def test_a_rule_that_says_nothing_clear_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a rule"):
        Rule(**fields)


@pytest.mark.parametrize("part", [True, None, -0.1, inf, nan, MOST_SECONDS + 1, b"x", ["x"]])
def test_a_part_is_a_text_or_a_silence_that_can_be(part: object) -> None:
    with pytest.raises(ValueError, match="a list in “reply” holds texts, and seconds of silence"):
        Rule(reply=["x", part])


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Rule(reply="x", times=0), "times"),
        (lambda: Rule(reply="x", jitter=1.1), "jitter"),
        (lambda: Rule(reply="x", jitter=-0.1), "jitter"),
        (lambda: Rule(reply="x", tokens_per_second=0), "tokens_per_second"),
        (lambda: Rule(reply="x", tokens_per_second=nan), "tokens_per_second"),
        (lambda: Rule(reply="x", tokens_per_second=MOST_TOKENS_PER_SECOND + 1), "tokens_per_second"),
        (lambda: Rule(reply="x", first_token_seconds=inf), "first_token_seconds"),
        (lambda: Script(first_token_seconds=-1), "first_token_seconds"),
        (lambda: Script(tokens_per_second=-1), "tokens_per_second"),
        (lambda: Script(jitter=2), "jitter"),
        (lambda: When(turn=0), "turn"),
        (lambda: When(pattern="("), "pattern"),
        (lambda: Tokens(reasoning_tokens=-1), "tokens"),
        (lambda: Error(status=299), "status"),
        (lambda: Error(status=600), "status"),
        (lambda: Error(status=304), "status"),
        (lambda: Error(body={"x": nan}), "body"),
        (lambda: Error(body={"x": datetime.now(UTC)}), "body"),
        (lambda: WrongType(content_type="text/event-stream; charset=utf-8"), "content_type"),
        (lambda: WrongType(content_type="text/html\r\nX: y"), "content_type"),
        (lambda: WrongType(content_type="text/żółw"), "content_type"),
        (lambda: WrongType(content_type=" "), "content_type"),
        (lambda: Rule(reply="x", finish=""), "finish"),
        (lambda: Rule(reply="x", times=10**400), "times"),
        (lambda: Rule(reply=["x", 10**400]), "reply"),
        (lambda: When(pattern="a{99999999999999}"), "pattern"),
        (lambda: When(pattern="(" * 3_000 + ")" * 3_000), "pattern"),
        (lambda: Tokens(prompt_tokens=10**13), "tokens"),
        (lambda: Tokens(prompt_tokens=1, cached_tokens=2), "cached_tokens"),
        (lambda: Tokens(completion_tokens=1, reasoning_tokens=2), "reasoning_tokens"),
        (lambda: Error(retry_after_seconds=-1), "retry_after_seconds"),
        (lambda: Error(after_characters=-1), "after_characters"),
        (lambda: Reset(after_characters=-1), "after_characters"),
        (lambda: Cut(after_characters=-1), "after_characters"),
        (lambda: Stall(after_characters=-1), "after_characters"),
        (lambda: Malformed(after_characters=-1), "after_characters"),
        (lambda: SlowHead(seconds=-1), "seconds"),
        (lambda: Chaos(cut=1.1), "share"),
        (lambda: Chaos(cut=-0.1), "share"),
        (lambda: Chaos(cut=0.5, reset=0.6), "share"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_its_name(make: Callable[[], object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        make()


@pytest.mark.parametrize(
    ("template", "pattern"), [("{name}", None), ("{Message}", None), ("{name}", "(?P<nam>.)"), ("{0}{name}", "(.)")]
)
def test_a_template_knows_its_placeholders(template: str, pattern: str | None) -> None:
    with pytest.raises(ValueError, match=r"“template” has \{\w+\}, but there are only: message, model"):
        Script(rules=[Rule(template=template, when=When(pattern=pattern))])


def test_a_rule_may_still_be_told_what_its_placeholders_stand_for() -> None:
    rule = Rule(template="{first}")

    assert rule.for_requests(When(pattern="(?P<first>.)")).template == "{first}"
    with pytest.raises(ValueError, match="there are only"):
        rule.for_requests(When())


HALF = "\ud83d"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Rule(reply=HALF), "reply"),
        (lambda: Rule(reply=["x", HALF]), "reply"),
        (lambda: Rule(template=HALF), "template"),
        (lambda: Rule(refusal=HALF), "refusal"),
        (lambda: Rule(reply="x", finish=HALF), "finish"),
        (lambda: Error(message=HALF), "message"),
        (lambda: Error(body=HALF), "body"),
        (lambda: Error(body={"x": [HALF]}), "body"),
        (lambda: WrongType(body=HALF), "body"),
    ],
)
def test_half_of_a_character_is_refused(make: Callable[[], object], name: str) -> None:
    with pytest.raises(ValueError, match=f"“{name}” (has half of a character|must be what JSON can say)"):
        make()


def test_an_endless_answer_is_not_too_fast_to_be_counted() -> None:
    most = Rule(reply="x", tokens_per_second=10_000, fault=Endless())

    with pytest.raises(ValueError, match="at most 10,000 where the answer is endless"):
        Rule(reply="x", tokens_per_second=10_001, fault=Endless())
    with pytest.raises(ValueError, match="rule 2: “tokens_per_second” must be at most 10,000"):
        Script(tokens_per_second=20_000, rules=[most, Rule(reply="x", fault=Endless())])
    assert Script(tokens_per_second=20_000, rules=[most]).rules == [most]


@pytest.mark.parametrize(
    ("error", "understood"),
    [
        (
            Error(code="x", message="y"),
            {"code": "x", "message": "y", "param": None, "type": "server_error"},
        ),
        (Error(body={"error": {"code": "x"}}), {"code": "x"}),
        (Error(body={"detail": "x"}), {"detail": "x"}),
        (Error(body='{"error": {"code": "x"}}'), {"code": "x"}),
        (Error(body="[1]"), [1]),
        (Error(body="<html>"), "<html>"),
    ],
)
def test_an_error_is_understood_as_the_sdk_does(error: Error, understood: object) -> None:
    assert error.understood == understood


def test_a_rule_for_other_requests_is_looked_at_again() -> None:
    rule = Rule(template="{first}", when=When(pattern="(?P<first>.)"), times=3)

    moved = rule.for_requests(When(pattern="(?P<first>.)x"))

    assert (moved.when.pattern, moved.template, moved.times) == ("(?P<first>.)x", "{first}", 3)
    with pytest.raises(ValueError, match="there are only"):
        rule.for_requests(When(message="x"))


@pytest.mark.parametrize("kind", [When, Tokens, Rule, Chaos, Script, Error, Cut, SlowHead, WrongType, Endless])
def test_a_word_that_is_not_in_the_language_is_refused(kind: type[msgspec.Struct]) -> None:
    with pytest.raises(TypeError, match="colour"):
        kind(colour="red")


def test_a_gate_is_shut_until_it_is_opened() -> None:
    gate = Gate()
    assert (gate.is_open, gate.wait(0)) == (False, False)

    gate.open()

    assert (gate.is_open, gate.wait(0)) == (True, True)
