"""The page that shows the calls live, and what it asks for.

It shows what people wrote. So it answers only to this machine's own names: a site that points a name of its own at
127.0.0.1 could read it else, through the browser of whoever has the fake running.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import PurePath

from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import wire
from chatapp.fake.server.calls_feed import feed
from chatapp.fake.server.calls_view import CallsView
from chatapp.fake.server.completions import now, refused
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import Sending

OWN_NAME = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Sendings = Iterator[tuple[float, Sending]]


class LivePage:
    """``GET /``, its files, and the calls of ``model`` as JSON and as events."""

    def __init__(self, model: ScriptedModel) -> None:
        self._view = CallsView(model)

    def answer(self, exchange: Exchange) -> Sendings | None:
        """Return what is answered to a request for the page or a part of it; None where it is for something else."""
        if exchange.method != "GET":
            return None
        sendings = self._find(exchange.path.partition("?")[0].split("/")[1:])
        if sendings is not None and not _is_for_this_machine(exchange):
            return now(refused(403, "The page of the fake answers to localhost and 127.0.0.1 alone."))
        return sendings

    def _find(self, path: list[str]) -> Sendings | None:
        match path:
            case [""]:
                return _file("index.html")
            case ["page", name] if name in _files():
                return _file(name)
            case ["calls"]:
                return now(_json(self._view.everything()))
            case ["calls", "events"]:
                return feed(self._view, HEADERS)
            case ["calls", number] if re.fullmatch(r"[0-9]{1,18}", number):
                return self._detail(int(number))
        return None

    def _detail(self, number: int) -> Sendings:
        detail = self._view.detail(number)
        if detail is None:
            return now(_json({"error": {"message": f"Call {number} is not here (any more)."}}, status=404))
        return now(_json(detail))


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Return the files of the page and their types, by name: nothing else in the folder can be asked for."""
    folder = files("chatapp.fake.server") / "page"
    return {file.name: (file.read_bytes(), TYPES[PurePath(file.name).suffix]) for file in folder.iterdir()}


def _file(name: str) -> Sendings:
    data, kind = _files()[name]
    return now(wire.whole(data, content_type=kind, headers=HEADERS))


def _json(value: object, status: int = 200) -> bytes:
    return wire.whole(wire.as_json(value), status=status, headers=HEADERS)


def _is_for_this_machine(exchange: Exchange) -> bool:
    hosts = exchange.headers.get_all("Host") or []
    return len(hosts) == 1 and OWN_NAME.fullmatch(hosts[0].strip()) is not None
