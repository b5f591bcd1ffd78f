"""What OpenAI's chat API puts on the wire.

Source: the provider's OpenAPI description, version 2.3.0, and answers that it sent.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any

from chatapp.domain.entities import Usage

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"}
LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"
WITHOUT_BODY = frozenset({204, 304})
"""Statuses after which nothing follows the head."""


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return the status line and the headers, with the blank line that ends them."""
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(
    body: bytes, *, status: int = 200, content_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> bytes:
    """Return an answer in one piece."""
    size = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return head(status, {**(headers or {}), **size}) + body


def framed(data: bytes) -> bytes:
    """Return ``data`` as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def as_json(value: Any) -> bytes:
    """Return JSON as the provider spells it: UTF-8, without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def event(payload: Mapping[str, Any]) -> bytes:
    """Return one server-sent event."""
    return b"data: " + as_json(payload) + b"\n\n"


def error_object(
    message: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """Return an error in OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def usage_object(usage: Usage) -> dict[str, Any]:
    """Return token counts in OpenAI's shape."""
    prompt = {"cached_tokens": usage.cached_tokens or 0, "audio_tokens": 0}
    if usage.cache_write_tokens is not None:
        prompt["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens or 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
