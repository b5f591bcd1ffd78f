"""A reply in the process that makes it: one writer, and many readers on threads of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Lock, Thread
from time import monotonic, sleep

import pytest

from chatapp.domain.errors import ProviderFailed
from chatapp.domain.events import Delta, Event, Finished, Started
from chatapp.domain.live import Follower, LiveReply
from chatapp.domain.reply import OnDisconnect, Reply, ReplyRecord, ReplyState
from chatapp.domain.upkeep import ReplyLimits, nudge
from tests.samples import question, reservation

PATIENCE_SECONDS = 5.0
OUTCOME = ReplyRecord("r1", "gpt-4o-mini", ReplyState.COMPLETE)


class CountingStream:
    """A ``ModelStream`` that says nothing and counts how often it was stopped."""

    def __init__(self) -> None:
        self.stops = 0

    def __iter__(self) -> Iterator[Event]:
        return iter(())

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def live() -> LiveReply:
    reply = Reply("r1", 1_000_000)
    return LiveReply(reply, question(), reservation(), opening=None, on_disconnect=OnDisconnect.CONTINUE, opened_at=0.0)


def follower_of(live: LiveReply, offset: int = 0) -> Follower:
    follower = Follower(live, offset, lambda left: None)
    assert live.join(follower, 1000)
    return follower


def say(live: LiveReply, *events: Event) -> None:
    for event in events:
        live.apply(event, heard_at=0.0)


def finish(live: LiveReply) -> None:
    live.end(ReplyState.COMPLETE, finish_reason="stop")
    live.settle(OUTCOME)


def until(condition: Callable[[], object]) -> None:
    """Wait until another thread has come so far."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not condition():
        assert monotonic() < deadline, "it never happened"
        sleep(0)


def in_background(read: Callable[[], str]) -> Future[str]:
    """Read on a thread of its own, which holds up nobody if it waits for ever."""
    read_so_far: Future[str] = Future()
    Thread(target=lambda: read_so_far.set_result(read()), daemon=True).start()
    return read_so_far


def read_all(follower: Follower) -> str:
    text = ""
    while follower.outcome is None:
        text += follower.read()
    return text


def test_a_reader_gets_all_that_is_new_in_one_piece(live: LiveReply) -> None:
    follower = follower_of(live)
    say(live, Started(), Delta("Hel"), Delta("lo"))

    assert follower.has_news()
    assert follower.read() == "Hello"
    assert not follower.has_news()


def test_a_reader_may_begin_in_the_middle(live: LiveReply) -> None:
    say(live, Delta("Hello"), Delta(" world"))

    assert follower_of(live, offset=3).read() == "lo world"


def test_a_reader_ahead_of_the_text_waits_for_what_it_lacks(live: LiveReply) -> None:
    follower = follower_of(live, offset=7)
    say(live, Delta("Hello"))

    assert not follower.has_news()
    say(live, Delta(" world"))
    assert follower.read() == "orld"


def test_the_text_comes_before_the_end(live: LiveReply) -> None:
    follower = follower_of(live)
    say(live, Delta("Hello"))
    finish(live)

    assert (follower.read(), follower.outcome) == ("Hello", None)
    assert (follower.read(), follower.outcome) == ("", OUTCOME)
    assert (follower.read(), follower.outcome) == ("", OUTCOME)


@pytest.mark.parametrize(
    ("news", "read"),
    [
        pytest.param(lambda live, _: say(live, Delta("x")), "x", id="text"),
        pytest.param(lambda live, _: finish(live), "", id="the end"),
        pytest.param(lambda live, follower: follower.leave(), "", id="its own leaving"),
        pytest.param(lambda live, _: nudge(live, ReplyLimits(), now=15), "", id="a sign of life"),
    ],
)
def test_a_waiting_reader_is_woken_by(live: LiveReply, news: Callable[[LiveReply, Follower], None], read: str) -> None:
    follower = follower_of(live)
    reading = in_background(follower.read)
    until(lambda: live.waiting)

    news(live, follower)

    assert reading.result(PATIENCE_SECONDS) == read


def test_a_bell_that_rings_for_nothing_is_no_news(live: LiveReply) -> None:
    reading = in_background(follower_of(live).read)
    until(lambda: live.waiting)

    live.wake()
    until(lambda: live.waiting)
    say(live, Delta("x"))

    assert reading.result(PATIENCE_SECONDS) == "x"


def test_a_stopped_reply_cannot_grow(live: LiveReply) -> None:
    say(live, Delta("half"))

    assert live.end(ReplyState.STOPPED)
    assert not live.apply(Delta(" more"), heard_at=1.0)
    assert live.reply.text == "half"


def test_ending_a_reply_stops_the_provider_once(live: LiveReply) -> None:
    stream = CountingStream()
    live.attach(stream)

    assert [live.end(ReplyState.STOPPED), live.end(ReplyState.FAILED, error=ProviderFailed("x"))] == [True, False]
    assert stream.stops == 1


@pytest.mark.parametrize(("has_ended", "stops"), [(False, 0), (True, 1)])
def test_a_stream_that_comes_after_the_end_is_stopped_at_once(live: LiveReply, has_ended: bool, stops: int) -> None:
    stream = CountingStream()
    if has_ended:
        live.end(ReplyState.STOPPED)

    live.attach(stream)

    assert stream.stops == stops


def test_there_are_no_more_readers_than_allowed(live: LiveReply) -> None:
    first, second, third = (Follower(live, 0, lambda left: None) for _ in range(3))

    assert [live.join(first, 2), live.join(second, 2), live.join(third, 2)] == [True, True, False]
    live.part(first)
    assert live.join(third, 2)


def test_only_the_last_reader_leaves_a_reply_alone(live: LiveReply) -> None:
    first, second = follower_of(live), follower_of(live)

    assert [live.part(first), live.part(first), live.part(second), live.part(second)] == [False, False, True, False]


def test_whoever_began_it_is_told_that_a_reader_left(live: LiveReply) -> None:
    told: list[Follower] = []
    follower = Follower(live, 0, told.append)

    follower.leave()

    assert (told, follower.left) == ([follower], True)


def test_who_has_left_is_not_made_to_wait(live: LiveReply) -> None:
    follower = follower_of(live)
    follower.leave()

    assert (follower.read(), follower.wait_for_outcome()) == ("", None)


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(lambda live: say(live, Started()), id="the provider has answered"),
        pytest.param(finish, id="the reply has ended"),
        pytest.param(lambda live: follower_of(live).leave(), id="nothing: the time is up"),
    ],
)
def test_waiting_for_the_beginning_ends_when(live: LiveReply, begin: Callable[[LiveReply], None]) -> None:
    follower = follower_of(live)
    waiting = Thread(target=follower.wait_until_begun, args=[0.05], daemon=True)
    waiting.start()
    until(lambda: live.waiting or not waiting.is_alive())

    begin(live)

    until(lambda: not waiting.is_alive())
    assert not live.waiting


def test_a_beginning_that_is_past_is_not_waited_for(live: LiveReply) -> None:
    follower = follower_of(live)
    say(live, Started())

    follower.wait_until_begun(timeout_seconds=3600)


def test_many_readers_and_one_writer_lose_and_invent_nothing(live: LiveReply) -> None:
    words = [f"{number} " for number in range(2000)]
    reading = [in_background(partial(read_all, follower_of(live))) for _ in range(8)]

    say(live, *map(Delta, words), Finished("stop"))
    live.settle(OUTCOME)

    assert {each.result(PATIENCE_SECONDS) for each in reading} == {"".join(words)}


class NewsMeanwhile(list[Lock]):
    """The bells of those who wait, where something happens right before one is hung up or taken down."""

    def __init__(self, news: Callable[[], None]) -> None:
        super().__init__()
        self._news = news

    def append(self, bell: Lock) -> None:
        self._news()
        super().append(bell)

    def remove(self, bell: Lock) -> None:
        self._news()
        super().remove(bell)


def test_news_that_comes_while_a_reader_sits_down_is_not_missed(live: LiveReply) -> None:
    live.waiting = NewsMeanwhile(lambda: say(live, Delta("x")))

    assert in_background(follower_of(live).read).result(PATIENCE_SECONDS) == "x"


def test_a_bell_that_rings_as_the_time_is_up_rings_only_once(live: LiveReply) -> None:
    follower = follower_of(live)
    live.waiting = NewsMeanwhile(live.wake)
    follower.wait_until_begun(0.001)

    reading = in_background(follower.read)
    until(lambda: live.waiting or reading.done())
    say(live, Delta("x"))

    assert reading.result(PATIENCE_SECONDS) == "x"
