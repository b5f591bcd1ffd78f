"""The scripted upstream, asked by the real SDK: what every test of the adapter relies on."""

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.upstream import Cut, Gate, Pause, Reset, ScriptedUpstream, Stall
from tests.upstream.tls import self_signed, server_context
from tests.upstream.wire import error, events, sse, stream

NOTICED_WITHIN_SECONDS = 0.5


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture
def sdk(upstream: ScriptedUpstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="sk-test", base_url=upstream.url, max_retries=0, timeout=5) as client:
        yield client


def ask(sdk: openai.OpenAI) -> openai.Stream[ChatCompletionChunk]:
    return sdk.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}], stream=True)


def words(chunks: openai.Stream[ChatCompletionChunk]) -> Iterator[str]:
    for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


def post(upstream: ScriptedUpstream) -> socket.socket:
    """Ask over a bare socket, which can leave when the test says so."""
    port = int(upstream.url.split(":")[2].removesuffix("/v1"))
    peer = socket.create_connection(("127.0.0.1", port), timeout=5)
    peer.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
    return peer


def test_an_unscripted_question_gets_an_ordinary_answer(sdk: openai.OpenAI) -> None:
    chunks = list(ask(sdk))

    assert "".join(c.choices[0].delta.content or "" for c in chunks[:-1]) == "Hello world"
    assert [c.choices[0].finish_reason for c in chunks[:-1]] == [None, None, None, "stop"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 11


def test_a_gate_holds_the_next_word_back(upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*stream(b"one", gate, b"two"))

    with post(upstream) as peer, peer.makefile("rb") as answer:
        while answer.readline() != b"one\r\n":
            pass
        peer.settimeout(0.05)
        with pytest.raises(TimeoutError):
            peer.recv(1)
        gate.open()
        peer.settimeout(5)
        assert peer.recv(8) == b"3\r\ntwo\r\n"


def test_it_remembers_what_it_was_asked(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    list(words(ask(sdk)))

    asked = upstream.requests[0]
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == "Bearer sk-test"
    assert asked.json["messages"] == [{"role": "user", "content": "hi"}]


def test_scripts_are_played_in_order_on_one_connection(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    upstream.script(*error(503, "slow_down"))
    upstream.script(*error(404, "model_not_found"))

    with pytest.raises(openai.InternalServerError):
        ask(sdk)
    with pytest.raises(openai.NotFoundError):
        ask(sdk)
    assert [asked.connection for asked in upstream.requests] == [1, 1]


def test_an_error_carries_status_code_and_headers(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "7"}))

    with pytest.raises(openai.RateLimitError) as raised:
        ask(sdk)

    assert raised.value.code == "rate_limit_exceeded"
    assert raised.value.response.headers["retry-after"] == "7"
    assert raised.value.request_id == "req_scripted"


def test_models_carry_their_shutdown_dates(sdk: openai.OpenAI) -> None:
    dates = {model.id: model.to_dict()["shutdown_date"] for model in sdk.models.list()}

    assert dates == {"gpt-4o-mini": "2027-01-14", "gpt-6-luna": None}


@pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_broken_answer_ends_after_its_words(
    upstream: ScriptedUpstream, sdk: openai.OpenAI, fault: Cut | Reset
) -> None:
    gate = Gate()
    upstream.script(*sse(["half", gate, fault]))
    answer = words(ask(sdk))

    assert next(answer) == "half"
    gate.open()
    with pytest.raises(openai.APIConnectionError):
        next(answer)


def test_a_reset_reaches_the_peer_as_one(upstream: ScriptedUpstream) -> None:
    upstream.script(Reset())

    with post(upstream) as peer, pytest.raises(ConnectionResetError):
        peer.recv(1)


def test_a_cut_reaches_the_peer_as_an_orderly_end(upstream: ScriptedUpstream) -> None:
    upstream.script(Cut())

    with post(upstream) as peer:
        assert peer.recv(1) == b""


def test_an_answer_may_just_end(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    upstream.script(*sse(["no end"], finish=None, usage=None, done=False))

    assert list(words(ask(sdk))) == ["no end"]


def test_any_bytes_can_be_sent_one_by_one(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    body = b"".join(part for part in events(["żółć 🙂"]) if isinstance(part, bytes))
    upstream.script(*stream(*(body[i : i + 1] for i in range(len(body)))))

    assert list(words(ask(sdk))) == ["żółć 🙂"]


@pytest.mark.parametrize("silence", [Stall(), Pause(60), Gate()], ids=["in a stall", "in a pause", "at a gate"])
def test_a_peer_that_leaves_before_the_first_byte_is_noticed(
    upstream: ScriptedUpstream, silence: Stall | Pause | Gate
) -> None:
    upstream.script(silence)
    peer = post(upstream)
    asked = upstream.wait_for_request()

    left_at = time.monotonic()
    peer.close()

    assert 0 <= asked.wait_until_left() - left_at < NOTICED_WITHIN_SECONDS


def test_a_peer_that_leaves_in_mid_answer_is_noticed(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    upstream.script(*sse(["one", Stall()]))
    answer = ask(sdk)
    next(words(answer))

    left_at = time.monotonic()
    answer.close()

    assert 0 <= upstream.requests[0].wait_until_left() - left_at < NOTICED_WITHIN_SECONDS


def test_a_peer_that_heard_the_end_has_not_left(upstream: ScriptedUpstream, sdk: openai.OpenAI) -> None:
    sdk.models.list()
    sdk.close()

    with pytest.raises(AssertionError, match="answered to the end"):
        upstream.requests[0].wait_until_left()


def test_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))

    with (
        ScriptedUpstream(server_context(certificate, key)) as upstream,
        openai.DefaultHttpx2Client(verify=trust) as transport,
    ):
        upstream.script(*sse(["over TLS", Stall()]))
        answer = ask(openai.OpenAI(api_key="sk-test", base_url=upstream.url, http_client=transport))
        assert next(words(answer)) == "over TLS"
        answer.close()
        upstream.requests[0].wait_until_left()
