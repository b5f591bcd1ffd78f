"""Whatever happens to replies, their storage and their processes: the ledger agrees with the provider's bill.

A row that has the provider's own count says what the provider charges; any other says no less. Half a minute after the
last fault no row is open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.memory import (
    MemoryBooks,
    MemoryConversationStore,
    MemoryDatabase,
    MemoryLedger,
    MemoryReplyStore,
)
from chatapp.domain.books import Book
from chatapp.domain.entities import ModelCard
from chatapp.domain.errors import ChatError, StorageUnavailable
from chatapp.domain.ledger import Settled, Settlement
from chatapp.domain.live import Follower
from chatapp.domain.reply import OnDisconnect, ReplyRecord
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import (
    Cut,
    Endless,
    Error,
    Malformed,
    Reset,
    Rule,
    SlowHead,
    Tokens,
    WrongType,
)
from chatapp.fake.faults import Fault
from tests.ledger import calls_in, wrong_with
from tests.samples import CARD, PLENTY, card, question
from tests.unit.deterministic import DeterministicTask, FakeClock, Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, Stage

LONGEST_OPEN_SECONDS = 30
ANSWER_CHARACTERS = 180
LONG = 1000
WORDS = ["One ", "two ", "three, ", "four. "]
REST = ["more "] * 25
"""Comes at once, and the provider has made it when it hears that nobody wants it."""

CARDS = [CARD, CARD, card("thinking", reasoning=True), card("unpriced", price=None)]
REASONED = Tokens(completion_tokens=64, reasoning_tokens=60)

Result = TypeVar("Result")


@dataclass
class Weather:
    """How one process reaches the storage: what is ``down`` is not done, what is ``unheard`` is done all the same."""

    down: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()
    is_dead: bool = False

    def reach(self, name: str, deed: Callable[..., Result], *arguments: Any) -> Result:
        if self.is_dead or name in self.down:
            raise StorageUnavailable
        result = deed(*arguments)
        if name in self.unheard:
            raise StorageUnavailable
        return result


class FarLedger(MemoryLedger):
    """A ledger that is reached in any weather."""

    def __init__(self, database: MemoryDatabase, weather: Weather) -> None:
        super().__init__(database, PLENTY)
        self._weather = weather

    def reserve(self, *arguments: Any) -> None:
        self._weather.reach("reserve", super().reserve, *arguments)

    def settle(self, *arguments: Any) -> Settled | None:
        return self._weather.reach("settle", super().settle, *arguments)

    def dangling(self, *arguments: Any) -> Any:
        return self._weather.reach("dangling", super().dangling, *arguments)


class FarStore(MemoryReplyStore):
    """A store that is reached in any weather."""

    def __init__(self, database: MemoryDatabase, weather: Weather) -> None:
        super().__init__(database, MemoryLedger(database, PLENTY))
        self._weather = weather

    def open(self, *arguments: Any) -> Any:
        return self._weather.reach("open", super().open, *arguments)

    def checkpoint(self, *arguments: Any) -> Any:
        return self._weather.reach("checkpoint", super().checkpoint, *arguments)

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        return self._weather.reach("finish", super().finish, record, owner, settlement)

    def show_life(self, owner: str) -> None:
        self._weather.reach("show_life", super().show_life, owner)

    def orphans(self, *arguments: Any) -> Any:
        return self._weather.reach("orphans", super().orphans, *arguments)

    def close(self, *arguments: Any) -> Any:
        return self._weather.reach("close", super().close, *arguments)

    def find(self, *arguments: Any) -> Any:
        return self._weather.reach("find", super().find, *arguments)


METHODS = ["reserve", "settle", "open", "finish", "checkpoint", "show_life", "orphans", "dangling", "close", "find"]


class Killed(BaseException):
    """A process is no more."""


@dataclass
class MoodyRunner(SteppedRunner):
    """A runner that has no task to give while it ``is_full``."""

    is_full: bool = False

    def start(self, name: str, work: Callable[[], None]) -> DeterministicTask:
        if self.is_full:
            raise RuntimeError("can't start new thread")
        return super().start(name, work)


@dataclass
class Process:
    """One process, and what it makes."""

    stage: Stage
    weather: Weather
    runner: MoodyRunner
    followers: list[Follower] = field(default_factory=list)

    def beat(self) -> None:
        for part in (self.stage.replies.look_after, self.stage.replies.save, self.stage.replies.close_orphans):
            with suppress(ChatError):
                part()


NUMBERS = st.integers(0, 99)
FAULTS = st.one_of(
    st.builds(Error, status=st.sampled_from([400, 401, 408, 429, 500, 503])),
    st.builds(Error, status=st.just(500), after_characters=st.integers(0, 12)),
    st.builds(Reset, after_characters=st.none() | st.integers(0, 12)),
    st.builds(Cut, after_characters=st.none() | st.integers(0, 12)),
    st.builds(Malformed, after_characters=st.integers(0, 12)),
    st.just(WrongType()),
    st.just(SlowHead(seconds=0.0)),
    st.just(Endless()),
)
FINISHES = st.sampled_from(["stop", "length", "content_filter", "tool_calls"])
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("beat", "pass_time", "break_off", "mend") * 2,
                *("fail", "mishear", "stop", "leave", "delete", "shut_down", "fill", "time_out", "kill", "fork"),
            ]
        ),
        NUMBERS,
    ),
    max_size=4,
)


class Calls(RuleBasedStateMachine):
    """Processes that come and go over one storage and one provider. The newest one makes what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.database = MemoryDatabase(self.clock.monotonic)
        self.fake = FakeChatModel()
        self.processes: list[Process] = []
        self.owners = 0
        self.fork(0)

    @property
    def here(self) -> Process:
        return self.processes[-1]

    def fork(self, _: int) -> None:
        """Begin another process; those before go on until they are killed."""
        self.owners += 1
        weather, runner = Weather(), MoodyRunner()
        stage = Stage(
            runner=runner,
            store=FarStore(self.database, weather),
            ledger=FarLedger(self.database, weather),
            limits=ReplyLimits(answer_characters=ANSWER_CHARACTERS),
            other_model=self.fake,
            clock=self.clock,
            database=self.database,
            owner=f"p{self.owners}",
        )
        stage.ids = iter(range(self.owners * 1000, (self.owners + 1) * 1000))
        self.processes.append(Process(stage, weather, runner))

    @rule(
        kept=st.booleans(),
        policy=st.sampled_from(OnDisconnect),
        model=st.sampled_from(CARDS),
        cap=st.sampled_from([2, LONG]),
        fault=st.none() | FAULTS,
        reports=st.booleans(),
        finish=FINISHES,
        happenings=st.lists(HAPPENINGS, min_size=len(WORDS), max_size=len(WORDS)),
    )
    def ask(
        self,
        kept: bool,
        policy: OnDisconnect,
        model: ModelCard,
        cap: int,
        fault: Fault | None,
        reports: bool,
        finish: str,
        happenings: Sequence[Sequence[tuple[str, int]]],
    ) -> None:
        """Ask something, to be answered when somebody runs the task; each word is followed by what happens then."""
        parts: list[str | Meanwhile] = []
        for word, happening in zip(WORDS, happenings, strict=True):
            parts += [word, Meanwhile(lambda happening=happening: self.happen(happening))]  # type: ignore[misc]  # bound
        parts += REST
        if isinstance(fault, Endless):  # it heeds no cap; the ledger trusts that a provider does
            cap = LONG
        usage = REASONED if reports and model.reasoning and cap == LONG else reports  # it is never above the cap
        pace = 200.0 if isinstance(fault, Endless) else None
        self.fake.add(Rule(reply=parts, usage=usage, finish=finish, fault=fault, tokens_per_second=pace, times=1))
        here, asked = self.here, question(model=model, max_output_tokens=cap)
        with suppress(ChatError):
            here.followers.append(here.stage.open(asked, on_disconnect=policy, kept=kept))

    @rule(which=NUMBERS)
    def run(self, which: int) -> None:
        """Let the provider answer one of those who wait."""
        waiting = [process for process in self.processes if process.runner.tasks]
        if waiting:
            with suppress(Killed):
                waiting[which % len(waiting)].runner.tasks.pop(0).run()

    @rule(happening=HAPPENINGS)
    def meanwhile(self, happening: Sequence[tuple[str, int]]) -> None:
        with suppress(Killed, ZeroDivisionError):
            self.happen(happening)

    def happen(self, happening: Sequence[tuple[str, int]]) -> None:
        for name, number in happening:
            with suppress(ChatError):
                getattr(self, name)(number)

    def some(self, number: int) -> Process:
        return self.processes[number % len(self.processes)]

    def beat(self, number: int) -> None:
        self.some(number).beat()

    def pass_time(self, number: int) -> None:
        for _ in range(number % 15):
            self.clock.advance(1)
            for process in self.processes:
                process.beat()

    def time_out(self, _: int) -> None:
        self.clock.advance(121)
        self.here.beat()

    def fail(self, number: int) -> None:
        weather = self.some(number).weather
        weather.down = weather.down ^ {METHODS[number % len(METHODS)]}

    def mishear(self, number: int) -> None:
        weather = self.some(number).weather
        weather.unheard = weather.unheard ^ {METHODS[number % len(METHODS)]}

    def mend(self, number: int) -> None:
        weather = self.some(number).weather
        weather.down = weather.unheard = frozenset()

    def fill(self, number: int) -> None:
        runner = self.some(number).runner
        runner.is_full = not runner.is_full

    def stop(self, number: int) -> None:
        running = MemoryReplyStore(self.database, MemoryLedger(self.database, PLENTY)).running(ALICE)
        if running:
            self.some(number).stage.store.request_stop(ALICE, running[number % len(running)])  # type: ignore[union-attr]

    def leave(self, number: int) -> None:
        followers = self.some(number).followers
        if followers:
            followers.pop(number % len(followers)).leave()

    def delete(self, number: int) -> None:
        conversations = MemoryConversationStore(self.database)
        listed = conversations.listed(ALICE, None, 100)
        if listed:
            conversations.delete(ALICE, listed[number % len(listed)].id)

    def shut_down(self, number: int) -> None:
        process = self.some(number)
        process.stage.replies.refuse_new()
        process.stage.replies.interrupt_all()
        if process is self.here:
            self.fork(0)

    def break_off(self, number: int) -> None:
        if number < 10:
            raise ZeroDivisionError

    def kill(self, number: int) -> None:
        """Let a process end without a word; if it makes what happens here, that ends too."""
        if number >= 20:
            return
        process = self.some(number)
        self.processes.remove(process)
        process.weather.is_dead = True
        process.runner.tasks.clear()
        if not self.processes:
            self.fork(0)
        for call in self.fake.calls:  # its connections are cut
            call.end(cancelled=True)
        raise Killed

    def teardown(self) -> None:
        for process in self.processes:
            process.weather.down = process.weather.unheard = frozenset()
            process.runner.kill()
        self.fork(0)
        for _ in range(LONGEST_OPEN_SECONDS):
            self.clock.advance(1)
            for process in self.processes:
                process.beat()
        rows = calls_in(MemoryBooks(self.database, Book.OPENAI))

        assert wrong_with(rows, self.fake.calls) == []
        for meter in self.database.meters.values():
            assert (meter.open_replies, meter.nano_usd) == (0, sum(row.charged_nano_usd for row in rows))


@pytest.mark.parametrize(("kept", "method"), [(True, "open"), (False, "reserve")])
def test_a_reservation_that_was_made_unheard_is_settled_though_its_process_lives_on(kept: bool, method: str) -> None:
    calls = Calls()
    here = calls.here
    here.stage.open()  # it runs on
    here.weather.unheard = frozenset({method})
    with pytest.raises(StorageUnavailable):
        here.stage.open(kept=kept)
    here.weather.unheard = frozenset()

    here.beat()

    rows = calls_in(MemoryBooks(calls.database, Book.OPENAI))
    assert [(row.state, row.charged_nano_usd > 0) for row in rows] == [("reserved", True), ("failed", False)]


Calls.TestCase.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
TestCalls = Calls.TestCase
