"""What is done a few times a second: time-outs, dead drivers, signs of life, checkpoints; and the shutdown."""

from collections.abc import Callable, Iterator

import pytest

from chatapp.adapters.fake_chat import FakeChatModel, FakeStream
from chatapp.domain.entities import ChatRequest
from chatapp.domain.errors import (
    AtCapacity,
    InternalError,
    Interrupted,
    ProviderTimeout,
    ShuttingDown,
    StorageUnavailable,
)
from chatapp.domain.events import Event
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Script
from chatapp.fake.call import Ending
from tests.samples import once
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, RecordingStore, Stage

LIMITS = ReplyLimits(first_token_seconds=120, next_token_seconds=60, total_seconds=900, sign_of_life_seconds=15)


def silence(stage: Callable[[], Stage], seconds: float) -> Meanwhile:
    """Return a part of a reply in which nothing happens for so long but the beat."""

    def pass_time() -> None:
        stage().clock.advance(seconds)
        stage().replies.beat()

    return Meanwhile(pass_time)


@pytest.mark.parametrize(
    ("words_before", "seconds", "too_long"),
    [
        pytest.param([], 120, False, id="patience after the head alone"),
        pytest.param([], 120.5, True, id="too long after the head alone"),
        pytest.param(["one "], 60, False, id="patience between words"),
        pytest.param(["one "], 60.5, True, id="too long between words"),
    ],
)
def test_silence_ends_a_reply_when_it_is_too_long(words_before: list[str], seconds: float, too_long: bool) -> None:
    stage = Stage([once(*words_before, silence(lambda: stage, seconds), "two")], limits=LIMITS)

    outcome = stage.outcome()

    assert outcome.state is (ReplyState.FAILED if too_long else ReplyState.COMPLETE)
    assert isinstance(outcome.error, ProviderTimeout) is too_long
    assert stage.call.ended is (Ending.CANCELLED if too_long else Ending.FINISHED)


class LateModel:
    """The fake, but that it waits at a gate before it even has the head of an answer."""

    def __init__(self, fake: FakeChatModel, gate: Meanwhile) -> None:
        self._fake = fake
        self._gate = gate
        self._stream: FakeStream

    def open(self, request: ChatRequest) -> "LateModel":
        self._stream = self._fake.open(request)
        return self

    def __iter__(self) -> Iterator[Event]:
        self._gate.wait(0)
        yield from self._stream

    def stop(self) -> None:
        self._stream.stop()


@pytest.mark.parametrize(("seconds", "too_long"), [(120, False), (120.5, True)])
def test_silence_before_the_head_ends_a_reply_when_it_is_too_long(seconds: float, too_long: bool) -> None:
    fake = FakeChatModel(Script(rules=[once("two")]))
    stage = Stage(other_model=LateModel(fake, silence(lambda: stage, seconds)), limits=LIMITS)

    outcome = stage.outcome()

    assert outcome.state is (ReplyState.FAILED if too_long else ReplyState.COMPLETE)
    assert isinstance(outcome.error, ProviderTimeout) is too_long
    assert fake.calls[-1].ended is (Ending.CANCELLED if too_long else Ending.FINISHED)


def test_every_word_renews_the_patience() -> None:
    parts = [part for _ in range(10) for part in ("word ", silence(lambda: stage, 59))]
    stage = Stage([once(*parts)], limits=LIMITS)

    assert stage.outcome().state is ReplyState.COMPLETE


def test_a_reply_that_takes_too_long_is_cut_off_as_truncated() -> None:
    parts = [part for _ in range(20) for part in ("word ", silence(lambda: stage, 50))]
    stage = Stage([once(*parts)], limits=LIMITS)

    outcome = stage.outcome()

    assert (outcome.state, outcome.finish_reason, outcome.error) == (ReplyState.TRUNCATED, "length", None)
    assert outcome.text == "word " * 19


def test_a_reply_whose_driver_has_died_is_ended() -> None:
    runner = SteppedRunner()
    stage = Stage(runner=runner)
    follower = stage.open()
    stage.replies.beat()
    assert stage.replies.open_replies == 1

    runner.kill()
    stage.replies.beat()

    outcome = follower.wait_for_outcome()
    assert outcome is not None
    assert outcome.state is ReplyState.FAILED
    assert isinstance(outcome.error, InternalError)


def test_readers_are_woken_after_each_stretch_of_silence() -> None:
    stage = Stage(runner=SteppedRunner(), limits=LIMITS)
    live = stage.open().live
    woken_at: list[float] = []
    live.wake = lambda: woken_at.append(stage.clock.monotonic())  # type: ignore[method-assign]  # counts the calls

    for _ in range(100):
        stage.clock.advance(0.5)
        stage.replies.beat()

    assert woken_at == [15, 30, 45]


def test_a_checkpoint_stores_only_what_is_new() -> None:
    store = RecordingStore()
    stage = Stage(store=store)
    beat = Meanwhile(lambda: stage.replies.beat())
    stage.fake.add(once(beat, "one ", beat, beat, "two ", "three ", beat, "four"))

    outcome = stage.outcome()

    assert store.appended == [{"r1": "one "}, {"r1": "two three "}]
    assert outcome.text == "one two three four"


def test_a_reply_can_be_found_with_its_text_so_far() -> None:
    seen: list[ReplyRecord] = []

    def look() -> None:
        stage.replies.beat()
        seen.append(stage.find("r1"))

    stage = Stage([once("one ", Meanwhile(look), "two")])
    stage.outcome()

    assert [(record.state, record.text) for record in seen] == [(ReplyState.RUNNING, "one ")]


def test_a_checkpoint_that_failed_is_made_up_for_by_the_next() -> None:
    store = RecordingStore(failures=1)
    stage = Stage(store=store)

    def fail_once() -> None:
        with pytest.raises(StorageUnavailable):
            stage.replies.beat()

    stage.fake.add(once("one ", Meanwhile(fail_once), "two ", Meanwhile(lambda: stage.replies.beat())))
    stage.outcome()

    assert store.appended == [{"r1": "one two "}]


def test_readers_learn_of_an_end_that_cannot_be_stored_yet(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage([once("Hello")], store=RecordingStore(failing_ends=1))

    outcome = stage.outcome()

    assert (outcome.state, outcome.text) == (ReplyState.COMPLETE, "Hello")
    assert stage.replies.open_replies == 0
    assert "could not be stored yet" in caplog.text
    assert stage.find("r1") == outcome


def test_an_end_that_could_not_be_stored_is_stored_with_the_next_beat() -> None:
    store = RecordingStore(failing_ends=2)
    stage = Stage([once("Hello")], store=store)
    outcome = stage.outcome()

    with pytest.raises(StorageUnavailable):
        stage.replies.beat()
    stage.replies.beat()

    assert store.finished == [outcome]
    assert store.find(ALICE, "r1") == outcome


def test_a_shutdown_begins_nothing_new_and_lets_the_old_go_on() -> None:
    runner = SteppedRunner()
    stage = Stage([once("Hello")], runner=runner)
    stage.open()

    stage.replies.refuse_new()

    with pytest.raises(ShuttingDown) as refusal:
        stage.open()
    assert refusal.value.retry_after_seconds == 5
    runner.run()
    assert stage.find("r1").state is ReplyState.COMPLETE


def test_an_interrupted_reply_keeps_its_text_and_tells_its_readers() -> None:
    stage = Stage([once("one ", Meanwhile(lambda: stage.replies.interrupt_all()), "two")])

    outcome = stage.outcome()

    assert (outcome.state, outcome.text) == (ReplyState.INTERRUPTED, "one ")
    assert isinstance(outcome.error, Interrupted)
    assert stage.call.ended is Ending.CANCELLED


def test_a_shutdown_interrupts_every_open_reply() -> None:
    stage = Stage(runner=SteppedRunner())
    followers = [stage.open() for _ in range(3)]

    stage.replies.interrupt_all()

    assert [follower.wait_for_outcome() for follower in followers] == [stage.find(f"r{n}") for n in (1, 2, 3)]
    assert {stage.find(f"r{n}").state for n in (1, 2, 3)} == {ReplyState.INTERRUPTED}


class NoThreadsLeft:
    """A ``Runner`` on a machine that can begin nothing more."""

    def start(self, name: str, work: Callable[[], None]) -> "NoThreadsLeft":
        raise RuntimeError("can't start new thread")

    def is_alive(self) -> bool:
        return False


def test_a_reply_that_cannot_be_driven_does_not_stay_open() -> None:
    stage = Stage(runner=NoThreadsLeft())

    with pytest.raises(AtCapacity):
        stage.open()

    assert stage.replies.open_replies == 0
    assert stage.find("r1").state is ReplyState.FAILED
