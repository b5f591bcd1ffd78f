"""Callers who send or read slowly, or not at all, against the real server: they hurt nobody else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.integration.caller import Caller, head
from tests.integration.site import Site, running_site
from tests.upstream import Pause, Stall
from tests.upstream.wire import sse, stream

pytestmark = pytest.mark.alone

WORKER_CONNECTIONS = 100
HALF_A_HEAD = b"POST /chat HTTP/1.1\r\nHost: chat.test\r\nX-Half: "
HALF_A_BODY = head("/chat", "Content-Length: 1000") + b'{"message":'
WRONG = [
    head("/chat", "Transfer-Encoding: chunked") + b"ZZ\r\n{}\r\n0\r\n\r\n",
    head("/chat", "Transfer-Encoding: chunked") + b"10\r\n{",
    head("/chat", "Content-Length: 10") + b"{}",
]
"""Bad and cut chunks, and a body that ends too early: their senders close their side behind them."""

WORDS = [f"word {number}." for number in range(20)]
PACE_SECONDS = 0.05
BEGINS_WITHIN_SECONDS = 3.0
LONGEST_GAP_SECONDS = 1.0
WRITE_SECONDS = 1.0

MEGABYTES = ["€" * 50_000] * 80
"""More than the buffers between the server and a reader hold."""


class PoorReader(Caller):
    """A caller whose system keeps little for them that they have not read."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)

    def send_all_that_goes(self, data: bytes) -> None:
        """Send until the other side takes no more, or hangs up."""
        self._socket.settimeout(0.5)
        with suppress(OSError):
            self._socket.sendall(data)

    def sip(self) -> bytes:
        """Return a little of what has come."""
        return self._socket.recv(40_000)


@contextmanager
def crowd(site: Site, beginnings: list[bytes]) -> Iterator[list[Caller]]:
    """Hold connections open on which nothing follows these beginnings."""
    with ExitStack() as connections:
        callers = [connections.enter_context(site.call()) for _ in beginnings]
        for caller, beginning in zip(callers, beginnings, strict=True):
            caller.send(beginning)
        yield callers


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do ``work`` on a thread of its own, until the event that it is handed is set, at the end of the block."""
    stopping = threading.Event()
    thread = threading.Thread(target=work, args=[stopping])
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


@contextmanager
def dripping(callers: list[Caller]) -> Iterator[None]:
    """Send a byte a second on each connection, as long as it lasts."""

    def drip(stopping: threading.Event) -> None:
        while not stopping.wait(1):
            for caller in callers:
                with suppress(OSError):
                    caller.send(b"x")

    with beside(drip):
        yield


@contextmanager
def pouring(caller: PoorReader, beginning: bytes, more: bytes) -> Iterator[None]:
    """Send without a pause, and read nothing, as long as the connection lasts."""

    def pour(stopping: threading.Event) -> None:
        with suppress(OSError):
            caller.send(beginning)
            while not stopping.is_set():
                caller.send(more)

    with beside(pour):
        try:
            yield
        finally:
            caller.leave()


def seconds_before_words(site: Site) -> list[float]:
    """Ask for a paced answer and read it to its end; return the wait before each word."""
    site.script(*sse([part for word in WORDS for part in (word, Pause(PACE_SECONDS))]))
    waits, since = [], time.monotonic()
    with site.call() as caller:
        caller.ask()
        for word in WORDS:
            caller.read_until(word.encode())
            waits.append(time.monotonic() - since)
            since = time.monotonic()
        caller.read_until(b'"done":true')
    return waits


def is_hung_up(caller: Caller) -> bool:
    """Tell whether the server ends the connection, now or in a few seconds."""
    try:
        caller.read_to_end()
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers with few places for connections."""
    settings = {
        "CHATAPP_WORKERS": "2",
        "CHATAPP_WORKER_CONNECTIONS": f"{WORKER_CONNECTIONS}",
        "CHATAPP_BODY_SECONDS": "3",
    }
    with running_site(tmp_path_factory.mktemp("pair"), **settings) as running:
        yield running


@pytest.mark.parametrize(
    "beginnings",
    [
        [HALF_A_BODY] * 2 * WORKER_CONNECTIONS,
        [HALF_A_HEAD, HALF_A_BODY] * WORKER_CONNECTIONS,
    ],
    ids=["bodies", "heads and bodies"],
)
def test_half_sent_requests_in_all_places_hold_up_a_chat_for_a_moment(pair: Site, beginnings: list[bytes]) -> None:
    with crowd(pair, beginnings):
        first, *rest = seconds_before_words(pair)

    assert first < BEGINS_WITHIN_SECONDS
    assert max(rest) < LONGEST_GAP_SECONDS


def test_senders_of_a_byte_a_second_are_ended_and_hold_up_nobody(pair: Site) -> None:
    with crowd(pair, [HALF_A_HEAD, HALF_A_BODY] * 40) as slow, dripping(slow), crowd(pair, WRONG * 5) as wrong:
        for caller in wrong:
            caller.end_sending()
        waits = seconds_before_words(pair)
        refusals = [caller.hear().status for caller in wrong]
        hung_up = [is_hung_up(caller) for caller in slow]

    assert max(waits) < LONGEST_GAP_SECONDS
    assert refusals == [400] * 15
    assert all(hung_up)


@pytest.fixture(scope="module", params=["gevent", "gthread"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One worker that makes two answers at once, long ones too, and has little patience with readers."""
    settings = {
        "CHATAPP_OPEN_REPLIES": "2",
        "CHATAPP_WRITE_SECONDS": f"{WRITE_SECONDS}",
        "CHATAPP_MAX_ANSWER_CHARACTERS": "4000000",
    }
    with running_site(tmp_path_factory.mktemp("site"), request.param, **settings) as running:
        yield running


def test_at_capacity_the_answer_is_no_at_once(site: Site) -> None:
    with site.call() as first, site.call() as second, site.call() as third:
        for caller in (first, second):
            site.script(*sse(["one", Stall()]))
            caller.ask()
            caller.read_until(b'"one"')
        asked_at = time.monotonic()
        third.ask()
        refused = third.hear()
        third.send(b"GET /health HTTP/1.1\r\nHost: chat.test\r\n\r\n")
        health = third.hear("GET")
        waited_seconds = time.monotonic() - asked_at
    for exchange in site.upstream.requests[-2:]:
        exchange.wait_until_left()

    assert (refused.status, refused.json["code"], health.status) == (503, "at_capacity", 200)
    assert int(refused.headers["Retry-After"]) > 0
    assert waited_seconds < 1


def test_a_stream_that_is_not_read_is_dropped_and_holds_up_nobody(site: Site) -> None:
    asked = site.script(*sse([*MEGABYTES, Stall()]))
    with PoorReader(site.server.port) as silent:
        silent.ask()
        exchange, asked_at = asked(), time.monotonic()
        waits = seconds_before_words(site)
        left_at = exchange.wait_until_left()
    line = site.server.wait_for_line("request", route="/chat/stream", ending="not read")

    assert left_at - asked_at > WRITE_SECONDS
    assert max(waits) < LONGEST_GAP_SECONDS
    assert line["level"] == "warning"


def test_a_whole_answer_that_is_not_read_is_dropped(site: Site) -> None:
    site.script(*sse(MEGABYTES))
    with PoorReader(site.server.port) as silent:
        silent.ask("/chat")
        line = site.server.wait_for_line("request", route="/chat", ending="not read")

    assert (line["level"], line["status"]) == ("warning", 200)


@pytest.mark.parametrize("request_line", ["HEAD /health", "OPTIONS /chat"])
def test_answers_without_a_body_must_be_read_too(site: Site, request_line: str) -> None:
    method = request_line.partition(" ")[0]
    before = len(site.server.logged("request", method=method, ending="not read"))
    with PoorReader(site.server.port) as silent:
        silent.send_all_that_goes(f"{request_line} HTTP/1.1\r\nHost: chat.test\r\n\r\n".encode() * 20_000)
        deadline = time.monotonic() + 10
        while len(site.server.logged("request", method=method, ending="not read")) == before:
            assert time.monotonic() < deadline, "nobody minds that nothing is read"
            time.sleep(0.1)


FLOODS = {
    "a body in chunks of one byte": (head("/chat", "Transfer-Encoding: chunked"), b"1\r\n \r\n" * 10_000),
    "a body for nobody": (head("/nowhere", "Content-Length: 1000000000000"), b"x" * 65_536),
    "requests that wait for no answer": (b"", b"GET /health/live HTTP/1.1\r\nHost: chat.test\r\n\r\n" * 500),
}


@pytest.mark.parametrize(("beginning", "more"), FLOODS.values(), ids=FLOODS)
def test_who_sends_faster_than_we_read_holds_up_nobody(site: Site, beginning: bytes, more: bytes) -> None:
    with PoorReader(site.server.port) as flood, pouring(flood, beginning, more):
        waits = seconds_before_words(site)

    assert max(waits) < LONGEST_GAP_SECONDS


def test_a_provider_that_sends_faster_than_we_read_holds_up_nobody(site: Site) -> None:
    asked = site.script(*stream(*[b": a sign of life\n\n" * 5_000] * 2_000))
    with site.call() as reader:
        reader.ask()
        exchange = asked()
        waits = seconds_before_words(site)
        reader.leave()
        exchange.wait_until_left()

    assert max(waits) < LONGEST_GAP_SECONDS


def test_callers_who_stay_after_a_last_answer_hold_up_nobody(site: Site) -> None:
    goodbye = b"GET /health HTTP/1.1\r\nHost: chat.test\r\nConnection: close\r\n\r\n"
    with ExitStack() as connections:
        staying = [connections.enter_context(site.call()) for _ in range(5)]
        for caller in staying:
            caller.send(goodbye)
            assert caller.hear("GET").status == 200
        asked_at = time.monotonic()
        last = connections.enter_context(site.call())
        last.send(goodbye)

        assert last.hear("GET").status == 200
        assert time.monotonic() - asked_at < LONGEST_GAP_SECONDS


def test_a_slow_reader_gets_every_byte(site: Site) -> None:
    """The deadline is for a piece: this takes longer than that in all."""
    site.script(*sse(["Z" * 100_000] * 12))
    with PoorReader(site.server.port) as caller:
        began_at = time.monotonic()
        caller.ask()
        heard = caller.sip()
        while b'"done":true' not in heard[-1000:]:
            heard += caller.sip()
            time.sleep(0.04)

    assert heard.count(b"Z") == 1_200_000
    assert time.monotonic() - began_at > WRITE_SECONDS
