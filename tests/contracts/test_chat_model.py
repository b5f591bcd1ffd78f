"""What every ``ChatModel`` answers, whoever is behind it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.domain.errors import (
    ChatError,
    ContextTooLong,
    ModelRetired,
    ProviderAuth,
    ProviderError,
    ProviderFailed,
    ProviderProtocol,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
)
from chatapp.domain.events import Delta, Finished, Started, UsageReported
from chatapp.fake import Cut, Error, Gate, Malformed, Reset, Rule, Tokens, WrongType
from chatapp.provider_errors import refusal, reported_error, unreachable
from tests.contracts.providers import Provider, ask, begin, text_of
from tests.samples import CARD, once

REFUSALS: list[tuple[Error, type[ChatError]]] = [
    (Error(status=401, code="invalid_api_key"), ProviderAuth),
    (Error(status=403, code="unsupported_country_region_territory"), ProviderRefused),
    (Error(status=404, code="model_not_found"), ModelRetired),
    (Error(status=408), ProviderTimeout),
    (Error(status=400, code="context_length_exceeded"), ContextTooLong),
    (Error(status=429, code="rate_limit_exceeded", retry_after_seconds=7), ProviderRateLimited),
    (Error(status=429, code="rate_limit_exceeded"), ProviderRateLimited),
    (Error(status=429, code="insufficient_quota"), ProviderQuota),
    (Error(status=500, code="server_error"), ProviderFailed),
]
FAULTS: list[tuple[Cut | Reset | Malformed | Error, type[ProviderError]]] = [
    (Cut(), ProviderFailed),
    (Reset(), ProviderFailed),
    (Malformed(), ProviderProtocol),
    (Error(status=500, code="server_error", after_characters=100), ProviderFailed),
    (Error(status=429, code="rate_limit_exceeded", after_characters=100), ProviderRateLimited),
    (Error(status=429, code="insufficient_quota", after_characters=100), ProviderQuota),
]


def test_an_answer_comes_in_its_order(provider: Provider) -> None:
    provider.plays(once("Hello ", "there."))

    started, *deltas, usage, finished = ask(provider)

    assert isinstance(started, Started)
    assert text_of(deltas) == "Hello there."
    assert isinstance(usage, UsageReported)
    assert finished == Finished("stop")


@pytest.mark.parametrize("text", ["żółć", "🙂 a\u0301", "\u2028\u0085\r\n\t", "data: [DONE]\n\n", '"\\', "מה\u202e"])
def test_text_comes_through_unchanged(provider: Provider, text: str) -> None:
    provider.plays(once("Look: ", text))

    assert text_of(ask(provider)) == "Look: " + text


def test_every_delta_has_text(provider: Provider) -> None:
    provider.plays(once("", "Hello", ""))

    assert all(event.text for event in ask(provider) if isinstance(event, Delta))


def test_an_answer_may_be_empty(provider: Provider) -> None:
    provider.plays(once())

    started, *usage, finished = ask(provider)

    assert isinstance(started, Started)
    assert all(isinstance(event, UsageReported) for event in usage)
    assert finished == Finished("stop")


def test_each_word_comes_as_soon_as_it_is_said(provider: Provider) -> None:
    gates = [Gate() for _ in range(3)]
    provider.plays(once(gates[0], "one ", gates[1], "two ", gates[2], "three"))
    reading = begin(provider)

    for place, gate in enumerate(gates, 1):
        reading.wait_for_events(place)
        gate.open()
    reading.wait_until_over()

    assert text_of(reading.events) == "one two three"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (once("So be it.", finish="length"), "length"),
        (once("So be it.", finish="content_filter"), "content_filter"),
        (Rule(refusal="So be it."), "refusal"),
        (once("So be it.", finish="a reason of tomorrow"), "a reason of tomorrow"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_reason_of_the_end_is_told(provider: Provider, rule: Rule, reason: str) -> None:
    provider.plays(rule)

    events = ask(provider)

    assert events[-1] == Finished(reason)
    assert text_of(events) == "So be it."


def test_usage_is_told_as_it_was_reported(provider: Provider) -> None:
    told = Tokens(prompt_tokens=50, completion_tokens=40, cached_tokens=30, cache_write_tokens=20, reasoning_tokens=10)
    provider.plays(once("Hello", usage=told))

    usage = next(event.usage for event in ask(provider) if isinstance(event, UsageReported))

    assert (usage.prompt_tokens, usage.completion_tokens) == (50, 40)
    assert (usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens) == (30, 20, 10)


def test_usage_may_be_missing(provider: Provider) -> None:
    provider.plays(once("Hello", usage=False))

    assert [type(event) for event in ask(provider)] == [Started, Delta, Finished]


@pytest.mark.parametrize(
    ("fault", "kind"), REFUSALS, ids=[f"{kind.__name__} {fault.retry_after_seconds}" for fault, kind in REFUSALS]
)
def test_a_refusal_is_raised_as_what_it_is(provider: Provider, fault: Error, kind: type[ChatError]) -> None:
    provider.plays(once(fault=fault))

    reading = begin(provider)
    reading.wait_until_over()

    assert reading.events == []
    assert type(reading.error) is kind
    assert isinstance(reading.error, ChatError)
    assert reading.error.retry_after_seconds == fault.retry_after_seconds
    assert reading.error.message == refusal(fault.status, {"code": fault.code}, None, CARD).message


def test_a_body_in_place_of_the_error_object_says_what_is_wrong(provider: Provider) -> None:
    provider.plays(once(fault=Error(status=400, body={"error": {"code": "context_length_exceeded"}})))
    provider.plays(once(fault=Error(status=400, code="context_length_exceeded", body="No.")))

    with pytest.raises(ContextTooLong):
        ask(provider)
    with pytest.raises(ProviderRefused):
        ask(provider)


def test_a_page_in_place_of_an_answer_is_no_answer(provider: Provider) -> None:
    provider.plays(once(fault=WrongType()))

    with pytest.raises(ProviderProtocol):
        ask(provider)


@pytest.mark.parametrize(
    ("fault", "kind"), FAULTS, ids=[f"{type(fault).__name__} {kind.__name__}" for fault, kind in FAULTS]
)
def test_the_text_before_a_fault_is_heard(
    provider: Provider, fault: Cut | Reset | Malformed | Error, kind: type[ProviderError]
) -> None:
    provider.plays(once("half a th", fault=fault))

    reading = begin(provider)
    reading.wait_until_over()

    assert text_of(reading.events) == "half a th"
    assert not isinstance(reading.events[-1], Finished)
    assert type(reading.error) is kind
    if isinstance(fault, Error):
        assert str(reading.error) == reported_error({"code": fault.code}).message


@pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_connection_that_ends_before_the_first_word_is_a_failure(provider: Provider, fault: Cut | Reset) -> None:
    provider.plays(once("never heard", fault=type(fault)(after_characters=0)))

    with pytest.raises(ProviderFailed):
        ask(provider)


@pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_connection_that_ends_before_the_head_is_a_failure(provider: Provider, fault: Cut | Reset) -> None:
    provider.plays(Rule(fault=fault, times=1))

    reading = begin(provider)
    reading.wait_until_over()

    assert reading.events == []
    assert isinstance(reading.error, ProviderFailed)
    assert str(reading.error) == str(unreachable())


def test_an_answer_after_a_failed_one_is_whole(provider: Provider) -> None:
    provider.plays(once("half", fault=Cut()))
    provider.plays(once("whole"))

    with pytest.raises(ProviderError):
        ask(provider)
    assert text_of(ask(provider)) == "whole"


def test_answers_at_the_same_time_are_not_mixed(provider: Provider) -> None:
    texts = [f"{number} " * 20 for number in range(20)]
    for text in texts:
        provider.plays(once(*(word + " " for word in text.split())))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: text_of(ask(provider)), texts))

    assert sorted(answers) == sorted(texts)
