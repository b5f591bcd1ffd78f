"""What every ``ChatModel`` answers, whoever is behind it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.adapters.fake_chat import Cut, Fail, Finish, Say, Wait
from chatapp.domain.errors import (
    ChatError,
    ContextTooLong,
    ModelRetired,
    ProviderAuth,
    ProviderError,
    ProviderFailed,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
)
from chatapp.domain.events import Delta, Finished, Started, UsageReported
from tests.contracts.providers import Provider, ask, begin, text_of

ERRORS = [
    ProviderAuth("x"),
    ProviderRefused("x"),
    ModelRetired("x"),
    ContextTooLong("x"),
    ProviderRateLimited("x", retry_after_seconds=7),
    ProviderRateLimited("x"),
    ProviderQuota("x"),
    ProviderFailed("x"),
]


def test_an_answer_comes_in_its_order(provider: Provider) -> None:
    provider.plays(Say("Hello "), Say("there."))

    started, *deltas, usage, finished = ask(provider)

    assert isinstance(started, Started)
    assert text_of(deltas) == "Hello there."
    assert isinstance(usage, UsageReported)
    assert finished == Finished("stop")


@pytest.mark.parametrize("text", ["żółć", "🙂 a\u0301", "\u2028\u0085\r\n\t", "data: [DONE]\n\n", '"\\', "מה\u202e"])
def test_text_comes_through_unchanged(provider: Provider, text: str) -> None:
    provider.plays(Say("Look: "), Say(text))

    assert text_of(ask(provider)) == "Look: " + text


def test_every_delta_has_text(provider: Provider) -> None:
    provider.plays(Say(""), Say("Hello"), Say(""))

    assert all(event.text for event in ask(provider) if isinstance(event, Delta))


def test_an_answer_may_be_empty(provider: Provider) -> None:
    provider.plays(Finish())

    started, *usage, finished = ask(provider)

    assert isinstance(started, Started)
    assert all(isinstance(event, UsageReported) for event in usage)
    assert finished == Finished("stop")


def test_each_word_comes_as_soon_as_it_is_said(provider: Provider) -> None:
    gates = [threading.Event() for _ in range(3)]
    provider.plays(Say(""), Wait(gates[0]), Say("one "), Wait(gates[1]), Say("two "), Wait(gates[2]), Say("three"))
    reading = begin(provider)

    for place, gate in enumerate(gates, 1):
        reading.wait_for_events(place)
        gate.set()
    reading.wait_until_over()

    assert text_of(reading.events) == "one two three"


@pytest.mark.parametrize("reason", ["length", "content_filter", "refusal", "a reason of tomorrow"])
def test_the_reason_of_the_end_is_told(provider: Provider, reason: str) -> None:
    provider.plays(Say("So be it."), Finish(reason))

    events = ask(provider)

    assert events[-1] == Finished(reason)
    assert text_of(events) == "So be it."


def test_usage_may_be_missing(provider: Provider) -> None:
    provider.plays(Say("Hello"), Finish(usage=False))

    assert [type(event) for event in ask(provider)] == [Started, Delta, Finished]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__} {error.retry_after_seconds}")
def test_a_refusal_is_raised_as_what_it_is(provider: Provider, error: ChatError) -> None:
    provider.plays(Fail(error))

    reading = begin(provider)
    reading.wait_until_over()

    assert reading.events == []
    assert type(reading.error) is type(error)
    assert isinstance(reading.error, ChatError)
    assert reading.error.retry_after_seconds == error.retry_after_seconds


@pytest.mark.parametrize("fault", [Cut(), Fail(ProviderFailed("x"))], ids=["cut", "an error in mid-answer"])
def test_the_text_before_a_fault_is_heard(provider: Provider, fault: Cut | Fail) -> None:
    provider.plays(Say("half a th"), fault)

    reading = begin(provider)
    reading.wait_until_over()

    assert text_of(reading.events) == "half a th"
    assert not isinstance(reading.events[-1], Finished)
    assert type(reading.error) is ProviderFailed


def test_a_connection_that_ends_before_the_answer_is_a_failure(provider: Provider) -> None:
    provider.plays(Cut())

    with pytest.raises(ProviderFailed):
        ask(provider)


def test_an_answer_after_a_failed_one_is_whole(provider: Provider) -> None:
    provider.plays(Say("half"), Cut())
    provider.plays(Say("whole"))

    with pytest.raises(ProviderError):
        ask(provider)
    assert text_of(ask(provider)) == "whole"


def test_answers_at_the_same_time_are_not_mixed(provider: Provider) -> None:
    texts = [f"{number} " * 20 for number in range(20)]
    for text in texts:
        provider.plays(*(Say(word + " ") for word in text.split()))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: text_of(ask(provider)), texts))

    assert sorted(answers) == sorted(texts)
