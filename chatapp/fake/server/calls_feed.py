"""The calls as server-sent events: first everything there is, then whatever has changed, a few times a second.

The page could as well ask ``/calls`` every half second. But then a test that looks through the server's requests would
find thousands of the page's own, and everything would be sent again although nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from chatapp.fake.server import wire
from chatapp.fake.server.calls_view import CallsView, View, in_short, mark
from chatapp.fake.server.sending import Send, Sendings

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_BETWEEN_COMMENTS = 15.0
COMMENT = b": still here\n\n"


def feed(view: CallsView, headers: Mapping[str, str]) -> Sendings:
    """Yield what one viewer is sent, for as long as they look."""
    yield monotonic(), Send(wire.head(200, {**headers, **wire.STREAM_HEADERS}))
    changes = _Changes(view)
    name, last_sent = "everything", monotonic()
    while True:
        news, now = changes.since_last_time(), monotonic()
        if news or name == "everything":
            yield now, Send(wire.framed(_event(name, {"totals": view.totals(), "calls": news})))
            name, last_sent = "changes", now
        elif now - last_sent >= SECONDS_BETWEEN_COMMENTS:
            yield now, Send(wire.framed(COMMENT))
            last_sent = now
        # Nothing, but not before it is time to look again.
        yield now + SECONDS_BETWEEN_LOOKS, Send(b"")


class _Changes:
    """Remembers how one viewer saw each call."""

    def __init__(self, view: CallsView) -> None:
        self._view = view
        self._seen: dict[int, tuple[Any, ...]] = {}

    def since_last_time(self) -> list[View]:
        """Return the calls of which there is something new."""
        calls = self._view.newest()
        marks = {call.number: mark(call) for call in calls}  # taken before the views: a view is never older
        changed = [in_short(call) for call in calls if self._seen.get(call.number) != marks[call.number]]
        self._seen = marks
        return changed


def _event(name: str, value: View) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + wire.as_json(value) + b"\n\n"
