"""Stop: at any moment, from any thread, any number of times, and the provider learns of it at once."""

import threading
from contextlib import suppress
from time import monotonic

import pytest

from chatapp.adapters.fake_chat import Say, Wait
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Event, Finished
from tests.contracts.providers import Provider, Reading, ask, begin, text_of
from tests.samples import question

NOTICED_WITHIN_SECONDS = 0.25


def silence() -> Wait:
    return Wait(threading.Event())


def test_stop_before_the_first_read_ends_the_answer(provider: Provider) -> None:
    provider.plays(Say("never heard"))
    stream = provider.model.open(question())

    stream.stop()
    reading = Reading(stream)
    reading.wait_until_over()

    assert text_of(reading.events) == ""
    assert not any(isinstance(event, Finished) for event in reading.events)
    assert reading.error is None or isinstance(reading.error, ChatError)


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        pytest.param([], 0, id="before the provider answers"),
        pytest.param([Say("")], 1, id="before the first word"),
        pytest.param([Say("one ")], 2, id="after the first word"),
    ],
)
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_stop_reaches_the_provider_at_once(provider: Provider, words: list[Say], heard: int, times: int) -> None:
    provider.plays(*words, silence(), Say("never heard"))
    stream = provider.model.open(question())
    reading = Reading(stream)
    reading.wait_for_events(heard)
    provider.wait_until_asked()

    stopped_at = monotonic()
    for _ in range(times):
        stream.stop()

    assert provider.wait_until_left() - stopped_at < NOTICED_WITHIN_SECONDS
    reading.wait_until_over()
    assert "never" not in text_of(reading.events)
    assert reading.error is None or isinstance(reading.error, ChatError)


def test_stop_between_two_words_lets_no_more_through(provider: Provider) -> None:
    provider.plays(Say("one "), silence(), Say("two"))
    stream = provider.model.open(question())
    events: list[Event] = []

    with suppress(ChatError):
        for event in stream:
            events.append(event)
            if isinstance(event, Delta):
                stream.stop()

    assert text_of(events) == "one "


def test_stop_after_the_end_harms_nobody(provider: Provider) -> None:
    gate = threading.Event()
    provider.plays(Say("one"))
    provider.plays(Say("two "), Wait(gate), Say("three"))
    old = provider.model.open(question())
    list(old)
    reading = begin(provider)
    reading.wait_for_events(2)

    old.stop()
    gate.set()
    reading.wait_until_over()

    assert text_of(reading.events) == "two three"
    assert reading.error is None


def test_an_answer_after_a_stopped_one_is_whole(provider: Provider) -> None:
    provider.plays(Say("mine "), silence())
    provider.plays(Say("yours"))
    stream = provider.model.open(question())
    reading = Reading(stream)
    reading.wait_for_events(2)

    stream.stop()

    assert text_of(ask(provider)) == "yours"
