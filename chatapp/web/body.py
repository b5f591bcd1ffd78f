"""Reads the body of a request within bounds, as JSON without the loose ends of Python's parser."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from flask import Request, g
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout, UnsupportedMediaType

from chatapp.domain.errors import ChatError
from chatapp.domain.json_values import has_few_values
from chatapp.web.client_socket import ClientWatch

DEEPEST_NESTING = 20
PIECE_BYTES = 65_536
SILENCE_SECONDS = 5.0
HOLDERS = (dict, list)  # a union made for every value would take three times as long
TOO_LARGE = "a number is too large"
TOO_DEEP = "The JSON is nested too deeply."


class InvalidJson(ChatError):
    """The body is not strict JSON."""

    code = "invalid_json"


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads bodies of at most ``max_bytes``, ``max_values`` values and ``timeout_seconds``."""

    watch: ClientWatch
    max_bytes: int
    max_values: int
    timeout_seconds: float

    def read_json(self, request: Request) -> Any:
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
        body = b"".join(self.pieces(request, self.max_bytes, SILENCE_SECONDS, self.timeout_seconds))
        if not has_few_values(body, self.max_values):  # to parse a flood of small ones would hold up everybody
            raise InvalidJson("The JSON holds too many values.")
        return parse(body)

    def pieces(
        self, request: Request, max_bytes: int, silence_seconds: float, timeout_seconds: float
    ) -> Generator[bytes, None, None]:
        """Yield the body of a request as it comes.

        Raises:
            RequestEntityTooLarge: it is longer than ``max_bytes``.
            RequestTimeout: the caller was silent for ``silence_seconds``, or took longer than ``timeout_seconds``.
            InvalidJson: it broke off.
        """
        expected = request.content_length
        if expected is not None and expected > max_bytes:
            raise RequestEntityTooLarge
        deadline = time.monotonic() + timeout_seconds
        count = 0
        with self.watch.patience(g.caller, silence_seconds, timeout_seconds):
            while count != expected and (piece := _piece(request)):
                count += len(piece)
                if count > max_bytes:
                    raise RequestEntityTooLarge
                if time.monotonic() > deadline:
                    raise RequestTimeout
                yield piece
        if expected is not None and count < expected:
            raise InvalidJson("The body ended before its announced length.")


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
        raise InvalidJson(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        reason = error.msg.partition(" (")[0].removesuffix(" at")
        raise InvalidJson(f"The body is not JSON: {reason} at character {error.pos}.") from None
    except ValueError:  # Python's own bound for the digits of a whole number
        raise InvalidJson(f"The body is not JSON: {TOO_LARGE}.") from None
    _require_shallow(value)
    if b"\\u" in body:  # in UTF-8 half a character can only stand as an escape
        _require_whole_characters(value)
    return value


def _piece(request: Request) -> bytes:
    try:
        return request.stream.read(PIECE_BYTES)
    except TimeoutError:
        raise RequestTimeout from None
    except Exception as error:  # each server has exceptions of its own for a broken body
        raise InvalidJson("The body did not arrive in one piece.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidJson("The body is not JSON: the same key stands twice in an object.")
    return found


def _refuse(constant: str) -> Any:
    raise InvalidJson(f"The body is not JSON: {constant} is no number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJson(f"The body is not JSON: {TOO_LARGE}.")
    return number


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST_NESTING + 1):
        holders = [item for item in level if isinstance(item, HOLDERS)]
        if not holders:
            return
        level = [inner for item in holders for inner in (item.values() if isinstance(item, dict) else item)]
    raise InvalidJson(TOO_DEEP)


def _require_whole_characters(value: Any) -> None:
    """Refuse halves of characters (lone surrogates), which no database and no UTF-8 can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidJson("A text holds half a character (a lone surrogate).") from None
