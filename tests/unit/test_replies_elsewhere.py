"""Replies that one process makes and another one follows, stops, or finds orphaned."""

from __future__ import annotations

import pytest

from chatapp.adapters.memory import MemoryConversationStore
from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.errors import AtCapacity, Conflict, Lost, NotFound
from chatapp.domain.keeping import DEAD_AFTER_SECONDS
from chatapp.domain.live import Follower
from chatapp.domain.reply import OnDisconnect, ReplyState
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake.call import Ending
from tests.samples import PRICE, SPENDER, once, question
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, Stage
from tests.unit.two_processes import Pair, heard


def test_a_reply_is_followed_in_another_process_while_it_is_made() -> None:
    pair = Pair(once("one ", Meanwhile(lambda: look()), "two ", Meanwhile(lambda: look()), "three"))
    seen: list[str] = []

    def look() -> None:
        pair.here.replies.beat()
        pair.there.mirrors.beat()
        seen.append(heard(elsewhere))

    pair.here.open()
    elsewhere = pair.there.replies.follow(ALICE, "r1")
    pair.runner.run()
    pair.there.mirrors.beat()
    last = heard(elsewhere)

    assert (seen, last) == (["one ", "two "], "three")
    assert elsewhere.outcome == pair.here.find("r1")


@pytest.mark.parametrize("offset", range(len("one two three") + 1))
def test_a_reply_is_followed_elsewhere_from_any_character_on(offset: int) -> None:
    def join() -> None:
        pair.here.replies.beat()
        late.append(pair.there.replies.follow(ALICE, "r1", offset))

    pair = Pair(once("one two ", Meanwhile(join), "three"))
    late: list[Follower] = []
    pair.here.open()
    pair.runner.run()
    pair.there.mirrors.beat()

    assert heard(late[0]) == "one two three"[offset:]


def test_followers_in_another_process_share_one_copy_and_let_go_of_it() -> None:
    pair = Pair()
    pair.here.open()

    followers = [pair.there.replies.follow(ALICE, "r1") for _ in range(2)]

    assert followers[0].live is followers[1].live
    for follower in followers:
        follower.leave()
    assert pair.there.replies.follow(ALICE, "r1").live is not followers[0].live


def test_a_reply_has_no_more_followers_elsewhere_than_allowed() -> None:
    pair = Pair(limits=ReplyLimits(followers=1))
    pair.here.open()
    pair.there.replies.follow(ALICE, "r1")

    with pytest.raises(AtCapacity, match="readers"):
        pair.there.replies.follow(ALICE, "r1")


def test_a_stop_from_elsewhere_ends_the_reply_and_its_bill() -> None:
    def stop_there() -> None:
        pair.here.replies.beat()
        pair.there.store.request_stop(ALICE, "r1")  # type: ignore[union-attr]  # there is one
        pair.here.replies.beat()

    pair = Pair(once("one ", Meanwhile(stop_there), "two"))
    follower = pair.here.open()
    pair.runner.run()

    assert (follower.wait_for_outcome(), pair.here.find("r1").state) == (pair.here.find("r1"), ReplyState.STOPPED)
    assert pair.here.find("r1").text == "one "
    assert pair.here.call.ended is Ending.CANCELLED


def test_a_reply_whose_process_died_is_closed_with_its_last_checkpoint() -> None:
    pair = Pair(once("one two ", Meanwhile(lambda: die()), "three"))

    def die() -> None:
        pair.here.replies.beat()
        pair.pass_time(DEAD_AFTER_SECONDS + 4, pair.there)
        found.append(pair.there.find("r1"))

    found: list[object] = []
    pair.here.open()
    pair.runner.run()
    record = pair.there.find("r1")

    assert found == [record]
    assert (record.state, record.text, type(record.error)) == (ReplyState.LOST, "one two ", Lost)
    assert record.usage == Usage(9, 1000)  # nobody knows what it had made after that
    assert record.cost == Cost(9 * 150 + 1000 * 600, Source.ESTIMATED, PRICE.as_of)


def test_the_sign_of_a_process_that_has_died_since_is_enough_for_the_next_one_to_close_a_reply() -> None:
    pair = Pair()
    pair.here.open()
    pair.clock.advance(DEAD_AFTER_SECONDS)
    pair.store_here.show_life("p3")
    pair.clock.advance(2)

    pair.there.replies.beat()

    assert pair.there.find("r1").state is ReplyState.LOST


def test_a_sign_from_before_the_machine_slept_shows_that_nobody_is_dead() -> None:
    pair = Pair()
    pair.here.open()
    pair.clock.advance(DEAD_AFTER_SECONDS)
    pair.store_here.show_life("p3")
    pair.clock.advance(60)

    pair.there.replies.beat()
    pair.here.replies.beat()
    pair.pass_time(5, pair.there, pair.here)

    assert pair.there.find("r1").state is ReplyState.RUNNING


def test_a_process_that_was_only_stalled_changes_nothing_any_more() -> None:
    pair = Pair(once("one ", Meanwhile(lambda: stall()), "two ", Meanwhile(lambda: wake()), "three"))

    def stall() -> None:
        pair.here.replies.beat()
        pair.pass_time(DEAD_AFTER_SECONDS + 4, pair.there)

    def wake() -> None:
        pair.here.replies.beat()

    follower = pair.here.open()
    pair.runner.run()
    outcome = follower.live.outcome

    assert outcome == pair.there.find("r1")
    assert outcome is not None
    assert (outcome.state, outcome.text) == (ReplyState.LOST, "one ")
    assert pair.here.call.ended is Ending.CANCELLED


def test_a_living_process_keeps_its_silent_replies() -> None:
    pair = Pair()
    pair.here.open()

    pair.pass_time(60, pair.here, pair.there)

    assert pair.there.find("r1").state is ReplyState.RUNNING


def test_followers_elsewhere_learn_that_a_reply_is_gone() -> None:
    pair = Pair()
    pair.here.open()
    follower = pair.there.replies.follow(ALICE, "r1")

    MemoryConversationStore(pair.here.database).delete(ALICE, "c1")
    pair.there.mirrors.beat()
    pair.here.replies.beat()

    assert follower.wait_for_outcome() is not None
    assert follower.outcome is not None
    assert follower.outcome.state is ReplyState.STOPPED
    assert pair.here.replies.open_replies == 0


def test_the_same_client_id_attaches_to_the_same_reply_from_anywhere() -> None:
    pair = Pair(once("Hello"))
    first = pair.here.opening(("mine", "body"))
    pair.here.replies.open(question(), SPENDER, opening=first)

    follower = pair.there.replies.open(question(), SPENDER, opening=pair.there.opening(("mine", "body")))
    pair.runner.run()
    pair.there.mirrors.beat()

    assert heard(follower) == "Hello"
    assert len(pair.here.fake.calls) == 1
    assert pair.there.fake.calls == []
    assert pair.there.replies.open_replies == 0


def test_the_same_client_id_with_another_body_is_refused() -> None:
    stage = Stage(runner=SteppedRunner())
    stage.replies.open(question(), SPENDER, opening=stage.opening(("mine", "body")))

    with pytest.raises(Conflict, match="new id") as refusal:
        stage.replies.open(question(), SPENDER, opening=stage.opening(("mine", "other body")))
    assert refusal.value.details[0].path == "client_id"
    assert stage.replies.open_replies == 1


def test_what_cannot_be_kept_is_not_begun() -> None:
    stage = Stage([once("Hello")])
    opening = stage.opening()
    MemoryConversationStore(stage.database).delete(ALICE, opening.conversation_id)

    with pytest.raises(NotFound):
        stage.replies.open(question(), SPENDER, opening=opening)
    assert (stage.replies.open_replies, stage.fake.calls) == (0, [])


def test_a_caller_that_was_answered_at_once_counts_as_a_follower_for_a_while() -> None:
    stage = Stage(runner=SteppedRunner())
    follower = stage.open(on_disconnect=OnDisconnect.CANCEL)
    stage.replies.leave_later(follower, 10)

    stage.clock.advance(9)
    stage.replies.beat()
    before = stage.find("r1").state
    stage.clock.advance(2)
    stage.replies.beat()

    assert (before, stage.find("r1").state) == (ReplyState.RUNNING, ReplyState.ABANDONED)
