"""What becomes of replies while the storage cannot be reached, or does not know of them."""

from contextlib import suppress

import pytest

from chatapp.adapters.memory import MemoryConversationStore
from chatapp.domain.errors import AtCapacity, StorageUnavailable
from chatapp.domain.keeping import DEAD_AFTER_SECONDS, ORPHANS_EVERY_SECONDS
from chatapp.domain.live import Follower
from chatapp.domain.replies import LONGEST_STOP_SECONDS
from chatapp.domain.reply import ReplyRecord, ReplyState
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake.call import Ending
from tests.samples import once
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, Stage
from tests.unit.two_processes import Pair, heard

EVERYTHING = frozenset({"show_life", "open", "checkpoint", "finish", "news", "orphans", "find", "request_stop"})


def state(outcome: ReplyRecord | None) -> ReplyState:
    """Return how a reply has ended."""
    assert outcome is not None, "it still runs"
    return outcome.state


@pytest.mark.parametrize("method", ["show_life", "open"])
def test_nothing_begins_that_cannot_be_kept(method: str) -> None:
    pair = Pair(once("Hello"))
    pair.store_here.down = frozenset({method})

    with pytest.raises(StorageUnavailable):
        pair.here.open()
    pair.store_here.down = frozenset()
    pair.here.replies.beat()

    assert (pair.here.replies.open_replies, pair.here.fake.calls, pair.runner.tasks) == (0, [], [])
    assert pair.store_here.find(ALICE, "r1") is None


def test_readers_elsewhere_get_signs_of_life_and_miss_no_word_of_an_outage() -> None:
    pair = Pair(
        once("one ", Meanwhile(lambda: begin()), "two ", Meanwhile(lambda: end()), "three"),
        limits=ReplyLimits(sign_of_life_seconds=15),
    )
    woken: list[float] = []

    def begin() -> None:
        pair.here.replies.beat()
        follower = pair.there.replies.follow(ALICE, "r1")
        follower.live.wake = lambda: woken.append(pair.clock.monotonic())  # type: ignore[method-assign]  # counts
        followers.append(follower)
        pair.store_there.down = EVERYTHING
        for _ in range(20):
            pair.clock.advance(1)
            pair.here.replies.beat()
            with pytest.raises(StorageUnavailable):
                pair.there.mirrors.beat()

    def end() -> None:
        pair.store_there.down = frozenset()
        pair.here.replies.beat()
        pair.there.mirrors.beat()
        read.append(heard(followers[0]))

    followers: list[Follower] = []
    read: list[str] = []
    pair.here.open()
    pair.runner.run()
    pair.there.mirrors.beat()

    assert woken[:1] == [15]
    assert (read, heard(followers[0])) == (["one two "], "three")


def test_silent_replies_and_readers_are_looked_after_without_the_storage() -> None:
    pair = Pair(limits=ReplyLimits(first_token_seconds=120, sign_of_life_seconds=15))
    kept, fleeting = pair.here.open(), pair.here.open(kept=False)
    woken: list[float] = []
    kept.live.wake = lambda: woken.append(pair.clock.monotonic())  # type: ignore[method-assign]  # counts
    pair.store_here.uses.clear()

    pair.clock.advance(15)
    pair.here.replies.look_after()
    uses = dict(pair.store_here.uses)
    pair.clock.advance(120)
    pair.store_here.down = EVERYTHING
    pair.here.replies.look_after()

    assert (woken[0], uses) == (15, {})
    assert [state(follower.live.outcome) for follower in (kept, fleeting)] == [ReplyState.FAILED] * 2


def test_who_could_not_reach_the_storage_either_is_not_taken_for_dead() -> None:
    pair = Pair(once("Hello"))
    pair.here.open()
    pair.pass_time(5, pair.here, pair.there)
    pair.store_here.down = pair.store_there.down = EVERYTHING
    for _ in range(round(DEAD_AFTER_SECONDS) + 5):
        pair.clock.advance(1)
        for stage in (pair.here, pair.there):
            with suppress(StorageUnavailable):
                stage.replies.beat()
    pair.clock.advance(ORPHANS_EVERY_SECONDS)
    pair.store_here.down = pair.store_there.down = frozenset()

    pair.there.replies.beat()
    pair.here.replies.beat()
    pair.pass_time(5, pair.there, pair.here)

    assert pair.there.find("r1").state is ReplyState.RUNNING
    pair.runner.run()
    assert pair.there.find("r1").state is ReplyState.COMPLETE


def test_who_stays_away_after_an_outage_is_dead() -> None:
    pair = Pair()
    pair.here.open()
    pair.pass_time(5, pair.here, pair.there)
    pair.store_there.down = EVERYTHING
    pair.clock.advance(DEAD_AFTER_SECONDS + 5)
    with pytest.raises(StorageUnavailable):
        pair.there.replies.beat()
    pair.store_there.down = frozenset()

    pair.pass_time(7, pair.there)

    assert pair.there.find("r1").state is ReplyState.LOST


def test_a_reply_goes_on_that_could_not_be_asked_to_stop() -> None:
    pair = Pair()
    pair.here.open()
    pair.store_there.down = frozenset({"request_stop"})

    with pytest.raises(StorageUnavailable):
        pair.there.replies.stop(ALICE, "r1")
    pair.there.mirrors.beat()
    pair.here.replies.beat()

    assert pair.here.find("r1").state is ReplyState.RUNNING
    assert pair.store_there.uses["news"] == 0


def test_a_reply_is_stopped_though_too_many_follow_it_to_wait_for_its_end() -> None:
    pair = Pair(limits=ReplyLimits(followers=1))
    pair.here.open()
    pair.there.replies.follow(ALICE, "r1")
    with pytest.raises(AtCapacity):
        pair.there.replies.follow(ALICE, "r1")

    asked = pair.there.replies.stop(ALICE, "r1")
    pair.here.replies.beat()

    assert (asked.state, pair.there.find("r1").state) == (ReplyState.RUNNING, ReplyState.STOPPED)


def test_all_are_asked_to_stop_before_one_is_waited_for() -> None:
    pair = Pair()
    followers = [pair.here.open() for _ in range(3)]

    def end_when_all_are_asked() -> None:
        if pair.store_there.uses["request_stop"] == len(followers):
            pair.here.replies.beat()
        pair.store_there.deeds["request_stop"] = end_when_all_are_asked

    pair.store_there.deeds["request_stop"] = end_when_all_are_asked
    pair.there.replies.stop_all(ALICE)

    assert [state(follower.wait_for_outcome()) for follower in followers] == [ReplyState.STOPPED] * 3
    assert pair.store_there.uses["request_stop"] == 3


def test_processes_that_do_not_answer_are_waited_for_together() -> None:
    pair = Pair()
    for _ in range(10):
        pair.here.open()
    pair.store_there.deeds["request_stop"] = lambda: pair.clock.advance(LONGEST_STOP_SECONDS)

    pair.there.replies.stop_all(ALICE)  # in no time: the clock has gone on

    assert pair.there.find("r1").state is ReplyState.RUNNING
    pair.here.replies.beat()
    assert {pair.there.find(f"r{number}").state for number in range(1, 11)} == {ReplyState.STOPPED}


def test_a_reply_whose_conversation_is_gone_is_stopped_and_not_called_lost() -> None:
    pair = Pair(once("one ", Meanwhile(lambda: delete()), "two"))

    def delete() -> None:
        MemoryConversationStore(pair.here.database).delete(ALICE, "c1")
        pair.here.replies.beat()

    follower = pair.here.open()
    pair.runner.run()

    outcome = follower.wait_for_outcome()
    assert outcome is not None
    assert (outcome.state, outcome.error, outcome.text) == (ReplyState.STOPPED, None, "one ")
    assert pair.here.call.ended is Ending.CANCELLED


def test_a_reader_who_comes_while_the_end_is_told_to_others_hears_of_it_too() -> None:
    pair = Pair(once("Hello"))
    pair.here.open()
    first = pair.there.replies.follow(ALICE, "r1")
    running = pair.there.find("r1")
    pair.runner.run()
    late: list[Follower] = []

    def change_places() -> None:
        first.leave()
        late.append(pair.there.mirrors.follow(ALICE, running, 0))

    pair.store_there.deeds["news"] = change_places
    pair.there.mirrors.beat()
    pair.there.mirrors.beat()

    assert heard(late[0]) == "Hello"
    assert state(late[0].outcome) is ReplyState.COMPLETE
    asked = pair.store_there.uses["news"]
    pair.there.mirrors.beat()
    assert pair.store_there.uses["news"] == asked


def test_two_beats_at_the_same_time_let_a_follower_leave_once() -> None:
    stage = Stage(runner=SteppedRunner())
    left: list[Follower] = []

    def leave(follower: Follower) -> None:
        left.append(follower)
        stage.replies.beat()  # as the shutdown's own beat may come in the middle of another one

    live = stage.open().live
    followers = {Follower(live, 0, leave) for _ in range(2)}
    for follower in followers:
        stage.replies.leave_later(follower, 0)

    stage.replies.beat()

    assert set(left) == followers
