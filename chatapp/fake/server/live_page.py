"""The page that shows the calls live, and what it asks for."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import PurePath

from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import wire
from chatapp.fake.server.answers import now
from chatapp.fake.server.calls_feed import feed
from chatapp.fake.server.calls_view import CallsView
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import Sendings

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LivePage:
    """``GET /``, its files, and the calls of ``model`` as JSON and as events."""

    def __init__(self, model: ScriptedModel) -> None:
        self._view = CallsView(model)

    def answer(self, exchange: Exchange) -> Sendings | None:
        """Return what is answered to a request for the page or a part of it; None where it is for something else."""
        match exchange.method, exchange.path.partition("?")[0].split("/")[1:]:
            case "HEAD", ["calls", "events"]:
                return islice(feed(self._view, HEADERS), 1)  # the rest has no end, and nobody would be told of it
            case "GET" | "HEAD", path:
                return self._find(path)
        return None

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
    return {
        file.name: (file.read_bytes(), TYPES[PurePath(file.name).suffix])
        for file in folder.iterdir()
        if PurePath(file.name).suffix in TYPES
    }


def _file(name: str) -> Sendings:
    data, kind = _files()[name]
    return now(wire.whole(data, content_type=kind, headers=HEADERS))


def _json(value: object, status: int = 200) -> bytes:
    return wire.whole(wire.as_json(value), status=status, headers=HEADERS)
