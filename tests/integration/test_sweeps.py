"""Sweeps: the first read or write fails, then the second, and so on until there is none left to fail.

After each failure the caller has been told the truth, the log has one line that says the same, the ledger has what the
provider charges or more, nothing is left over, and the next question is answered whole. ``--soak`` reads from the
provider in small pieces, so that more can fail.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from dependency_injector import providers

from chatapp.bootstrap import build_app, build_container
from chatapp.domain.replies import ReplyService
from chatapp.domain.stores import Books
from chatapp.fake.call import Bill
from chatapp.settings import Settings
from tests.databases import MakeDatabase
from tests.integration.app_under_test import events_in
from tests.integration.caller import Caller, Heard
from tests.integration.faulty_sockets import KEY, Fault, Server, Trap, model_through, serving
from tests.ledger import calls_in, wrong_with
from tests.samples import NO_LIMITS
from tests.upstream import Gate, ScriptedUpstream, Step
from tests.upstream.wire import STREAM_HEADERS, chunk, event, head, sse

DOORS = ["/chat", "/chat/stream"]
WORDS = ["Lo", "rem ", "ipsum é", "\n\ndolor"]
WORD_EVENTS = [event(chunk({"content": word})) for word in WORDS]
FINISH = event(chunk({}, "stop"))

PROMPT_NANO_USD, WORD_NANO_USD, WHOLE_NANO_USD = 9 * 150, 600, 9 * 150 + 2 * 600
"""What the provider charges: by the word where it was left, and by the usage that it tells at the end."""

READ_BYTES, WHOLE_READ_BYTES = 127, 16
READ_FAULTS = {Fault.END: "provider_failed", Fault.RESET: "provider_failed", Fault.SILENCE: "provider_timeout"}
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller was told: the text that came, if it began, and the code if it went wrong."""

    text: str | None
    code: str | None


WHOLE = Told("".join(WORDS), None)


class Held(NamedTuple):
    """How many there are of everything that a failure could leave over."""

    descriptors: int
    threads: int
    open_replies: int


@dataclass(frozen=True, slots=True)
class Due:
    """What the provider charges for one request."""

    id: str
    bill: Bill


@dataclass(frozen=True, slots=True)
class Stage:
    """The whole application in this process, between two kinds of sockets that can fail.

    Its pulse does not beat: what a failure leaves over is not to be tidied up by somebody else.
    """

    upstream: ScriptedUpstream
    reads: Trap
    writes: Trap
    server: Server
    replies: ReplyService
    books: Books
    log: pytest.LogCaptureFixture
    charged: dict[str, int] = field(default_factory=dict)

    def call(self) -> Caller:
        """Open a connection to the server."""
        return Caller(self.server.port)

    def ask(self, path: str) -> Told:
        """Ask for ``WORDS`` and read the answer to its end."""
        asked = len(self.upstream.requests)
        self.script(sse(WORDS), WHOLE_NANO_USD)
        with self.call() as caller:
            caller.ask(path)
            heard = told(caller.hear())
        self.upstream.wait_for_request(asked + 1)
        return heard

    def script(self, steps: Sequence[Step], nano_usd: int) -> None:
        """Let the provider play this for the next request, under a name of its own, and charge so much."""
        name = f"req_{len(self.charged)}"
        self.charged[name] = nano_usd
        self.upstream.script(head(200, {**STREAM_HEADERS, "x-request-id": name}), *steps[1:])

    def wrong_with_the_ledger(self) -> list[str]:
        """Return what the ledger has that does not agree with the provider's bill, or has not."""
        due = [Due(name, Bill(nano_usd=nano_usd)) for name, nano_usd in self.charged.items()]
        return wrong_with(calls_in(self.books), due)

    def reply_line(self) -> tuple[str, str | None]:
        """Return state and code from the log's line about the last reply, the only one."""
        (line,) = [vars(record)["fields"] for record in self.log.records if record.getMessage() == "reply"]
        self.log.clear()
        return line["state"], line["code"]

    def held(self) -> Held:
        """Return what is held at the moment."""
        descriptors, threads = len(list(Path("/dev/fd").iterdir())), len(sys._current_frames())
        return Held(descriptors, threads, self.replies.open_replies)


@pytest.fixture
def stage(
    upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture, soak: bool, fresh_sqlite: MakeDatabase
) -> Iterator[Stage]:
    caplog.set_level(logging.INFO, "chatapp")
    reads, writes = Trap(), Trap()
    container = build_container(Settings(api_key=KEY, base_url=upstream.url, database_url=fresh_sqlite(), **NO_LIMITS))
    model = model_through(reads, WHOLE_READ_BYTES if soak else READ_BYTES, upstream.url)
    container.openai_chat_model.override(providers.Object(model))
    with serving(build_app(container.settings(), container), writes) as server:
        container.reply_store().show_life("nobody")  # the storage's connections stay
        calls_in(container.books())
        gc.collect()  # what earlier tests have left must not go in the middle of this one, where all is counted
        yield Stage(upstream, reads, writes, server, container.replies(), container.books(), caplog)
    assert server.errors == []


@dataclass(frozen=True, slots=True)
class Rest:
    """What the stage holds while nothing happens: with a connection to the provider for the next question, or none."""

    stage: Stage
    broken_off: Held

    @property
    def kept(self) -> Held:
        """Return what is held with a connection: both its ends are here."""
        return self.broken_off._replace(descriptors=self.broken_off.descriptors + 2)

    def comes(self, is_kept: Callable[[], bool], after: str) -> None:
        """Wait until nothing is left over; fail if that never comes."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (held := self.stage.held()) != (expected := self.kept if is_kept() else self.broken_off):
            assert time.monotonic() < deadline, f"after {after} there is {held}, not {expected}"
            time.sleep(0.001)

    def follows_a_whole_answer(self, path: str, after: str) -> None:
        """Ask once more; fail if the answer is not whole."""
        assert self.stage.ask(path) == WHOLE, f"after {after}"
        self.comes(lambda: True, f"a whole answer after {after}")
        assert self.stage.reply_line() == ("complete", None), f"after {after}"


@pytest.mark.parametrize("fault", READ_FAULTS, ids=lambda fault: fault.value)
@pytest.mark.parametrize("path", DOORS)
def test_a_read_that_fails_spoils_one_answer_and_no_more(
    stage: Stage, path: str, fault: Fault, soak_lines: list[str]
) -> None:
    rest = Rest(stage, stage.held())
    for place in count(1):
        stage.reads.arm(place, fault)
        heard = stage.ask(path)
        rest.comes(lambda: not stage.reads.has_sprung, f"read {place}")
        stage.reads.disarm()

        assert heard in may_be_told_after(bytes(stage.reads.passed), fault), f"read {place}"
        assert stage.reply_line() == ("failed" if heard.code else "complete", heard.code), f"read {place}"
        rest.follows_a_whole_answer(path, f"read {place}")
        assert len(stage.upstream.requests) == 2 * place, f"read {place} was followed by another try"
        assert stage.wrong_with_the_ledger() == [], f"read {place}"
        if not stage.reads.has_sprung:
            break
    soak_lines.append(f"{path:12}  read from the provider: {fault.value:12}  at 1 to {place - 1}, then whole")


@pytest.mark.parametrize("path", DOORS)
def test_a_write_that_fails_ends_one_answer_and_no_more(stage: Stage, path: str, soak_lines: list[str]) -> None:
    rest = Rest(stage, stage.held())
    for place in count(1):
        gates = [Gate() for _ in WORDS]
        name = f"req_{len(stage.charged)}"
        stage.script(sse([part for pair in zip(WORDS, gates, strict=True) for part in pair]), WHOLE_NANO_USD)
        stage.writes.arm(place, Fault.BROKEN)
        listen(stage, path, gates)
        finished = gates[-1].is_open
        if not finished:  # a word is made for each gate that was opened, and the first one
            stage.charged[name] = PROMPT_NANO_USD + WORD_NANO_USD * (1 + sum(gate.is_open for gate in gates))
        rest.comes(partial(bool, finished), f"write {place}")
        stage.writes.disarm()

        assert stage.reply_line() == (("complete", None) if finished else ("abandoned", "abandoned")), f"write {place}"
        assert finished or stage.upstream.requests[-1].peer_left_at, f"write {place}"
        assert stage.wrong_with_the_ledger() == [], f"write {place}"
        rest.follows_a_whole_answer(path, f"write {place}")
        if not stage.writes.has_sprung:
            break
    soak_lines.append(f"{path:12}  write to the caller:    broken pipe   at 1 to {place - 1}, then whole")


def told(heard: Heard) -> Told:
    """Return what an answer says."""
    if not heard.headers["Content-Type"].startswith("text/event-stream"):
        body = heard.json
        return Told(body.get("response", body.get("partial")), body.get("code"))
    *pieces, last = events_in(heard.body.decode())
    assert ("done" in last) != ("code" in last)
    return Told("".join(piece["content"] for piece in pieces), last.get("code"))


def may_be_told_after(read: bytes, fault: Fault) -> list[Told]:
    """Return what a caller may be told once these bytes have come from the provider, and then no more."""
    text = "".join(word for word, sent in zip(WORDS, WORD_EVENTS, strict=True) if sent in read)
    code = READ_FAULTS[fault]
    if FINISH in read:
        return [Told(text, None)]
    if b"\r\n\r\n" in read:
        return [Told(text, code)]
    if fault is Fault.END:  # http.client takes the end of all bytes for the end of the head, with the lines so far
        return [Told(None, code), Told("", code), Told(None, "provider_protocol")]
    return [Told(None, code)]


def listen(stage: Stage, path: str, gates: Sequence[Gate]) -> None:
    """Ask, and have each word made when the one before has come; of a whole answer have all made at once."""
    ends = [b"}\n\n\r\n"] * len(gates)  # the word's event, and the end of the piece that it comes in
    if path == "/chat":
        ends = [b"\r\n\r\n"]
        for gate in gates:
            gate.open()
    with stage.call() as caller, suppress(AssertionError, OSError):  # where the write failed
        caller.ask(path)
        for end, gate in zip(ends, gates, strict=False):
            caller.read_until(end)
            gate.open()
        caller.read_to_end()
