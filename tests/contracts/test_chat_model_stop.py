"""Stop: at any moment, from any thread, any number of times, and the provider learns of it at once."""

from contextlib import suppress
from time import monotonic

import pytest

from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Event, Finished
from chatapp.fake import Gate, Rule, SlowHead, Stall
from tests.contracts.providers import Provider, Reading, ask, begin, text_of
from tests.samples import once, question

NOTICED_WITHIN_SECONDS = 0.25


def test_stop_before_the_first_read_ends_the_answer(provider: Provider) -> None:
    provider.plays(once("never heard"))
    stream = provider.model.open(question())

    stream.stop()
    reading = Reading(stream)
    reading.wait_until_over()

    assert text_of(reading.events) == ""
    assert not any(isinstance(event, Finished) for event in reading.events)
    assert reading.error is None or isinstance(reading.error, ChatError)


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        pytest.param(once("never heard", fault=SlowHead(seconds=60)), 0, id="before the provider answers"),
        pytest.param(once(Gate(), "never heard"), 1, id="before the first word"),
        pytest.param(once("one ", Gate(), "never heard"), 2, id="after the first word"),
        pytest.param(once("one ", 60, "never heard"), 2, id="in a pause"),
        pytest.param(once("one ", "never heard", fault=Stall(after_characters=4)), 2, id="in a silence without end"),
    ],
)
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_stop_reaches_the_provider_at_once(provider: Provider, rule: Rule, heard: int, times: int) -> None:
    provider.plays(rule)
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
    provider.plays(once("one ", Gate(), "two"))
    stream = provider.model.open(question())
    events: list[Event] = []

    with suppress(ChatError):
        for event in stream:
            events.append(event)
            if isinstance(event, Delta):
                stream.stop()

    assert text_of(events) == "one "


def test_stop_after_the_end_harms_nobody(provider: Provider) -> None:
    gate = Gate()
    provider.plays(once("one"))
    provider.plays(once("two ", gate, "three"))
    old = provider.model.open(question())
    list(old)
    reading = begin(provider)
    reading.wait_for_events(2)

    old.stop()
    gate.open()
    reading.wait_until_over()

    assert text_of(reading.events) == "two three"
    assert reading.error is None


def test_an_answer_after_a_stopped_one_is_whole(provider: Provider) -> None:
    provider.plays(once("mine ", Gate()))
    provider.plays(once("yours"))
    stream = provider.model.open(question())
    reading = Reading(stream)
    reading.wait_for_events(2)

    stream.stop()

    assert text_of(ask(provider)) == "yours"
