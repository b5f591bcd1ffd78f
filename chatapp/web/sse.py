"""Server-sent events: what a follower reads, as bytes on the wire."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from flask import Response

from chatapp.domain.errors import ChatError, InternalError
from chatapp.domain.live import Follower
from chatapp.domain.reply import ReplyRecord
from chatapp.web import errors, presenting
from chatapp.web.client_socket import Caller

MEDIA_TYPE = "text/event-stream"

LONGEST_WAIT_SECONDS = 2.0
"""A stream begins after that long even if the provider has not answered yet: proxies and people grow nervous."""

BEGUN = b": begun\n\n"
SIGN_OF_LIFE = b": still working\n\n"

HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx would hold the words back
}

log = logging.getLogger(__name__)

_encode = msgspec.json.encode


def leave_with(caller: Caller, follower: Follower) -> None:
    """Have a follower leave as soon as its caller has gone."""
    caller.on_gone = partial(_leave, caller, follower)


def early_error(follower: Follower) -> ChatError | None:
    """Return why a reply has failed before the model began: then there still is a status to tell it with."""
    outcome = follower.live.outcome
    return None if outcome is None or follower.live.reply.started else outcome.error


def response(told: Iterator[bytes], request_id: str) -> Response:
    """Return the answer that streams these events."""
    return Response(
        _whole(told, request_id),
        headers=HEADERS,
        content_type=f"{MEDIA_TYPE}; charset=utf-8",
    )


def _whole(told: Iterator[bytes], request_id: str) -> Iterator[bytes]:
    """Yield the events, the last of which says how it ended, also where a fault of ours ends them."""
    try:
        yield from told
    except Exception:
        log.exception("A stream could not be written", extra={"fields": {"request_id": request_id}})
        yield event(errors.payload(InternalError(), request_id))


def events(follower: Follower, request_id: str) -> Iterator[bytes]:
    """Yield the events of a reply that is not kept, as they come."""
    if not follower.has_news():
        yield BEGUN  # servers send the head of an answer together with its first bytes
    while True:
        text = follower.read()
        if text:
            yield b'data: {"content":%b}\n\n' % _encode(text)
        elif follower.outcome is not None:
            yield event(last(follower.outcome, request_id))
            return
        elif follower.left:
            return
        else:
            yield SIGN_OF_LIFE


def kept_events(follower: Follower, first: bytes) -> Iterator[bytes]:
    """Yield the events of a kept reply behind the ``first``, each with the place from which a reader may go on."""
    yield first
    while True:
        text = follower.read()
        if text:
            yield b'id: %d\ndata: {"content":%b}\n\n' % (follower.offset, _encode(text))
        elif (outcome := follower.outcome) is not None:
            yield event(last(outcome, outcome.request_id) | {"state": outcome.state.value})
            return
        elif follower.left:
            return
        else:
            yield SIGN_OF_LIFE


def last(outcome: ReplyRecord, request_id: str | None) -> dict[str, Any]:
    """Return what the last event says."""
    if outcome.error is not None:
        return errors.told(outcome.error, request_id)
    return {
        "done": True,
        "model": outcome.model_id,
        "usage": presenting.usage(outcome.usage),
        "finish_reason": outcome.finish_reason,
        "cost": presenting.cost(outcome.cost),
        **presenting.allowance(outcome.allowance),
    }


def event(content: dict[str, Any]) -> bytes:
    """Return one event on the wire."""
    return b"data: %b\n\n" % _encode(content)


def _leave(caller: Caller, follower: Follower) -> None:
    caller.has_left = follower.outcome is None  # before the other thread wakes up and tells the log
    follower.leave()
