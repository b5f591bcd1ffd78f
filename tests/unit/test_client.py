"""The client, against canned answers of the API: no server, no socket."""

import io
import itertools
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.client import (
    ChatClient,
    ChatError,
    Conflict,
    ConnectionLost,
    Cost,
    InvalidRequest,
    Model,
    NotAllowed,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
    Usage,
)
from tests.unit.canned_answers import COST, ENDING, URL, USAGE, Pieces, event

CONVERSATION = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
ANSWER = {
    "response": "Hello.",
    "model": "gpt-4o-mini",
    "conversation": CONVERSATION,
    "usage": USAGE,
    "finish_reason": "stop",
    "cost": COST,
}


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as canned:
        yield canned


@pytest.fixture
def client() -> Iterator[ChatClient]:
    with ChatClient(URL) as talking:
        yield talking


def streams(server: responses.RequestsMock, *events: bytes | dict[str, Any]) -> None:
    body = b"".join(part if isinstance(part, bytes) else event(part) for part in events)
    server.post(f"{URL}/chat/stream", body=body, content_type="text/event-stream; charset=utf-8")


def refuses(server: responses.RequestsMock, status: int, code: str, **more: Any) -> None:
    server.post(f"{URL}/chat", json={"error": "No.", "code": code, "request_id": "r-1", **more}, status=status)


def sent(server: responses.RequestsMock) -> Any:
    return json.loads(server.calls[0].request.body or b"")


def test_an_answer_comes_with_its_usage_and_cost(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", json=ANSWER)

    answer = client.ask("Hi")

    assert (answer.text, answer.model, answer.finish_reason) == ("Hello.", "gpt-4o-mini", "stop")
    assert answer.usage == Usage(9, 2, 11, {"prompt_tokens_details": {"cached_tokens": 4}})
    assert answer.cost == Cost(Decimal("0.000123"), "provider", "2026-11-22")


def test_a_conversation_goes_back_as_it_came(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", json=ANSWER)

    first = client.ask("Hi")
    client.ask("And now?", messages=first.conversation)

    assert json.loads(server.calls[1].request.body or b"")["messages"] == CONVERSATION


def test_only_what_was_given_is_sent(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", json=ANSWER)

    client.ask("Hi", model=None, temperature=0.0, max_tokens=5)

    assert sent(server) == {"message": "Hi", "temperature": 0.0, "max_tokens": 5}


def test_a_cost_nobody_knows_is_none(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", json=ANSWER | {"cost": {"usd": None, "source": "unknown", "price_as_of": None}})

    assert client.ask("Hi").cost == Cost(None, "unknown", None)


def test_a_stream_gives_text_and_then_the_numbers(server: responses.RequestsMock, client: ChatClient) -> None:
    streams(server, {"content": "Hel"}, {"content": "lo."}, ENDING)

    with client.stream("Hi", system="Be brief.") as answer:
        assert list(answer) == ["Hel", "lo."]

    assert sent(server) == {"message": "Hi", "system": "Be brief."}
    assert (answer.text, answer.model, answer.finish_reason) == ("Hello.", "gpt-4o-mini", "stop")
    assert answer.cost == Cost(Decimal("0.000123"), "provider", "2026-11-22")
    assert answer.usage is not None
    assert answer.usage.total_tokens == 11


def test_the_numbers_are_none_until_the_end(server: responses.RequestsMock, client: ChatClient) -> None:
    streams(server, {"content": "Hel"}, {"content": "lo."}, ENDING)

    with client.stream("Hi") as answer:
        assert next(answer) == "Hel"
        assert (answer.text, answer.usage, answer.cost) == ("Hel", None, None)


def test_a_closed_stream_says_no_more(server: responses.RequestsMock, client: ChatClient) -> None:
    streams(server, {"content": "Hel"}, {"content": "lo."}, ENDING)

    answer = client.stream("Hi")
    next(answer)
    answer.close()

    assert list(answer) == []
    assert answer.text == "Hel"


@pytest.mark.parametrize(
    "body",
    [
        b': ping\n\ndata: {"content": "a"}\n\n: ping\n\n',
        b'data: {"content": "a"}\r\n\r\n',
        b'data: {"content": "a"}\r\r',
        b'data:{"content": "a"}\n\n',
        b'id: 1\nevent: message\ndata: {"content": "a"}\nretry: 5\n\n',
        b'data: {"content":\ndata:  "a"}\n\n',
        b'data: {"content": "a"}\n\ndata: {"a later kind of event": 1}\n\n',
    ],
    ids=["comments", "crlf", "cr", "no-space", "other-fields", "two-lines", "unknown-event"],
)
def test_every_form_of_an_event_is_read(server: responses.RequestsMock, client: ChatClient, body: bytes) -> None:
    streams(server, body, ENDING)

    assert list(client.stream("Hi")) == ["a"]


def test_what_only_unicode_calls_a_line_end_is_text(server: responses.RequestsMock, client: ChatClient) -> None:
    streams(server, {"content": "one\u2028two\u2029three\x85"}, ENDING)

    assert list(client.stream("Hi")) == ["one\u2028two\u2029three\x85"]


@settings(deadline=None)  # a busy machine is no fault
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    sizes=st.lists(st.integers(1, 30), min_size=1),
)
def test_any_split_of_the_bytes_gives_the_same_text(texts: list[str], line_end: str, sizes: list[int]) -> None:
    payloads = [*({"content": text} for text in texts), ENDING]
    events = [json.dumps(payload, ensure_ascii=False, indent=1).split("\n") for payload in payloads]
    lines = [line for parts in events for line in [": ping", *(f"data: {part}" for part in parts), ""]]
    whole = "".join(line + line_end for line in lines).encode()
    body = io.BytesIO(whole)
    pieces = itertools.takewhile(bool, (body.read(size) for size in itertools.cycle(sizes)))

    with responses.RequestsMock() as server, ChatClient(URL) as client:
        server.post(f"{URL}/chat/stream", body=Pieces(*pieces))
        assert list(client.stream("Hi")) == texts


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_json", InvalidRequest),
        (400, "context_too_long", InvalidRequest),
        (401, "unauthorized", NotAllowed),
        (403, "foreign_origin", NotAllowed),
        (404, "not_found", NotFound),
        (409, "conflict", Conflict),
        (413, "body_too_large", InvalidRequest),
        (429, "budget_spent", RateLimited),
        (429, "provider_rate_limited", RateLimited),
        (500, "internal", ChatError),
        (502, "provider_auth", ProviderError),
        (503, "at_capacity", Unavailable),
        (503, "provider_quota", Unavailable),
        (504, "provider_timeout", ProviderError),
    ],
)
def test_each_refusal_is_an_exception_of_its_kind(
    server: responses.RequestsMock, client: ChatClient, status: int, code: str, kind: type[ChatError]
) -> None:
    refuses(server, status, code)

    with pytest.raises(ChatError, match=r"^No\.$") as raised:
        client.ask("Hi")

    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.status, raised.value.request_id) == (code, status, "r-1")


def test_a_refusal_tells_what_is_wrong_where(server: responses.RequestsMock, client: ChatClient) -> None:
    details = [{"path": "messages.0.role", "reason": "must be user, assistant or system"}]
    refuses(server, 400, "invalid_request", details=details)

    with pytest.raises(InvalidRequest) as raised:
        client.ask("Hi")

    assert raised.value.details == details


def test_a_rate_limit_tells_how_long_to_wait(server: responses.RequestsMock, client: ChatClient) -> None:
    body = {"error": "Slow down.", "code": "rate_limited", "request_id": "r-1"}
    server.post(f"{URL}/chat/stream", json=body, status=429, headers={"Retry-After": "7"})

    with pytest.raises(RateLimited) as raised:
        client.stream("Hi")

    assert raised.value.retry_after_seconds == 7


def test_an_answer_that_failed_half_way_keeps_its_text(server: responses.RequestsMock, client: ChatClient) -> None:
    refuses(server, 503, "interrupted", partial="Hel")

    with pytest.raises(Unavailable) as raised:
        client.ask("Hi")

    assert raised.value.partial == "Hel"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("not_found", NotFound),
        ("conflict", Conflict),
        ("unauthorized", NotAllowed),
        ("foreign_origin", NotAllowed),
        ("provider_failed", ProviderError),
        ("provider_rate_limited", RateLimited),
        ("interrupted", Unavailable),
        ("model_retired", InvalidRequest),
        ("internal", ChatError),
        ("a_later_code", ChatError),
    ],
)
def test_an_error_in_mid_stream_has_the_kind_of_its_code(
    server: responses.RequestsMock, client: ChatClient, code: str, kind: type[ChatError]
) -> None:
    failed = {"error": "No.", "code": code, "request_id": "r-1", "retry_after_seconds": 7}
    streams(server, {"content": "Hel"}, failed)

    with pytest.raises(ChatError) as raised:
        list(client.stream("Hi"))

    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.partial) == (None, "Hel")
    assert raised.value.retry_after_seconds == 7


@pytest.mark.parametrize(
    "last",
    [b"", b'data: {"done": true}', b"data: {"],
    ids=["nothing", "a last event without its blank line", "half an event"],
)
def test_a_stream_without_its_last_event_is_no_answer(
    server: responses.RequestsMock, client: ChatClient, last: bytes
) -> None:
    streams(server, {"content": "Hel"}, last)

    with pytest.raises(ConnectionLost) as raised:
        list(client.stream("Hi"))

    assert (raised.value.code, raised.value.partial) == ("connection_lost", "Hel")


def test_a_stream_that_breaks_is_a_lost_connection(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat/stream", body=Pieces(event({"content": "Hel"}), ConnectionResetError()))

    with pytest.raises(ConnectionLost, match="broke off") as raised:
        list(client.stream("Hi"))

    assert raised.value.partial == "Hel"


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (requests.ConnectionError(), f"^{URL} cannot be reached"),
        (requests.ConnectTimeout(), f"^{URL} cannot be reached"),
        (requests.ReadTimeout(), f"^{URL} has not answered for 300 seconds"),
    ],
    ids=["refused", "no way", "silent"],
)
def test_a_server_out_of_reach_is_a_lost_connection(
    server: responses.RequestsMock, client: ChatClient, cause: Exception, sentence: str
) -> None:
    server.get(f"{URL}/models", body=cause)

    with pytest.raises(ConnectionLost, match=sentence) as raised:
        client.models()

    assert raised.value.__cause__ is cause


def test_a_page_of_a_proxy_is_an_error_too(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", body="<h1>Bad gateway</h1>", status=502, headers={"X-Request-Id": "p-1"})

    with pytest.raises(ProviderError, match=r"^The server answered 502 Bad Gateway\.$") as raised:
        client.ask("Hi")

    assert (raised.value.code, raised.value.request_id) == ("unexpected_answer", "p-1")


def test_a_redirect_is_told_and_not_followed(server: responses.RequestsMock, client: ChatClient) -> None:
    server.post(f"{URL}/chat", status=301, headers={"Location": "https://chat.test/chat"})

    with pytest.raises(ChatError, match=r"The server is at https://chat\.test/chat now"):
        client.ask("Hi")


@pytest.mark.parametrize("body", [{}, [], "Hi", ANSWER | {"usage": None}, ANSWER | {"cost": {"usd": "a lot"}}])
def test_an_answer_in_another_shape_is_an_error(server: responses.RequestsMock, client: ChatClient, body: Any) -> None:
    server.post(f"{URL}/chat", json=body)

    with pytest.raises(ChatError, match="not the answer of a chatapp server"):
        client.ask("Hi")


@pytest.mark.parametrize("bad", [b"data: [DONE]\n\n", b"data: 1\n\n", b"data: \xff\n\n", {"done": True}])
def test_an_event_in_another_shape_is_an_error(
    server: responses.RequestsMock, client: ChatClient, bad: bytes | dict[str, Any]
) -> None:
    streams(server, {"content": "Hel"}, bad)

    with pytest.raises(ChatError, match="not the answer of a chatapp server") as raised:
        list(client.stream("Hi"))

    assert raised.value.partial == "Hel"


def test_the_models_come_with_their_dates(server: responses.RequestsMock, client: ChatClient) -> None:
    card: dict[str, Any] = {
        "id": "gpt-4o",
        "status": "deprecated",
        "shutdown_date": "2027-01-14",
        "replacement": "gpt-6-luna",
        "context_tokens": 128_000,
        "max_output_tokens": 16_384,
        "price": {"input_usd_per_million": "2.50", "as_of": "2026-11-22"},
    }
    listed = {"models": ["gpt-4o"], "default": "gpt-4o", "details": [card | {"a later field": 1}]}
    server.get(f"{URL}/models", json=listed)

    models = client.models()

    assert (models.ids, models.default) == (("gpt-4o",), "gpt-4o")
    assert models.details == (Model(**card),)


def test_a_slash_at_the_end_of_the_address_does_no_harm(server: responses.RequestsMock) -> None:
    server.post(f"{URL}/chat", json=ANSWER)

    with ChatClient(f"{URL}/") as client:
        assert client.ask("Hi").text == "Hello."


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://chat.example"])
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    with pytest.raises(ConnectionLost, match="is no address of a server"):
        ChatClient(url).models()
