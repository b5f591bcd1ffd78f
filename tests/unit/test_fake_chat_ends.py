"""How calls of the fake model in this process end, and what it remembers of them."""

import threading
from time import monotonic

import pytest

from chatapp.domain.entities import Usage
from chatapp.domain.errors import ChatError, ProviderAuth, ProviderRefused
from chatapp.domain.events import Delta, Finished, Started
from chatapp.fake import Cut, Error, Gate, Malformed, Reset, Rule, SlowHead, Stall, When, WrongType
from chatapp.fake.call import Ending
from tests.samples import once, question
from tests.unit.scripted import events_of, fake_with, text_of


@pytest.mark.parametrize(
    ("rule", "text", "ending"),
    [
        (once("whole"), "whole", Ending.FINISHED),
        (once("whole", finish="length"), "whole", Ending.FINISHED),
        (Rule(refusal="whole"), "whole", Ending.FINISHED),
        (once("half", fault=Cut()), "half", Ending.FAILED),
        (once("half", fault=Reset()), "half", Ending.FAILED),
        (once("half", fault=Malformed()), "half", Ending.FAILED),
        (once("half", fault=Error(status=500, after_characters=4)), "half", Ending.FAILED),
        (once("half", fault=Error(status=408)), "", Ending.FAILED),
        (once("half", fault=WrongType()), "", Ending.FAILED),
    ],
)
def test_it_remembers_what_it_was_asked_and_how_that_ended(rule: Rule, text: str, ending: Ending) -> None:
    fake = fake_with(rule)
    stream = fake.open(question("Hi"))
    assert not fake.calls[0].is_over

    try:
        list(stream)
    except ChatError:
        assert ending is Ending.FAILED

    call = fake.calls[0]
    assert (call.model, call.messages) == ("gpt-4o-mini", [{"role": "user", "content": "Hi"}])
    assert (call.text, call.ended, call.cancelled_after_characters) == (text, ending, None)


def test_the_answer_is_named_after_its_call() -> None:
    fake = fake_with(once("one"), once(fault=Error(status=401)))

    started = events_of(fake)[0]
    with pytest.raises(ProviderAuth) as refusal:
        events_of(fake)

    assert started == Started("req_fake_1")
    assert [call.id for call in fake.calls] == ["req_fake_1", "req_fake_2"]
    assert refusal.value.provider_request_id == "req_fake_2"


def test_a_strict_script_names_the_rule_that_comes_nearest() -> None:
    fake = fake_with(Rule(when=When(message="Hello"), reply="x"), strict=True)

    with pytest.raises(ProviderRefused, match="The nearest is rule 1, but its message is “Hello”"):
        events_of(fake, question("Hallo"))


def test_a_rule_that_looks_like_strict_mode_is_a_rule() -> None:
    fake = fake_with(Rule(fault=Error(status=400, code="no_rule", message="secret")))

    with pytest.raises(ProviderRefused, match="refused this request"):
        events_of(fake)


def test_stop_ends_what_nobody_has_begun_to_read() -> None:
    fake = fake_with(once("one"))
    stream = fake.open(question())

    stream.stop()

    assert fake.calls[0].ended is Ending.CANCELLED
    assert list(stream) == []


def test_a_reader_who_leaves_has_cancelled_it() -> None:
    fake = fake_with(once("one two three"))

    for event in fake.open(question()):
        if isinstance(event, Delta):
            break

    call = fake.calls[0]
    assert (call.text, call.ended, call.cancelled_after_characters) == ("one ", Ending.CANCELLED, 4)


def test_a_reader_who_leaves_after_the_end_has_cancelled_nothing() -> None:
    fake = fake_with(once("one"))

    for event in fake.open(question()):
        if isinstance(event, Finished):
            break

    assert (fake.calls[0].ended, fake.calls[0].usage) == (Ending.FINISHED, Usage(1, 1))


def test_stop_ends_it_at_the_next_word() -> None:
    fake = fake_with(once("one two three"))
    stream = fake.open(question())

    events = []
    for event in stream:
        events.append(event)
        if isinstance(event, Delta):
            stream.stop()

    assert text_of(events) == "one "
    assert fake.calls[0].ended is Ending.CANCELLED


@pytest.mark.parametrize(
    "rule",
    [
        once("never", fault=SlowHead(seconds=60)),
        once(60, "never"),
        once(Gate(), "never"),
        once("one ", 60, "never"),
        once("one ", Gate(), "never"),
        once("one ", "never", fault=Stall(after_characters=4)),
        once("one ", "never", tokens_per_second=0.01),
    ],
)
def test_stop_cuts_every_kind_of_silence_short(rule: Rule) -> None:
    fake = fake_with(rule)
    stream = fake.open(question())

    began_at = monotonic()
    threading.Timer(0.02, stream.stop).start()
    events = list(stream)

    assert "never" not in text_of(events)
    assert (fake.calls[0].ended, fake.calls[0].usage) == (Ending.CANCELLED, None)
    assert 0.02 <= monotonic() - began_at < 1


def test_usage_of_an_end_that_nobody_waited_for_is_not_reported() -> None:
    fake = fake_with(once("one ", 60))
    stream = fake.open(question())

    for event in stream:
        if isinstance(event, Delta):
            stream.stop()

    assert (fake.calls[0].text, fake.calls[0].usage) == ("one ", None)
