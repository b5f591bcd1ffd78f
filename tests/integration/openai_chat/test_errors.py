"""What OpenAI's errors, and those on the way to it, mean in the domain's words."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from chatapp.domain.errors import (
    ChatError,
    ContextTooLong,
    ModelRetired,
    ProviderAuth,
    ProviderFailed,
    ProviderProtocol,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
)
from tests.integration.openai_chat.asking import KEY, ask, model_for
from tests.samples import card, question
from tests.server import free_port
from tests.upstream import Pause, ScriptedUpstream, Send, Stall, Step
from tests.upstream.wire import answer, chunk, error, event, sse, stream

SECRET = "Incorrect API key provided: sk-canary-4f1c9a; you said: attack at dawn"
PROVIDERS_WORDS = re.compile("canary|dawn|scripted|incorrect", re.IGNORECASE)


@pytest.mark.parametrize(
    ("status", "code", "meant"),
    [
        (400, "context_length_exceeded", ContextTooLong),
        (400, "unsupported_parameter", ProviderRefused),
        (400, None, ProviderRefused),
        (401, "invalid_api_key", ProviderAuth),
        (401, None, ProviderAuth),
        (403, "unsupported_country_region_territory", ProviderRefused),
        (404, "model_not_found", ModelRetired),
        (404, None, ProviderRefused),
        (408, None, ProviderTimeout),
        (409, None, ProviderRefused),
        (422, None, ProviderRefused),
        (429, "rate_limit_exceeded", ProviderRateLimited),
        (429, None, ProviderRateLimited),
        (429, "insufficient_quota", ProviderQuota),
        (429, "credit_balance_exhausted", ProviderQuota),
        (500, "server_error", ProviderFailed),
        (502, None, ProviderFailed),
        (503, "slow_down", ProviderFailed),
        (529, None, ProviderFailed),
    ],
)
def test_a_status_means(
    upstream: ScriptedUpstream, model: OpenAIChatModel, status: int, code: str | None, meant: type[ChatError]
) -> None:
    upstream.script(*error(status, code, SECRET))

    heard = ask(model)

    assert type(heard.error) is meant
    assert not PROVIDERS_WORDS.search(str(heard.error))
    assert not heard.has_begun
    assert len(upstream.requests) == 1


def test_the_quota_may_stand_in_the_kind_of_the_error(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*error(429, None, kind="insufficient_quota"))

    assert isinstance(ask(model).error, ProviderQuota)


def test_a_model_that_is_gone_names_its_replacement(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*error(404, "model_not_found"))

    heard = ask(model, question(model=card("gpt-4o", replacement="gpt-6-luna")))

    assert re.search("“gpt-4o” is no longer.*“gpt-6-luna”", str(heard.error))


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("3600", 3600), ("1.5", None), ("-1", None), ("soon", None), ("9" * 400, None)]
)
def test_the_time_to_wait_is_passed_on(
    upstream: ScriptedUpstream, model: OpenAIChatModel, header: str, seconds: int | None
) -> None:
    upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": header}))

    heard = ask(model)

    assert isinstance(heard.error, ProviderRateLimited)
    assert heard.error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"null",
        b"[]",
        b'"no"',
        b'{"error":"no"}',
        b'{"error":null}',
        b'{"error":{"code":429,"type":[1]}}',
        b'{"error":{"code":{"a":1},"type":{"b":2}}}',
        b'{"error":{"code":["insufficient_quota"]}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize(
    ("status", "meant"),
    [(400, ProviderRefused), (404, ProviderRefused), (429, ProviderRateLimited), (500, ProviderFailed)],
)
def test_an_error_in_any_shape_is_understood_by_its_status(
    upstream: ScriptedUpstream, model: OpenAIChatModel, status: int, meant: type[ChatError], body: bytes
) -> None:
    upstream.script(*answer(body, status=status))

    assert type(ask(model).error) is meant


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(upstream: ScriptedUpstream, model: OpenAIChatModel, status: int) -> None:
    with ScriptedUpstream() as elsewhere:
        upstream.script(*answer(b"", status=status, headers={"Location": elsewhere.url + "/chat/completions"}))

        assert isinstance(ask(model).error, ProviderProtocol)
        assert elsewhere.connections == 0


def test_a_provider_that_is_silent_is_given_up(upstream: ScriptedUpstream) -> None:
    upstream.script(Stall())

    assert isinstance(ask(model_for(upstream.url, read_timeout_seconds=0.1)).error, ProviderTimeout)


def test_silence_in_mid_answer_is_left_to_who_asked(upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["half", Pause(0.3), " and half"]))

    heard = ask(model_for(upstream.url, read_timeout_seconds=0.1))

    assert (heard.text, heard.error) == ("half and half", None)


def test_nobody_there_is_a_failure_that_says_so() -> None:
    heard = ask(model_for(f"http://127.0.0.1:{free_port()}/v1"))

    assert isinstance(heard.error, ProviderFailed)
    assert "cannot be reached" in str(heard.error)


def test_a_server_without_tls_where_tls_is_wanted_is_a_failure() -> None:
    def answer_in_clear(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(10_000)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(answer_in_clear, listener)
        heard = ask(model_for(f"https://127.0.0.1:{listener.getsockname()[1]}/v1"))

    assert isinstance(heard.error, ProviderFailed)


MID_STREAM: list[tuple[object, type[ChatError]]] = [
    ({"message": SECRET, "type": "server_error", "code": None}, ProviderFailed),
    ({"message": SECRET, "type": "tokens", "code": "rate_limit_exceeded"}, ProviderRateLimited),
    ({"message": SECRET, "type": "insufficient_quota", "code": "insufficient_quota"}, ProviderQuota),
    ({"code": "context_length_exceeded"}, ContextTooLong),
    ({"code": 503, "message": SECRET}, ProviderFailed),
    ({"code": ["x"], "type": {"y": 1}}, ProviderFailed),
    (SECRET, ProviderFailed),
    ([], ProviderFailed),
    (False, ProviderFailed),
]


@pytest.mark.parametrize(("report", "meant"), MID_STREAM)
def test_an_error_in_mid_answer_comes_after_the_text_before_it(
    upstream: ScriptedUpstream, model: OpenAIChatModel, report: object, meant: type[ChatError]
) -> None:
    upstream.script(*stream(event(chunk({"content": "half"})) + event({"error": report}) + b"data: [DONE]\n\n"))

    heard = ask(model)

    assert (heard.text, type(heard.error), heard.reason) == ("half", meant, None)
    assert not PROVIDERS_WORDS.search(str(heard.error))


@pytest.mark.parametrize(
    "head",
    [
        pytest.param([Send(b"HTTP/1.1 twohundred OK\r\n\r\n")], id="no status"),
        pytest.param([Send(b"SSH-2.0-OpenSSH_9.2\r\n")], id="no HTTP"),
        pytest.param([Send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")], id="a header too long"),
        pytest.param([Send(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n")], id="too many headers"),
        pytest.param([Send(b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n")], id="no length"),
        pytest.param([Send(b"HTTP/1.1 204 No Content\r\n\r\n")], id="no content"),
    ],
)
def test_what_is_no_http_answer_is_a_failure(
    upstream: ScriptedUpstream, model: OpenAIChatModel, head: list[Step]
) -> None:
    upstream.script(*head)

    assert isinstance(ask(model).error, ProviderFailed | ProviderProtocol)


def test_a_key_that_cannot_be_sent_is_a_failure_that_does_not_show_it(upstream: ScriptedUpstream) -> None:
    heard = ask(OpenAIChatModel(connect(f"{KEY}\né", upstream.url)))

    assert isinstance(heard.error, ChatError)
    assert "canary" not in str(heard.error)
