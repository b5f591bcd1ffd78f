"""What stands behind each chat model, told in one language what to answer: the steps of the fake's script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic, sleep
from typing import Protocol

from chatapp.adapters.fake_chat import Cut, Ending, Fail, FakeChatModel, Finish, Pause, Say, Step, Wait
from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.domain.errors import (
    ChatError,
    ContextTooLong,
    ModelRetired,
    ProviderAuth,
    ProviderFailed,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
)
from chatapp.domain.events import Delta, Event
from chatapp.domain.ports import ChatModel, ModelStream
from tests import upstream as wire
from tests.samples import question
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import USAGE, chunk, error, sse

PATIENCE_SECONDS = 5.0


class Provider(Protocol):
    """A chat model, and what it talks to."""

    @property
    def model(self) -> ChatModel:
        """Return the chat model."""

    def plays(self, *steps: Step) -> None:
        """Answer the next request that has no answer yet with these steps."""

    def wait_until_asked(self) -> None:
        """Return as soon as a request has arrived."""

    def wait_until_left(self) -> float:
        """Return the monotonic time at which it was noticed that nobody wants the last answer any more."""


class FakeProvider:
    """The fake needs nobody."""

    def __init__(self) -> None:
        self._script: list[Sequence[Step]] = []
        self._fake = FakeChatModel(self._script)

    @property
    def model(self) -> ChatModel:
        """Return the fake."""
        return self._fake

    def plays(self, *steps: Step) -> None:
        """Add to the fake's script."""
        self._script.append(steps)

    def wait_until_asked(self) -> None:
        """Return as soon as a request has arrived."""
        until(lambda: self._fake.calls)

    def wait_until_left(self) -> float:
        """Return when the fake's last call had ended as stopped."""
        until(lambda: self._fake.calls[-1].ended is not Ending.RUNNING)
        assert self._fake.calls[-1].ended is Ending.STOPPED
        return monotonic()


class OpenAIProvider:
    """The real SDK, against a scripted server."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self._upstream = upstream
        self._model = OpenAIChatModel(connect("sk-test", upstream.url, read_timeout_seconds=PATIENCE_SECONDS))

    @property
    def model(self) -> ChatModel:
        """Return the model."""
        return self._model

    def plays(self, *steps: Step) -> None:
        """Translate the steps to what OpenAI would send."""
        self._upstream.script(*on_the_wire(steps))

    def wait_until_asked(self) -> None:
        """Return as soon as a request has arrived."""
        self._upstream.wait_for_request()

    def wait_until_left(self) -> float:
        """Return when the server saw its peer leave."""
        return self._upstream.requests[-1].wait_until_left()


STATUS_AND_CODE: dict[type[ChatError], tuple[int, str]] = {
    ProviderAuth: (401, "invalid_api_key"),
    ProviderRefused: (403, "unsupported_country_region_territory"),
    ModelRetired: (404, "model_not_found"),
    ContextTooLong: (400, "context_length_exceeded"),
    ProviderRateLimited: (429, "rate_limit_exceeded"),
    ProviderQuota: (429, "insufficient_quota"),
    ProviderFailed: (500, "server_error"),
}


def on_the_wire(steps: Sequence[Step]) -> list[wire.Step]:
    """Return what OpenAI would send for these steps of the fake."""
    silence: list[wire.Step] = []
    for place, step in enumerate(steps):
        if isinstance(step, Wait | Pause):
            silence.append(_silence(step))
        elif isinstance(step, Fail):
            status, code = STATUS_AND_CODE[type(step.error)]
            wait = step.error.retry_after_seconds
            headers = {} if wait is None else {"Retry-After": str(wait)}
            return [*silence, *error(status, code, headers=headers)]
        elif isinstance(step, Cut):
            return [*silence, wire.Cut()]
        else:
            return [*silence, *_answer(steps[place:])]
    return [*silence, *sse([])]


def _answer(steps: Sequence[Step]) -> list[wire.Step]:
    finish = next((step for step in steps if isinstance(step, Finish)), Finish())
    field = "refusal" if finish.reason == "refusal" else "content"
    words: list[str | dict[str, object] | wire.Step] = []
    for step in steps:
        if isinstance(step, Say):
            words.append(chunk({field: step.text}))
        elif isinstance(step, Wait | Pause):
            words.append(_silence(step))
        elif isinstance(step, Fail):
            words.append({"error": {"message": "No.", "code": STATUS_AND_CODE[type(step.error)][1]}})
        elif isinstance(step, Cut):
            words.append(wire.Cut())
    reason = "stop" if finish.reason == "refusal" else finish.reason
    return sse(words, finish=reason, usage=USAGE if finish.usage else None)


def _silence(step: Wait | Pause) -> wire.Step:
    return wire.Pause(step.seconds) if isinstance(step, Pause) else wire.Gate(step.gate)


class Reading:
    """An answer that another thread reads, so that the test can do something meanwhile."""

    def __init__(self, stream: ModelStream) -> None:
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_for_events(self, count: int) -> None:
        """Return as soon as so many events have come."""
        until(lambda: len(self.events) >= count)

    def wait_until_over(self) -> None:
        """Return as soon as there is nothing more to read."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), f"still reading after {self.events}"

    def _read(self) -> None:
        try:
            for event in self._stream:
                self.events.append(event)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error


def ask(provider: Provider) -> list[Event]:
    """Ask, and return all that the answer says."""
    return list(provider.model.open(question()))


def begin(provider: Provider) -> Reading:
    """Ask, and let another thread read the answer."""
    return Reading(provider.model.open(question()))


def text_of(events: Iterable[Event]) -> str:
    """Return the text of an answer."""
    return "".join(event.text for event in events if isinstance(event, Delta))


def until(condition: Callable[[], object]) -> None:
    """Wait until another thread has come so far."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not condition():
        assert monotonic() < deadline, "it never happened"
        sleep(0.001)
