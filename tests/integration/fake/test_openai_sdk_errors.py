"""What the official Python SDK makes of each thing that can go wrong, as far as a program sees it."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import openai
import pytest
from openai import OpenAI

from chatapp.fake import Cut, Error, Malformed, Reset, SlowHead, Stall, WrongType
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import MODEL, ask, said, stream, text_of

CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize(("status", "error"), CLASSES.items())
def test_each_status_raises_its_class(
    fake_llm: FakeLLM, once: OpenAI, status: int, error: type[openai.APIStatusError]
) -> None:
    fake_llm.fail(status, code="some_code", type="some_type", message="So it is.")

    with pytest.raises(error, match=r"So it is\.") as raised:
        ask(once)

    assert type(raised.value) is error
    assert (raised.value.status_code, raised.value.code, raised.value.type) == (status, "some_code", "some_type")
    assert raised.value.request_id == fake_llm.calls[0].id
    assert raised.value.body == {"message": "So it is.", "type": "some_type", "param": None, "code": "some_code"}


def test_a_stream_is_refused_as_a_whole_answer_is(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.fail(429, code="insufficient_quota")

    with pytest.raises(openai.RateLimitError) as raised:
        stream(once)

    assert raised.value.code == "insufficient_quota"


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "upstream died", {"detail": "odd"}], ids=str)
def test_an_odd_body_of_an_error_is_shown_as_it_is(fake_llm: FakeLLM, once: OpenAI, body: str | dict[str, Any]) -> None:
    fake_llm.fail(502, body=body)

    with pytest.raises(openai.InternalServerError) as raised:
        ask(once)

    assert (raised.value.body, raised.value.code) == (body, None)


def test_what_the_provider_would_refuse_is_refused(fake_llm: FakeLLM, once: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as unasked:
        once.chat.completions.create(model=MODEL, messages=[])
    with pytest.raises(openai.BadRequestError) as too_many:
        once.chat.completions.create(model=MODEL, messages=said("Hi"), n=2)
    with pytest.raises(openai.NotFoundError) as unknown:
        once.models.retrieve("gpt-0")

    assert [error.value.param for error in (unasked, too_many, unknown)] == ["messages", "n", "model"]
    assert fake_llm.calls == []


def test_an_error_in_mid_stream_is_raised_after_the_text(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Error(code="server_error", message="Sorry.", after_characters=6))
    chunks = stream(once)

    heard = text_of(islice(chunks, 2))
    with pytest.raises(openai.APIError, match=r"Sorry\.") as raised:
        next(chunks)

    assert (heard, type(raised.value), raised.value.code) == ("Hello ", openai.APIError, "server_error")


def test_a_cut_stream_raises_nothing_and_has_no_finish_reason(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Cut(after_characters=6))

    chunks = list(stream(once))

    assert text_of(chunks) == "Hello "
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)


@pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_whole_answer_cut_in_half_is_a_connection_error(fake_llm: FakeLLM, once: OpenAI, fault: Cut | Reset) -> None:
    fake_llm.reply("Hello there.", fault=fault)

    with pytest.raises(openai.APIConnectionError):
        ask(once)


def test_a_reset_in_mid_stream_is_a_connection_error(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Reset(after_characters=6))

    with pytest.raises(openai.APIConnectionError):
        list(stream(once))


def test_a_malformed_chunk_is_no_error_of_the_sdk_but_of_json(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Malformed(after_characters=6))

    with pytest.raises(json.JSONDecodeError):
        list(stream(once))
    with pytest.raises(json.JSONDecodeError):
        ask(once)


def test_a_page_in_place_of_an_answer_raises_nothing(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.rule(fault=WrongType())
    whole: object = ask(once)

    assert isinstance(whole, str)
    assert list(stream(once)) == []


def test_a_slow_head_is_a_time_out(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Too late.", fault=SlowHead(seconds=60))

    with pytest.raises(openai.APITimeoutError):
        ask(once.with_options(timeout=0.1))

    assert fake_llm.calls[0].cancelled_after_characters == 0


def test_a_stall_between_tokens_is_a_time_out(fake_llm: FakeLLM, once: OpenAI) -> None:
    fake_llm.reply("Hello there.", fault=Stall(after_characters=6))

    with pytest.raises(openai.APITimeoutError):
        list(stream(once.with_options(timeout=0.2)))

    assert fake_llm.calls[0].cancelled_after_characters == 6
