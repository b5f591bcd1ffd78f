"""A small Python client for a chatapp server. It needs ``requests`` alone; the file may be copied out as it stands.

    from chatapp.client import ChatClient, RateLimited

    client = ChatClient("http://127.0.0.1:5000")
    print(client.ask("What is a monad?").text)
    try:
        with client.stream("And in a poem?", model="gpt-4o-mini") as answer:
            for piece in answer:
                print(piece, end="", flush=True)
        print(answer.usage, answer.cost)
    except RateLimited as error:
        print(f"{error} Wait {error.retry_after_seconds} s.")

That keeps nothing. Conversations that the server keeps belong to a visitor, known by a token. Keep the token, too:

    me = ChatClient("http://127.0.0.1:5000", token=client.new_visitor())
    talk = me.new_conversation(title="The sky")
    with talk.ask("Why is it blue?") as reply:
        for piece in reply:
            print(piece, end="", flush=True)
    print(reply.state, reply.cost)
    print([message.text for message in talk.messages()])

A server with a password is told it, ``ChatClient(url, password="…")``; a token that it gives then is good without it.

Such a reply goes on when its reader has gone. Where the connection breaks, the stream connects again by itself and goes
on behind the last character; ``me.reply(reply.id).follow()`` reads it from anywhere, and ``stop`` ends it.

Whatever the server refuses and whatever goes wrong on the way is a ``ChatError``:

ChatError
├── InvalidRequest    400, 405, 413, 415: the request is wrong; ``details`` tells where
├── NotAllowed        401, 403: log in first, or not from there
├── NotFound          404
├── Conflict          409: it does not go together with what is there, as a second answer before the first has ended
├── RateLimited       429: too much, or a budget is spent; ``retry_after_seconds`` tells how long to wait
├── ProviderError     502, 504: the model's provider failed (or a proxy in front of the server)
├── Unavailable       503: the server cannot answer now, or had to stop in mid-answer
└── ConnectionLost    the server cannot be reached, or the answer broke off; ``partial`` is what had come
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote, urlencode
from uuid import uuid4

import requests

__all__ = [
    "Answer",
    "AnswerOptions",
    "AnswerStream",
    "AskOptions",
    "Changes",
    "ChatClient",
    "ChatError",
    "Conflict",
    "ConnectionLost",
    "Conversation",
    "Cost",
    "Imported",
    "InvalidRequest",
    "KeptMessage",
    "Model",
    "Models",
    "NotAllowed",
    "NotFound",
    "Options",
    "Patience",
    "ProviderError",
    "RateLimited",
    "Reply",
    "ReplyStream",
    "Unavailable",
    "Usage",
]

_Value = TypeVar("_Value")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class ChatError(Exception):
    """Base of everything that can go wrong. ``str(error)`` is one plain sentence.

    ``code`` is stable and made for programs. ``status`` is the HTTP status, ``None`` where the answer had already
    begun; ``partial`` is the text that had come by then. ``details`` are ``{"path", "reason"}``.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "unexpected_answer",
        status: int | None = None,
        request_id: str | None = None,
        retry_after_seconds: int | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        partial: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.details = details
        self.partial = partial


class InvalidRequest(ChatError):
    """The request is wrong; the same one again will not help."""


class NotAllowed(ChatError):
    """The server wants to know who asks, or does not take requests from there."""


class NotFound(ChatError):
    """There is no such thing."""


class Conflict(ChatError):
    """It does not go together with something that is already there."""


class RateLimited(ChatError):
    """Too many requests, or a budget is spent."""


class ProviderError(ChatError):
    """The model's provider failed or refused."""


class Unavailable(ChatError):
    """The server cannot answer now, or had to stop in mid-answer."""


class ConnectionLost(ChatError):
    """The server cannot be reached, or its answer broke off."""

    def __init__(self, message: str, *, partial: str = "") -> None:
        super().__init__(message, code="connection_lost", partial=partial)


_BY_STATUS: dict[int, type[ChatError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    502: ProviderError,
    503: Unavailable,
    504: ProviderError,
}
# An answer that has begun has no status any more: there the code alone tells what it would have been.
_BY_CODE: dict[str, type[ChatError]] = {
    "invalid_request": InvalidRequest,
    "unknown_model": InvalidRequest,
    "model_retired": InvalidRequest,
    "context_too_long": InvalidRequest,
    "unauthorized": NotAllowed,
    "foreign_origin": NotAllowed,
    "not_found": NotFound,
    "conflict": Conflict,
    "rate_limited": RateLimited,
    "budget_spent": RateLimited,
    "too_many_replies": RateLimited,
    "provider_rate_limited": RateLimited,
    "provider_auth": ProviderError,
    "provider_refused": ProviderError,
    "provider_failed": ProviderError,
    "provider_protocol": ProviderError,
    "provider_timeout": ProviderError,
    "provider_quota": Unavailable,
    "at_capacity": Unavailable,
    "shutting_down": Unavailable,
    "storage_unavailable": Unavailable,
    "interrupted": Unavailable,
    "lost": Unavailable,
    "abandoned": Unavailable,
    "revoked": Unavailable,
}
# What passes by itself: the server is full or on its way out, or a proxy in front of it finds nobody. All else that is
# refused would be refused again, and an answer that failed has failed.
_PASSING_STATUSES = {429, 502, 503, 504}
_PASSING_CODES = {
    "rate_limited",
    "too_many_replies",
    "at_capacity",
    "shutting_down",
    "storage_unavailable",
    "unexpected_answer",
}
_EVENTS = "text/event-stream"
_CONNECT_SECONDS = 10.0
_MEDIA_TYPES = {"chatapp": "application/x-ndjson", "chatgpt": "application/json"}
_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Patience:
    """How a kept answer is waited for when its connection breaks, or the server sends us away for a while.

    It is given up after ``seconds`` without a word from the server; every piece of text makes them start anew. A
    connection counts as broken after ``silence_seconds``: the server says something every 15. Before each try there is
    a pause, cut at random by up to a half so that not all clients come back at once; the last of ``pauses_seconds``
    repeats. ``clock`` and ``wait`` are for tests that do not want to wait.
    """

    seconds: float = 60.0
    silence_seconds: float = 45.0
    pauses_seconds: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], object] = threading.Event.wait


class Options(TypedDict, total=False):
    """What can be said besides the message; ``None`` is the same as leaving it out.

    ``messages`` is the conversation so far, each ``{"role", "content"}``; ``temperature`` is 0 to 2.
    """

    model: str | None
    messages: Sequence[Mapping[str, str]] | None
    system: str | None
    temperature: float | None
    max_tokens: int | None


class AnswerOptions(TypedDict, total=False):
    """What can be said about an answer that is kept; ``None`` is the same as leaving it out.

    Whoever asks twice under the same ``client_id`` gets the same answer and pays once; without one, each call makes its
    own. ``on_disconnect`` is what becomes of the answer when its last reader has gone; it goes on if nothing is said.
    """

    model: str | None
    client_id: str | None
    on_disconnect: Literal["continue", "cancel"] | None


class AskOptions(AnswerOptions, total=False):
    """The same for a new message, which goes under the message ``parent_id``.

    Left out, that is the end of the branch shown; ``None`` makes a new beginning.
    """

    parent_id: str | None


class Changes(TypedDict, total=False):
    """What can be changed about a conversation. ``None`` takes ``model`` or ``system`` away.

    ``leaf_id`` is the message at which the branch shown ends.
    """

    title: str
    pinned: bool
    model: str | None
    system: str | None
    leaf_id: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer. ``details`` are those parts that the provider counts by themselves."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer cost. ``source`` is ``provider``, ``estimated`` or ``unknown``; then ``usd`` is ``None``."""

    usd: Decimal | None
    source: str
    price_as_of: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``conversation`` can be given as ``messages`` with the next question."""

    text: str
    model: str
    conversation: list[dict[str, str]]
    usage: Usage
    finish_reason: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class Model:
    """One model. ``status`` is ``active``, ``deprecated`` or ``retired``; ``price`` is as in ``GET /models``."""

    id: str
    status: str
    shutdown_date: str | None
    replacement: str | None
    context_tokens: int
    max_output_tokens: int
    price: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Models:
    """The models that the server offers, and the one it takes where none is named."""

    ids: tuple[str, ...]
    default: str
    details: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One message of a conversation's tree; ``parent_id`` is ``None`` for a first one.

    ``role`` is ``user`` or ``assistant``; the latter is an answer, and ``reply_id`` names it. ``siblings`` are the ids
    of all that answer, or follow, the same parent, in order. ``left_out`` is how many of the oldest messages did not
    fit into the model that answered; ``None`` where nobody knows.
    """

    id: str
    parent_id: str | None
    reply_id: str | None
    role: str
    text: str
    model: str | None
    state: str | None
    finish_reason: str | None
    error: ChatError | None
    usage: Usage | None
    cost: Cost | None
    left_out: int | None
    created_at: datetime
    siblings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an imported file: how much was new, how much was ``known`` already.

    ``left_out`` is what cannot be kept: ``{"path", "reason"}``.
    """

    conversations: int
    messages: int
    known: int
    left_out: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that the server keeps, as it was when it was asked for. Times are in UTC.

    In a list, ``system`` and ``leaf_id`` (the end of the branch shown) are not told; ``snippet`` tells what a search
    found.
    """

    id: str
    title: str
    pinned: bool
    model: str | None
    created_at: datetime
    updated_at: datetime
    system: str | None = None
    leaf_id: str | None = None
    snippet: str | None = None
    _server: _Server = field(repr=False, compare=False, kw_only=True)

    def ask(self, message: str, **options: Unpack[AskOptions]) -> ReplyStream:
        """Send a message and take the answer as it comes. What is refused for good is raised here."""
        return ReplyStream(self._server, self._replies, _asked({"message": message}, options))

    def answer_again(self, message_id: str, **options: Unpack[AnswerOptions]) -> ReplyStream:
        """Ask for another answer to a user's message, beside those that it has."""
        return ReplyStream(self._server, self._replies, _asked({"answer_to": message_id}, options))

    def submit(self, message: str, **options: Unpack[AskOptions]) -> Reply:
        """Send a message and wait for nothing: the answer is made meanwhile, and kept."""
        body = self._server.read("POST", self._replies, _asked({"message": message}, options))
        return _reply(body, self._server)

    def messages(self) -> list[KeptMessage]:
        """Return all messages of the branch shown, oldest first."""
        return list(self.latest_messages())[::-1]

    def latest_messages(self) -> Iterator[KeptMessage]:
        """Yield the messages of the branch shown, newest first; older ones are fetched when you get there."""
        for page in _pages(self._server, self._path, cursor="before", next_cursor="before"):
            yield from reversed(_messages(page))

    def change(self, **changes: Unpack[Changes]) -> Conversation:
        """Change what is named, and return how it is then."""
        self._server.send("PATCH", self._path, changes)
        return _find_conversation(self.id, self._server)

    def delete(self) -> None:
        """Remove the conversation with all its branches; what is still answered in it is stopped."""
        self._server.send("DELETE", self._path)

    def export(self, to: str | PathLike[str] | BinaryIO, kind: Literal["markdown", "jsonl"] = "markdown") -> None:
        """Write it to a file, or into one that is open for bytes. ``jsonl`` has all branches, and can be imported."""
        self._server.save(f"{self._path}/export?format={kind}", to)

    @property
    def _path(self) -> str:
        return _path_of("conversations", self.id)

    @property
    def _replies(self) -> str:
        return _path_of("conversations", self.id, "replies")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that the server makes, or has made, and keeps; as it was when it was asked for.

    ``state`` is ``running``; then ``complete``, ``truncated``, ``filtered``, ``refused`` or ``stopped``, or, with an
    ``error``, ``failed``, ``interrupted``, ``lost`` or ``abandoned``. ``left_out`` is as in a message.
    """

    id: str
    conversation_id: str
    message_id: str
    user_message_id: str | None
    model: str | None
    state: str
    finish_reason: str | None
    error: ChatError | None
    text: str
    usage: Usage | None
    cost: Cost | None
    left_out: int | None
    _server: _Server = field(repr=False, compare=False, kw_only=True)

    def follow(self, after: int = 0) -> ReplyStream:
        """Take the answer as it comes, from behind its first ``after`` characters (code points) on."""
        return ReplyStream(self._server, _path_of("replies", self.id, "events"), after=after)

    def stop(self) -> Reply:
        """End it and its bill; its text so far is kept. Return how it is then; one that has ended stays as it is."""
        return _reply(self._server.read("POST", _path_of("replies", self.id, "stop"), {}), self._server)


class _TextStream(ABC):
    """Gives text piece by piece, and can be left by any thread at any moment."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.finish_reason: str | None = None
        self._response: requests.Response | None = None
        self._text: list[str] = []
        self._pieces = self._read()
        self._reading = threading.Lock()
        self._left = threading.Event()

    @property
    def text(self) -> str:
        """Return what has come so far."""
        return "".join(self._text)

    def close(self) -> None:
        """Read no more; any thread may, also while another one waits for text."""
        self._left.set()
        response = self._response
        if response is None:
            return
        # This alone frees a thread that waits; closing would wait for it instead.
        with suppress(AttributeError, OSError, RuntimeError, ValueError):
            response.raw.shutdown()
        if self._reading.acquire(blocking=False):
            response.close()
            self._reading.release()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        with self._reading:
            if self._left.is_set():
                raise StopIteration
            return next(self._pieces)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _listen(self) -> Iterator[str]:
        """Yield the text to its end."""

    def _read(self) -> Iterator[str]:
        try:
            yield from self._listen()
        except ChatError as error:
            error.partial = self.text
            if not self._left.is_set():
                raise
        finally:
            if self._response is not None:
                self._response.close()


class AnswerStream(_TextStream):
    """The text of an answer, piece by piece as it comes. To close it ends the answer, on the server's side too.

    ``model``, ``usage``, ``cost`` and ``finish_reason`` are known once the last piece has been read, and stay
    ``None`` where the answer was closed before.
    """

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self._response = response
        self._events = _events(_body(response))

    def _listen(self) -> Iterator[str]:
        with _understanding():
            for _, event in self._events:
                if "error" in event:
                    raise _error(event)
                if "done" in event:
                    self.model = event["model"]
                    self.usage = _usage(event["usage"])
                    self.cost = _cost(event["cost"])
                    self.finish_reason = event["finish_reason"]
                    return
                if "content" in event:
                    self._text.append(event["content"])
                    yield event["content"]
        raise ConnectionLost("The answer broke off.")


class ReplyStream(_TextStream):
    """The text of a kept answer, piece by piece as it comes, without a gap or a repetition.

    Where the connection breaks, it connects again by itself, as the client's ``Patience`` says. If that is used up, it
    raises ``ConnectionLost``; the answer may still go on, and can be followed later. To close it only leaves the
    answer, ``stop`` ends it.

    ``id`` and what else names the answer are known from the start; ``usage``, ``cost`` and ``finish_reason`` once the
    last piece has been read. Then ``state`` is no longer ``running``.
    """

    id: str
    conversation_id: str
    user_message_id: str | None
    left_out: int | None

    def __init__(self, server: _Server, path: str, question: Mapping[str, Any] | None = None, after: int = 0) -> None:
        super().__init__()
        self.state = "running"
        self._server = server
        self._path = path
        self._question = question
        self._position = after
        self._is_known = False
        self._endurance = _Endurance(server.patience)
        next(self._pieces)  # up to the event that names the answer

    def stop(self) -> Reply:
        """End the answer and its bill, and return how it is then. Reading on gives the text up to there."""
        return _reply(self._server.read("POST", _path_of("replies", self.id, "stop"), {}), self._server)

    def _listen(self) -> Iterator[str]:
        """Yield the text, over as many connections as it takes; before it one empty piece when the answer is known."""
        while not self._left.is_set():
            try:
                yield from self._listen_once()
            except ChatError as error:
                if not _passes(error):
                    raise
                self._wait(error)
            else:
                return

    def _listen_once(self) -> Iterator[str]:
        with self._connected() as response, _understanding():
            for place, event in _events(self._heard(response)):
                if "error" in event:
                    self.state = event.get("state", self.state)
                    raise _error(event)
                if "done" in event and self._is_known:
                    return self._finish(event)
                if not self._is_known:
                    self._learn(event["reply"])
                    text = ""
                elif not (text := self._new_text(place, event.get("content", ""))):
                    continue
                yield text
                self._endurance.renew()  # only now: how long the reader took is not the server's fault
        raise ConnectionLost("The answer broke off.")

    @contextmanager
    def _connected(self) -> Iterator[requests.Response]:
        method = "GET" if self._question is None else "POST"
        headers = {"Accept": _EVENTS}
        if self._position:
            headers["Last-Event-ID"] = str(self._position)
        silence = self._server.patience.silence_seconds
        with self._server.send(
            method, self._path, self._question, headers=headers, stream=True, silence_seconds=silence
        ) as response:
            self._response = response
            if self._left.is_set():  # while we were connecting, when there was nothing to shut down yet
                raise ConnectionLost("The answer was left.")
            kind = response.headers.get("Content-Type", "").lower()
            if not kind.startswith(_EVENTS):
                # A head that was cut off has lost this line, or a part of it; it is taken for a whole one by now.
                raise ConnectionLost("The answer broke off.") if _EVENTS.startswith(kind) else _not_ours()
            yield response

    def _heard(self, response: requests.Response) -> Iterator[bytes]:
        for piece in _body(response):
            self._endurance.hear()
            yield piece

    def _learn(self, reply: Mapping[str, Any]) -> None:
        self.id, self.conversation_id = reply["id"], reply["conversation_id"]
        self.user_message_id, self.left_out = reply["user_message_id"], reply.get("left_out")
        self.model, self.state = reply["model"], reply["state"]
        self._path, self._question = _path_of("replies", self.id, "events"), None
        self._is_known = True

    def _new_text(self, place: str | None, text: str) -> str:
        """Take in what is new of an event's text, which ends at the ``place``-th character of the answer."""
        if not text:
            return ""
        end = int(place or "")
        known = self._position - (end - len(text))  # that many of its characters were here before
        if known < 0:
            raise ChatError(f"The server left out {-known} characters of the answer.")
        self._position = max(self._position, end)
        self._text.append(text[known:])
        return text[known:]

    def _finish(self, event: Mapping[str, Any]) -> None:
        self.state = event["state"]
        self.model = event["model"]
        self.usage = _if_any(_usage, event["usage"])
        self.cost = _if_any(_cost, event["cost"])
        self.finish_reason = event["finish_reason"]

    def _wait(self, error: ChatError) -> None:
        if self._endurance.wait(self._left, error.retry_after_seconds or 0):
            return
        if self._is_known and not isinstance(error, ConnectionLost):  # the answer itself was not refused
            raise ConnectionLost(f"The answer cannot be followed any more: {error}") from error
        raise error


class _Endurance:
    """Counts how much of the patience is used up: all time without a word from the server since the last progress."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.renew()

    def renew(self) -> None:
        """Begin anew: there was progress."""
        self._tries = 0
        self._used_seconds = 0.0
        self.hear()

    def hear(self) -> None:
        """Note a sign of life; it gives nothing back, since a server may accept us and break off again and again."""
        self._heard_at = self._patience.clock()

    def wait(self, left: threading.Event, at_least_seconds: float) -> bool:
        """Wait before the next try, or until somebody leaves; return False where there is no patience left for it."""
        self._use()
        pauses = self._patience.pauses_seconds
        pause = pauses[min(self._tries, len(pauses) - 1)] * random.uniform(0.5, 1)  # noqa: S311 - no secret
        pause = max(pause, at_least_seconds)
        if self._used_seconds + pause > self._patience.seconds:
            return False
        self._tries += 1
        self._patience.wait(left, pause)
        self._use()
        return True

    def _use(self) -> None:
        now = self._patience.clock()
        self._used_seconds += now - self._heard_at
        self._heard_at = now


class ChatClient:
    """Talks to one server. ``timeout_seconds`` is the longest silence to bear; ``ask`` is silent to the end.

    ``token`` says whose conversations are meant; ``new_visitor`` gets one. ``password`` is the server's, if it has one:
    it goes along with all but what belongs to the visitor. Kept answers are waited for with ``patience``.
    """

    def __init__(
        self,
        url: str,
        timeout_seconds: float = 300.0,
        *,
        token: str | None = None,
        password: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        patience = patience or Patience()
        self._visitors = _Server(url, timeout_seconds, token, patience)
        self._server = self._visitors if password is None else _Server(url, timeout_seconds, password, patience)

    def ask(self, message: str, **options: Unpack[Options]) -> Answer:
        """Ask and wait for the whole answer."""
        body = self._server.read("POST", "/chat", _question(message, options))
        with _understanding():
            return Answer(
                text=body["response"],
                model=body["model"],
                conversation=body["conversation"],
                usage=_usage(body["usage"]),
                finish_reason=body["finish_reason"],
                cost=_cost(body["cost"]),
            )

    def stream(self, message: str, **options: Unpack[Options]) -> AnswerStream:
        """Ask and take the answer as it comes. What is refused at once is raised here, the rest on the way."""
        return AnswerStream(self._server.send("POST", "/chat/stream", _question(message, options), stream=True))

    def models(self) -> Models:
        """Return the models that can be asked."""
        body = self._server.read("GET", "/models")
        with _understanding():
            cards = tuple(Model(**{name: card[name] for name in Model.__slots__}) for card in body["details"])
            return Models(tuple(body["models"]), body["default"], cards)

    def new_visitor(self) -> str:
        """Return the token of a new visitor. Whoever has it has the conversations, so keep it, and keep it secret."""
        body = self._server.read("POST", "/api/visitors", {})
        with _understanding():
            return str(body["token"])

    def new_conversation(
        self, title: str | None = None, *, model: str | None = None, system: str | None = None
    ) -> Conversation:
        """Begin a conversation. Without a title it is named after its first message."""
        body = {"title": title, "model": model, "system": system}
        given = {name: value for name, value in body.items() if value is not None}
        return _conversation(self._kept.read("POST", "/api/conversations", given), self._kept)

    def conversations(self, q: str | None = None) -> Iterator[Conversation]:
        """Iterate over all conversations, newest first, or over those in which ``q`` is found."""
        pages = _pages(self._kept, "/api/conversations", cursor="cursor", next_cursor="next", q=q)
        return (found for page in pages for found in _conversations(page, self._kept))

    def conversation(self, conversation_id: str) -> Conversation:
        """Return one conversation."""
        return _find_conversation(conversation_id, self._kept)

    def reply(self, reply_id: str) -> Reply:
        """Return an answer, whole or as far as it has come."""
        return _reply(self._kept.read("GET", _path_of("replies", reply_id)), self._kept)

    def export(self, to: str | PathLike[str] | BinaryIO) -> None:
        """Write all conversations to a file, or into one that is open for bytes."""
        self._kept.save("/api/export", to)

    def import_(
        self, file: str | PathLike[str] | BinaryIO, kind: Literal["chatapp", "chatgpt"] = "chatapp"
    ) -> Imported:
        """Bring in a file of ``export``, or the ``conversations.json`` of ChatGPT's; what is here already stays."""
        if isinstance(file, str | PathLike):
            with Path(file).open("rb") as opened:
                return self.import_(opened, kind)
        headers = {"Content-Type": _MEDIA_TYPES[kind]}
        response = self._kept.send("POST", "/api/import", file=file, headers=headers)
        with _understanding():
            body = response.json()
            return Imported(body["conversations"], body["messages"], body["known"], tuple(body["left_out"]))

    def delete_everything(self) -> None:
        """Remove this visitor with all that the server keeps of them; the token is worth nothing then."""
        self._kept.send("DELETE", "/api/me")

    def close(self) -> None:
        """Close the connections that are kept open between two questions."""
        self._server.close()
        self._visitors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _kept(self) -> _Server:
        """The server, for what belongs to somebody; it would keep things for a nobody who never finds them again."""
        if self._visitors.bearer is None:
            hint = "ChatClient(url, token=client.new_visitor())"
            raise NotAllowed(f"Conversations belong to a visitor: please give a token, {hint}.", code="unauthorized")
        return self._visitors


class _Server:
    """Sends requests to one server, with a visitor's token or the server's password as ``bearer`` if there is one."""

    def __init__(self, url: str, timeout_seconds: float, bearer: str | None, patience: Patience) -> None:
        self.bearer = bearer and bearer.strip()  # it may come from a file, with a line end
        self.patience = patience
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()
        if bearer is not None:
            self._session.auth = self._authorize  # a header alone would lose against ~/.netrc
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # the bearer says who we are

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        file: BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        silence_seconds: float | None = None,
    ) -> requests.Response:
        """Return the answer to a request with a ``body`` for JSON, or a ``file`` that goes as it is.

        Raises:
            ChatError: it was refused, or no answer came.
        """
        seconds = silence_seconds or self._timeout_seconds
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                data=file,
                stream=stream,
                timeout=(min(seconds, _CONNECT_SECONDS), seconds) if silence_seconds else seconds,
                headers={"Accept-Encoding": "identity", **(headers or {})},  # what is compressed comes late
                allow_redirects=False,  # a POST would go on as a GET
            )
            if not 200 <= response.status_code < 300:
                raise _refusal(response)
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise ConnectionLost(f"{self._url} is no address of a server, like http://127.0.0.1:5000.") from None
        except requests.ReadTimeout as error:
            raise ConnectionLost(f"{self._url} has not answered for {seconds:g} seconds.") from error
        except _BROKEN as error:
            raise ConnectionLost(f"{self._url} cannot be reached.") from error
        return response

    def read(self, method: str, path: str, body: object = None) -> Any:
        """Return what a request is answered, as JSON."""
        response = self.send(method, path, body)
        with _understanding():
            return response.json()

    def save(self, path: str, to: str | PathLike[str] | BinaryIO) -> None:
        """Write an answer to a file, as a whole: one that is there already is replaced when all has come."""
        if not isinstance(to, str | PathLike):
            with self.send("GET", path, stream=True) as response:
                to.writelines(_body(response, _FILE_BYTES))
            return
        part = Path(f"{fspath(to)}.part")
        try:
            with part.open("wb") as file:
                self.save(path, file)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        value = f"Bearer {self.bearer}".encode()  # a password may be of any letters
        request.headers["Authorization"] = value.decode("latin-1")  # which is how they are sent
        return request


def _question(message: str, options: Options) -> dict[str, Any]:
    return {"message": message, **{name: value for name, value in options.items() if value is not None}}


def _asked(what: Mapping[str, str], options: Mapping[str, object]) -> dict[str, object]:
    """Build the body that asks for a kept answer; its own ``client_id`` lets it be sent again without paying twice."""
    given = {name: value for name, value in options.items() if value is not None or name == "parent_id"}
    return {"client_id": uuid4().hex, **what, **given}


def _path_of(*parts: str) -> str:
    return "/".join(["/api", *(quote(part, safe="") for part in parts)])


def _refusal(response: requests.Response) -> ChatError:
    """Build the error from an answer that is none; a proxy's or another server's page has no code of ours."""
    try:
        body = dict(response.json())
    except (TypeError, ValueError):
        body = {}
    if "error" not in body or "code" not in body:
        place = f" The server is at {response.headers['Location']} now." if response.is_redirect else ""
        body = {"error": f"The server answered {response.status_code} {response.reason}.{place}"}
    body.setdefault("request_id", response.headers.get("X-Request-Id"))
    wait = response.headers.get("Retry-After", "")
    if wait.isdecimal():
        body["retry_after_seconds"] = int(wait)
    return _error(body, response.status_code)


def _error(body: Mapping[str, Any], status: int | None = None) -> ChatError:
    code = body.get("code", "unexpected_answer")
    otherwise = InvalidRequest if status in range(400, 500) else ChatError
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status or 0, otherwise)
    return kind(
        body["error"],
        code=code,
        status=status,
        request_id=body.get("request_id"),
        retry_after_seconds=body.get("retry_after_seconds"),
        details=body.get("details", ()),
        partial=body.get("partial", ""),
    )


def _passes(error: ChatError) -> bool:
    """Tell whether it may be better soon, so that it is worth while to ask again."""
    busy = error.status in _PASSING_STATUSES and error.code in _PASSING_CODES
    return busy or isinstance(error, ConnectionLost)


@contextmanager
def _understanding() -> Iterator[None]:
    """Turn what does not look like the API's answer into an error that says so."""
    try:
        yield
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_ours() from error


def _not_ours() -> ChatError:
    return ChatError("This is not the answer of a chatapp server.")


def _usage(body: Mapping[str, Any]) -> Usage:
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    details = {name: value for name, value in body.items() if name not in counts}
    return Usage(body["prompt_tokens"], body["completion_tokens"], body["total_tokens"], details)


def _cost(body: Mapping[str, Any]) -> Cost:
    usd = body["usd"]
    return Cost(None if usd is None else Decimal(usd), body["source"], body["price_as_of"])


def _if_any(make: Callable[[Mapping[str, Any]], _Value], body: Mapping[str, Any] | None) -> _Value | None:
    return None if body is None else make(body)


@_understanding()
def _reply(body: Mapping[str, Any], server: _Server) -> Reply:
    return Reply(
        id=body["id"],
        conversation_id=body["conversation_id"],
        message_id=body["message_id"],
        user_message_id=body["user_message_id"],
        model=body["model"],
        state=body["state"],
        finish_reason=body["finish_reason"],
        error=_if_any(_error, body["error"]),
        text=body["text"],
        usage=_if_any(_usage, body["usage"]),
        cost=_if_any(_cost, body["cost"]),
        left_out=body.get("left_out"),
        _server=server,
    )


@_understanding()
def _messages(page: Mapping[str, Any]) -> list[KeptMessage]:
    return [
        KeptMessage(
            id=body["id"],
            parent_id=body["parent_id"],
            reply_id=body["reply_id"],
            role=body["role"],
            text=body["text"],
            model=body["model"],
            state=body["state"],
            finish_reason=body["finish_reason"],
            error=_if_any(_error, body["error"]),
            usage=_if_any(_usage, body["usage"]),
            cost=_if_any(_cost, body["cost"]),
            left_out=body.get("left_out"),
            created_at=_time(body["created_at"]),
            siblings=tuple(body["siblings"]),
        )
        for body in page["messages"]
    ]


@_understanding()
def _conversations(page: Mapping[str, Any], server: _Server) -> list[Conversation]:
    return [_conversation(body, server) for body in page["conversations"]]


def _find_conversation(conversation_id: str, server: _Server) -> Conversation:
    body = server.read("GET", f"{_path_of('conversations', conversation_id)}?limit=1")  # its messages are not asked for
    return _conversation(body, server)


@_understanding()
def _conversation(body: Mapping[str, Any], server: _Server) -> Conversation:
    return Conversation(
        id=body["id"],
        title=body["title"],
        pinned=body["pinned"],
        model=body["model"],
        created_at=_time(body["created_at"]),
        updated_at=_time(body["updated_at"]),
        system=body.get("system"),
        leaf_id=body.get("leaf_id"),
        snippet=body.get("snippet"),
        _server=server,
    )


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} does not say in which time zone.")
    return moment


def _pages(
    server: _Server, path: str, *, cursor: str, next_cursor: str, **query: str | None
) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of a list; ``cursor`` and ``next_cursor`` are how request and answer say where to go on."""
    place: str | None = None
    while True:
        given = {name: value for name, value in {**query, cursor: place}.items() if value is not None}
        page = server.read("GET", f"{path}?{urlencode(given)}")
        yield page
        with _understanding():
            place = page[next_cursor]
        if place is None:
            return


def _body(response: requests.Response, piece_bytes: int | None = None) -> Iterator[bytes]:
    """Read an answer as it comes."""
    try:
        yield from response.iter_content(piece_bytes)
    except _BROKEN as error:
        raise ConnectionLost("The answer broke off.") from error


def _events(pieces: Iterable[bytes]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Read server-sent events with their ids, wherever their bytes were split; one that was cut off is left out."""
    data: list[bytes] = []
    event_id: str | None = None
    for line in _lines(pieces):
        field_name, _, value = line.partition(b":")
        if field_name == b"data":
            data.append(value.removeprefix(b" "))
        elif field_name == b"id":
            event_id = value.removeprefix(b" ").decode()
        elif not line:
            if data:
                yield event_id, dict(json.loads(b"\n".join(data).decode()))
            data.clear()
            event_id = None


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut into lines while it is bytes: no character is torn, and U+2028 is text and no end of a line."""
    rest = b""
    ended_by_cr = False
    for piece in pieces:
        new = piece.removeprefix(b"\n") if ended_by_cr else piece  # the LF of a CR that has ended its line already
        ended_by_cr = new.endswith(b"\r")
        *lines, rest = _LINE_END.split(rest + new)
        yield from lines
