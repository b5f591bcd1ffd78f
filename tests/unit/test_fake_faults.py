"""What a fault makes of an answer of the fake."""

from itertools import islice, takewhile
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.fake import Cut, Endless, Error, Malformed, Reset, Rule, SlowHead, Stall, WrongType
from chatapp.fake.script import Part
from chatapp.fake.steps import Begin, Break, Finish, Piece, Silence
from tests.unit.scripted import WORDS, asked, planned, played, silences_in, text_in


@pytest.mark.parametrize("kind", [Cut, Reset, Malformed, Error])
@given(
    parts=st.lists(st.one_of(st.text(max_size=6), st.floats(0, 2)), max_size=6),
    place=st.one_of(st.none(), st.integers(0, 30)),
)
def test_a_fault_comes_after_so_many_characters(
    kind: type[Cut | Reset | Malformed | Error], parts: list[Part], place: int | None
) -> None:
    place = 1_000 if kind is Error and place is None else place  # without a place it comes before the answer
    fault = kind(after_characters=place)

    steps = list(planned(Rule(reply=parts, fault=fault)).steps())

    heard = list(takewhile(lambda step: step != Break(fault), steps))
    whole = "".join(part for part in parts if isinstance(part, str))
    assert heard[0] == Begin()
    assert text_in(heard) == whole[:place]
    assert steps[len(heard)] == Break(fault)
    assert not any(isinstance(step, Finish) for step in heard)


@pytest.mark.parametrize("fault", [Error(status=429), WrongType()])
def test_a_fault_in_place_of_an_answer_is_all_there_is(fault: Error | WrongType) -> None:
    assert played(Rule(reply=WORDS, fault=fault)) == [Break(fault)]


def test_a_slow_head_is_silence_before_all_else() -> None:
    assert played(Rule(reply="one", fault=SlowHead(seconds=3)))[:3] == [Silence(3), Begin(), Piece("one")]


@pytest.mark.parametrize(("place", "text"), [(0, ""), (5, "one t"), (None, WORDS)])
def test_a_stall_is_silence_for_good(place: int | None, text: str) -> None:
    steps = played(Rule(reply=WORDS, fault=Stall(after_characters=place)))

    heard = list(takewhile(lambda step: step != Silence(inf), steps))
    assert text_in(heard) == text
    assert len(heard) < len(steps)


@pytest.mark.parametrize(
    ("reply", "text"),
    [(["one ", 0.5, "two "], "one two one two one two one "), ("x ", "x x x x x x x "), ([], "again " * 7)],
)
def test_an_endless_answer_says_the_same_again_whatever_the_cap(reply: str | list[Part], text: str) -> None:
    plan = planned(Rule(reply=reply, fault=Endless()), asked(max_tokens=2))

    pieces = (step for step in plan.steps() if isinstance(step, Piece))
    assert text_in(islice(pieces, 7)) == text


def test_an_endless_answer_has_a_pace_of_its_own() -> None:
    steps = list(islice(planned(Rule(reply="x ", fault=Endless())).steps(), 100))

    assert {seconds for seconds in silences_in(steps) if seconds} == {0.001}
