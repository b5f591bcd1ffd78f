"""People who use an application: in a browser, which keeps their cookie, or with a program, which has a token.

alice, bob = Person(app), Person(app)
talk = alice.begins(title="The sky")
alice.asks(talk, "Why is it blue?")
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from werkzeug.test import TestResponse

from tests.integration.app_under_test import JSON, Answer, AppUnderTest

EVENTS = "text/event-stream"
HERE = "http://localhost"


@dataclass(slots=True)
class Person:
    """Somebody who asks; ``headers`` go along with every request, and ``cookies`` as a browser keeps them."""

    app: AppUnderTest
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str = HERE

    def sends(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request, with a body as JSON unless it is bytes."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
        kind = {} if body is None else {"Content-Type": JSON}
        answer = self.app.send(method, path, sent, self._carried() | kind | headers, self.origin)
        self._keep_cookies(answer)
        return answer

    def gets(self, path: str, **headers: str) -> Answer:
        """Send a GET."""
        return self.sends("GET", path, **headers)

    def posts(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a POST, with an empty object if there is nothing else to say."""
        return self.sends("POST", path, {} if body is None else body, **headers)

    def begins(self, **fields: Any) -> str:
        """Begin a conversation; return its id."""
        answer = self.posts("/api/conversations", fields)
        assert answer.status == 201, answer.text
        conversation_id: str = answer.json["id"]
        return conversation_id

    def asks(self, conversation_id: str, message: str | None = "Hi", **fields: Any) -> dict[str, Any]:
        """Ask, wait for the end of the answer, and return the reply as it is then."""
        body = fields if message is None else {"message": message, **fields}
        answer = self.posts(f"/api/conversations/{conversation_id}/replies", body)
        assert answer.status == 202, answer.text
        self.follows(answer.json["id"])
        return self.reply(answer.json["id"])

    def streams(self, conversation_id: str, message: str = "Hi", **fields: Any) -> Answer:
        """Ask, and return the answer as it was on the wire."""
        path = f"/api/conversations/{conversation_id}/replies"
        return self.posts(path, {"message": message, **fields}, Accept=EVENTS)

    def follows(self, reply_id: str, after: int | None = None) -> list[Event]:
        """Read a reply to its end, from a place on."""
        known = {} if after is None else {"Last-Event-ID": str(after)}
        answer = self.gets(f"/api/replies/{reply_id}/events", **known)
        assert answer.status == 200, answer.text
        return events_in(answer.text)

    def reply(self, reply_id: str) -> dict[str, Any]:
        """Return a reply as it is now."""
        reply: dict[str, Any] = self.gets(f"/api/replies/{reply_id}").json
        return reply

    def conversation(self, conversation_id: str, query: str = "") -> dict[str, Any]:
        """Return a conversation as it is now."""
        shown: dict[str, Any] = self.gets(f"/api/conversations/{conversation_id}{query}").json
        return shown

    def texts(self, conversation_id: str) -> list[str]:
        """Return what was said in the branch that is shown."""
        return [message["text"] for message in self.conversation(conversation_id)["messages"]]

    @contextmanager
    def reading(self, method: str, path: str, body: Any = None, **headers: str) -> Iterator[Reading]:
        """Send a request and read its events one by one, as they come; leave at the end of the block."""
        sent, kind = (None, {}) if body is None else (json.dumps(body), {"Content-Type": JSON})
        client = self.app.flask.test_client(use_cookies=False)
        response = client.open(
            path, self.origin, method=method, data=sent, headers=self._carried() | kind | {"Accept": EVENTS} | headers
        )
        try:
            yield Reading(response)
        finally:
            response.close()

    def _carried(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self.headers | ({"Cookie": cookie} if cookie else {})

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            for name, cookie in SimpleCookie(line).items():
                if cookie.value:
                    self.cookies[name] = cookie.value
                else:
                    self.cookies.pop(name, None)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a kept reply: what it says, and where in the answer it ends."""

    data: dict[str, Any]
    place: int | None = None


class Reading:
    """An answer that is read event by event."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._blocks = _blocks(response.iter_encoded())

    def next(self) -> Event:
        """Return the next event, when it comes."""
        return next(event for block in self._blocks if (event := _event(block)) is not None)

    def rest(self) -> list[Event]:
        """Return all that is still to come."""
        return [event for block in self._blocks if (event := _event(block)) is not None]


def program(app: AppUnderTest) -> Person:
    """Return a new visitor who keeps no cookies."""
    token = Person(app).posts("/api/visitors").json["token"]
    return Person(app, {"Authorization": f"Bearer {token}"})


def events_in(text: str) -> list[Event]:
    """Return the events of a whole stream, which must be well-formed."""
    blocks = text.split("\n\n")
    assert blocks.pop() == "", "the last event has no end"
    return [event for block in blocks if (event := _event(block)) is not None]


def text_of(events: list[Event]) -> str:
    """Return the text that came in these events."""
    return "".join(event.data.get("content", "") for event in events)


def _blocks(pieces: Iterator[bytes]) -> Iterator[str]:
    waiting = b""
    for piece in pieces:
        *whole, waiting = (waiting + piece).split(b"\n\n")
        yield from (block.decode() for block in whole)


def _event(block: str) -> Event | None:
    if block.startswith(":"):
        return None
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    assert set(fields) in ({"data"}, {"id", "data"}), block
    return Event(json.loads(fields["data"]), int(fields["id"]) if "id" in fields else None)
