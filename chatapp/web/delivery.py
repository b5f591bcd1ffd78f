"""An answer's way out: no write may last for ever, and when it is over the log gets a line."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any, cast

from flask import Flask, Response, g, request

from chatapp.web.client_socket import ClientWatch, Writing

log = logging.getLogger(__name__)

PIECE_BYTES = 65_536
"""A long answer goes out in pieces of that size, so that a slow reader is not taken for one that does not read."""

LONGEST_PATH_CHARACTERS = 100
DAY_SECONDS = 86_400
SERVER_FAULT = 500


class Pseudonyms:
    """Names callers by a keyed hash of their address: the same for a day, and not to be undone without the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, address: str | None, now_seconds: float) -> str | None:
        """Return the name of the caller at ``address``, at a time in seconds since 1970."""
        if not address:
            return None
        day = int(now_seconds // DAY_SECONDS).to_bytes(8, "big")
        return hashlib.blake2b(address.encode(), digest_size=8, key=self._key, salt=day).hexdigest()


class Delivery:
    """One answer on its way out."""

    def __init__(self, body: Iterable[bytes], writing: Writing) -> None:
        self._body = body
        self._writing = writing
        self._cut = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, timing each write: the server asks for the next piece when the last one has gone out."""
        writing = self._writing
        self._cut = True
        for part in self._body:
            for piece in _divided(part):
                writing.began_at = time.monotonic()
                yield piece
                writing.began_at = None
        self._cut = False

    @property
    def ending(self) -> str:
        """Return how it went: ``sent``, the caller ``left``, or it was ``not read``."""
        if self._writing.given_up:
            return "not read"
        return "left" if self._cut else "sent"


def register(app: Flask, watch: ClientWatch, pseudonyms: Pseudonyms) -> None:
    """Send every answer of ``app`` that way. Register it before whatever else changes answers."""

    @app.before_request
    def begin() -> None:
        g.begun_at = time.monotonic()

    @app.after_request
    def send(response: Response) -> Response:
        body, writing = cast("Iterable[bytes]", response.response), watch.writing(request.environ)
        delivery = Delivery(body, writing)
        fields = _known_fields(response)
        address, begun_at, is_fault = request.remote_addr, g.begun_at, response.status_code >= SERVER_FAULT

        def finish() -> None:
            watch.written(writing)
            fields["address"] = pseudonyms.of(address, time.time())
            fields["ending"] = delivery.ending
            fields["duration_ms"] = round((time.monotonic() - begun_at) * 1000)
            level = logging.WARNING if is_fault or writing.given_up else logging.INFO
            log.log(level, "request", extra={"fields": fields})

        if close := getattr(body, "close", None):
            response.call_on_close(close)
        response.call_on_close(finish)
        response.response = delivery.pieces()
        response.direct_passthrough = False  # else nobody would be told when it is closed
        return response


def _known_fields(response: Response) -> dict[str, Any]:
    route = request.url_rule.rule if request.url_rule else None
    fields = {
        "request_id": g.request_id,
        "method": request.method,
        "route": route,
        "status": response.status_code,
    }
    if route is None:
        fields["path"] = request.path[:LONGEST_PATH_CHARACTERS]
    return fields


def _divided(part: bytes) -> Iterable[bytes]:
    if len(part) <= PIECE_BYTES:
        return (part,)
    return (part[place : place + PIECE_BYTES] for place in range(0, len(part), PIECE_BYTES))
