"""Somebody with a token who keeps conversations, over real connections.

alice = Visitor.new(port)
talk = alice.begins()
with alice.asks(talk, "Why?") as reading:
    reading.reply["id"], reading.rest()
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import Any, Self

from tests.integration.caller import Heard

EVENTS = "text/event-stream"
PATIENCE_SECONDS = 60.0
CUT_OFF = (HTTPException, OSError)
"""What the end of a connection is raised as, where an answer was to come."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what it says, where in the answer it ends, and when it came."""

    data: dict[str, Any]
    place: int | None
    at: float


class Reading:
    """A reply that is read event by event. ``reply`` is what the first one says."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self._response = response
        self._waiting = b""
        self.location = response.headers.get("Location", "")
        assert response.headers.get_content_type() == EVENTS, (response.status, response.read())
        self.reply: dict[str, Any] = self.next().data["reply"]

    def next(self) -> Event:
        """Return the next event, when it comes.

        Raises:
            OSError, HTTPException: the connection was cut.
        """
        while True:
            block, end, rest = self._waiting.partition(b"\n\n")
            if end:
                self._waiting = rest
                if not block.startswith(b":"):
                    return _event(block)
            else:
                data = self._response.read1(65_536)
                if not data:
                    raise ConnectionError("It ended without a last event.")
                self._waiting += data

    def rest(self) -> list[Event]:
        """Return all events that are still to come, the last one at the end."""
        events = [self.next()]
        while "content" in events[-1].data:
            events.append(self.next())
        return events

    def until(self, place: int) -> str:
        """Return the text that comes, as soon as it is there up to that character."""
        text = ""
        while True:
            event = self.next()
            text += str(event.data["content"])
            if event.place is not None and event.place >= place:
                return text


@dataclass(frozen=True, slots=True)
class Line:
    """One connection of a visitor; it goes to one process for as long as it lasts."""

    connection: HTTPConnection
    headers: dict[str, str]

    def sends(self, method: str, path: str, body: Any = None, **headers: str) -> Heard:
        """Send a request and return the whole answer."""
        response = self.opens(method, path, body, headers)
        return Heard(response.status, response.headers, response.read())

    def reads(self, method: str, path: str, body: Any = None, **headers: str) -> Reading:
        """Send a request and read its events as they come."""
        return Reading(self.opens(method, path, body, {"Accept": EVENTS, **headers}))

    def opens(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HTTPResponse:
        """Send a request and return the answer as soon as it begins."""
        sent = None if body is None else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, sent, self.headers | kind | named)
        return self.connection.getresponse()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who calls the server on ``port``, on a new connection each time unless they hold a line."""

    port: int
    token: str = ""

    @classmethod
    def new(cls, port: int) -> Self:
        """Return a visitor whom the server does not know yet; it takes in a hundred of them an hour."""
        made = cls(port).sends("POST", "/api/visitors", {})
        assert made.status == 201, made.body
        return cls(port, made.json["token"])

    def at(self, port: int) -> Visitor:
        """Return the same visitor at another server."""
        return replace(self, port=port)

    @contextmanager
    def line(self) -> Iterator[Line]:
        """Open a connection."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as connection:
            yield Line(connection, headers)

    def sends(self, method: str, path: str, body: Any = None, **headers: str) -> Heard:
        """Send a request and return the whole answer."""
        with self.line() as line:
            return line.sends(method, path, body, **headers)

    def begins(self, **fields: Any) -> str:
        """Begin a conversation; return its id."""
        made = self.sends("POST", "/api/conversations", fields)
        assert made.status == 201, made.body
        conversation_id: str = made.json["id"]
        return conversation_id

    @contextmanager
    def asks(self, conversation_id: str, message: str | None = None, **fields: Any) -> Iterator[Reading]:
        """Ask and read the answer as it comes; leave at the end of the block."""
        with self.line() as line:
            yield line.reads("POST", replies_of(conversation_id), question(message, fields))

    def asks_without_waiting(self, conversation_id: str, message: str | None = None, **fields: Any) -> str:
        """Ask, and return the reply's id."""
        heard = self.sends("POST", replies_of(conversation_id), question(message, fields))
        assert heard.status == 202, heard.body
        reply_id: str = heard.json["id"]
        return reply_id

    @contextmanager
    def follows(self, reply_id: str, after: int = 0) -> Iterator[Reading]:
        """Follow a reply from a place on; leave at the end of the block."""
        with self.line() as line:
            yield line.reads("GET", f"/api/replies/{reply_id}/events", Last_Event_ID=str(after))

    def stops(self, reply_id: str) -> Heard:
        """Stop a reply."""
        return self.sends("POST", f"/api/replies/{reply_id}/stop", {})

    def reply(self, reply_id: str) -> dict[str, Any]:
        """Return a reply as it is now."""
        heard = self.sends("GET", f"/api/replies/{reply_id}")
        assert heard.status == 200, heard.body
        reply: dict[str, Any] = heard.json
        return reply

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return the messages of the branch that is shown."""
        heard = self.sends("GET", f"/api/conversations/{conversation_id}?limit=200")
        assert heard.status == 200, heard.body
        messages: list[dict[str, Any]] = heard.json["messages"]
        return messages

    def waits_for(self, reply_id: str, seconds: float = 10.0) -> dict[str, Any]:
        """Return a reply as soon as it has ended."""
        deadline = monotonic() + seconds
        while (reply := self.reply(reply_id))["state"] == "running":
            assert monotonic() < deadline, f"it has not ended: {reply}"
            with self.follows(reply_id, len(reply["text"])) as reading:
                reading.rest()
        return reply


def replies_of(conversation_id: str) -> str:
    """Return where to ask in a conversation."""
    return f"/api/conversations/{conversation_id}/replies"


def question(message: str | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent to ask."""
    return fields if message is None else {"message": message, **fields}


def text_of(events: list[Event]) -> str:
    """Return the text that came in these events."""
    return "".join(event.data.get("content", "") for event in events)


def _event(block: bytes) -> Event:
    fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
    return Event(json.loads(fields["data"]), int(fields["id"]) if "id" in fields else None, monotonic())
