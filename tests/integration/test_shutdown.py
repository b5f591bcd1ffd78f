"""The end of a server, of its workers, of one worker: readers hear how their answers ended, and so does the log."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.integration.caller import Caller, Heard, question
from tests.integration.site import Site, running_site
from tests.processes import is_running, stalled
from tests.upstream import Gate, Stall
from tests.upstream.wire import sse

pytestmark = pytest.mark.alone

STREAMS = 50
LAST_CHUNK = b"0\r\n\r\n"
GET_READY = b"GET /health/ready HTTP/1.1\r\nHost: chat.test\r\n\r\n"
GET_LIVE = GET_READY.replace(b"ready", b"live")


def worker_pids(site: Site) -> list[int]:
    """Return the workers' processes, oldest first, those that have ended too."""
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", site.server.log)]


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@contextmanager
def streams(site: Site, count: int, gate: Gate, *, every_other_endless: bool = False) -> Iterator[list[Caller]]:
    """Open streams, as many in each worker, that have said “one” and go on at the gate; or never, where so wanted."""
    workers = worker_pids(site)
    with ExitStack() as connections:
        callers = []
        for pid in workers:
            with alone(site, pid):
                for place in range(count // len(workers)):
                    site.script(*sse(["one", Stall() if every_other_endless and place % 2 else gate, "two"]))
                    callers.append(connections.enter_context(site.call()))
                    callers[-1].ask()
                    callers[-1].read_until(b'"one"}\n\n')
        yield callers


@contextmanager
def alone(site: Site, pid: int) -> Iterator[None]:
    """Let no other worker take connections."""
    others = [other for other in worker_pids(site) if other != pid and is_running(other)]
    with stalled(*others):
        yield


def ending(caller: Caller) -> str:
    """Return what a stream ended with, read to its end; ``cut`` where the connection ended before the stream."""
    try:
        rest = caller.read_until(LAST_CHUNK)
    except (AssertionError, ConnectionError):
        return "cut"
    last = rest.split(b"data: ")[-1]
    code = re.search(rb'"code":"(\w+)"', last)
    return "done" if b'"done":true' in last and b"two" in rest else code[1].decode() if code else "silent"


def first_refusal(callers: list[Caller], request: bytes) -> Heard:
    """Send ``request`` on one kept connection after the other until it is refused."""
    for caller in callers:
        caller.send(request)
        heard = caller.hear()
        caller.leave()
        if heard.status != 200:
            return heard
        time.sleep(0.1)
    raise AssertionError("it was never refused")


@contextmanager
def kept_connections(site: Site, count: int) -> Iterator[list[Caller]]:
    """Open connections that have served once and may serve again."""
    with ExitStack() as connections:
        callers = [connections.enter_context(site.call()) for _ in range(count)]
        for caller in callers:
            caller.send(GET_LIVE)
            assert caller.hear("GET").status == 200
        yield callers


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_stop_ends_every_answer_in_a_way_that_is_told(tmp_path: Path, worker_class: str) -> None:
    with running_site(tmp_path, worker_class, CHATAPP_WORKERS="2", CHATAPP_GRACE_SECONDS="4") as site:
        gate = Gate()
        with streams(site, STREAMS, gate, every_other_endless=True) as callers, site.call() as waiter:
            site.script(*sse(["one", Stall()]))
            waiter.ask("/chat")
            site.upstream.wait_for_request(STREAMS + 1)
            with kept_connections(site, 6) as probes, kept_connections(site, 6) as askers:
                site.server.process.terminate()
                refusals = [first_refusal(probes, GET_READY), first_refusal(askers, question("/chat"))]
            gate.open()
            endings = Counter(ending(caller) for caller in callers)
            whole = waiter.hear()
        exit_status = site.server.process.wait(10)

    assert [(heard.status, heard.json["code"]) for heard in refusals] == [(503, "shutting_down")] * 2
    assert endings == {"done": 26, "interrupted": 24}
    assert (whole.status, whole.json["code"], whole.json["partial"]) == (503, "interrupted", "one")
    assert len(site.server.logged("reply", state="complete", characters=len("onetwo"))) == 26
    assert len(site.server.logged("reply", state="interrupted", code="interrupted")) == 24 + 1
    assert exit_status == 0


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_stop_at_once_is_told_to_every_reader(tmp_path: Path, worker_class: str) -> None:
    with running_site(tmp_path, worker_class, CHATAPP_WORKERS="2") as site:
        with streams(site, 10, Gate()) as callers:
            site.server.process.send_signal(signal.SIGINT)
            endings = Counter(ending(caller) for caller in callers)
        site.server.process.wait(10)

    assert endings == {"interrupted": 10}
    assert len(site.server.logged("reply", state="interrupted")) == 10


def test_a_stop_waits_no_longer_than_the_answers_take(tmp_path: Path) -> None:
    with running_site(tmp_path, CHATAPP_GRACE_SECONDS="60") as site:
        gate = Gate()
        with streams(site, 1, gate) as (caller,):
            site.server.process.terminate()
            gate.open()
            assert ending(caller) == "done"

        assert site.server.process.wait(10) == 0


def test_a_reload_ends_every_answer_in_a_way_that_is_told(tmp_path: Path) -> None:
    with running_site(tmp_path, CHATAPP_GRACE_SECONDS="4") as site:
        gate = Gate()
        with streams(site, 10, gate, every_other_endless=True) as callers:
            site.server.process.send_signal(signal.SIGHUP)
            gate.open()
            endings = Counter(ending(caller) for caller in callers)
        wait_until(lambda: len(worker_pids(site)) == 2 and not is_running(worker_pids(site)[0]))
        with site.call() as caller:
            caller.ask("/chat")
            answer = caller.hear()

    assert endings == {"done": 5, "interrupted": 5}
    assert len(site.server.logged("reply", state="interrupted", code="interrupted")) == 5
    assert answer.json["response"] == "Hello world"


def test_a_worker_that_is_killed_takes_no_other_along(tmp_path: Path) -> None:
    with running_site(tmp_path, CHATAPP_WORKERS="2") as site:
        gate = Gate()
        with streams(site, STREAMS, gate) as callers:
            os.kill(worker_pids(site)[0], signal.SIGKILL)
            wait_until(lambda: len(worker_pids(site)) == 3)
            gate.open()
            endings = [ending(caller) for caller in callers]
            with alone(site, worker_pids(site)[-1]), site.call() as caller:
                caller.ask("/chat")
                answer = caller.hear()

    assert endings == ["cut"] * 25 + ["done"] * 25
    assert len(site.server.logged("reply", state="complete", characters=len("onetwo"))) == 25
    assert answer.json["response"] == "Hello world"
