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

Whatever the server refuses and whatever goes wrong on the way is a ``ChatError``:

ChatError
├── InvalidRequest    400, 405, 413, 415: the request is wrong; ``details`` tells where
├── NotAllowed        401, 403: log in first, or not from there
├── NotFound          404
├── Conflict          409
├── RateLimited       429: too much, or a budget is spent; ``retry_after_seconds`` tells how long to wait
├── ProviderError     502, 504: the model's provider failed (or a proxy in front of the server)
├── Unavailable       503: the server cannot answer now, or had to stop in mid-answer
└── ConnectionLost    the server cannot be reached, or the answer broke off
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import requests

__all__ = [
    "Answer",
    "AnswerStream",
    "ChatClient",
    "ChatError",
    "Conflict",
    "ConnectionLost",
    "Cost",
    "InvalidRequest",
    "Model",
    "Models",
    "NotAllowed",
    "NotFound",
    "Options",
    "ProviderError",
    "RateLimited",
    "Unavailable",
    "Usage",
]

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


class Options(TypedDict, total=False):
    """What can be said besides the message; ``None`` is the same as leaving it out.

    ``messages`` is the conversation so far, each ``{"role", "content"}``; ``temperature`` is 0 to 2.
    """

    model: str | None
    messages: Sequence[Mapping[str, str]] | None
    system: str | None
    temperature: float | None
    max_tokens: int | None


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


class AnswerStream:
    """The text of an answer, piece by piece as it comes.

    ``model``, ``usage``, ``cost`` and ``finish_reason`` are known once the last piece has been read, and stay
    ``None`` where the answer was closed before.
    """

    def __init__(self, response: requests.Response) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.finish_reason: str | None = None
        self._response = response
        self._text: list[str] = []
        self._pieces = self._read()
        self._reading = threading.Lock()
        self._closed = False

    @property
    def text(self) -> str:
        """Return what has come so far."""
        return "".join(self._text)

    def close(self) -> None:
        """End the answer, on the server's side too; any thread may, also while another one waits for text."""
        self._closed = True
        # This alone frees a thread that waits; closing would wait for it instead.
        with suppress(AttributeError, OSError, RuntimeError, ValueError):
            self._response.raw.shutdown()
        if self._reading.acquire(blocking=False):
            self._response.close()
            self._reading.release()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        with self._reading:
            if self._closed:
                raise StopIteration
            return next(self._pieces)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Iterator[str]:
        cause: Exception | None = None
        try:
            with _understanding():
                for event in _events(self._response.iter_content(chunk_size=None)):
                    if "error" in event:
                        raise _error(event)
                    if "done" in event:
                        return self._finish(event)
                    if "content" in event:
                        self._text.append(event["content"])
                        yield event["content"]
        except _BROKEN as error:
            cause = error
        except ChatError as error:
            error.partial = self.text
            raise
        finally:
            self._response.close()
        if not self._closed:
            raise ConnectionLost("The answer broke off.", partial=self.text) from cause

    def _finish(self, event: Mapping[str, Any]) -> None:
        self.model = event["model"]
        self.usage = _usage(event["usage"])
        self.cost = _cost(event["cost"])
        self.finish_reason = event["finish_reason"]


class ChatClient:
    """Talks to one server. ``timeout_seconds`` is the longest silence to bear; ``ask`` is silent to the end."""

    def __init__(self, url: str, timeout_seconds: float = 300.0) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._session = requests.Session()

    def ask(self, message: str, **options: Unpack[Options]) -> Answer:
        """Ask and wait for the whole answer."""
        response = self._send("POST", "/chat", _question(message, options))
        with _understanding():
            body = response.json()
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
        return AnswerStream(self._send("POST", "/chat/stream", _question(message, options), stream=True))

    def models(self) -> Models:
        """Return the models that can be asked."""
        response = self._send("GET", "/models")
        with _understanding():
            body = response.json()
            cards = tuple(Model(**{name: card[name] for name in Model.__slots__}) for card in body["details"])
            return Models(tuple(body["models"]), body["default"], cards)

    def close(self) -> None:
        """Close the connections that are kept open between two questions."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, method: str, path: str, body: object = None, *, stream: bool = False) -> requests.Response:
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                stream=stream,
                timeout=self._timeout_seconds,
                headers={"Accept-Encoding": "identity"},  # what is compressed comes late
                allow_redirects=False,  # a POST would go on as a GET
            )
            if response.status_code != 200:
                raise _refusal(response)
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise ConnectionLost(f"{self._url} is no address of a server, like http://127.0.0.1:5000.") from None
        except requests.ReadTimeout as error:
            seconds = f"{self._timeout_seconds:g}"
            raise ConnectionLost(f"{self._url} has not answered for {seconds} seconds.") from error
        except _BROKEN as error:
            raise ConnectionLost(f"{self._url} cannot be reached.") from error
        return response


def _question(message: str, options: Options) -> dict[str, Any]:
    return {"message": message, **{name: value for name, value in options.items() if value is not None}}


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


def _usage(body: Mapping[str, Any]) -> Usage:
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    details = {name: value for name, value in body.items() if name not in counts}
    return Usage(body["prompt_tokens"], body["completion_tokens"], body["total_tokens"], details)


def _cost(body: Mapping[str, Any]) -> Cost:
    usd = body["usd"]
    return Cost(None if usd is None else Decimal(usd), body["source"], body["price_as_of"])


@contextmanager
def _understanding() -> Iterator[None]:
    """Turn what does not look like the API's answer into an error that says so."""
    try:
        yield
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ChatError("This is not the answer of a chatapp server.") from error


def _events(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Read server-sent events, wherever their bytes were split; one that was cut off is left out."""
    data: list[bytes] = []
    for line in _lines(pieces):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif not line and data:
            yield dict(json.loads(b"\n".join(data).decode()))
            data.clear()


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut into lines while it is bytes: no character is torn, and U+2028 is text and no end of a line."""
    rest = b""
    ended_by_cr = False
    for piece in pieces:
        new = piece.removeprefix(b"\n") if ended_by_cr else piece  # the LF of a CR that has ended its line already
        ended_by_cr = new.endswith(b"\r")
        *lines, rest = _LINE_END.split(rest + new)
        yield from lines
