"""Asking the OpenAI adapter, and looking at what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.domain.entities import ChatRequest, Usage
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported
from chatapp.domain.ports import ModelStream
from tests.samples import question

KEY = "sk-canary-4f1c9a"
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """All that was heard, and what was raised in the end."""

    events: list[Event]
    error: ChatError | None

    @property
    def text(self) -> str:
        """Return the text."""
        return "".join(event.text for event in self.events if isinstance(event, Delta))

    @property
    def usage(self) -> Usage | None:
        """Return the provider's count, where one came."""
        return next((event.usage for event in self.events if isinstance(event, UsageReported)), None)

    @property
    def reason(self) -> str | None:
        """Return why it ended; None if it never did."""
        return next((event.reason for event in self.events if isinstance(event, Finished)), None)

    @property
    def has_begun(self) -> bool:
        """Tell whether the provider took the request."""
        return any(isinstance(event, Started) for event in self.events)


def model_for(url: str, **options: Any) -> OpenAIChatModel:
    """Return the model with a client of its own."""
    return OpenAIChatModel(connect(KEY, url, **{"read_timeout_seconds": PATIENCE_SECONDS, **options}))


def ask(model: OpenAIChatModel, request: ChatRequest | None = None) -> Answer:
    """Ask, and read the answer to its end."""
    return read(model.open(request or question()))


def read(stream: ModelStream) -> Answer:
    """Read an answer to its end; whatever is no ``ChatError`` passes."""
    events: list[Event] = []
    try:
        for event in stream:
            events.append(event)
    except ChatError as error:
        return Answer(events, error)
    return Answer(events, None)
