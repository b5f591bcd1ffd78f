"""HTTP as the fake's server understands it, and what it does with what is none."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from chatapp.fake.server import FakeServer, reading
from chatapp.fake.server.exchange import Exchange
from chatapp.fake.server.sending import Sendings
from tests.integration.fake.bare import answers, connected, request, rest
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import stream

CHAT = "POST /v1/chat/completions HTTP/1.1"
MODELS = "GET /v1/models HTTP/1.1"
KEY = "Authorization: Bearer any-key"
CHUNKED = "Transfer-Encoding: chunked"
CLOSE = "Connection: close"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        (b"nonsense\r\n\r\n", 400, "no HTTP request"),
        (request("GET / HTTP/2.0"), 400, "no HTTP request"),
        (request(CHAT, "Content-Length: +5", body=b"hello"), 400, "Content-Length is no number"),
        (request(CHAT, "Content-Length: 1_0", body=b"0123456789"), 400, "Content-Length is no number"),
        (request(CHAT, "Content-Length: 0x5", body=b"hello"), 400, "Content-Length is no number"),
        (request(CHAT, "Content-Length: -1"), 400, "Content-Length is no number"),
        (request(CHAT, "Content-Length: 1", "Content-Length: 2", body=b"{}"), 400, "Content-Length is no number"),
        (request(CHAT, "Content-Length: 64000001"), 413, "longer than 64,000,000 bytes"),
        (request(CHAT, "Content-Length: 64000001", "Expect: 100-continue"), 413, "longer than 64,000,000 bytes"),
        (request(CHAT, "Transfer-Encoding: gzip, chunked"), 501, "chunked alone"),
        (request(CHAT, "Transfer-Encoding: gzip", CHUNKED), 501, "chunked alone"),
        (request(CHAT, CHUNKED, body=b"0x2\r\n{}\r\n0\r\n\r\n"), 400, "no hexadecimal number"),
        (request(CHAT, CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"), 400, "no hexadecimal number"),
        (request(CHAT, CHUNKED, body=b"\r\n\r\n"), 400, "no hexadecimal number"),
        (request(CHAT, CHUNKED, body=b"2" * 2_000), 400, "no hexadecimal number"),
        (request(CHAT, CHUNKED, body=b"2\r\n{}}}0\r\n\r\n"), 400, "longer than it says"),
        (request(CHAT, CHUNKED, body=b"3d09001\r\n"), 413, "longer than 64,000,000 bytes"),
        (request(CHAT, "X-Long: " + "x" * 70_000), 431, "headers are longer"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 70_000, 431, "headers are longer"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(
    server: FakeServer, asked: bytes, status: int, sentence: str
) -> None:
    answer = answers(server, asked)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer.lower()
    assert sentence in answer.decode()


def test_who_sends_too_much_hears_why(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_BODY_BYTES", 1_000)

    answer = answers(server, request(CHAT, CHUNKED), *[b"200\r\n" + b"x" * 512 + b"\r\n"] * 2_000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"}}")


def test_a_body_in_many_small_chunks_is_read_in_no_time(upstream: ScriptedUpstream) -> None:
    chunk = b"40;some=extension\r\n" + b"x" * 64 + b"\r\n"
    with connected(upstream) as peer:
        began = time.process_time()
        peer.sendall(request(CHAT, CHUNKED, CLOSE))
        for _ in range(20_000):
            peer.sendall(chunk)
        peer.sendall(b"0\r\nTrailer: x\r\n\r\n")
        assert b"[DONE]" in rest(peer)
        spent = time.process_time() - began

    assert upstream.requests[0].body == b"x" * 1_280_000
    assert spent < 3  # it took a minute while it was read from its beginning again and again


def test_a_body_may_come_byte_by_byte(upstream: ScriptedUpstream) -> None:
    asked = request(CHAT, CHUNKED, CLOSE, body=b"2\r\nab\r\n1 \r\nc\r\n0\r\n\r\n")

    assert b"[DONE]" in answers(upstream, *(asked[i : i + 1] for i in range(len(asked))))

    assert upstream.requests[0].body == b"abc"


@pytest.mark.parametrize(
    "asked",
    [
        request("GET /v1/models HTTP/1.0"),
        request("GET /v1/models HTTP/1.0", "Connection: keep-alive"),
        request(MODELS, "Connection: close, TE"),
        request(MODELS, "Connection: TE", "Connection: Close"),
    ],
)
def test_the_connection_is_closed_for_those_who_want_that(server: FakeServer, asked: bytes) -> None:
    assert answers(server, asked).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/page/page.js", 200),
        ("/calls", 200),
        ("/calls/events", 200),
        ("/calls/7", 404),
        ("/v1/models", 200),
        ("/v1/chat/completions", 404),
        ("/nowhere", 404),
    ],
)
def test_head_is_answered_without_a_body(server: FakeServer, path: str, status: int) -> None:
    answer = answers(server, request(f"HEAD {path} HTTP/1.1", KEY, CLOSE))

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.index(b"\r\n\r\n") == len(answer) - 4


def test_head_leaves_the_connection_in_order(server: FakeServer) -> None:
    answer = answers(server, request("HEAD / HTTP/1.1"), request(MODELS, KEY, CLOSE))

    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200"]
    assert answer.endswith(b'{"object":"list","data":[]}')


def test_what_comes_in_mid_answer_is_bounded_and_not_lost(upstream: ScriptedUpstream) -> None:
    gate, size = Gate(), 40_000_000
    upstream.script(*stream(b"one", gate))
    with connected(upstream) as peer:
        peer.sendall(request(CHAT))
        upstream.wait_for_request()
        waiting = memoryview(request(CHAT, f"Content-Length: {size}", CLOSE) + bytes(size))
        peer.settimeout(0.3)
        sent = 0
        with suppress(TimeoutError):
            while sent < len(waiting):
                sent += peer.send(waiting[sent:])
        gate.open()
        peer.settimeout(10)
        peer.sendall(waiting[sent:])

        assert b"[DONE]" in rest(peer)

    assert sent < size
    assert len(upstream.requests[1].body) == size


class Faulty(ScriptedUpstream):
    """Fails where it is told to."""

    fails_at = ""

    def answer(self, exchange: Exchange) -> Sendings:
        if self.fails_at == "answer":
            raise KeyError("a fault")
        return super().answer(exchange)

    def over(self, exchange: Exchange) -> None:
        if self.fails_at == "over":
            raise KeyError("a fault")


@pytest.mark.parametrize(("place", "statuses"), [("answer", ["500"] * 3), ("over", ["200", "404", "200"])])
def test_a_fault_of_the_server_ends_the_exchange_and_not_the_connection(place: str, statuses: list[str]) -> None:
    with Faulty() as server:
        server.fails_at = place
        answer = answers(server, request(MODELS), request("HEAD /v1/models HTTP/1.1"), request(MODELS, CLOSE))
        for exchange in server.requests:
            exchange.wait_until_over()

    assert re.findall(r"HTTP/1.1 (\d+)", answer.decode()) == statuses
    assert len(server.requests) == 3


def test_every_answer_of_the_api_has_a_name_of_its_own(server: FakeServer) -> None:
    asked = [request(MODELS, KEY), request(MODELS), request("GET /v1/models/x HTTP/1.1", KEY), request(CHAT)]

    answer = answers(server, *asked, request("GET /v1/nowhere HTTP/1.1"), b"nonsense\r\n\r\n")

    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"401", b"404", b"401", b"404", b"400"]
    assert len(set(re.findall(rb"x-request-id: (\w+)", answer))) == 6
