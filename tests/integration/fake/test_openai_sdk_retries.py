"""When the official Python SDK asks again, and when it does not: its whole behaviour, without the waiting.

``Retry-After`` of 10 ms stands in for its own pauses wherever the provider can send a header. Where none can come, it
waits half a second; those cases wait side by side.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from openai import OpenAI

from chatapp.fake import Cut, Error, Reset, SlowHead, When
from chatapp.fake.faults import Fault
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import ask, stream, text_of

SOON = 0.01
LONGEST_WAIT_OF_THE_SDK = 120


def attempts(fake_llm: FakeLLM) -> list[str | None]:
    """Return what the SDK said of each attempt: how many there were before."""
    return [exchange.headers["x-stainless-retry-count"] for exchange in fake_llm.exchanges]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_asked_again(fake_llm: FakeLLM, client: OpenAI, status: int) -> None:
    fake_llm.fail(status, retry_after_seconds=SOON, times=2)
    fake_llm.reply("Here I am.")

    assert text_of(stream(client)) == "Here I am."
    assert attempts(fake_llm) == ["0", "1", "2"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_failure_that_will_not_pass_is_not_asked_again(fake_llm: FakeLLM, client: OpenAI, status: int) -> None:
    fake_llm.fail(status, retry_after_seconds=SOON)

    with pytest.raises(openai.APIStatusError):
        ask(client)

    assert attempts(fake_llm) == ["0"]


def test_a_provider_can_ask_for_a_retry_of_any_status(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.fail(400, should_retry=True, retry_after_seconds=SOON, times=1)
    fake_llm.reply("Here I am.")

    assert ask(client).choices[0].message.content == "Here I am."


def test_a_provider_can_forbid_a_retry_of_any_status(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.fail(503, should_retry=False, retry_after_seconds=SOON)

    with pytest.raises(openai.InternalServerError):
        ask(client)

    assert attempts(fake_llm) == ["0"]


def test_a_pause_that_is_too_long_is_not_waited_for(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.fail(429, retry_after_seconds=LONGEST_WAIT_OF_THE_SDK + 1)

    with pytest.raises(openai.RateLimitError) as raised:
        ask(client)

    assert raised.value.response.headers["retry-after"] == "121"
    assert attempts(fake_llm) == ["0"]


def test_a_spent_quota_is_asked_again_although_it_is_in_vain(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.fail(429, code="insufficient_quota", retry_after_seconds=SOON)

    with pytest.raises(openai.RateLimitError):
        ask(client)

    assert attempts(fake_llm) == ["0", "1", "2"]


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_it_asks_again_no_more_often_than_it_may(fake_llm: FakeLLM, client: OpenAI, retries: int) -> None:
    fake_llm.fail(500, retry_after_seconds=SOON)

    with pytest.raises(openai.InternalServerError):
        ask(client.with_options(max_retries=retries))

    assert attempts(fake_llm) == [str(count) for count in range(retries + 1)]


def test_nothing_is_asked_again_once_a_stream_has_begun(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Error(status=503, retry_after_seconds=SOON, after_characters=6))

    with pytest.raises(openai.APIError):
        list(stream(client))

    assert attempts(fake_llm) == ["0"]


def test_a_failure_without_an_answer_is_asked_again(fake_llm: FakeLLM, client: OpenAI) -> None:
    faults: dict[str, Fault] = {"reset": Reset(), "cut": Cut(), "time-out": SlowHead(seconds=60), "bare": Error()}
    for name, fault in faults.items():
        fake_llm.reply("Never heard.", fault=fault, when=When(message=name), times=1)
    fake_llm.rule(fault=Reset(), when=When(message="no head"), times=1)
    fake_llm.reply("Here I am.")
    names = [*faults, "no head"]

    def asked(name: str) -> str | None:
        if name == "no head":  # then a stream is asked again too: nothing of it had begun
            return text_of(stream(client.with_options(max_retries=1), name))
        patience = 0.2 if name == "time-out" else None
        return ask(client.with_options(max_retries=1, timeout=patience), name).choices[0].message.content

    with ThreadPoolExecutor(len(names)) as crowd:
        answers = list(crowd.map(asked, names))

    assert answers == ["Here I am."] * len(names)
    assert sorted(call.message for call in fake_llm.calls) == sorted([*names, *names])
