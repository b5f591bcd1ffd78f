"""A script of the fake as a TOML file: everything that can be said, and what is said about what is wrong."""

from pathlib import Path

import pytest

from chatapp.fake import (
    Chaos,
    Cut,
    Endless,
    Error,
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
from chatapp.fake.script_file import BadScript, read_script

EVERYTHING = r"""
strict = true
seed = 7
first_token_seconds = 0.5
tokens_per_second = 20
jitter = 0.25
chaos = { rate_limited = 0.1, failed = 0.1, reset = 0.1, cut = 0.1, stall = 0.1, malformed = 0.1 }

[[rules]]
when = { message = "hi", model = "gpt-4o", turn = 2 }
reply = "Hello there."
first_token_seconds = 0
tokens_per_second = 5
jitter = 0
usage = { prompt_tokens = 9, completion_tokens = 8, cached_tokens = 7, cache_write_tokens = 6, reasoning_tokens = 5 }
finish = "length"
model_answered = "gpt-4o-2024-08-06"
times = 3

[[rules]]
when.pattern = 'weather in (?P<city>\w+)'
template = "It rains in {city}."
usage = false

[[rules]]
reply = ["Hello ", 0.5, "there.", 1]

[[rules]]
refusal = "I will not."
"""

FAULTS = {
    '{ kind = "error" }': Error(),
    '{ kind = "error", status = 429, code = "x", type = "y", message = "z", retry_after_seconds = 0.5 }': Error(
        status=429, code="x", type="y", message="z", retry_after_seconds=0.5
    ),
    '{ kind = "error", body = "<html>", should_retry = false, after_characters = 3 }': Error(
        body="<html>", should_retry=False, after_characters=3
    ),
    '{ kind = "error", body = { error = { code = "x" } } }': Error(body={"error": {"code": "x"}}),
    '{ kind = "reset" }': Reset(),
    '{ kind = "cut", after_characters = 3 }': Cut(after_characters=3),
    '{ kind = "stall", after_characters = 0 }': Stall(after_characters=0),
    '{ kind = "malformed" }': Malformed(),
    '{ kind = "wrong_type", content_type = "text/plain", body = "x" }': WrongType(content_type="text/plain", body="x"),
    '{ kind = "slow_head", seconds = 3 }': SlowHead(seconds=3),
    '{ kind = "endless" }': Endless(),
}

ONE = '[[rules]]\nreply = "x"\n'
SENTENCES = {
    "speed = 1": "“speed” is not known here.",
    "rules = 1": "rules: it must be a list.",
    '[rules]\nreply = "x"': "rules: it must be a list.",
    'rules = ["x"]': "rule 1: it must be a table.",
    "strict = 1": "strict: it must be true or false.",
    "jitter = 2": "“jitter” must be from 0 to 1.",
    "tokens_per_second = 0": "“tokens_per_second” must be above 0, and at most 1,000,000.",
    "first_token_seconds = -1": "“first_token_seconds” must be seconds from 0 to 86,400.",
    "chaos = { cut = 0.6, reset = 0.6 }": "chaos: each share is from 0 to 1, and all together are at most 1.",
    'chaos = { cut = "x" }': "chaos, cut: it must be a number.",
    "[[rules]]": "rule 1: a rule needs a “reply”, a “template”, a “refusal” or a “fault”.",
    ONE + ONE + 'repli = "x"': "rule 2: “repli” is not known here.",
    ONE + 'template = "x"': "rule 1: a rule has one of “reply”, “template” and “refusal”.",
    ONE + "times = 0": "rule 1: “times” counts from 1.",
    ONE + "times = 1.5": "rule 1, times: it must be a whole number.",
    ONE + "finish = 1": "rule 1, finish: it must be a text.",
    "[[rules]]\nreply = 1": "rule 1, reply: it must be a text or a list.",
    "[[rules]]\nreply = 2026-11-22": "rule 1, reply: it must be a text or a list.",
    '[[rules]]\nreply = ["x", -1]': "rule 1: a list in “reply” holds texts, and seconds of silence from 0 on.",
    '[[rules]]\ntemplate = "{nam}"': ("rule 1: “template” has {nam}, but there are only: message, model, turn."),
    ONE + 'when = "x"': "rule 1, when: it must be a table.",
    ONE + "when = { massage = 'x' }": "rule 1, when: “massage” is not known here.",
    ONE + "when = { message = 1 }": "rule 1, when, message: it must be a text.",
    ONE + "when = { turn = 0 }": "rule 1, when: “turn” counts from 1.",
    ONE + "when = { pattern = '(' }": (
        "rule 1, when: “pattern” is no regular expression: missing ), unterminated subpattern at position 0."
    ),
    ONE + "usage = 1": "rule 1, usage: it must be true or false or a table.",
    ONE + f"when = {{ pattern = '{'(' * 3_000}{')' * 3_000}' }}": "rule 1, when: “pattern” is nested too deeply.",
    ONE + "when = { pattern = 'a{99999999999999}' }": "rule 1, when: “pattern” has a number that is too large.",
    "seed = 1" + "0" * 400: "“seed” is too large.",
    "seed = 1" + "0" * 5_000: "a number in it is too large.",
    "jitter = 1" + "0" * 400: "jitter: it is too large.",
    "x = " + "[" * 3_000 + "]" * 3_000: "it is nested too deeply.",
    ONE + "times = 1" + "0" * 400: "rule 1: “times” is too large.",
    ONE + "fault = { kind = 'error', body = { at = 2026-11-22 } }": (
        "rule 1, fault: “body” must be what JSON can say: no dates, no “nan”, no “inf”."
    ),
    ONE + "usage = { prompt_tokens = -1 }": "rule 1, usage: no number of tokens is below zero.",
    ONE + 'fault = "cut"': "rule 1, fault: it must be a table.",
    ONE + "fault = {}": "rule 1, fault: “kind” is missing.",
    ONE + "fault = { kind = 'cutt' }": (
        "rule 1, fault, kind: there is no “cutt”, there are only: "
        "cut, endless, error, malformed, reset, slow_head, stall, wrong_type."
    ),
    ONE + "fault = { kind = 'slow_head' }": "rule 1, fault: “seconds” is missing.",
    ONE + "fault = { kind = 'endless', after_characters = 1 }": "rule 1, fault: “after_characters” is not known here.",
    ONE + "fault = { kind = 'cut', after_characters = -1 }": "rule 1, fault: “after_characters” counts from 0.",
    ONE + "fault = { kind = 'error', status = 200 }": "rule 1, fault: “status” must be from 300 to 599, but not 304.",
    ONE + "fault = { kind = 'error', body = 1 }": "rule 1, fault, body: it must be a text or a table.",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "script.toml"


def test_toml_has_all_words_of_the_language(path: Path) -> None:
    path.write_text(EVERYTHING, "utf-8")

    assert read_script(path) == Script(
        strict=True,
        seed=7,
        first_token_seconds=0.5,
        tokens_per_second=20,
        jitter=0.25,
        chaos=Chaos(rate_limited=0.1, failed=0.1, reset=0.1, cut=0.1, stall=0.1, malformed=0.1),
        rules=[
            Rule(
                when=When(message="hi", model="gpt-4o", turn=2),
                reply="Hello there.",
                first_token_seconds=0,
                tokens_per_second=5,
                jitter=0,
                usage=Tokens(
                    prompt_tokens=9,
                    completion_tokens=8,
                    cached_tokens=7,
                    cache_write_tokens=6,
                    reasoning_tokens=5,
                ),
                finish="length",
                model_answered="gpt-4o-2024-08-06",
                times=3,
            ),
            Rule(when=When(pattern=r"weather in (?P<city>\w+)"), template="It rains in {city}.", usage=False),
            Rule(reply=["Hello ", 0.5, "there.", 1]),
            Rule(refusal="I will not."),
        ],
    )


@pytest.mark.parametrize(("toml", "fault"), FAULTS.items(), ids=FAULTS)
def test_toml_has_all_faults(path: Path, toml: str, fault: object) -> None:
    path.write_text(f"{ONE}fault = {toml}", "utf-8")

    assert read_script(path).rules[0].fault == fault


def test_an_empty_file_is_a_script_without_rules(path: Path) -> None:
    path.touch()

    assert read_script(path) == Script()


def test_a_byte_order_mark_is_passed_over(path: Path) -> None:
    path.write_text("seed = 7", "utf-8-sig")

    assert read_script(path) == Script(seed=7)


@pytest.mark.parametrize(("toml", "sentence"), SENTENCES.items())
def test_what_is_wrong_is_said_plainly_and_where(path: Path, toml: str, sentence: str) -> None:
    path.write_text(toml, "utf-8")

    with pytest.raises(BadScript) as refusal:
        read_script(path)

    assert str(refusal.value) == f"The script {path} cannot be used: {sentence}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"rules", "is not TOML: Expected '=' after a key in a key/value pair (at end of document)."),
        (b"seed = 1\nseed = 2", "is not TOML: Cannot overwrite a value (at end of document)."),
        (b'strict = "\xff"', "cannot be read: it is not UTF-8 text."),
        (None, "cannot be read: No such file or directory."),
    ],
    ids=["no TOML", "said twice", "no UTF-8", "no file"],
)
def test_a_file_that_is_no_script_is_named(path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadScript) as refusal:
        read_script(path)

    assert str(refusal.value) == f"The script {path} {reason}"
