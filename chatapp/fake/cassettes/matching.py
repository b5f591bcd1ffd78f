"""Which cassette answers a request: the same method, path and body, the body compared as values where it is JSON."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Mapping

from chatapp.fake.cassettes.cassette import Cassette, Request, as_body
from chatapp.fake.cassettes.secrets import Secrets
from chatapp.fake.server.exchange import Exchange

BASE = "/v1"
"""What every path has before it: the server's address, as a base URL, ends in it."""

Key = tuple[str, str, str]


class Shelf:
    """Cassettes in order. Several for the same request come in turn, and the last one again and again."""

    def __init__(self, cassettes: Mapping[str, Cassette]) -> None:
        self._rows: dict[Key, deque[Cassette]] = defaultdict(deque)
        for cassette in cassettes.values():
            self._rows[_key(cassette.request)].append(cassette)

    def take(self, request: Request) -> Cassette | None:
        """Return the next cassette for a request, or None if there is none at all."""
        row = self._rows.get(_key(request))
        if row is None:
            return None
        return row.popleft() if len(row) > 1 else row[0]


def below_base(exchange: Exchange) -> str | None:
    """Return what follows ``/v1`` in a request's address, the query included; None if it is elsewhere."""
    rest = exchange.path.removeprefix(BASE)
    is_below = exchange.path.startswith(BASE) and (not rest or rest[0] in "/?")
    return rest if is_below else None


def as_request(exchange: Exchange, address: str, secrets: Secrets) -> Request:
    """Return what is written of a request, and compared: no secret, no query, and of the headers the type alone.

    ``address`` is what ``below_base`` returned. With ``NO_SECRETS`` it is the request as it came.
    """
    body = secrets.removed_from_bytes(exchange.body)  # before anything is hidden in base64
    try:
        readable = secrets.removed_from(as_body(body))  # and once more now that escapes have been resolved
    except RecursionError:
        readable = secrets.removed_from(body.decode())
    return Request(
        method=exchange.method,
        path=secrets.removed_from(address.partition("?")[0]),
        content_type=secrets.removed_from(exchange.headers.get("Content-Type")),
        body=readable,
    )


def _key(request: Request) -> Key:
    """Return what is equal for equal requests: the order of names makes no difference, nor does 1.0 for 1."""
    plain = json.loads(json.dumps(request.body), parse_float=_number)
    return request.method, request.path, json.dumps(plain, sort_keys=True)


def _number(digits: str) -> int | float:
    number = float(digits)
    return int(number) if number.is_integer() else number
