"""One script, the same answer through every door to the fake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatapp.fake.testing import FakeLLM
from tests.contracts.doors import DOORS, Door, Heard, Opening, command, fixture, in_process

Opened = Callable[[Opening, str], Door]

WORDS = 'reply = "one two three four"'
FAULT = WORDS + "\nfault = "

ANSWERS = {
    "a text": (WORDS, Heard("one two three four", (1, 4), "stop")),
    "a list": ('reply = ["zażółć ", 0.01, "🙂", "", "\\u2028"]', Heard("zażółć 🙂\u2028", (1, 3), "stop")),
    "nothing": ('reply = ""', Heard("", (1, 0), "stop")),
    "a template": ('template = "{turn}: {message} to {model}"', Heard("1: Hi to gpt-4o-mini", (1, 4), "stop")),
    "a group of the pattern": (
        'when = { pattern = "^(?P<first>.)" }\ntemplate = "{first}!"',
        Heard("H!", (1, 1), "stop"),
    ),
    "a refusal": ('refusal = "I will not."', Heard("I will not.", (1, 3), "refusal")),
    "a finish reason": (WORDS + '\nfinish = "content_filter"', Heard("one two three four", (1, 4), "content_filter")),
    "given tokens": (
        WORDS + "\nusage = { prompt_tokens = 70, completion_tokens = 30, reasoning_tokens = 20 }",
        Heard("one two three four", (70, 30), "stop"),
    ),
    "no tokens": (WORDS + "\nusage = false", Heard("one two three four", None, "stop")),
    "a pace": (
        WORDS + "\nfirst_token_seconds = 0.02\ntokens_per_second = 200\njitter = 0.5",
        Heard("one two three four", (1, 4), "stop"),
    ),
    "too many requests": (
        FAULT + '{ kind = "error", status = 429, code = "rate_limit_exceeded", retry_after_seconds = 6.5 }',
        Heard("", None, "ProviderRateLimited 7"),
    ),
    "a model that is gone": (
        'fault = { kind = "error", status = 404, code = "model_not_found" }',
        Heard("", None, "ModelRetired"),
    ),
    "a page of an error": (
        'fault = { kind = "error", status = 502, body = "<html>Bad gateway</html>" }',
        Heard("", None, "ProviderFailed"),
    ),
    "a body of one's own": (
        'fault = { kind = "error", status = 429, body = { error = { code = "insufficient_quota" } } }',
        Heard("", None, "ProviderQuota"),
    ),
    "JSON in a text": (
        """fault = { kind = "error", status = 429, body = '{"error": {"code": "insufficient_quota"}}' }""",
        Heard("", None, "ProviderQuota"),
    ),
    "JSON that is no object": (
        'fault = { kind = "error", status = 400, body = "[1]" }',
        Heard("", None, "ProviderRefused"),
    ),
    "a body of one's own in mid-answer": (
        FAULT + '{ kind = "error", after_characters = 6, body = { error = { code = "context_length_exceeded" } } }',
        Heard("one tw", None, "ContextTooLong"),
    ),
    "a body without an error in mid-answer": (
        FAULT + '{ kind = "error", after_characters = 6, body = { detail = "oops" } }',
        Heard("one tw", None, "ProviderFailed"),
    ),
    "a NUL": ('reply = "one\\u0000 two \\u0000"', Heard("one two ", (1, 3), "stop")),
    "the code of strict mode": (
        'fault = { kind = "error", status = 400, code = "no_rule" }',
        Heard("", None, "ProviderRefused"),
    ),
    "an error in mid-answer": (
        FAULT + '{ kind = "error", code = "insufficient_quota", after_characters = 6 }',
        Heard("one tw", None, "ProviderQuota"),
    ),
    "a reset": (FAULT + '{ kind = "reset", after_characters = 6 }', Heard("one tw", None, "ProviderFailed")),
    "a reset at once": (FAULT + '{ kind = "reset", after_characters = 0 }', Heard("", None, "ProviderFailed")),
    "a reset before the head": ('fault = { kind = "reset" }', Heard("", None, "ProviderFailed")),
    "a cut before the head": ('fault = { kind = "cut" }', Heard("", None, "ProviderFailed")),
    "a cut": (FAULT + '{ kind = "cut" }', Heard("one two three four", None, "ProviderFailed")),
    "a malformed chunk": (
        FAULT + '{ kind = "malformed", after_characters = 8 }',
        Heard("one two ", None, "ProviderProtocol"),
    ),
    "a wrong content type": (FAULT + '{ kind = "wrong_type" }', Heard("", None, "ProviderProtocol")),
    "a slow head": (FAULT + '{ kind = "slow_head", seconds = 0.05 }', Heard("one two three four", (1, 4), "stop")),
}

LEFT = {
    "a stall": (FAULT + '{ kind = "stall", after_characters = 6 }', Heard("one tw", None, "silence")),
    "a stall before the head": ('fault = { kind = "stall" }', Heard("", None, "silence")),
    "a slow head": (FAULT + '{ kind = "slow_head", seconds = 60 }', Heard("", None, "silence")),
    "a long silence": ('reply = ["one ", 60, "two"]', Heard("one ", None, "silence")),
}
"""Answers without an end, which the caller leaves; what nobody has heard to its end cannot be replayed."""


@pytest.fixture
def opened(tmp_path: Path, fake_llm: FakeLLM) -> Iterator[Opened]:
    """Opens doors, each with a script of its own, and closes them after the test."""
    with ExitStack() as doors:

        def open_door(opening: Opening, script: str) -> Door:
            folder = tmp_path / opening.__name__
            folder.mkdir()
            (folder / "script.toml").write_text(script, "utf-8")
            return doors.enter_context(opening(folder / "script.toml", fake_llm))

        yield open_door


each_door = pytest.mark.parametrize("opening", DOORS, ids=lambda opening: opening.__name__)


def in_turn(rules: Iterable[str]) -> str:
    """Return a script whose rules answer one request each, in their order."""
    return "".join(f"[[rules]]\ntimes = 1\n{rule}\n\n" for rule in rules)


@each_door
def test_every_answer_comes_out_as_its_rule_says(opened: Opened, opening: Opening) -> None:
    door = opened(opening, in_turn(rule for rule, _ in ANSWERS.values()))

    assert {name: door.ask() for name in ANSWERS} == {name: heard for name, (_, heard) in ANSWERS.items()}


@pytest.mark.parametrize("opening", [in_process, command, fixture], ids=lambda opening: opening.__name__)
def test_an_answer_without_end_goes_on_until_its_caller_leaves(opened: Opened, opening: Opening) -> None:
    door = opened(opening, in_turn(rule for rule, _ in LEFT.values()))

    assert {name: door.ask(patience_seconds=0.4) for name in LEFT} == {name: heard for name, (_, heard) in LEFT.items()}


@each_door
def test_the_callers_cap_cuts_an_answer(opened: Opened, opening: Opening) -> None:
    door = opened(opening, f"[[rules]]\n{WORDS}")

    assert door.ask(max_tokens=2) == Heard("one two ", (1, 2), "length")


@each_door
def test_the_fake_answers_by_itself(opened: Opened, opening: Opening) -> None:
    heard = opened(opening, "").ask("A question?")

    assert heard.text.startswith("You wrote: “A question?” I am the fake model")
    assert (heard.usage, heard.ending) == ((2, 34), "stop")


@each_door
def test_a_strict_script_refuses_what_it_does_not_know(opened: Opened, opening: Opening) -> None:
    door = opened(opening, f'strict = true\n[[rules]]\nwhen = {{ message = "Hello" }}\n{WORDS}')

    assert (door.ask("Hello").ending, door.ask("Hallo").ending) == ("stop", "ProviderRefused")


@each_door
def test_the_pieces_are_the_same(opened: Opened, opening: Opening) -> None:
    text = "Zażółć gęślą jaźń, donaudampfschifffahrt! "
    door = opened(opening, in_turn([f'reply = "{text}"', 'reply = ["Zaż", "ółć"]', 'refusal = "Never ever."']))

    assert [door.pieces() for _ in range(3)] == [
        ["Zażółć ", "gęślą ", "jaźń, ", "donaudampfschiff", "fahrt! "],
        ["Zaż", "ółć"],
        ["Never ", "ever."],
    ]


@pytest.mark.parametrize("opening", DOORS[1:], ids=lambda opening: opening.__name__)
def test_chance_strikes_everywhere_alike(opened: Opened, opening: Opening) -> None:
    script = f"""
        seed = 12
        chaos = {{ rate_limited = 0.2, failed = 0.1, reset = 0.2, cut = 0.2, malformed = 0.2 }}
        [[rules]]
        {WORDS}
        """
    here, there = opened(in_process, script), opened(opening, script)

    struck = [here.ask() for _ in range(16)]

    assert len(set(struck)) > 8
    assert [there.ask() for _ in range(16)] == struck


def test_what_a_call_was_and_cost_is_the_same(opened: Opened) -> None:
    script = in_turn(rule for rule, _ in ANSWERS.values())
    doors = opened(in_process, script), opened(fixture, script)

    told = []
    for door in doors:
        for _ in ANSWERS:
            door.ask()
        assert door.calls is not None
        told.append([(call.text, call.ended, call.usage, call.bill, call.messages, call.rule) for call in door.calls])

    assert told[0] == told[1]
