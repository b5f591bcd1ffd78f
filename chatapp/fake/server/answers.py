"""Answers that no script has a hand in: lists, refusals, and what HEAD leaves of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from time import monotonic

from chatapp.fake.server import wire
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import Send, Sendings

END_OF_HEAD = b"\r\n\r\n"

_numbers = count(1)


def now(data: bytes) -> Sendings:
    """Return an answer that goes out at once."""
    return iter([(monotonic(), Send(data))])


def ok(value: object) -> bytes:
    """Return JSON as an answer."""
    return wire.whole(wire.as_json(value), headers=_request_id())


def refused(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return an error that no rule asked for: the request is wrong."""
    body = wire.as_json(wire.error_object(message, param=param, code=code))
    return wire.whole(body, status=status, headers={**_request_id(), **(headers or {})})


def unknown_url(exchange: Exchange) -> bytes:
    """Return what is answered where there is nothing. A query may have a key in it, and is not repeated."""
    path = exchange.path.partition("?")[0]
    return refused(404, f"Unknown request URL: {exchange.method} {path}.", code="unknown_url")


def without_body(steps: Sendings) -> Sendings:
    """Yield an answer with its head alone: that is what HEAD asks for."""
    head, is_past_head = bytearray(), False
    for due, step in steps:
        if not isinstance(step, Send):
            yield due, step
            continue
        left = b""
        if not is_past_head:
            begin = len(head)
            head += step.data
            end = head.find(END_OF_HEAD)
            is_past_head = end >= 0
            left = bytes(head[begin : end + len(END_OF_HEAD)] if is_past_head else step.data)
        yield due, Send(left)


def _request_id() -> dict[str, str]:
    """Return a name for an answer that belongs to no call: whoever logs the names finds each of them once."""
    return {"x-request-id": f"req_fake_no_call_{next(_numbers)}"}
