"""Every fault of a provider, through the real server under each worker class: what the caller, the log and it see."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.integration.caller import Caller, Heard, head
from tests.integration.fault import FIRST_TOKEN_SECONDS, HALF, MESSAGE, MOST_CHARACTERS, NEXT_TOKEN_SECONDS
from tests.integration.fault_catalogue import FAULTS, SILENCES
from tests.integration.site import Site, running_site
from tests.integration.tellings import (
    PATHS,
    PLAIN,
    STREAMED,
    Told,
    expected,
    expected_reply_line,
    expected_request_line,
    reply_line,
    request_line,
    secrets_in,
    told,
)
from tests.upstream import Exchange, Gate, Pause, Stall, Step
from tests.upstream.wire import error, events, sse, stream

WORKER_CLASSES = ("gevent", "gthread")
REPLY_SECONDS = 3.0
NOTICED_WITHIN_SECONDS = 1.0

ENDLESS: list[Step] = stream(*(part for word in events([HALF] * 40, finish=None) for part in (word, Pause(0.25))))

MOST_IDLE_CONNECTIONS = 20
NUMBERS = itertools.count(1)
SLOWLY = "24 endless words, slowly"

LIMITS = {
    "CHATAPP_FIRST_TOKEN_SECONDS": f"{FIRST_TOKEN_SECONDS}",
    "CHATAPP_NEXT_TOKEN_SECONDS": f"{NEXT_TOKEN_SECONDS}",
    "CHATAPP_REPLY_SECONDS": f"{REPLY_SECONDS}",
    "CHATAPP_MAX_ANSWER_CHARACTERS": f"{MOST_CHARACTERS}",
}


class Question:
    """One question, put to both routes at once; the provider plays ``steps`` for each."""

    def __init__(self, site: Site, steps: list[Step]) -> None:
        self.asked_at = self.heard_at = time.monotonic()
        self.exchanges: list[Exchange] = []
        self._callers: list[Caller] = []
        for path in PATHS:
            asked, caller = site.script(*steps), site.call()
            caller.ask(path, message=MESSAGE)
            self._callers.append(caller)
            self.exchanges.append(asked())

    def hear(self) -> list[Heard]:
        """Return what the routes answered."""
        try:
            return [caller.hear() for caller in self._callers]
        finally:
            self.heard_at = time.monotonic()
            self.leave()

    def leave(self) -> None:
        """Hang up."""
        for caller in self._callers:
            caller.leave()


@dataclass(frozen=True, slots=True)
class Town:
    """A site for each worker class; what takes long was asked before the first test, all of it at once."""

    sites: dict[str, Site]
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    slow = {name: fault.steps for name, fault in SILENCES.items()} | {SLOWLY: ENDLESS}
    with ExitStack() as stack:
        found = Town({
            name: stack.enter_context(running_site(tmp_path_factory.mktemp(name), name, **LIMITS))
            for name in WORKER_CLASSES
        })  # fmt: skip
        for worker_class, site in found.sites.items():
            for name, steps in slow.items():
                found.questions[worker_class, name] = question = Question(site, steps)
                stack.callback(question.leave)
        yield found


@pytest.fixture(params=WORKER_CLASSES)
def worker_class(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def site(town: Town, worker_class: str) -> Site:
    return town.sites[worker_class]


def assert_left(question: Question, silence_seconds: float) -> None:
    """Require that the server left its provider soon: after a silence of that length, or as soon as it had answered."""
    since = question.asked_at + silence_seconds if silence_seconds else question.heard_at
    for exchange in question.exchanges:
        left_at = exchange.wait_until_left()
        assert question.asked_at + 0.9 * silence_seconds < left_at < since + NOTICED_WITHIN_SECONDS


def are_kept(site: Site, exchanges: list[Exchange]) -> bool:
    """Ask more and more at once, until these connections have served again: the newest idle one serves first."""
    gate, left = Gate(), {exchange.connection for exchange in exchanges}
    callers: list[Caller] = []
    while left and len(callers) < MOST_IDLE_CONNECTIONS:
        asked = site.script(gate, *sse(["Hello"]))
        callers.append(site.call())
        callers[-1].ask("/chat")
        left.discard(asked().connection)
    gate.open()
    for caller in callers:
        caller.hear()
        caller.leave()
    return not left


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_as_the_catalogue_says(town: Town, site: Site, worker_class: str, name: str) -> None:
    fault, before = FAULTS[name], len(site.upstream.requests)
    question = town.questions.get((worker_class, name))
    asked_now = 0 if question else len(PATHS)
    question = question or Question(site, fault.steps)

    answers = question.hear()

    ids = [heard.headers["X-Request-Id"] for heard in answers]
    assert [told(heard) for heard in answers] == [expected(fault, path) for path in PATHS]
    assert [reply_line(site.server, id_) for id_ in ids] == [expected_reply_line(fault)] * len(PATHS)
    assert [request_line(site.server, id_) for id_ in ids] == [
        expected_request_line(path, heard.status) for path, heard in zip(PATHS, answers, strict=True)
    ]
    assert len(site.upstream.requests) == before + asked_now, "each question is paid for once"
    assert secrets_in(site.server.log) == []
    if fault.code is not None:
        assert all("barracuda" not in heard.body.decode() for heard in answers)
    match fault.connection:
        case "left":
            assert_left(question, fault.silence_seconds)
        case "kept":
            assert are_kept(site, question.exchanges)


@pytest.mark.parametrize("name", [SLOWLY])
def test_an_answer_without_end_is_cut_off_in_time(town: Town, site: Site, worker_class: str, name: str) -> None:
    question = town.questions[worker_class, name]

    answers = question.hear()

    for heard in map(told, answers):
        assert heard == Told(200, heard.text, None, "length", "estimated")
        assert heard.text
        assert (HALF * 40).startswith(heard.text)
    lines = [reply_line(site.server, heard.headers["X-Request-Id"]) for heard in answers]
    assert [(line["state"], line["finish_reason"]) for line in lines] == [("truncated", "length")] * 2
    assert_left(question, REPLY_SECONDS)


NOT_TAKEN = {
    "05 too many for a moment": error(429, "rate_limit_exceeded", headers={"Retry-After": "0"}),
    "07 overloaded for a moment": error(503, None, headers={"Retry-After": "0"}),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("steps", NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_was_not_taken_is_asked_once_more(site: Site, steps: list[Step], path: str) -> None:
    before = len(site.upstream.requests)
    site.script(*steps)

    with site.call() as caller:
        caller.ask(path)
        heard = caller.hear()

    assert told(heard) == Told(200, "Hello world", None, "stop", "provider")
    assert site.server.wait_for_line("reply", request_id=heard.headers["X-Request-Id"])["state"] == "complete"
    assert len(site.upstream.requests) == before + 2


LEFT_AT: dict[str, tuple[list[Step], bytes, int]] = {
    "32 in mid-answer": (sse([HALF, Stall()]), HALF.encode(), len(HALF)),
    "33 before the provider answered": ([Stall()], b"", 0),
    "33 before the first word": (stream(Stall()), b": begun", 0),
}


@dataclass(frozen=True, slots=True)
class Departure:
    """Callers of both routes who hung up at one moment, in an orderly way and not."""

    site: Site
    request_ids: list[str]
    exchanges: list[Exchange]
    left_at: float

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the log's line of each of their requests or replies."""
        return [self.site.server.wait_for_line(event, request_id=id_) for id_ in self.request_ids]


def leave(site: Site, steps: list[Step], mark: bytes) -> Departure:
    ids, exchanges, callers = [], [], []
    # Nobody sees what the plain route has heard so far. When a stream that was asked after it has told its words, those
    # of the plain one had come before.
    for path in (PLAIN, STREAMED) * 2:
        ids.append(f"leaving-{next(NUMBERS)}")
        asked, caller = site.script(*steps), site.call()
        body = json.dumps({"message": MESSAGE}).encode()
        caller.send(head(path, f"X-Request-Id: {ids[-1]}", f"Content-Length: {len(body)}"), body)
        exchanges.append(asked())
        caller.read_until(mark if path == STREAMED else b"")
        callers.append(caller)
    departure = Departure(site, ids, exchanges, time.monotonic())
    for number, caller in enumerate(callers):
        caller.leave(abruptly=number < len(PATHS))
    return departure


@pytest.mark.parametrize("name", LEFT_AT)
def test_a_caller_who_leaves_ends_the_answer(site: Site, name: str) -> None:
    steps, mark, characters = LEFT_AT[name]

    departure = leave(site, steps, mark)

    for exchange in departure.exchanges:
        assert exchange.wait_until_left() - departure.left_at < NOTICED_WITHIN_SECONDS
    for line in departure.lines("reply"):
        assert (line["level"], line["state"], line["code"]) == ("info", "abandoned", "abandoned")
        assert (line["characters"], line["cost_source"]) == (characters, "estimated")
    assert secrets_in(site.server.log) == []


@pytest.mark.parametrize("name", LEFT_AT)
def test_the_log_tells_that_a_caller_left(site: Site, name: str) -> None:
    steps, mark, _ = LEFT_AT[name]

    departure = leave(site, steps, mark)

    endings = {(line["route"], line["level"], line["ending"]) for line in departure.lines("request")}
    assert endings == {(path, "info", "left") for path in PATHS}
