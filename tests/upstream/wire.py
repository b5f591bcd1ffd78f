"""What OpenAI's chat API puts on the wire, as scripts.

upstream.script(*sse(["Hello", gate, " world"]))
upstream.script(*sse(["half a th", Reset()]))
upstream.script(*sse(["no end"], finish=None, usage=None, done=False))
upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "7"}))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chatapp.domain.entities import Usage
from chatapp.fake.server import wire
from chatapp.fake.server.wire import STREAM_HEADERS, event
from tests.upstream.script import Send, Step

__all__ = [
    "LAST_CHUNK", "STREAM_HEADERS", "USAGE",
    "answer", "chunk", "error", "event", "events", "framed", "head", "models", "sse", "stream", "usage_of",
]  # fmt: skip

MODEL = "gpt-4o-mini-2024-07-18"
CREATED = 1_795_353_000
HEADERS = {"x-request-id": "req_scripted", "openai-processing-ms": "212"}
LAST_CHUNK = Send(wire.LAST_CHUNK)


def head(status: int, headers: Mapping[str, str]) -> Send:
    """Return the status line and the headers, with the blank line that ends them."""
    return Send(wire.head(status, {**HEADERS, **headers}))


def framed(data: bytes) -> Send:
    """Return ``data`` as one chunk of a chunked body."""
    return Send(wire.framed(data))


def stream(*parts: bytes | Step) -> list[Step]:
    """Return a streamed answer whose body is exactly ``parts``: each piece of bytes is one HTTP chunk."""
    body = [framed(part) if isinstance(part, bytes) else part for part in parts]
    return [head(200, STREAM_HEADERS), *body, LAST_CHUNK]


def chunk(delta: Mapping[str, Any] | None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return one ``chat.completion.chunk``; without a delta it has no choices, as the one with the usage."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
        "choices": [] if delta is None else [choice],
        "usage": None,
        **fields,
    }


def usage_of(prompt: int, completion: int, *, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """Return token counts in OpenAI's shape."""
    return wire.usage_object(Usage(prompt, completion, cached_tokens=cached, reasoning_tokens=reasoning))


USAGE = usage_of(9, 2)


def events(
    words: Iterable[str | Mapping[str, Any] | Step],
    *,
    usage: Mapping[str, Any] | None = USAGE,
    finish: str | None = "stop",
    done: bool = True,
) -> list[bytes | Step]:
    """Return the events of an answer, from the one with the role to ``[DONE]``.

    A word is a piece of content; a mapping is an event of its own (a ``chunk`` with a refusal, an error in
    mid-stream); a step is played where it stands. ``None`` or ``False`` leaves that event out.
    """
    body: list[bytes | Step] = [event(chunk({"role": "assistant", "content": "", "refusal": None}))]
    for word in words:
        match word:
            case str():
                body.append(event(chunk({"content": word})))
            case Mapping():
                body.append(event(word))
            case _:
                body.append(word)
    if finish is not None:
        body.append(event(chunk({}, finish)))
    if usage is not None:
        body.append(event(chunk(None, usage=usage)))
    return [*body, wire.DONE] if done else body


def sse(
    words: Iterable[str | Mapping[str, Any] | Step],
    *,
    usage: Mapping[str, Any] | None = USAGE,
    finish: str | None = "stop",
    done: bool = True,
) -> list[Step]:
    """Return a streamed answer of these ``events``, one HTTP chunk each."""
    return stream(*events(words, usage=usage, finish=finish, done=done))


def answer(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> list[Step]:
    """Return an answer in one piece."""
    size = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return [head(status, {**size, **(headers or {})}), Send(body)]


def error(
    status: int,
    code: str | None,
    message: str = "Something is wrong.",
    *,
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> list[Step]:
    """Return an error in OpenAI's shape."""
    return answer(wire.as_json(wire.error_object(message, kind=kind, code=code)), status=status, headers=headers)


def models(shutdown_dates: Mapping[str, str | None]) -> list[Step]:
    """Return a list of models, each with its shutdown date (``YYYY-MM-DD``) or ``None``."""
    cards = [
        {"id": name, "object": "model", "created": CREATED, "owned_by": "openai", "shutdown_date": date}
        for name, date in shutdown_dates.items()
    ]
    return answer(wire.as_json({"object": "list", "data": cards}))
