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
from chatapp.domain.errors import ChatError, ProviderRefused
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported
from chatapp.fake import steps
from chatapp.fake.asked import Asked
from chatapp.fake.call import Bill, Call
from chatapp.fake.faults import Cut, Error, Malformed, Reset, WrongType
from chatapp.fake.model import NO_RULE, ScriptedModel
from chatapp.fake.script import Gate, Rule, Script
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
        self._is_read = False
        self._beginning = threading.Lock()

    def stop(self) -> None:
        """End the answer, also in the middle of a silence, and one that nobody has begun to read."""
        self._stopped.set()
        with self._beginning:
            if not self._is_read:
                self._call.end(cancelled=True)

    def __iter__(self) -> Iterator[Event]:
        """Yield the answer's events."""
        with self._beginning:
            self._is_read = True
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
                        yield UsageReported(step.usage, self._call.plan.answered_by)
                    yield Finished("refusal" if self._call.plan.refuses else step.reason)
                elif isinstance(step, steps.Piece):
                    if text := step.text.replace("\0", ""):  # as the real adapter does
                        yield Delta(text)
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
            report = fault.report.get("error")
            return cut_off() if report is None else reported_error(report)
        meant = self._refusal(fault)
        meant.provider_request_id = self._call.id
        return meant

    def _refusal(self, fault: Error) -> ChatError:
        if self._call.rule is None and fault.code == NO_RULE:
            return ProviderRefused(fault.message)  # who reads this is the one who wrote the script
        wait = None if fault.retry_after_seconds is None else ceil(fault.retry_after_seconds)
        return refusal(fault.status, fault.understood, wait, self._request.model)
