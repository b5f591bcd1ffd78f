"""An answer's way out: no write may last for ever, and when it is over the log gets a line."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic, time
from typing import Any, cast

from flask import Flask, Response, g, request

from chatapp.web.client_socket import Caller, ClientWatch

log = logging.getLogger(__name__)

PIECE_BYTES = 16_384
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

    def __init__(self, body: Iterable[bytes], caller: Caller) -> None:
        self._body = body
        self._caller = caller
        self._is_cut = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, timing each write: the server asks for the next piece when the last one has gone out."""
        caller = self._caller
        caller.writing_since = None
        self._is_cut = True
        for part in self._body:
            for piece in _divided(part):
                caller.writing_since = monotonic()
                yield piece
                caller.writing_since = None
        self._is_cut = False
        caller.writing_since = monotonic()  # the server itself writes the end

    @property
    def ending(self) -> str:
        """Return how it went: ``sent``, the caller ``left``, or it was ``not read``."""
        if self._caller.reads_nothing:
            return "not read"
        return "left" if self._is_cut or self._caller.has_left else "sent"


def register(app: Flask, watch: ClientWatch, pseudonyms: Pseudonyms) -> None:
    """Send every answer of ``app`` that way. Register it before whatever else changes answers."""

    @app.before_request
    def begin() -> None:
        g.begun_at = monotonic()
        g.caller = watch.begin(request.environ)

    @app.after_request
    def send(response: Response) -> Response:
        body, caller, begun_at = cast("Iterable[bytes]", response.response), g.caller, g.begun_at
        delivery, fields, address = Delivery(body, caller), _known_fields(response), request.remote_addr

        def finish() -> None:
            watch.end(caller)
            fields["address"] = pseudonyms.of(address, time())
            fields["ending"] = delivery.ending
            fields["duration_ms"] = round((monotonic() - begun_at) * 1000)
            log.log(_level(fields), "request", extra={"fields": fields})

        if close := getattr(body, "close", None):
            response.call_on_close(close)
        response.call_on_close(finish)
        response.response = delivery.pieces()
        caller.writing_since = monotonic()  # where there is no body, the head is written before anything is asked
        response.direct_passthrough = False  # else nobody would be told when it is closed
        return response


def _level(fields: Mapping[str, Any]) -> int:
    is_fault = fields["status"] >= SERVER_FAULT and fields["ending"] != "left"
    return logging.WARNING if is_fault or fields["ending"] == "not read" else logging.INFO


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
