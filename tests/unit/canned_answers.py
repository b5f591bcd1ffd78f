"""What a chatapp server says, for a client that is tested without one; and a time that passes only in waiting."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

from chatapp.client import Patience

URL = "http://chat.test"
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 2,
    "total_tokens": 11,
    "prompt_tokens_details": {"cached_tokens": 4},
}
COST = {"usd": "0.000123", "source": "provider", "price_as_of": "2026-11-22"}
ENDING = {"done": True, "model": "gpt-4o-mini", "usage": USAGE, "finish_reason": "stop", "cost": COST}

CONVERSATION: dict[str, Any] = {
    "id": "c-1",
    "title": "The sky",
    "pinned": False,
    "model": "gpt-4o-mini",
    "system": None,
    "created_at": "2026-11-22T09:30:00.123Z",
    "updated_at": "2026-11-22T09:31:00.000Z",
    "leaf_id": None,
}
BEGUN_REPLY: dict[str, Any] = {
    "id": "r-1",
    "conversation_id": "c-1",
    "message_id": "r-1",
    "user_message_id": "m-1",
    "model": "gpt-4o-mini",
    "state": "running",
    "finish_reason": None,
    "error": None,
    "usage": None,
    "cost": None,
    "left_out": 0,
}
REPLY = BEGUN_REPLY | {"state": "complete", "finish_reason": "stop", "text": "Hello.", "usage": USAGE, "cost": COST}


class Pieces(io.BufferedReader):
    """The body of a response that comes in exactly these pieces, or breaks at one."""

    def __init__(self, *pieces: bytes | OSError | Callable[[], bytes]) -> None:
        super().__init__(io.BytesIO())
        self._pieces = list(pieces)

    def read(self, size: int | None = -1) -> bytes:
        piece = self._pieces.pop(0)
        if isinstance(piece, OSError):
            raise piece
        if not self._pieces:
            self.close()
        return piece if isinstance(piece, bytes) else piece()


class WaitingTime:
    """A clock that moves only when somebody waits; ``pauses`` is for how long, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.patience = Patience(clock=lambda: self.now, wait=self.wait)

    def wait(self, left: threading.Event, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def event(payload: dict[str, Any], place: int | None = None) -> bytes:
    """Return one event; ``place`` is the number of characters of the answer up to its end."""
    number = "" if place is None else f"id: {place}\n"
    return f"{number}data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


def kept(*parts: str, after: int = 0, ending: dict[str, Any] | None = None) -> list[bytes]:
    """Return the events of a kept reply: it names itself, then says ``parts``, and ends if there is an ``ending``."""
    events = [event({"reply": BEGUN_REPLY})]
    for part in parts:
        after += len(part)
        events.append(event({"content": part}, after))
    return events if ending is None else [*events, event(ending)]


KEPT_ENDING = ENDING | {"state": "complete"}
