"""Chat Completions on the wire: the request's body, and an answer's events out of any split of its bytes.

Source: the provider's OpenAPI description, version 2.3.0, and recorded answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from chatapp.domain.entities import ChatRequest, Usage
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta, Event, Finished, UsageReported
from chatapp.provider_errors import cut_off, reported_error, unintelligible

MAX_EVENT_BYTES = 8_000_000
"""One event of the provider's stream; a longer one is no answer but an attack or an accident."""

MOST_TOKENS = 1_000_000_000
"""No answer has so many; what they cost would not fit into any column."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for JSON that is wrong in its form, in its letters or in its depth."""


def body_of(request: ChatRequest) -> dict[str, Any]:
    """Return the JSON body of a streaming request."""
    body: dict[str, Any] = {
        "model": request.model.id,
        "messages": [{"role": message.role.value, "content": message.content} for message in request.messages],
        "stream": True,
        # Obfuscation pads every chunk against listeners on the line; TLS is there for that, and we pay the bytes.
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "max_tokens" if request.model.old_token_cap else "max_completion_tokens": request.max_output_tokens,
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: _Count | None = None
    cache_write_tokens: _Count | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: _Count | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: _Count
    completion_tokens: _Count
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


class _Named(msgspec.Struct):
    model: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode
_decode_name = msgspec.json.Decoder(_Named).decode


class EventSplitter:
    """Cuts a stream of server-sent events into the data of its events, whatever pieces it comes in."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._rest = bytearray()
        self._searched = 0
        self._after_return = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take more bytes; return the data of every event that is now whole.

        Raises:
            ProviderProtocol: an event is longer than any answer's.
        """
        data = self._with_unified_line_ends(data)
        if not self._rest and data.endswith(b"\n\n"):
            return _data_of(data)
        rest = self._rest
        rest += data
        end = rest.rfind(b"\n\n", max(0, self._searched - 1))
        if end < 0:
            self._searched = len(rest)
            if len(rest) > self._max_event_bytes:
                raise unintelligible()
            return []
        whole = bytes(rest[: end + 2])
        del rest[: end + 2]
        self._searched = 0
        return _data_of(whole)

    def _with_unified_line_ends(self, data: bytes) -> bytes:
        # A carriage return ends its line at once; a line feed that comes next belongs to it and says nothing.
        if self._after_return:
            data = data.removeprefix(b"\n")
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _data_of(events: bytes) -> list[bytes]:
    found = []
    for event in events[:-2].split(b"\n\n"):
        if event.startswith(b"data: ") and b"\n" not in event:
            data = event[6:]
        else:
            lines = event.removeprefix(BYTE_ORDER_MARK).split(b"\n")
            data = b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))
        if data:  # without, it is just a sign of life
            found.append(data)
    return found


class AnswerReader:
    """Turns the bytes of one streamed answer into events. ``finished`` tells when the answer is whole."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.finished = False
        self._splitter = EventSplitter(max_event_bytes)
        self._texts: list[str] = []
        self._usage: Usage | None = None
        self._answered_by: str | None = None
        self._reason: str | None = None
        self._refused = False

    @property
    def has_reason(self) -> bool:
        """Tell whether the provider has said why the answer ended; all that may still come is its usage."""
        return self._reason is not None

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take more bytes; yield what they say. Text that came together is one ``Delta``.

        Raises:
            ProviderProtocol: they are not a chat answer; the text before is yielded first.
            ChatError: the provider reports an error; likewise.
        """
        failure: ChatError | None = None
        whole = False
        try:
            whole = self._take_all(self._splitter.feed(data))
        except UNREADABLE as error:
            failure = unintelligible()
            failure.__cause__ = error
        except ChatError as error:
            failure = error
        yield from self._flush(whole=whole)
        if failure is not None and not self.finished:
            raise failure

    def end(self) -> Iterator[Event]:
        """Take the end of the body.

        Raises:
            ProviderFailed: it came before the provider said why the answer ended.
        """
        if self._reason is None:
            raise cut_off()
        yield from self._flush(whole=True)

    def _take_all(self, events: list[bytes]) -> bool:
        for event in events:
            if event == b"[DONE]":
                return self._reason is not None
            chunk = _decode(event)
            self._take(chunk)
            if chunk.usage is not None:
                name = _decode_name(event).model  # read here alone, and not in every chunk
                self._answered_by = name if isinstance(name, str) else None
            if chunk.usage is not None and self._reason is not None:
                return True
        return False

    def _take(self, chunk: _Chunk) -> None:
        if chunk.error is not None:
            raise reported_error(chunk.error)
        if chunk.usage is not None:
            self._usage = _usage_of(chunk.usage)
        if not chunk.choices:
            return
        choice = chunk.choices[0]
        if choice.delta is not None:
            if choice.delta.content:
                self._texts.append(choice.delta.content)
            if choice.delta.refusal:
                self._refused = True
                self._texts.append(choice.delta.refusal)
        if choice.finish_reason:
            self._reason = "refusal" if self._refused else choice.finish_reason

    def _flush(self, *, whole: bool) -> Iterator[Event]:
        if self._texts:
            # No database keeps NUL in text, and no person misses it.
            text = "".join(self._texts).replace("\0", "")
            self._texts.clear()
            if text:
                yield Delta(text)
        if whole and not self.finished:
            self.finished = True
            if self._usage is not None:
                yield UsageReported(self._usage, self._answered_by)
            yield Finished(self._reason or "")


def _usage_of(usage: _Usage) -> Usage:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        usage.prompt_tokens,
        usage.completion_tokens,
        cached_tokens=prompt.cached_tokens if prompt else None,
        cache_write_tokens=prompt.cache_write_tokens if prompt else None,
        reasoning_tokens=completion.reasoning_tokens if completion else None,
    )
