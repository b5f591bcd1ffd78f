"""The scripted model behind the ``ChatModel`` port: in this process, with no socket and no provider.

    fake = FakeChatModel(Script(rules=[Rule(when=When(message="hi"), reply="Hello there.")]))

What no rule fits, the fake answers by itself. ``fake.calls`` keeps what was asked and how it ended, ``fake.bill`` what
a real provider would have charged. No part of it can open a connection.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import ceil
from time import monotonic

from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported
from chatapp.fake import steps
from chatapp.fake.asked import Asked
from chatapp.fake.call import Bill, Call
from chatapp.fake.model import NO_RULE, ScriptedModel
from chatapp.fake.script import Cut, Error, Gate, Malformed, Reset, Rule, Script, WrongType
from chatapp.provider_errors import broken_off, cut_off, refusal, reported_error, unintelligible, unreachable

GATE_POLL_SECONDS = 0.01
LONGEST_WAIT_SECONDS = 3_600.0
"""No lock can be waited for in one go as long as a stall lasts: for ever."""


class FakeChatModel:
    """A ``ChatModel`` that answers by a script."""

    def __init__(self, script: Script | None = None) -> None:
        self._model = ScriptedModel(script)

    @property
    def calls(self) -> list[Call]:
        """Return every call so far."""
        return self._model.calls

    @property
    def bill(self) -> Bill:
        """Return what all calls together would have cost."""
        return self._model.bill

    def add(self, rule: Rule) -> None:
        """Add a rule behind the others."""
        self._model.add(rule)

    def open(self, request: ChatRequest) -> FakeStream:
        """Take the request and prepare its answer."""
        messages = [{"role": message.role.value, "content": message.content} for message in request.messages]
        asked = Asked(request.model.id, messages, request.max_output_tokens)
        return FakeStream(self._model.take(asked, price=request.model.price), request)


class FakeStream:
    """One answer of the fake."""

    def __init__(self, call: Call, request: ChatRequest) -> None:
        self._call = call
        self._request = request
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the answer, also in the middle of a silence."""
        self._stopped.set()

    def __iter__(self) -> Iterator[Event]:
        """Yield the answer's events."""
        cancelled = True  # what is true if the reader leaves
        try:
            for due, step in self._call.steps():
                if not self._is_wanted_at(due) or (isinstance(step, Gate) and not self._passes(step)):
                    return
                self._call.note_played()
                if isinstance(step, steps.Break):
                    cancelled = False
                    raise self._error(step.fault)
                if isinstance(step, steps.Finish):
                    cancelled = False
                    if step.usage is not None:
                        yield UsageReported(step.usage)
                    yield Finished("refusal" if self._call.plan.refuses else step.reason)
                elif isinstance(step, steps.Piece):
                    yield Delta(step.text)
                elif isinstance(step, steps.Begin):
                    yield Started(self._call.id)
        finally:
            self._call.end(cancelled=cancelled)

    def _is_wanted_at(self, due: float) -> bool:
        """Wait until a step is due; return whether anybody still wants it."""
        while (seconds := due - monotonic()) > 0:
            if self._stopped.wait(min(seconds, LONGEST_WAIT_SECONDS)):
                break
        return not self._stopped.is_set()

    def _passes(self, gate: Gate) -> bool:
        while not gate.wait(GATE_POLL_SECONDS) and not self._stopped.is_set():
            pass
        return not self._stopped.is_set()

    def _error(self, fault: Reset | Cut | Malformed | Error | WrongType) -> ChatError:
        """Return what the real adapter makes of such an end."""
        if isinstance(fault, Reset | Cut) and not self._call.has_begun:
            return unreachable()
        if isinstance(fault, Reset):
            return broken_off()
        if isinstance(fault, Cut):
            return cut_off()
        if isinstance(fault, Malformed | WrongType):
            return unintelligible()
        if fault.after_characters is not None:
            return reported_error({"code": fault.code, "type": fault.type})
        wait = None if fault.retry_after_seconds is None else ceil(fault.retry_after_seconds)
        meant = refusal(fault.status, _report(fault), wait, self._request.model)
        meant.provider_request_id = self._call.id
        if fault.code == NO_RULE:  # who reads this is the one who wrote the script
            meant.message = fault.message
            meant.args = (fault.message,)
        return meant


def _report(fault: Error) -> object:
    """Return the error object that a caller would find in the answer's body."""
    if isinstance(fault.body, dict):
        return fault.body.get("error", fault.body)
    if isinstance(fault.body, str) and fault.after_characters is None:
        return None
    return {"code": fault.code, "type": fault.type}
