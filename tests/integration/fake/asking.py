"""One question, asked through the official Python SDK."""

from __future__ import annotations

from collections.abc import Iterable

from openai import OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionUserMessageParam

MODEL = "gpt-4o-mini"


def said(text: str) -> list[ChatCompletionUserMessageParam]:
    """Return a conversation of one message."""
    return [{"role": "user", "content": text}]


def ask(client: OpenAI, text: str = "Hi", *, model: str = MODEL, max_tokens: int | None = None) -> ChatCompletion:
    """Ask for a whole answer."""
    return client.chat.completions.create(model=model, messages=said(text), max_completion_tokens=max_tokens)


def stream(client: OpenAI, text: str = "Hi", *, with_usage: bool = False) -> Stream[ChatCompletionChunk]:
    """Ask for an answer token by token."""
    return client.chat.completions.create(
        model=MODEL, messages=said(text), stream=True, stream_options={"include_usage": with_usage}
    )


def text_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    """Return the text of a stream."""
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
