"""Requests that are wrong as bytes on a socket, against the real server: refused, and nobody else is hurt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from tests.integration.caller import Caller, Heard, head, question
from tests.integration.site import Site, running_site
from tests.upstream.wire import sse

BODY_SECONDS = 1.0
MAX_BODY_BYTES = 100_000
CHUNKED = "Transfer-Encoding: chunked"
HI = b'{"message": "Hi"}'
WHOLE_HI = head("/chat", f"Content-Length: {len(HI)}") + HI


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def one_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {
        "CHATAPP_BODY_SECONDS": f"{BODY_SECONDS}",
        "CHATAPP_MAX_BODY_BYTES": f"{MAX_BODY_BYTES}",
        "CHATAPP_MAX_ANSWER_CHARACTERS": "4000000",
    }
    with running_site(tmp_path_factory.mktemp("site"), request.param, **settings) as running:
        yield running


@pytest.fixture
def site(one_site: Site) -> Iterator[Site]:
    """The site; after the test it must have asked the provider nothing, and answer others still."""
    before = len(one_site.upstream.requests)
    yield one_site
    assert len(one_site.upstream.requests) == before
    with one_site.call() as caller:
        caller.ask("/chat")
        assert caller.hear().status == 200


def assert_refused(heard: Heard, status: int, code: str) -> None:
    assert (heard.status, heard.json["code"]) == (status, code)
    assert heard.json["request_id"] == heard.headers["X-Request-Id"]


CUT_SHORT = {
    "announced": head("/chat", "Content-Length: 10") + b"{}",
    "announced, for a stream": head("/chat/stream", "Content-Length: 100") + HI,
    "in the middle of a chunk": head("/chat", CHUNKED) + b'20\r\n{"message"',
    "after a chunk": head("/chat", CHUNKED) + b"11\r\n" + HI + b"\r\n",
    "before the last chunk's end": head("/chat", CHUNKED) + b"11\r\n" + HI + b"\r\n0\r\n",
}


@pytest.mark.parametrize("request_bytes", CUT_SHORT.values(), ids=CUT_SHORT)
def test_a_body_cut_short_is_refused(site: Site, request_bytes: bytes) -> None:
    with site.call() as caller:
        caller.send(request_bytes)
        caller.end_sending()

        assert_refused(caller.hear(), 400, "invalid_json")


BAD_CHUNKS = {
    "no number": b"ZZ\r\nhi\r\n0\r\n\r\n",
    "a negative number": b"-2\r\nhi\r\n0\r\n\r\n",
    "a number with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "an empty number": b"\r\n{}\r\n0\r\n\r\n",
    "more than announced": b"2\r\nhihihi\r\n0\r\n\r\n",
    "a bare line feed": b"2\nhi\n0\n\n\r\n\r\n",
}


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_a_bad_chunk_is_refused_and_the_connection_closed(site: Site, body: bytes) -> None:
    with site.call() as caller:
        caller.send(head("/chat", CHUNKED), body)

        assert_refused(caller.hear(), 400, "invalid_json")
        assert caller.read_to_end() == b""


@pytest.mark.parametrize("framing", [f"Content-Length: {MAX_BODY_BYTES + 1}", CHUNKED])
def test_a_body_over_the_bound_is_refused(site: Site, framing: str) -> None:
    body = HI.ljust(MAX_BODY_BYTES + 1)
    if framing == CHUNKED:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with site.call() as caller:
        caller.send(head("/chat", framing), body)

        assert_refused(caller.hear(), 413, "body_too_large")


def test_a_body_over_the_bound_is_refused_before_it_comes(site: Site) -> None:
    with site.call() as caller:
        caller.send(head("/chat", "Content-Length: 5000000000"))

        assert_refused(caller.hear(), 413, "body_too_large")


def test_a_silent_sender_is_sent_away(site: Site) -> None:
    with site.call() as caller:
        asked_at = time.monotonic()
        caller.send(head("/chat", "Content-Length: 10"), b"{")

        assert_refused(caller.hear(), 408, "body_timeout")
        assert time.monotonic() - asked_at < BODY_SECONDS + 1
        assert caller.read_to_end() == b""


@pytest.mark.parametrize(
    ("framing", "drops"),
    [("Content-Length: 10000", repeat(b" ")), (CHUNKED, chain([b"2710\r\n"], repeat(b" ")))],
    ids=["announced", "chunked"],
)
def test_a_sender_of_one_byte_at_a_time_is_sent_away(site: Site, framing: str, drops: Iterator[bytes]) -> None:
    with site.call() as caller:
        asked_at = time.monotonic()
        caller.send(head("/chat", framing))
        while not caller.has_heard(within_seconds=0.05) and time.monotonic() - asked_at < 5:
            caller.send(next(drops))

        assert_refused(caller.hear(), 408, "body_timeout")
        assert time.monotonic() - asked_at < 2 * BODY_SECONDS + 1


MALFORMED: dict[str, bytes] = {
    "a length and chunks": head("/chat", f"Content-Length: {len(HI)}", CHUNKED) + HI,
    "two lengths": head("/chat", "Content-Length: 17", "Content-Length: 18") + HI,
    **{
        f"length {length!r}": head("/chat", f"Content-Length: {length}") + HI
        for length in ("-1", "+17", "0x11", "1_7", "17, 17", "1.7e1", "")
    },
    **{
        line: head("/chat", line, "Content-Length: 17") + HI
        for line in (
            "Transfer-Encoding : chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, chunked",
        )
    },
    "a folded header": head("/chat", "X: a\r\n b", "Content-Length: 17") + HI,
    "a header with NUL": head("/chat", "X: a\0b", "Content-Length: 17") + HI,
    "a header without a colon": head("/chat", "X", "Content-Length: 17") + HI,
    "a bare line feed": head("/chat", "X:\nY: z", "Content-Length: 17") + HI,
    "two hosts": head("/chat", "Host: other.test", "Content-Length: 17") + HI,
    "a header of 9,000 bytes": head("/chat", "X: " + "x" * 9000),
    "an address of 5,000 bytes": b"GET /%b HTTP/1.1\r\nHost: chat.test\r\n\r\n" % (b"x" * 5000),
    "no HTTP": b"\x16\x03\x01 hello\r\n\r\n",
    "HTTP of tomorrow": WHOLE_HI.replace(b"HTTP/1.1", b"HTTP/9.9"),
}


@pytest.mark.parametrize("request_bytes", MALFORMED.values(), ids=MALFORMED)
def test_malformed_http_is_refused_and_the_connection_closed(site: Site, request_bytes: bytes) -> None:
    with site.call() as caller:
        caller.send(request_bytes)
        answer = caller.read_to_end()

    assert answer.split(b" ", 2)[1] in (b"400", b"414", b"431", b"501", b"505")
    assert answer.count(b"HTTP/1.") == 1


def test_callers_who_stop_in_mid_request_hold_up_nobody(site: Site) -> None:
    half_sent = [Caller(site.server.port) for _ in range(30)]
    for place, caller in enumerate(half_sent):
        caller.send(WHOLE_HI[: 20 if place % 2 else -5])

    asked_at = time.monotonic()
    with site.call() as caller:
        caller.send(b"GET /health HTTP/1.1\r\nHost: chat.test\r\n\r\n")
        status = caller.hear("GET").status
    waited_seconds = time.monotonic() - asked_at
    for caller in half_sent:
        caller.leave()

    assert (status, waited_seconds < 1) == (200, True)


def test_a_body_that_waits_for_100_continue_is_read(one_site: Site) -> None:
    with one_site.call() as caller:
        caller.send(head("/chat", "Expect: 100-continue", f"Content-Length: {len(HI)}"))
        assert caller.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        caller.send(HI)

        assert caller.hear().status == 200


def test_a_body_that_comes_in_pieces_is_read(one_site: Site) -> None:
    request = question("/chat", messages=[{"role": "user", "content": "é" * 1000}])
    with one_site.call() as caller:
        for place in range(0, len(request), 500):
            caller.send(request[place : place + 500])
            time.sleep(0.005)

        assert caller.hear().status == 200


def test_slow_reading_is_not_slow_sending(one_site: Site) -> None:
    one_site.script(*sse(["Z" + "€" * 49_999] * 80))  # more bytes than the buffers between server and reader hold
    with one_site.call() as caller:
        caller.ask("/chat/stream")
        caller.read_until(b"Z")
        time.sleep(1.5 * BODY_SECONDS)

        assert caller.read_until(b'"done":true').count(b"Z") == 79


@pytest.mark.parametrize(
    "line", ["SCRIPT_NAME: /x", "SCRIPT_NAME: /hea", "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off"]
)
def test_headers_for_proxies_are_ignored(one_site: Site, line: str) -> None:
    with one_site.call() as caller:
        caller.send(f"GET /health HTTP/1.1\r\nHost: chat.test\r\n{line}\r\n\r\n".encode())

        assert caller.hear("GET").json["status"] == "healthy"
