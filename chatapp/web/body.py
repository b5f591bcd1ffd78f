"""Reads the body of a request within bounds, as JSON without the loose ends of Python's parser."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout, UnsupportedMediaType

from chatapp.domain.errors import ChatError
from chatapp.web import client_socket

DEEPEST_NESTING = 20
PIECE_BYTES = 65_536
SILENCE_SECONDS = 5.0


class InvalidJson(ChatError):
    """The body is not strict JSON."""

    code = "invalid_json"


def read_json(request: Request, *, max_bytes: int, timeout_seconds: float) -> Any:
    """Return the JSON of a request's body.

    Raises:
        UnsupportedMediaType: it does not say that it is JSON, or is compressed.
        RequestEntityTooLarge: it is longer than ``max_bytes``.
        RequestTimeout: it took longer than ``timeout_seconds``.
        InvalidJson: anything else.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset != "utf-8" or "Content-Encoding" in request.headers:
        raise UnsupportedMediaType
    return parse(_read(request, max_bytes, timeout_seconds))


def parse(body: bytes) -> Any:
    """Return what strict JSON says: UTF-8, no duplicate keys, finite numbers, whole characters, bounded depth.

    Raises:
        InvalidJson: with the reason.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8 text.") from None
    except RecursionError:
        raise InvalidJson("The JSON is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError as error:
        raise InvalidJson(f"The body is not JSON: {error}.") from None
    _check(value)
    return value


def _read(request: Request, max_bytes: int, timeout_seconds: float) -> bytes:
    expected = request.content_length
    if expected is not None and expected > max_bytes:
        raise RequestEntityTooLarge
    client = client_socket.of(request.environ)
    if client is None:
        return _read_pieces(request, max_bytes, timeout_seconds)
    before = client.gettimeout()
    client.settimeout(min(SILENCE_SECONDS, timeout_seconds))
    try:
        return _read_pieces(request, max_bytes, timeout_seconds)
    finally:
        client.settimeout(before)


def _read_pieces(request: Request, max_bytes: int, timeout_seconds: float) -> bytes:
    deadline = time.monotonic() + timeout_seconds
    body = bytearray()
    while piece := _piece(request.stream.read):
        body += piece
        if len(body) > max_bytes:
            raise RequestEntityTooLarge
        if time.monotonic() > deadline:
            raise RequestTimeout
    if request.content_length is not None and len(body) < request.content_length:
        raise InvalidJson("The body ended before its announced length.")
    return bytes(body)


def _piece(read: Callable[[int], bytes]) -> bytes:
    try:
        return read(PIECE_BYTES)
    except TimeoutError:
        raise RequestTimeout from None
    except Exception as error:  # each server has exceptions of its own for a broken body
        raise InvalidJson("The body did not arrive in one piece.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same key stands twice in an object")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _check(value: Any) -> None:
    """Refuse halves of characters, which no database and no UTF-8 can hold, and nesting without end."""
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if not value.isascii():
                _require_whole_characters(value)
        elif isinstance(value, dict | list):
            if depth > DEEPEST_NESTING:
                raise InvalidJson("The JSON is nested too deeply.")
            waiting.extend((item, depth + 1) for item in (value.values() if isinstance(value, dict) else value))
            if isinstance(value, dict):
                waiting.extend((key, depth + 1) for key in value)


def _require_whole_characters(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidJson("A text holds half a character (a lone surrogate).") from None
