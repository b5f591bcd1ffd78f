"""The official Python SDK against the fake, nothing changed in it: what an ordinary program does all day."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import AsyncOpenAI, ContentFilterFinishReasonError, LengthFinishReasonError, OpenAI
from pydantic import BaseModel

from chatapp.fake import Stall, Tokens
from chatapp.fake.call import Bill, Ending
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import MODEL, ask, said, stream, text_of


class Weather(BaseModel):
    """A shape that an answer is asked to have."""

    sky: str


def test_the_sdk_finds_the_fake_with_nothing_configured(fake_llm: FakeLLM) -> None:
    fake_llm.reply("Hello there.").when("Hi")

    with OpenAI() as client:
        assert ask(client).choices[0].message.content == "Hello there."


def test_a_whole_answer_comes_with_its_usage(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("Hello there, friend.").when("Hi")

    answer = ask(client)

    assert answer.choices[0].message.content == "Hello there, friend."
    assert (answer.choices[0].finish_reason, answer.model) == ("stop", MODEL)
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1, 3)


def test_a_stream_comes_token_by_token_and_then_its_usage(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("Hello there, friend.", usage=Tokens(completion_tokens=10, reasoning_tokens=7))

    chunks = list(stream(client, with_usage=True))

    texts = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    assert texts == ["", "Hello ", "there, ", "friend.", None]
    assert [chunk.usage is not None for chunk in chunks] == [False] * 5 + [True]
    usage = chunks[-1].usage
    assert usage
    assert usage.completion_tokens_details
    assert (usage.total_tokens, usage.completion_tokens_details.reasoning_tokens) == (11, 7)


def test_usage_is_streamed_only_to_those_who_ask(client: OpenAI) -> None:
    assert all(chunk.usage is None and chunk.choices for chunk in stream(client))


def test_the_streaming_helper_tells_its_events(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("Hello there.")

    with client.chat.completions.stream(model=MODEL, messages=said("Hi")) as events:
        kinds = [event.type for event in events if event.type != "chunk"]
        final = events.get_final_completion()

    assert kinds == ["content.delta"] * 3 + ["content.done"]
    assert final.choices[0].message.content == "Hello there."


def test_a_shaped_answer_is_parsed_by_the_sdk(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply('{"sky": "blue"}')

    answer = client.chat.completions.parse(model=MODEL, messages=said("Hi"), response_format=Weather)

    assert answer.choices[0].message.parsed == Weather(sky="blue")


def test_the_asynchronous_client_is_served_as_well(fake_llm: FakeLLM) -> None:
    fake_llm.reply("Hello there.")

    async def both() -> tuple[str | None, str]:
        async with AsyncOpenAI() as client:
            whole = await client.chat.completions.create(model=MODEL, messages=said("Hi"))
            chunks = await client.chat.completions.create(model=MODEL, messages=said("Hi"), stream=True)
            return whole.choices[0].message.content, text_of([chunk async for chunk in chunks])

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave a loop on this thread
        assert pool.submit(asyncio.run, both()).result() == ("Hello there.", "Hello there.")


def test_raw_answers_have_the_headers_of_the_provider(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("Hello there.")

    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=said("Hi"))
    with client.chat.completions.with_streaming_response.create(model=MODEL, messages=said("Hi"), stream=True) as open_:
        lines = [line for line in open_.iter_lines() if line]

    assert raw.parse().choices[0].message.content == "Hello there."
    assert (raw.request_id, open_.request_id) == ("req_fake_1", "req_fake_2")
    assert raw.headers["x-ratelimit-remaining-requests"].isdigit()
    assert lines[0].startswith("data: {")
    assert lines[-1] == "data: [DONE]"


def test_the_models_of_the_catalogue_are_listed(client: OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


def test_a_cap_on_tokens_ends_an_answer_by_length(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("one two three four")

    answer = ask(client, max_tokens=2)

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("one two ", "length")


@pytest.mark.parametrize(
    ("finish", "error"), [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)]
)
def test_an_answer_that_ends_early_is_not_parsed(
    fake_llm: FakeLLM, client: OpenAI, finish: str, error: type[Exception]
) -> None:
    fake_llm.reply('{"sky": "bl', finish=finish)

    assert ask(client).choices[0].finish_reason == finish
    with pytest.raises(error):
        client.chat.completions.parse(model=MODEL, messages=said("Hi"), response_format=Weather)


def test_a_refusal_comes_in_place_of_content(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.rule(refusal="I would rather not.")

    whole = ask(client).choices[0].message
    deltas = [choice.delta.refusal for chunk in stream(client) for choice in chunk.choices]

    assert (whole.content, whole.refusal) == (None, "I would rather not.")
    assert "".join(filter(None, deltas)) == "I would rather not."


def test_leaving_a_stream_cancels_the_call(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("one two three four", fault=Stall(after_characters=8))

    with stream(client) as chunks:
        for chunk in chunks:
            if chunk.choices[0].delta.content == "two ":
                break

    assert fake_llm.calls[0].cancelled_after_characters == 8
    assert fake_llm.bill.completion_tokens == 2


def test_closing_a_stream_cancels_the_call_as_well(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("one two three four", fault=Stall())
    chunks = stream(client)
    next(chunks)

    chunks.close()

    assert fake_llm.calls[0].ended is Ending.CANCELLED


def test_the_bill_is_what_the_provider_would_have_charged(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("four", usage=Tokens(prompt_tokens=1_000_000, completion_tokens=1_000_000))

    ask(client)

    assert fake_llm.bill == Bill(1_000_000, 1_000_000, nano_usd=750_000_000)
    assert fake_llm.bill.usd == "0.750000000"


def test_a_model_with_a_strange_name_is_named_as_it_is(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("one two", model_answered="\0")

    chunks = list(stream(client))

    assert (text_of(chunks), {chunk.model for chunk in chunks}) == ("one two", {"\0"})


def test_usage_that_nobody_wanted_is_not_reported(fake_llm: FakeLLM, client: OpenAI) -> None:
    fake_llm.reply("one two")

    list(stream(client))
    list(stream(client, with_usage=True))
    ask(client)

    assert [call.ended and call.usage is not None for call in fake_llm.calls] == [False, True, True]
    assert len({call.bill for call in fake_llm.calls}) == 1
