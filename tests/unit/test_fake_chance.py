"""The pace of the fake, and what is left to chance in it: the same seed, the same end."""

from collections import Counter
from collections.abc import Iterable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.fake import Chaos, Cut, Endless, Error, Gate, Malformed, Reset, Rule, Script, Stall
from chatapp.fake.faults import Fault
from chatapp.fake.steps import Begin, Piece, Played, Silence, made_by, timed
from tests.unit.scripted import WORDS, planned, silences_in


def silences(rule: Rule, script: Script | None = None, number: int = 1) -> list[float]:
    """Return the silence before the first word, and those between words."""
    return silences_in(planned(rule, script=script, number=number).steps())


def fates(script: Script, calls: Iterable[int], rule: Rule | None = None) -> list[Fault | None]:
    return [planned(rule or Rule(reply=WORDS), script=script, number=number).fault for number in calls]


def test_without_a_pace_nothing_is_waited_for() -> None:
    assert silences(Rule(reply=WORDS)) == [0, 0, 0, 0, 0]


def test_the_pace_is_silence_before_and_between_words() -> None:
    assert silences(Rule(reply=WORDS, first_token_seconds=2, tokens_per_second=4)) == [2, 0, 0.25, 0.25, 0.25]


def test_the_silences_of_a_list_come_on_top_of_the_pace() -> None:
    assert sum(silences(Rule(reply=["a", 3, "b"], tokens_per_second=4))) == 3.25


def test_a_rule_has_the_pace_of_its_script_but_for_its_own() -> None:
    script = Script(first_token_seconds=2, tokens_per_second=4)

    assert silences(Rule(reply="a b"), script) == [2, 0, 0.25]
    assert silences(Rule(reply="a b", first_token_seconds=0, tokens_per_second=1), script) == [0, 0, 1]


def test_an_endless_answer_that_is_added_to_a_fast_script_is_slower() -> None:
    plan = planned(Rule(reply="a", fault=Endless()), script=Script(tokens_per_second=1_000_000))

    assert plan.pace.tokens_per_second == 10_000


def test_an_endless_answer_keeps_a_pace_that_it_was_given() -> None:
    plan = planned(Rule(reply="a", fault=Endless()), script=Script(tokens_per_second=4))

    assert plan.pace.tokens_per_second == 4


@given(st.floats(0, 1), st.integers(0, 1_000))
def test_jitter_makes_no_pause_differ_by_more_than_its_share(jitter: float, seed: int) -> None:
    rule = Rule(reply=WORDS, first_token_seconds=2, tokens_per_second=4, jitter=jitter)

    first, at_once, *pauses = silences(rule, Script(seed=seed))

    assert at_once == 0
    assert 2 * (1 - jitter) - 1e-9 <= first <= 2 * (1 + jitter) + 1e-9
    assert all(0.25 * (1 - jitter) - 1e-9 <= pause <= 0.25 * (1 + jitter) + 1e-9 for pause in pauses)


def test_jitter_makes_each_pause_another() -> None:
    pauses = silences(Rule(reply=WORDS, tokens_per_second=4), Script(jitter=0.5))[2:]

    assert len(set(pauses)) == 3


def test_the_same_seed_and_call_give_the_same_steps() -> None:
    rule = Rule(reply=WORDS, tokens_per_second=4, jitter=0.5)

    def steps(seed: int, number: int) -> list[float]:
        return silences(rule, Script(seed=seed), number)

    assert steps(1, 1) == steps(1, 1)
    assert len({tuple(steps(seed, number)) for seed in (1, 2) for number in (1, 2, 11, 12)}) == 8


def test_chaos_strikes_the_same_calls_with_the_same_seed() -> None:
    script = Script(seed=3, chaos=Chaos(rate_limited=0.2, cut=0.2, stall=0.2))

    assert fates(script, range(100)) == fates(script, range(100))
    assert fates(script, range(100)) != fates(Script(seed=4, chaos=script.chaos), range(100))


def test_chaos_strikes_as_often_as_it_is_told() -> None:
    shares = {"rate_limited": 0.05, "failed": 0.1, "reset": 0.15, "cut": 0.2, "stall": 0.1, "malformed": 0.05}
    kinds: dict[type, str] = {Reset: "reset", Cut: "cut", Stall: "stall", Malformed: "malformed"}

    def name(fault: Fault | None) -> str | None:
        if isinstance(fault, Error):
            return "rate_limited" if fault.status == 429 else "failed"
        return None if fault is None else kinds[type(fault)]

    struck = Counter(name(fault) for fault in fates(Script(chaos=Chaos(**shares)), range(4_000)))

    assert all(abs(struck[kind] / 4_000 - share) < 0.02 for kind, share in shares.items())
    assert abs(struck[None] / 4_000 - 0.35) < 0.02


@pytest.mark.parametrize("kind", ["rate_limited", "failed", "reset", "cut", "stall", "malformed"])
def test_chaos_can_strike_every_call(kind: str) -> None:
    assert None not in fates(Script(chaos=Chaos(**{kind: 1.0})), range(100))
    assert set(fates(Script(), range(100))) == {None}


def test_chaos_strikes_somewhere_in_the_text() -> None:
    places = {fault.after_characters for fault in fates(Script(chaos=Chaos(cut=1)), range(500)) if fault is not None}  # type: ignore[union-attr]

    assert places == set(range(len(WORDS) + 1))


def test_chaos_leaves_alone_what_goes_wrong_already() -> None:
    rule = Rule(reply=WORDS, fault=Endless())

    assert set(fates(Script(chaos=Chaos(cut=1)), range(10), rule)) == {Endless()}


def test_a_step_that_is_late_makes_the_next_one_no_later() -> None:
    clock = count(10.0)

    due = list(timed([Begin(), Silence(2), Piece("a"), Silence(3), Piece("b")], lambda: next(clock)))

    assert due == [(10, Begin()), (12, Piece("a")), (15, Piece("b"))]


def test_a_gate_makes_late_what_stands_behind_it() -> None:
    now = 10.0
    gate = Gate()
    steps = timed([Piece("a"), gate, Silence(2), Piece("b")], lambda: now)
    assert [next(steps), next(steps)] == [(10, Piece("a")), (10, gate)]

    now = 50.0
    gate.open()

    assert next(steps) == (52, Piece("b"))


def test_a_gate_that_is_open_already_makes_nothing_late() -> None:
    gate = Gate()
    gate.open()
    clock = count(10.0)

    due = list(timed([gate, Silence(2), Piece("a")], lambda: next(clock)))

    assert due == [(10, gate), (12, Piece("a"))]


def test_what_was_made_by_a_moment_is_what_was_due_before_a_shut_gate() -> None:
    gate = Gate()
    first: list[tuple[float, Played]] = [(1, Piece("a")), (2, Begin()), (2, Piece("b")), (3, gate)]
    steps = [*first, (3, Piece("c")), (9, Piece("d"))]

    assert [made_by(steps, moment) for moment in (0, 1, 2, 5, 10)] == [0, 1, 2, 2, 2]
    gate.open()
    assert [made_by(steps, moment) for moment in (0, 1, 2, 5, 10)] == [0, 1, 2, 3, 4]
