"""What stands behind each chat model, told in one language what to answer: the rules of the fake's script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ssl import SSLContext
from time import monotonic, sleep

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.domain.events import Delta, Event
from chatapp.domain.ports import ChatModel, ModelStream
from chatapp.fake import Rule
from chatapp.fake.call import Ending
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import FakeServer
from tests.samples import CARD, question

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Provider:
    """A chat model, and the script by which it is answered."""

    model: ChatModel
    script: FakeChatModel | ScriptedModel

    def plays(self, rule: Rule) -> None:
        """Answer by this rule too, behind those that it was given before."""
        self.script.add(rule)

    def wait_until_asked(self) -> None:
        """Return as soon as a request has arrived."""
        until(lambda: self.script.calls)

    def wait_until_left(self) -> float:
        """Return the monotonic time at which it was noticed that nobody wants the last answer any more."""
        assert self.script.calls[-1].ended is Ending.CANCELLED
        return monotonic()


def fake() -> Provider:
    """Return the fake, which needs nobody."""
    model = FakeChatModel()
    return Provider(model, model)


def openai(server: FakeServer) -> Provider:
    """Return the real SDK, against the fake as a server."""
    client = connect("sk-test", server.url, read_timeout_seconds=PATIENCE_SECONDS)
    return Provider(OpenAIChatModel(client), server.model)


def scripted_server(tls: SSLContext | None = None) -> FakeServer:
    """Return a server that has no rules yet, and knows the ordinary model."""
    return FakeServer(ScriptedModel(), [CARD], tls=tls)


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
