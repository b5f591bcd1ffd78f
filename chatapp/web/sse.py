"""Server-sent events: what a follower reads, as bytes on the wire."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Response

from chatapp.domain.errors import InternalError
from chatapp.domain.live import Follower
from chatapp.domain.reply import ReplyRecord
from chatapp.web import errors, presenting

BEGUN = b": begun\n\n"
SIGN_OF_LIFE = b": still working\n\n"

HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx would hold the words back
}

log = logging.getLogger(__name__)

_encode = msgspec.json.encode


def response(follower: Follower, request_id: str) -> Response:
    """Return the answer that streams what ``follower`` reads."""
    return Response(
        events(follower, request_id),
        headers=HEADERS,
        content_type="text/event-stream; charset=utf-8",
    )


def events(follower: Follower, request_id: str) -> Iterator[bytes]:
    """Yield the events of a reply as they come, ended by exactly one that says how it ended."""
    try:
        yield from _told(follower, request_id)
    except Exception:
        log.exception("A stream could not be written", extra={"fields": {"request_id": request_id}})
        yield _event(errors.payload(InternalError(), request_id))


def _told(follower: Follower, request_id: str) -> Iterator[bytes]:
    if not follower.has_news():
        yield BEGUN  # servers send the head of an answer together with its first bytes
    while True:
        text = follower.read()
        if text:
            yield b'data: {"content":%b}\n\n' % _encode(text)
        elif follower.outcome is not None:
            yield _event(last(follower.outcome, request_id))
            return
        elif follower.left:
            return
        else:
            yield SIGN_OF_LIFE


def last(outcome: ReplyRecord, request_id: str) -> dict[str, Any]:
    """Return what the last event says."""
    error = outcome.error
    if error is not None:
        wait = {} if error.retry_after_seconds is None else {"retry_after_seconds": error.retry_after_seconds}
        return errors.payload(error, request_id) | wait
    return {
        "done": True,
        "model": outcome.model_id,
        "usage": presenting.usage(outcome.usage),
        "finish_reason": outcome.finish_reason,
        "cost": presenting.cost(outcome.cost),
    }


def _event(content: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % _encode(content)
