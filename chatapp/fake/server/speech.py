"""A call of the fake in OpenAI's dialect: its steps, as what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import ceil
from time import time
from typing import Any

from chatapp.fake.call import Call
from chatapp.fake.faults import Cut, Error, Malformed, Reset, WrongType
from chatapp.fake.script import Gate
from chatapp.fake.server import wire
from chatapp.fake.server.sending import HangUp, Send, Sending, TearDown
from chatapp.fake.steps import Begin, Break, Finish, Piece

WAIT = Send(b"")
"""Nothing, when it is due."""

HALF_A_CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"\n\n'
Due = tuple[float, Sending]


class Speech:
    """One answer: its head, its chunks, its end."""

    def __init__(self, call: Call, headers: Mapping[str, str], *, with_usage: bool) -> None:
        self._call = call
        self._headers = headers
        self._with_usage = with_usage
        self._field = "refusal" if call.plan.refuses else "content"
        self._envelope = {
            "id": f"chatcmpl-fake-{call.number}",
            "object": "chat.completion.chunk",
            "created": int(time()),
            "model": call.plan.answered_by,
            "service_tier": "default",
            "system_fingerprint": "fp_fake",
        }
        # Everything around a token is the same for all of them, and made once. The token stands behind all names.
        before, _, after = self._chunk({self._field: "\0"}).rpartition(b'"\\u0000"')
        self._before, self._after = before, after

    def streamed(self) -> Iterator[Due]:
        """Yield the answer as server-sent events, one HTTP chunk each."""
        if not self._with_usage:
            self._call.keep_usage()
        for due, step in self._call.steps():
            yield due, step if isinstance(step, Gate) else WAIT
            self._call.note_played()
            if isinstance(step, Piece):
                text = json.dumps(step.text, ensure_ascii=False).encode("utf-8", "replace")
                yield due, Send(wire.framed(self._before + text + self._after))
            elif isinstance(step, Begin):
                yield due, Send(wire.head(200, {**self._headers, **wire.STREAM_HEADERS}))
                yield due, Send(wire.framed(self._chunk({"role": "assistant", "content": "", "refusal": None})))
            elif isinstance(step, Finish):
                yield due, Send(wire.framed(self._chunk({}, step.reason)))
                if step.usage is not None and self._with_usage:
                    usage = {"choices": [], "usage": wire.usage_object(step.usage)}
                    yield due, Send(wire.framed(wire.event({**self._envelope, **usage})))
                yield due, Send(wire.framed(wire.DONE))
                yield due, Send(wire.LAST_CHUNK)
            elif isinstance(step, Break):
                for sending in self._broken_stream(step):
                    yield due, sending
                return

    def whole(self) -> Iterator[Due]:
        """Yield the answer as one JSON object, once all of it is made."""
        texts: list[str] = []
        has_begun = False
        for due, step in self._call.steps():
            yield due, step if isinstance(step, Gate) else WAIT
            self._call.note_played()
            if isinstance(step, Piece):
                texts.append(step.text)
            elif isinstance(step, Begin):
                has_begun = True
            elif isinstance(step, Finish):
                yield due, Send(wire.whole(self._completion("".join(texts), step), headers=self._headers))
            elif isinstance(step, Break):
                for sending in self._broken_whole(step, "".join(texts) if has_begun else None):
                    yield due, sending
                return

    def _broken_stream(self, step: Break) -> Iterator[Sending]:
        fault = step.fault
        if isinstance(fault, Reset):
            yield TearDown()
        elif isinstance(fault, Cut):
            yield Send(wire.LAST_CHUNK) if self._call.has_begun else HangUp()
        elif isinstance(fault, Malformed):
            yield Send(wire.framed(HALF_A_CHUNK) + wire.LAST_CHUNK)
        elif isinstance(fault, Error) and fault.after_characters is not None:
            yield Send(wire.framed(wire.event(fault.report)) + wire.LAST_CHUNK)
        else:
            yield self._instead(fault)

    def _broken_whole(self, step: Break, text: str | None) -> Iterator[Sending]:
        """Yield what comes of an answer with this text; ``None`` where not even its head is to come."""
        fault = step.fault
        if isinstance(fault, WrongType | Error):
            yield self._instead(fault)
            return
        if text is None:
            yield TearDown() if isinstance(fault, Reset) else HangUp()
            return
        finish = Finish(self._call.plan.finish, self._call.plan.usage)
        body = self._completion(text, finish)
        size = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        half = body[: len(body) // 2]
        if isinstance(fault, Malformed):
            yield Send(wire.whole(half, headers=self._headers))
            return
        yield Send(wire.head(200, {**self._headers, **size}) + half)
        yield TearDown() if isinstance(fault, Reset) else HangUp()

    def _instead(self, fault: Error | WrongType) -> Send:
        """Return what comes in place of an answer."""
        if isinstance(fault, WrongType):
            return Send(wire.whole(fault.body.encode(), content_type=fault.content_type, headers=self._headers))
        headers = {**self._headers, **_advice(fault)}
        if isinstance(fault.body, str):
            kind = "text/html" if fault.body.lstrip().startswith("<") else "text/plain"
            return Send(wire.whole(fault.body.encode(), status=fault.status, content_type=kind, headers=headers))
        return Send(wire.whole(wire.as_json(fault.report), status=fault.status, headers=headers))

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self._with_usage else {}
        return wire.event({**self._envelope, "choices": [choice], **usage})

    def _completion(self, text: str, finish: Finish) -> bytes:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
            self._field: text,
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish.reason}
        usage = {} if finish.usage is None else {"usage": wire.usage_object(finish.usage)}
        return wire.as_json({**self._envelope, "object": "chat.completion", "choices": [choice], **usage})


def _advice(fault: Error) -> dict[str, str]:
    """Return the headers that tell a client whether, and when, to try again."""
    headers = {}
    if fault.retry_after_seconds is not None:
        headers["Retry-After"] = str(ceil(fault.retry_after_seconds))
        headers["retry-after-ms"] = str(round(fault.retry_after_seconds * 1000))
    if fault.should_retry is not None:
        headers["x-should-retry"] = str(fault.should_retry).lower()
    return headers
