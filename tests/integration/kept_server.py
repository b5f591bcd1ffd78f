"""A small server that keeps one reply and tells it over bad lines, byte by byte as a test wants it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.loopback import LoopbackServer
from chatapp.fake.server.sending import Sendings
from chatapp.fake.server.wire import LAST_CHUNK, STREAM_HEADERS, framed, head, whole
from chatapp.fake.steps import timed
from tests.upstream.script import Cut, Reset, Send, Stall, Step

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
COST = {"usd": "0.000123", "source": "provider", "price_as_of": "2026-11-22"}
CONVERSATION = {
    "id": "c-1",
    "title": "",
    "pinned": False,
    "model": None,
    "created_at": "2026-11-22T09:30:00.123Z",
    "updated_at": "2026-11-22T09:30:00.123Z",
}
BEGUN = {
    "id": "r-1",
    "conversation_id": "c-1",
    "message_id": "r-1",
    "user_message_id": "m-1",
    "model": "gpt-4o-mini",
    "state": "running",
}
ENDING = {
    "done": True,
    "model": "gpt-4o-mini",
    "usage": USAGE,
    "finish_reason": "stop",
    "cost": COST,
    "state": "complete",
}

Line = Callable[[bytes], list[Step]]
"""What becomes of the bytes of one answer, from its head to its end."""


def good(wire: bytes) -> list[Step]:
    """Let everything through."""
    return [Send(wire)]


def cut(at: int) -> Line:
    """Hang up after so many bytes."""
    return lambda wire: [Send(wire[:at]), Cut()]


def reset(at: int) -> Line:
    """Break the connection after so many bytes."""
    return lambda wire: [Send(wire[:at]), Reset()]


def silent(at: int) -> Line:
    """Say nothing more after so many bytes."""
    return lambda wire: [Send(wire[:at]), Stall()]


def refused(status: int, code: str, headers: Mapping[str, str] | None = None) -> Line:
    """Answer with an error."""
    body = _as_json({"error": "No.", "code": code, "request_id": "q-1"})
    return lambda wire: [Send(whole(body, status=status, headers=headers))]


class KeptServer(LoopbackServer):
    """Answers every question with ``text``, two characters an event; ``lines`` are used up one after the other.

    ``client_ids`` is under which ids it was asked; ``offsets`` from where on it was followed.
    """

    def __init__(self, text: str, *lines: Line, port: int = 0) -> None:
        super().__init__(port=port)
        self.text = text
        self.lines = deque(lines)
        self.client_ids: list[str] = []
        self.offsets: list[int] = []

    @property
    def address(self) -> str:
        """Return its address, as a client of the application wants it."""
        return self.url.removesuffix("/v1")

    def wire(self, after: int = 0) -> bytes:
        """Return all bytes of the answer that streams the text from behind its ``after``-th character on."""
        events = [b": begun\n\n", _event({"reply": BEGUN})]
        for place in range(after, len(self.text), 2):
            part = self.text[place : place + 2]
            events.append(b"id: %d\n%b" % (place + len(part), _event({"content": part})))
        body = b"".join(framed(event) for event in [*events, _event(ENDING)])
        return head(200, STREAM_HEADERS) + body + LAST_CHUNK

    def answer(self, exchange: Exchange) -> Sendings:
        """Decide what a request is answered."""
        return timed([*self._steps(exchange), Send(b"")], monotonic)

    def _steps(self, exchange: Exchange) -> list[Step]:
        match exchange.method, exchange.path:
            case "POST", "/api/conversations":
                return [Send(whole(_as_json(CONVERSATION), status=201))]
            case "POST", "/api/conversations/c-1/replies":
                self.client_ids.append(exchange.json["client_id"])
                return self._next_line()(self.wire())
            case "GET", "/api/replies/r-1/events":
                self.offsets.append(int(exchange.headers.get("Last-Event-ID", "0")))
                return self._next_line()(self.wire(self.offsets[-1]))
        return refused(404, "not_found")(b"")

    def _next_line(self) -> Line:
        return self.lines.popleft() if self.lines else good


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _event(payload: Mapping[str, Any]) -> bytes:
    return b"data: %b\n\n" % _as_json(payload)
