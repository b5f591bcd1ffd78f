"""The application in this process: the real thing, but for a model that says what a test wants, and no disk.

app = app_with([once("Hello ", fault=Cut())], max_messages=3)
app.stream("Hi")[-1]["code"]
app.calls[0].messages, app.requests[0].temperature
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from dependency_injector import providers
from flask import Flask
from werkzeug.datastructures import Headers

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.memory import (
    MemoryArchive,
    MemoryBooks,
    MemoryConversationStore,
    MemoryDatabase,
    MemoryLedger,
    MemoryReplyStore,
    MemoryUsageLinks,
    MemoryVisitorStore,
)
from chatapp.adapters.system import SystemClock
from chatapp.bootstrap import build_app, build_container
from chatapp.container import Container
from chatapp.domain.entities import ChatRequest
from chatapp.domain.ports import ChatModel, Clock, ModelStream
from chatapp.domain.replies import ReplyService
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Rule, Script
from chatapp.fake.call import Call
from chatapp.settings import Settings
from tests.samples import NO_LIMITS

JSON = "application/json"
LAUNCH_DAY = date(2026, 11, 22)


class DayClock(SystemClock):
    """A clock that stays on one day."""

    def __init__(self, day: date) -> None:
        self._day = day

    def now(self) -> datetime:
        """Return noon of that day."""
        return datetime.combine(self._day, time(12), UTC)


@dataclass(frozen=True, slots=True)
class Listening:
    """A ``ChatModel`` that keeps every request as the port had it, and lets another answer."""

    model: ChatModel
    requests: list[ChatRequest] = field(default_factory=list)

    def open(self, request: ChatRequest) -> ModelStream:
        """Keep the request, and pass it on."""
        self.requests.append(request)
        return self.model.open(request)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the application, read to its end."""

    status: int
    headers: Headers
    text: str

    @property
    def json(self) -> Any:
        """Return the body, which must be JSON and say so."""
        assert self.headers["Content-Type"] == JSON, self.headers["Content-Type"]
        return json.loads(self.text)

    @property
    def code(self) -> Any:
        """Return the code of an error."""
        return self.json["code"]


@dataclass(frozen=True, slots=True)
class AppUnderTest:
    """One application, the model behind it, and what it keeps.

    Replies that are not kept are named ``reply-1``, ``reply-2`` and so on.
    """

    flask: Flask
    model: FakeChatModel
    replies: ReplyService
    requests: list[ChatRequest]
    database: MemoryDatabase

    @property
    def calls(self) -> list[Call]:
        """Return the calls of the model, and how they ended."""
        return self.model.calls

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        origin: str = "http://localhost",
    ) -> Answer:
        """Send a request as it stands to the application, which is at ``origin``."""
        client = self.flask.test_client(use_cookies=False)  # a test says itself which ones it sends
        with client.open(path, origin, method=method, data=body, headers=dict(headers or {})) as response:
            return Answer(response.status_code, response.headers, response.get_data(as_text=True))

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: bytes | str = b'{"message": "Hi"}', **headers: str) -> Answer:
        """Send a body as JSON, as it stands."""
        return self.send("POST", path, body, {"Content-Type": JSON, **headers})

    def ask(self, message: str = "Hi", **fields: Any) -> Answer:
        """Ask for a whole answer."""
        return self.post("/chat", json.dumps({"message": message, **fields}))

    def streamed(self, message: str = "Hi", **fields: Any) -> Answer:
        """Ask for an answer as events; return it as it was on the wire."""
        return self.post("/chat/stream", json.dumps({"message": message, **fields}))

    def stream(self, message: str = "Hi", **fields: Any) -> list[dict[str, Any]]:
        """Ask for an answer as events and return all of them."""
        answer = self.streamed(message, **fields)
        assert answer.headers["Content-Type"].startswith("text/event-stream"), answer.text
        return events_in(answer.text)


def app_with(
    rules: Sequence[Rule] = (),
    *,
    model: ChatModel | None = None,
    limits: ReplyLimits | None = None,
    composer: object | None = None,
    today: date = LAUNCH_DAY,
    clock: Clock | None = None,
    database: MemoryDatabase | None = None,
    **settings: Any,
) -> AppUnderTest:
    """Return an application with these settings whose model answers by ``rules``.

    ``model``, ``limits``, ``composer`` and ``clock`` take the place of what the container makes.
    """
    container = build_container(Settings(**(NO_LIMITS | settings)))
    fake = FakeChatModel(Script(rules=rules))
    listening = Listening(model or fake)
    container.chat_model.override(providers.Object(listening))
    container.clock.override(providers.Object(clock or DayClock(today)))
    database = database or MemoryDatabase()
    _keep_in_memory(container, database)
    numbers = itertools.count(1)
    container.replies.add_kwargs(new_id=providers.Object(lambda: f"reply-{next(numbers)}"))
    if limits is not None:
        container.limits.override(providers.Object(limits))
    if composer is not None:
        container.composer.override(providers.Object(composer))
    app = build_app(container.settings(), container)
    return AppUnderTest(app, fake, container.replies(), listening.requests, database)


def _keep_in_memory(container: Container, database: MemoryDatabase) -> None:
    ledger = MemoryLedger(database, container.budgets())
    container.ledger.override(providers.Object(ledger))
    container.reply_store.override(providers.Object(MemoryReplyStore(database, ledger)))
    container.conversation_store.override(providers.Object(MemoryConversationStore(database)))
    container.visitor_store.override(providers.Object(MemoryVisitorStore(database)))
    container.archive.override(providers.Object(MemoryArchive(database)))
    container.books.override(providers.Object(MemoryBooks(database, container.settings().llm_in_use)))
    container.usage_links.override(providers.Object(MemoryUsageLinks(database)))


def events_in(text: str) -> list[dict[str, Any]]:
    """Return the events of a whole stream, which must be well-formed: JSON on one line, comments between them."""
    blocks = text.split("\n\n")
    assert blocks.pop() == "", "the last event has no end"
    lines = [block for block in blocks if not block.startswith(":")]
    assert all(line.startswith("data: ") and "\n" not in line for line in lines), lines
    return [json.loads(line.removeprefix("data: ")) for line in lines]
