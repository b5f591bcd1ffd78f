"""What a rule of the fake comes to for a request: its pieces, its cap, its usage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.entities import Usage
from chatapp.fake import Gate, Rule, Tokens, When
from chatapp.fake.pieces import count, pieces_of
from chatapp.fake.steps import Begin, Finish, Piece, Silence
from tests.unit.scripted import WORDS, asked, pieces_in, planned, played, silences_in, text_in


@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    pieces = pieces_of(text)

    assert "".join(pieces) == text
    assert "" not in pieces
    assert count(text) == len(pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("One, two", ["One, ", "two"]),
        ("a\n\nb  ", ["a\n", "\nb ", " "]),
        ("x" * 20, ["x" * 16, "x" * 4]),
        ("\u2028zażółć\u00a0🙂", ["\u2028zażółć\u00a0", "🙂"]),
    ],
)
def test_a_piece_is_a_word_with_the_blank_after_it(text: str, pieces: list[str]) -> None:
    assert pieces_of(text) == pieces


def test_an_answer_begins_speaks_and_ends() -> None:
    assert played(Rule(reply="one two")) == [Begin(), Piece("one "), Piece("two"), Finish("stop", Usage(1, 2))]


def test_a_list_is_said_as_it_stands() -> None:
    gate = Gate()

    steps = played(Rule(reply=[1, "one two ", 0.5, "", "three", gate]))

    assert steps == [
        Begin(),
        Silence(1),
        Piece("one two "),
        Silence(0.5),
        Piece("three"),
        gate,
        Finish("stop", Usage(1, 2)),
    ]


@pytest.mark.parametrize(
    ("template", "when", "text"),
    [
        ("You said {message} to {model} in turn {turn}.", When(), "You said It is 7 to gpt-4o-mini in turn 2."),
        ("{who} {number}", When(pattern=r"(?P<who>\w+) is (?P<number>\d)"), "It 7"),
        ("{message}{message}", When(), "It is 7It is 7"),
        ("[{no}]", When(pattern="It(?P<no>x)?"), "[]"),
        ("{turn}", When(pattern="(?P<turn>7)"), "7"),
        ('{"json": {}} {2} {two words}', When(), '{"json": {}} {2} {two words}'),
        ("", When(), ""),
    ],
)
def test_a_template_is_filled_from_the_request(template: str, when: When, text: str) -> None:
    plan = planned(Rule(template=template, when=when), asked("Hi", "Hello.", "It is 7"))

    assert text_in(plan.steps()) == text


def test_a_placeholder_that_nothing_stands_for_stays() -> None:
    assert text_in(planned(Rule(template="{name}, {turn}")).steps()) == "{name}, 1"


def test_what_a_user_says_is_no_template() -> None:
    plan = planned(Rule(template="{message}"), asked("{model} {turn} \\g<0>"))

    assert text_in(plan.steps()) == "{model} {turn} \\g<0>"


@pytest.mark.parametrize(
    "rule",
    [
        Rule(reply=WORDS),
        Rule(reply=["one ", "two ", "three ", "four"]),
        Rule(template=WORDS),
        Rule(refusal=WORDS),
    ],
    ids=["reply", "list", "template", "refusal"],
)
@pytest.mark.parametrize(("cap", "tokens"), [(1, 1), (3, 3), (4, 4), (5, 4), (None, 4)])
def test_the_cap_cuts_off_what_is_too_long(rule: Rule, cap: int | None, tokens: int) -> None:
    *steps, finish = played(rule, max_tokens=cap)

    assert pieces_in(steps) == ["one ", "two ", "three ", "four"][:tokens]
    assert finish == Finish("stop" if tokens == 4 else "length", Usage(1, tokens))


def test_nothing_is_waited_for_behind_the_last_token_of_a_cap() -> None:
    assert played(Rule(reply=["one ", Gate(), "two"]), max_tokens=1) == [
        Begin(),
        Piece("one "),
        Finish("length", Usage(1, 1)),
    ]


def test_the_cap_counts_tokens_and_no_silences() -> None:
    steps = played(Rule(reply=[1, "one ", 2, "two ", 3, "three"]), max_tokens=2)

    assert (pieces_in(steps), silences_in(steps)) == (["one ", "two "], [1, 2])


@pytest.mark.parametrize(
    ("usage", "reported"),
    [
        (True, Usage(3, 2)),
        (False, None),
        (Tokens(), Usage(3, 2)),
        (Tokens(prompt_tokens=0, completion_tokens=70), Usage(0, 70)),
        (Tokens(cached_tokens=1, cache_write_tokens=0, reasoning_tokens=9), Usage(3, 2, 1, 0, 9)),
    ],
)
def test_usage_is_counted_where_it_is_not_given(usage: bool | Tokens, reported: Usage | None) -> None:
    plan = planned(Rule(reply="one two", usage=usage), asked("one", "two", "three"))

    assert list(plan.steps())[-1] == Finish("stop", reported)


def test_a_rule_decides_how_an_answer_ends_and_who_gives_it() -> None:
    plan = planned(Rule(reply="x", finish="content_filter", model_answered="gpt-4o-2024-08-06"))

    assert (plan.finish, plan.answered_by, plan.refuses) == ("content_filter", "gpt-4o-2024-08-06", False)
    assert (planned(Rule(reply="x")).answered_by, planned(Rule(refusal="No.")).refuses) == ("gpt-4o-mini", True)
