"""Replies that end with their last reader, who may be in another process."""

import pytest

from chatapp.domain.errors import Abandoned, StorageUnavailable
from chatapp.domain.keeping import FOLLOWED_FOR_SECONDS
from chatapp.domain.mirrors import NOTE_FOLLOWED_SECONDS
from chatapp.domain.reply import OnDisconnect, ReplyState
from tests.samples import SPENDER, once, question
from tests.unit.deterministic import SteppedRunner
from tests.unit.making_replies import ALICE, Stage
from tests.unit.two_processes import Pair

CANCEL = OnDisconnect.CANCEL


def state(pair: Pair) -> ReplyState:
    """Return how the reply stands in the storage."""
    return pair.there.find("r1").state


def test_a_reader_elsewhere_keeps_a_reply_going() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)
    elsewhere = pair.there.replies.follow(ALICE, "r1")

    local.leave()
    pair.pass_time(60, pair.here, pair.there)
    before = state(pair)
    elsewhere.leave()
    pair.pass_time(FOLLOWED_FOR_SECONDS, pair.here, pair.there)

    assert (before, state(pair)) == (ReplyState.RUNNING, ReplyState.ABANDONED)
    assert isinstance(pair.there.find("r1").error, Abandoned)


def test_without_a_reader_anywhere_a_reply_ends_with_the_next_beat() -> None:
    pair = Pair(once("Hello"))
    local = pair.here.open(on_disconnect=CANCEL)

    local.leave()
    pair.here.replies.beat()
    pair.runner.run()

    assert (state(pair), pair.here.find("r1").text) == (ReplyState.ABANDONED, "")


def test_a_reader_elsewhere_counts_from_the_first_moment() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)

    pair.there.replies.follow(ALICE, "r1")
    local.leave()
    pair.here.replies.beat()

    assert state(pair) is ReplyState.RUNNING


def test_readers_of_a_process_that_died_do_not_count_for_long() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)
    pair.there.replies.follow(ALICE, "r1")
    local.leave()

    pair.pass_time(FOLLOWED_FOR_SECONDS, pair.here)

    assert state(pair) is ReplyState.ABANDONED


def test_who_attached_by_client_id_elsewhere_is_a_reader() -> None:
    pair = Pair()
    opening = pair.here.opening(("mine", "body"))
    local = pair.here.replies.open(question(), SPENDER, opening=opening, on_disconnect=CANCEL)
    pair.there.replies.open(question(), SPENDER, opening=pair.there.opening(("mine", "body")))

    local.leave()
    pair.pass_time(10, pair.here, pair.there)

    assert state(pair) is ReplyState.RUNNING


def test_a_reader_who_comes_back_elsewhere_keeps_the_reply_going() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)
    first = pair.there.replies.follow(ALICE, "r1")
    first.leave()
    pair.pass_time(10, pair.here, pair.there)
    again = pair.there.replies.follow(ALICE, "r1")

    local.leave()
    pair.pass_time(10, pair.here, pair.there)

    assert (state(pair), again.live.outcome) == (ReplyState.RUNNING, None)


def test_a_reader_who_comes_at_the_last_moment_keeps_the_reply_going() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)
    pair.store_here.deeds["followed"] = lambda: pair.here.replies.follow(ALICE, "r1")

    local.leave()
    pair.here.replies.beat()

    assert state(pair) is ReplyState.RUNNING


def test_a_reply_goes_on_while_nobody_can_tell_whether_it_is_followed() -> None:
    pair = Pair()
    local = pair.here.open(on_disconnect=CANCEL)
    local.leave()
    pair.store_here.down = frozenset({"followed"})

    with pytest.raises(StorageUnavailable):
        pair.here.replies.beat()
    before = state(pair)
    pair.store_here.down = frozenset()
    pair.here.replies.beat()

    assert (before, state(pair)) == (ReplyState.RUNNING, ReplyState.ABANDONED)


def test_nobody_follows_whose_reading_could_not_be_noted() -> None:
    pair = Pair()
    pair.here.open(on_disconnect=CANCEL)
    pair.store_there.down = frozenset({"note_followed"})

    with pytest.raises(StorageUnavailable):
        pair.there.replies.follow(ALICE, "r1")
    pair.store_there.down = frozenset()
    pair.there.mirrors.beat()

    assert pair.store_there.uses["news"] == 0


def test_readers_are_noted_now_and_then_and_only_while_there_are_any() -> None:
    pair = Pair()
    pair.here.open()
    followers = [pair.there.replies.follow(ALICE, "r1") for _ in range(3)]
    joined = pair.store_there.uses["note_followed"]

    for _ in range(40):
        pair.clock.advance(NOTE_FOLLOWED_SECONDS / 4)
        pair.there.mirrors.beat()
    followed = pair.store_there.uses["note_followed"]
    for follower in followers:
        follower.leave()
    pair.pass_time(10, pair.there)

    assert (joined, followed - joined) == (1, 10)
    assert pair.store_there.uses["note_followed"] == followed


def test_readers_of_a_reply_that_has_ended_are_not_noted() -> None:
    pair = Pair(once("Hello"))
    pair.here.open()
    pair.runner.run()

    pair.there.replies.follow(ALICE, "r1")
    pair.pass_time(10, pair.there)

    assert pair.store_there.uses["note_followed"] == 0


def test_a_reply_that_may_go_on_is_never_asked_about() -> None:
    pair = Pair()

    pair.here.open(on_disconnect=OnDisconnect.CONTINUE).leave()
    pair.pass_time(10, pair.here)

    assert (state(pair), pair.store_here.uses["followed"]) == (ReplyState.RUNNING, 0)


def test_a_reply_that_is_not_kept_ends_at_once_with_its_reader() -> None:
    stage = Stage(runner=SteppedRunner())
    follower = stage.open(on_disconnect=CANCEL, kept=False)

    follower.leave()

    outcome = follower.live.outcome
    assert outcome is not None
    assert (outcome.state, stage.replies.open_replies) == (ReplyState.ABANDONED, 0)
