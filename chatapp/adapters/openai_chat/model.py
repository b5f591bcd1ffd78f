"""The ``ChatModel`` and the ``ModelDirectory`` behind the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from time import monotonic
from typing import cast

import httpx2
import msgspec
import openai

from chatapp.adapters.openai_chat.errors import translated, was_not_taken
from chatapp.adapters.openai_chat.exchange import Exchange, current_exchange
from chatapp.adapters.openai_chat.transport import Urllib3Transport
from chatapp.adapters.openai_chat.wire import MAX_EVENT_BYTES, UNREADABLE, AnswerReader, body_of
from chatapp.domain.entities import ChatRequest, ProviderModel
from chatapp.domain.events import Event, Started
from chatapp.provider_errors import unintelligible

OPENAI_BASE_URL = "https://api.openai.com/v1"
CONNECT_TIMEOUT_SECONDS = 5.0
LAST_WORDS_SECONDS = 1.0
DRAIN_SECONDS = 1.0
DRAIN_BYTES = 65_536


def connect(
    api_key: str, base_url: str | None = None, *, read_timeout_seconds: float = 120, connections: int = 1000
) -> openai.OpenAI:
    """Return a client of the provider; make one per process, after the fork.

    It follows no redirect (a redirected POST would carry the conversation to another host), retries nothing (each
    try may be billed) and asks for uncompressed answers (a compressor holds words back).
    """
    url = base_url or OPENAI_BASE_URL
    timeout = httpx2.Timeout(read_timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS)
    http_client = httpx2.Client(
        transport=Urllib3Transport(url, connections), timeout=timeout, follow_redirects=False, trust_env=False
    )
    return openai.OpenAI(
        api_key=api_key,
        base_url=url,
        http_client=http_client,
        timeout=timeout,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity"},
    )


class OpenAIChatModel:
    """A ``ChatModel`` that asks OpenAI, or a server with the same protocol. No event may exceed ``max_event_bytes``."""

    def __init__(self, client: openai.OpenAI, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._client = client
        self._max_event_bytes = max_event_bytes

    def open(self, request: ChatRequest) -> OpenAIStream:
        """Prepare an answer; the request goes out with the first ``next``."""
        return OpenAIStream(self._client, request, self._max_event_bytes)


class OpenAIStream:
    """One streamed answer."""

    def __init__(self, client: openai.OpenAI, request: ChatRequest, max_event_bytes: int) -> None:
        self._client = client
        self._url = f"{client.base_url}chat/completions"  # whole: to join it, the SDK would parse it three times
        self._request = request
        self._reader = AnswerReader(max_event_bytes)
        self._exchange = Exchange()

    def stop(self) -> None:
        """Close the provider's connection: the only thing that ends the bill."""
        self._exchange.abort()

    def __iter__(self) -> Iterator[Event]:
        """Yield the answer's events; after ``Finished``, read on to the body's end, so that the connection is kept."""
        try:
            with closing(self._ask()) as response:
                _require_stream(response)
                # A time-out for each read costs a timer for each token; whoever made the reply watches its silence.
                self._exchange.wait_for_each_read(None)
                yield Started(response.headers.get("x-request-id"))
                yield from self._answer(response)
        except (openai.OpenAIError, httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
            raise translated(error, self._request.model) from error

    def _ask(self) -> httpx2.Response:
        try:
            return self._post()
        except openai.APIError as error:
            wait_seconds = was_not_taken(error)
            if wait_seconds is None or self._exchange.wait_aborted(wait_seconds):
                raise
        return self._post()

    def _post(self) -> httpx2.Response:
        mine = current_exchange.set(self._exchange)
        try:
            # create() would walk the whole history through pydantic: 15 ms for 100 messages, 0.3 this way.
            return self._client.post(
                self._url,
                cast_to=httpx2.Response,
                body=body_of(self._request),
                options={"headers": {"X-Stainless-Raw-Response": "stream", "Accept": "text/event-stream"}},
            )
        finally:
            current_exchange.reset(mine)

    def _answer(self, response: httpx2.Response) -> Iterator[Event]:
        reader = self._reader
        body = iter(cast(httpx2.SyncByteStream, response.stream))  # iter_raw() adds nothing here but its own steps
        try:
            for data in body:
                if self._exchange.aborted:
                    return
                yield from reader.feed(data)
                if reader.finished:
                    self._drain(body)
                    return
                if reader.has_reason:  # all that may still come is the usage
                    self._exchange.wait_for_each_read(LAST_WORDS_SECONDS)
        except (httpx2.HTTPError, OSError):
            if not reader.has_reason:
                raise
        yield from reader.end()

    def _drain(self, body: Iterator[bytes]) -> None:
        self._exchange.wait_for_each_read(DRAIN_SECONDS)
        self._exchange.let_go()
        left_bytes, deadline = DRAIN_BYTES, monotonic() + DRAIN_SECONDS
        with suppress(httpx2.HTTPError, OSError, ValueError, RuntimeError):
            for data in body:
                left_bytes -= len(data)
                if left_bytes < 0 or monotonic() > deadline:
                    return


def _require_stream(response: httpx2.Response) -> None:
    kind, encoding = response.headers.get("content-type", ""), response.headers.get("content-encoding", "identity")
    if not kind.lower().startswith("text/event-stream") or encoding.lower() != "identity":
        error = unintelligible()
        error.provider_request_id = response.headers.get("x-request-id")
        raise error


class _Listed(msgspec.Struct):
    id: str
    shutdown_date: date | None = None


class _Listing(msgspec.Struct):
    data: list[_Listed]


class OpenAIModelDirectory:
    """The ``ModelDirectory`` of OpenAI, or of a server with the same protocol."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client

    def models(self) -> tuple[ProviderModel, ...]:
        """Ask ``GET /models``, which costs nothing."""
        try:
            response = self._client.get("/models", cast_to=httpx2.Response)
            listing = msgspec.json.decode(response.content, type=_Listing)
        except UNREADABLE as error:
            raise unintelligible() from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise translated(error) from error
        return tuple(ProviderModel(model.id, model.shutdown_date) for model in listing.data)
