"""The fake model in this process: what it says. What every model does stands in the port's contract."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.domain.entities import Message, Role, Usage
from chatapp.domain.events import Delta, Finished, UsageReported
from chatapp.fake import Rule
from chatapp.fake.call import Bill
from chatapp.fake.model import LONGEST_ECHO_CHARACTERS
from tests.samples import card, once, question
from tests.unit.scripted import events_of, fake_with, text_of


def deltas_of(fake: FakeChatModel) -> list[str]:
    return [event.text for event in events_of(fake) if isinstance(event, Delta)]


def test_without_a_script_it_says_what_it_was_asked_and_what_it_is() -> None:
    text = text_of(events_of(FakeChatModel(), question("How are you?")))

    assert "You wrote: “How are you?”" in text
    assert "I am the fake model" in text


def test_the_same_question_gets_the_same_answer() -> None:
    assert events_of(FakeChatModel()) == events_of(FakeChatModel())


def test_it_answers_the_last_thing_that_the_person_said() -> None:
    messages = (Message(Role.USER, "first"), Message(Role.ASSISTANT, "second"), Message(Role.USER, "third"))

    text = text_of(events_of(FakeChatModel(), question(messages=messages)))

    assert "third" in text
    assert "first" not in text


def test_a_long_question_is_echoed_only_in_part() -> None:
    text = text_of(events_of(FakeChatModel(), question("x" * 10_000)))

    assert "x" * LONGEST_ECHO_CHARACTERS + "…" in text
    assert len(text) < LONGEST_ECHO_CHARACTERS + 300


def test_a_text_comes_word_by_word() -> None:
    assert deltas_of(fake_with(once("One, two\n\nthree  "))) == ["One, ", "two\n", "\nthree ", " "]


def test_parts_come_as_they_stand() -> None:
    assert deltas_of(fake_with(once("One, two ", "", "thr", "ee"))) == ["One, two ", "thr", "ee"]


def test_each_request_takes_the_next_rule_that_can_be_used() -> None:
    fake = fake_with(once("one"), once("two"))

    texts = [text_of(events_of(fake)) for _ in range(3)]

    assert texts[:2] == ["one", "two"]
    assert "fake model" in texts[2]


def test_a_rule_can_be_added_while_it_answers() -> None:
    fake = fake_with(once("one"))
    events_of(fake)

    fake.add(once("two"))

    assert text_of(events_of(fake)) == "two"


def test_words_are_counted_as_tokens() -> None:
    events = events_of(fake_with(once("one two three")), question("What comes next?"))

    assert UsageReported(Usage(prompt_tokens=3, completion_tokens=3), "gpt-4o-mini") in events


@pytest.mark.parametrize(("cap", "text"), [(1, "one "), (2, "one two "), (3, "one two three ")])
def test_the_cap_of_the_request_ends_the_answer(cap: int, text: str) -> None:
    events = events_of(fake_with(once("one two three four")), question(max_output_tokens=cap))

    assert text_of(events) == text
    assert events[-2:] == [UsageReported(Usage(1, cap), "gpt-4o-mini"), Finished("length")]


def test_it_speaks_at_its_pace() -> None:
    fake = fake_with(once("one two three", first_token_seconds=0.01, tokens_per_second=100))

    began_at = monotonic()
    events_of(fake)

    assert 0.03 <= monotonic() - began_at < 1


def test_many_threads_get_an_answer_each() -> None:
    fake = fake_with(*(once(str(number)) for number in range(100)))

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: text_of(events_of(fake)), range(100)))

    assert sorted(texts, key=int) == [str(number) for number in range(100)]
    assert len(fake.calls) == 100


def test_it_knows_what_a_provider_would_have_charged() -> None:
    fake = fake_with(Rule(reply="one two"))

    events_of(fake)
    assert fake.bill == Bill(1, 2, 150 + 2 * 600)

    events_of(fake, question(model=card(price=None)))
    assert fake.bill == Bill(2, 4, None)
