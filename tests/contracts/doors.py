"""The doors to the fake. Each is told a script in TOML; what comes out of one comes out of all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import requests

from chatapp.adapters.catalog_file import read_catalog
from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Finished, UsageReported
from chatapp.domain.ports import ChatModel
from chatapp.fake.call import Call
from chatapp.fake.cassettes import RecordingServer, ReplayingServer
from chatapp.fake.model import ScriptedModel
from chatapp.fake.script_file import read_script
from chatapp.fake.server import FakeServer
from chatapp.fake.testing import FakeLLM
from tests.samples import question

KEY = "sk-canary-5be1"
PATIENCE_SECONDS = 10.0
"""How long an answer is waited for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out: the text, the tokens, and the finish reason or the kind of error; ``silence`` if nothing ended."""

    text: str
    usage: tuple[int, int] | None
    ending: str


class Door(Protocol):
    """One way to the fake, open."""

    @property
    def calls(self) -> Sequence[Call] | None:
        """Return what it was asked; None where that is known to another process."""

    def ask(self, message: str = "Hi", max_tokens: int = 1000, patience_seconds: float = PATIENCE_SECONDS) -> Heard:
        """Ask through the port; leave an answer that has not ended after so long."""

    def pieces(self, message: str = "Hi") -> list[str]:
        """Ask, and return the text in the pieces in which it was sent."""


@dataclass(frozen=True, slots=True)
class InProcess:
    """The fake as an adapter of the application."""

    model: FakeChatModel

    @property
    def calls(self) -> Sequence[Call]:
        return self.model.calls

    def ask(self, message: str = "Hi", max_tokens: int = 1000, patience_seconds: float = PATIENCE_SECONDS) -> Heard:
        return heard(self.model, message, max_tokens, patience_seconds)

    def pieces(self, message: str = "Hi") -> list[str]:
        return [event.text for event in self.model.open(question(message)) if isinstance(event, Delta)]


@dataclass(frozen=True, slots=True)
class Served:
    """The fake as a server, asked by the application's real adapter."""

    url: str
    calls: Sequence[Call] | None = None

    def ask(self, message: str = "Hi", max_tokens: int = 1000, patience_seconds: float = PATIENCE_SECONDS) -> Heard:
        model = OpenAIChatModel(connect(KEY, self.url, read_timeout_seconds=2 * PATIENCE_SECONDS))
        return heard(model, message, max_tokens, patience_seconds)

    def pieces(self, message: str = "Hi") -> list[str]:
        body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": message}]}
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = requests.post(f"{self.url}/chat/completions", json=body, headers=headers, timeout=5)
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith('data: {"id"')]
        deltas = [choice["delta"] for event in events for choice in event["choices"]]
        return [text for delta in deltas if (text := delta.get("content") or delta.get("refusal"))]


@dataclass(slots=True)
class Recorded:
    """Recorded bytes, read by the application's real adapter: each answer is recorded, forgotten, and replayed."""

    folder: Path
    upstream: str
    asked: int = 0
    calls: Sequence[Call] | None = None

    def ask(self, message: str = "Hi", max_tokens: int = 1000, patience_seconds: float = PATIENCE_SECONDS) -> Heard:
        with self._replayed(lambda door: door.ask(message, max_tokens, patience_seconds)) as door:
            return door.ask(message, max_tokens, patience_seconds)

    def pieces(self, message: str = "Hi") -> list[str]:
        with self._replayed(lambda door: door.pieces(message)) as door:
            return door.pieces(message)

    @contextmanager
    def _replayed(self, ask: Callable[[Served], object]) -> Iterator[Served]:
        self.asked += 1
        folder = self.folder / str(self.asked)
        with RecordingServer(folder, self.upstream) as recorder:
            ask(Served(recorder.url))
        with ReplayingServer(folder) as player:
            yield Served(player.url)


def heard(model: ChatModel, message: str, max_tokens: int, patience_seconds: float) -> Heard:
    """Ask a model, and say what came out."""
    texts, usage, ending = [], None, "silence"
    stream = model.open(question(message, max_output_tokens=max_tokens))
    has_waited = threading.Event()

    def leave() -> None:
        has_waited.set()
        stream.stop()

    patience = threading.Timer(patience_seconds, leave)
    patience.start()
    try:
        for event in stream:
            if isinstance(event, Delta):
                texts.append(event.text)
            elif isinstance(event, UsageReported):
                usage = event.usage.prompt_tokens, event.usage.completion_tokens
            elif isinstance(event, Finished):
                ending = event.reason
    except ChatError as error:
        if not has_waited.is_set():  # else it is the echo of our own leaving
            wait = error.retry_after_seconds
            ending = type(error).__name__ + ("" if wait is None else f" {wait}")
    finally:
        patience.cancel()
    return Heard("".join(texts), usage, ending)


@contextmanager
def in_process(script: Path, _fake_llm: FakeLLM) -> Iterator[Door]:
    """``CHATAPP_LLM=fake``: the adapter."""
    yield InProcess(FakeChatModel(read_script(script)))


@contextmanager
def command(script: Path, _fake_llm: FakeLLM) -> Iterator[Door]:
    """``chatapp fake``: the process."""
    arguments = [sys.executable, "-m", "chatapp", "fake", "--port", "0", "--script", str(script)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().strip().removeprefix("OPENAI_BASE_URL="))
        finally:
            process.terminate()


@contextmanager
def fixture(script: Path, fake_llm: FakeLLM) -> Iterator[Door]:
    """``fake_llm``: the pytest plugin."""
    fake_llm.load(script)
    yield Served(fake_llm.base_url, fake_llm.calls)


@contextmanager
def recorded(script: Path, _fake_llm: FakeLLM) -> Iterator[Door]:
    """``--record`` and ``--replay``."""
    with FakeServer(ScriptedModel(read_script(script)), read_catalog()) as server:
        yield Recorded(script.parent / "cassettes", server.url)


Opening = Callable[[Path, FakeLLM], AbstractContextManager[Door]]
DOORS: list[Opening] = [in_process, command, fixture, recorded]
