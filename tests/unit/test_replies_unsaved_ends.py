"""What becomes of an end that cannot be stored at once, also when the server shuts down."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chatapp.adapters.fake_chat import FakeChatModel, FakeStream
from chatapp.adapters.memory import MemoryArchive, MemoryDatabase, MemoryVisitorStore
from chatapp.domain.entities import ChatRequest, Conversation, Role
from chatapp.domain.errors import Interrupted, StorageUnavailable
from chatapp.domain.events import Event
from chatapp.domain.keeping import DEAD_AFTER_SECONDS
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.ledger import Settled, Settlement
from chatapp.domain.live import LiveReply
from chatapp.domain.replies import LONGEST_STOP_SECONDS
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.fake import Script
from tests.samples import once, settlement
from tests.unit.deterministic import NOON, Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, RecordingStore, Stage
from tests.unit.two_processes import Pair, ShakyStore

EVERYTHING = frozenset({"show_life", "checkpoint", "finish"})


def state(outcome: ReplyRecord | None) -> ReplyState:
    """Return how a reply has ended."""
    assert outcome is not None, "it still runs"
    return outcome.state


def test_an_end_is_offered_until_it_is_stored_and_then_no_more() -> None:
    pair = Pair(once("Hello"))
    pair.here.open()
    pair.store_here.down = frozenset({"finish"})
    pair.runner.run()
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            pair.here.replies.beat()
    told = pair.here.find("r1")
    pair.store_here.down = frozenset()

    pair.here.replies.beat()
    stored = pair.there.find("r1")
    offered = pair.store_here.uses["finish"]
    pair.here.replies.beat()

    assert (told, stored.state, stored.text) == (stored, ReplyState.COMPLETE, "Hello")
    assert pair.store_here.uses["finish"] == offered == 5
    assert pair.here.keeper.unsaved("r1") is None


def test_an_end_that_cannot_be_stored_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    pair = Pair(once("Hello"))
    pair.here.open()
    pair.store_here.down = frozenset({"finish"})

    pair.runner.run()

    (line,) = (line for line in caplog.records if "could not be stored yet" in line.getMessage())
    assert (line.exc_info, line.__dict__["fields"]) == (None, {"reply_id": "r1"})


class PickyStore(RecordingStore):
    """A store with a bug: it cannot store some ends, for ever."""

    def __init__(self, *refused: ReplyState) -> None:
        super().__init__()
        self._refused = refused

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        if record.state in self._refused and record.text == "odd":
            raise ZeroDivisionError
        return super().finish(record, owner, settlement)


@pytest.mark.parametrize(
    ("refused", "stored"),
    [
        pytest.param([ReplyState.COMPLETE], ReplyState.FAILED, id="as it is"),
        pytest.param([ReplyState.COMPLETE, ReplyState.FAILED], ReplyState.RUNNING, id="in any way"),
    ],
)
def test_an_end_that_can_never_be_stored_holds_up_no_other(refused: list[ReplyState], stored: ReplyState) -> None:
    stage = Stage([once("odd"), once("even")], SteppedRunner(), PickyStore(*refused))
    odd, even = stage.open(), stage.open()
    stage.runner.run()  # type: ignore[attr-defined]  # it is a stepped one

    stage.replies.beat()

    assert [state(follower.live.outcome) for follower in (odd, even)] == [ReplyState.COMPLETE] * 2
    assert [stage.find(name).state for name in ("r1", "r2")] == [stored, ReplyState.COMPLETE]
    assert [stage.keeper.unsaved(name) for name in ("r1", "r2")] == [None, None]


def test_only_one_end_waits_for_a_storage_that_cannot_be_reached() -> None:
    pair = Pair(once("1"), once("2"), once("3"))
    followers = [pair.here.open() for _ in range(3)]
    pair.store_here.down = EVERYTHING

    pair.runner.run()

    assert [state(follower.live.outcome) for follower in followers] == [ReplyState.COMPLETE] * 3
    assert pair.store_here.uses["finish"] == 1
    pair.store_here.down = frozenset()
    pair.here.replies.beat()
    assert {pair.there.find(f"r{number}").state for number in (1, 2, 3)} == {ReplyState.COMPLETE}


class CountedStops:
    """The fake, but that it tells which of its answers were stopped."""

    def __init__(self, fake: FakeChatModel) -> None:
        self.stopped: list[FakeStream] = []
        self._fake = fake

    def open(self, request: ChatRequest) -> "CountedStream":
        return CountedStream(self._fake.open(request), self.stopped)


class CountedStream:
    """One of its answers."""

    def __init__(self, stream: FakeStream, stopped: list[FakeStream]) -> None:
        self._stream = stream
        self._stopped = stopped

    def __iter__(self) -> Iterator[Event]:
        yield from self._stream

    def stop(self) -> None:
        self._stopped.append(self._stream)
        self._stream.stop()


def test_a_shutdown_ends_all_bills_before_it_stores_an_end() -> None:
    def shut_down() -> None:
        store.deeds["finish"] = lambda: stopped_before.append(len(model.stopped))
        stage.replies.interrupt_all()

    rules = [once(Meanwhile(lambda: runner.run()), "1"), once(Meanwhile(shut_down), "2")]
    model, runner, database = CountedStops(FakeChatModel(Script(rules=rules))), SteppedRunner(), MemoryDatabase()
    store = ShakyStore(database)
    stage = Stage(runner=runner, store=store, database=database, other_model=model)
    stopped_before: list[int] = []
    for _ in range(2):
        stage.open()

    runner.run()

    assert stopped_before == [2]


def test_a_shutdown_ends_every_reply_though_no_end_can_be_stored() -> None:
    pair = Pair()
    followers = [pair.here.open() for _ in range(3)]
    pair.store_here.down = EVERYTHING

    pair.here.replies.interrupt_all()

    assert [state(follower.wait_for_outcome()) for follower in followers] == [ReplyState.INTERRUPTED] * 3
    pair.store_here.down = frozenset()
    pair.here.replies.beat()
    assert {pair.there.find(f"r{number}").state for number in (1, 2, 3)} == {ReplyState.INTERRUPTED}


def test_a_reply_that_a_shutdown_ends_while_it_is_kept_is_stored_as_interrupted() -> None:
    pair = Pair(once("Hello"))
    pair.store_here.deeds["open"] = pair.here.replies.interrupt_all

    follower = pair.here.open()

    stored = pair.there.find("r1")
    assert (stored.state, type(stored.error)) == (ReplyState.INTERRUPTED, Interrupted)
    assert state(follower.wait_for_outcome()) is ReplyState.INTERRUPTED
    assert (pair.here.replies.open_replies, pair.runner.tasks) == (0, [])


def test_a_stop_tells_how_far_it_is_while_the_end_is_being_stored() -> None:
    pair = Pair()
    pair.here.open()

    def stop_again() -> None:
        pair.clock.advance(LONGEST_STOP_SECONDS)
        pair.here.replies.stop_all(ALICE)
        seen.append(pair.here.replies.open_replies)

    seen: list[int] = []
    pair.store_here.deeds["finish"] = stop_again
    record = pair.here.replies.stop(ALICE, "r1")

    assert (record.state, seen, pair.here.replies.open_replies) == (ReplyState.STOPPED, [1], 0)


def test_nobody_is_shown_the_unsaved_end_of_anothers_reply_with_the_same_id() -> None:
    pair = Pair(once("A secret"))
    pair.here.open()
    pair.store_here.down = frozenset({"finish"})
    pair.runner.run()
    copied = Conversation("c9", NOON, NOON)
    copy = KeptMessage("r1", "c9", None, Role.ASSISTANT, "Mine", NOON)
    MemoryVisitorStore(pair.here.database).add("bob", NOON)
    MemoryArchive(pair.here.database).add("bob", [Batch("c9", copied, (copy,), "r1")])

    found = pair.here.replies.find("bob", "r1")

    assert (found.text, pair.here.find("r1").text) == ("Mine", "A secret")


def test_the_end_of_an_orphan_that_somebody_else_has_closed_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    def close_what_was_found() -> None:
        pair.store_there.deeds["orphans"] = close_what_was_found
        if pair.store_there.uses["show_life"]:  # as it does when it has found some
            closed.append(pair.store_here.finish(lost, "p1", settlement(reserved)) is not None)

    pair = Pair()
    live = pair.here.open().live
    assert isinstance(live, LiveReply)
    reserved = live.reservation
    lost = replace(pair.there.find("r1"), state=ReplyState.LOST)
    closed: list[bool] = []
    pair.store_there.deeds["orphans"] = close_what_was_found

    pair.pass_time(2 * DEAD_AFTER_SECONDS, pair.there)

    assert (closed[0], pair.there.find("r1").state) == (True, ReplyState.LOST)
    assert "lost with its process" not in caplog.text
