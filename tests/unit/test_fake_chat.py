"""The fake model: what only it can do. What every model does stands in the port's contract."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from chatapp.adapters.fake_chat import (
    LONGEST_ECHO_CHARACTERS,
    Cut,
    Ending,
    Fail,
    FakeChatModel,
    Finish,
    Pause,
    Say,
    Step,
    Wait,
)
from chatapp.domain.entities import ChatRequest, Message, Role, Usage
from chatapp.domain.errors import ChatError, ProviderTimeout
from chatapp.domain.events import Delta, Event, Finished, UsageReported
from tests.samples import question


def events_of(fake: FakeChatModel, request: ChatRequest | None = None) -> list[Event]:
    return list(fake.open(request or question()))


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


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


def test_an_answer_comes_word_by_word() -> None:
    fake = FakeChatModel([[Say("One, two\n\nthree  ")]])

    assert [event.text for event in events_of(fake) if isinstance(event, Delta)] == ["One, ", "two\n", "\nthree ", " "]


def test_each_request_takes_the_next_answer_of_the_script() -> None:
    fake = FakeChatModel([[Say("one")], [Say("two")]])

    texts = [text_of(events_of(fake)) for _ in range(3)]

    assert texts[:2] == ["one", "two"]
    assert "fake model" in texts[2]


def test_words_are_counted_as_tokens() -> None:
    fake = FakeChatModel([[Say("one two three")]])

    events = events_of(fake, question("What comes next?"))

    assert UsageReported(Usage(prompt_tokens=3, completion_tokens=3)) in events


@pytest.mark.parametrize(("cap", "text"), [(1, "one "), (2, "one two "), (3, "one two three")])
def test_the_cap_of_the_request_ends_the_answer(cap: int, text: str) -> None:
    fake = FakeChatModel([[Say("one two "), Say("three"), Say(" four")]])

    events = events_of(fake, question(max_output_tokens=cap))

    assert text_of(events).strip() == text.strip()
    assert events[-2:] == [UsageReported(Usage(1, cap)), Finished("length")]


@pytest.mark.parametrize(
    ("script", "text", "ending"),
    [
        ([Say("whole")], "whole", Ending.FINISHED),
        ([Say("whole"), Finish("length")], "whole", Ending.FINISHED),
        ([Say("half"), Cut()], "half", Ending.CUT),
        ([Say("half"), Fail(ProviderTimeout("Silence."))], "half", Ending.FAILED),
        ([Fail(ProviderTimeout("Silence."))], "", Ending.FAILED),
    ],
)
def test_it_remembers_what_it_was_asked_and_how_that_ended(script: list[Step], text: str, ending: Ending) -> None:
    fake, request = FakeChatModel([script]), question("Hi")
    stream = fake.open(request)
    assert fake.calls[0].ended is Ending.RUNNING

    try:
        list(stream)
    except ChatError:
        assert ending is not Ending.FINISHED

    call = fake.calls[0]
    assert (call.request, call.text, call.ended) == (request, text, ending)


def test_a_reader_who_leaves_has_stopped_it() -> None:
    fake = FakeChatModel([[Say("one two three")]])

    for event in fake.open(question()):
        if isinstance(event, Delta):
            break

    assert (fake.calls[0].text, fake.calls[0].ended) == ("one ", Ending.STOPPED)


def test_stop_ends_it_at_the_next_word() -> None:
    fake = FakeChatModel([[Say("one two three")]])
    stream = fake.open(question())

    events = []
    for event in stream:
        events.append(event)
        if isinstance(event, Delta):
            stream.stop()

    assert text_of(events) == "one "
    assert fake.calls[0].ended is Ending.STOPPED


@pytest.mark.parametrize("silence", [Pause(60), Wait(threading.Event())], ids=["a pause", "a gate"])
@pytest.mark.parametrize("words", [[], [Say("one ")]], ids=["before the first word", "between words"])
def test_stop_cuts_silence_short(silence: Step, words: list[Step]) -> None:
    fake = FakeChatModel([[*words, silence, Say("never")]])
    stream = fake.open(question())
    stream.stop()

    began_at = monotonic()
    events = list(stream)

    assert "never" not in text_of(events)
    assert fake.calls[0].ended is Ending.STOPPED
    assert monotonic() - began_at < 1


def test_its_pace_is_a_pause_after_each_word() -> None:
    fake = FakeChatModel([[Say("one two three")]], seconds_per_word=0.01)

    began_at = monotonic()
    events_of(fake)

    assert 0.03 <= monotonic() - began_at < 1


def test_many_threads_get_an_answer_each() -> None:
    fake = FakeChatModel([[Say(str(number))] for number in range(100)])

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: text_of(events_of(fake)), range(100)))

    assert sorted(texts, key=int) == [str(number) for number in range(100)]
    assert len(fake.calls) == 100
