"""The model that needs no provider: a real adapter, deterministic and scripted, for offline tests and for demos.

    fake = FakeChatModel(script=[[Say("Hello "), Pause(0.5), Say("there.")], [Fail(ProviderTimeout("Silence."))]])

Each request takes the next entry of the script; when none is left, the fake answers by itself. An entry that does not
``Cut`` or ``Fail`` ends with usage and a finish reason, as a provider's answer does. ``fake.calls`` keeps what was
asked and how it ended. No part of it can open a connection.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chatapp.domain.entities import ChatRequest, Role, Usage
from chatapp.domain.errors import ChatError, ProviderFailed
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported

LONGEST_ECHO_CHARACTERS = 500
WORD = re.compile(r"\s*\S+\s?|\s+")


@dataclass(frozen=True, slots=True)
class Say:
    """Text, sent word by word at the fake's pace; ``Say("")`` just begins the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence, also before the first word; ``stop`` cuts it short."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Silence until the test opens the gate."""

    gate: threading.Event


@dataclass(frozen=True, slots=True)
class Fail:
    """The provider reports an error; before the first word it comes instead of an answer."""

    error: ChatError


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends without a finish reason."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The answer ends for a reason other than ``stop``, or without usage."""

    reason: str = "stop"
    usage: bool = True


Step = Say | Pause | Wait | Fail | Cut | Finish


class Ending(StrEnum):
    """How a call ended."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CUT = "cut"
    STOPPED = "stopped"


@dataclass(slots=True)
class FakeCall:
    """What the fake was asked, what it has said, and how that ended."""

    request: ChatRequest
    text: str = ""
    ended: Ending = Ending.RUNNING


@dataclass(slots=True)
class FakeChatModel:
    """A ``ChatModel`` that makes up its answers. ``seconds_per_word`` is its pace."""

    script: Sequence[Sequence[Step]] = ()
    seconds_per_word: float = 0.0
    calls: list[FakeCall] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, request: ChatRequest) -> FakeStream:
        """Note the call and prepare the next answer of the script, or one of the fake's own."""
        call = FakeCall(request)
        with self._lock:
            place = len(self.calls)
            self.calls.append(call)
        steps = self.script[place] if place < len(self.script) else [Say(own_answer(request))]
        return FakeStream(call, steps, self.seconds_per_word)


class FakeStream:
    """One answer of the fake."""

    def __init__(self, call: FakeCall, steps: Iterable[Step], seconds_per_word: float) -> None:
        self._call = call
        self._steps = steps
        self._seconds_per_word = seconds_per_word
        self._stopped = threading.Event()
        self._words_said = 0

    def stop(self) -> None:
        """End the answer at the next word, or in the middle of a pause."""
        self._stopped.set()

    def __iter__(self) -> Iterator[Event]:
        """Yield the answer's events."""
        call = self._call
        ended = Ending.STOPPED  # what is true if the reader leaves
        try:
            for event in self._play():
                if isinstance(event, Finished):
                    ended = Ending.FINISHED
                elif isinstance(event, Delta):
                    call.text += event.text
                yield event
        except ChatError:
            ended = Ending.FAILED
            raise
        except _CutError as error:
            ended = Ending.CUT
            raise ProviderFailed("The answer was cut off on its way from the model. Please try again.") from error
        finally:
            call.ended = ended

    def _play(self) -> Iterator[Event]:
        started = False
        for step in (*self._steps, Finish()):
            if isinstance(step, Pause | Wait):
                self._be_silent(step)
            elif isinstance(step, Fail):
                raise step.error
            elif not started:
                started = True
                yield Started("req_fake")
            if self._stopped.is_set():
                return
            if isinstance(step, Say):
                yield from self._say(step.text)
            elif isinstance(step, Cut):
                raise _CutError
            if self._stopped.is_set():
                return
            if isinstance(step, Finish) or self._is_at_cap():
                yield from self._finish(step if isinstance(step, Finish) else Finish("length"))
                return

    def _be_silent(self, step: Pause | Wait) -> None:
        if isinstance(step, Pause):
            self._stopped.wait(step.seconds)
            return
        while not step.gate.wait(0.01) and not self._stopped.is_set():
            pass

    def _say(self, text: str) -> Iterator[Event]:
        for word in WORD.findall(text):
            if self._stopped.is_set() or self._is_at_cap():
                return
            self._words_said += 1
            yield Delta(word)
            if self._seconds_per_word:
                self._stopped.wait(self._seconds_per_word)

    def _is_at_cap(self) -> bool:
        return self._words_said >= self._call.request.max_output_tokens

    def _finish(self, finish: Finish) -> Iterator[Event]:
        if finish.usage:
            words_asked = sum(len(WORD.findall(message.content)) for message in self._call.request.messages)
            yield UsageReported(Usage(words_asked, self._words_said))
        yield Finished(finish.reason)


class _CutError(Exception):
    pass


def own_answer(request: ChatRequest) -> str:
    """Return what the fake says of its own accord: the last message back, and what it is."""
    asked = next(message.content for message in reversed(request.messages) if message.role is Role.USER)
    shown = asked if len(asked) <= LONGEST_ECHO_CHARACTERS else asked[:LONGEST_ECHO_CHARACTERS] + "…"
    return (
        f"You wrote: “{shown}” I am the fake model: I make this answer up on this computer, "
        "word by word, and it costs nothing. With an OpenAI key, a real model would answer here."
    )
