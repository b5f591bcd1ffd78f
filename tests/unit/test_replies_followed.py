"""Readers of a reply: any number, from any offset, at any time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.errors import AtCapacity, NotFound
from chatapp.domain.live import Follower
from chatapp.domain.upkeep import ReplyLimits
from tests.samples import once
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, Stage


def text_of(follower: Follower) -> str:
    text = ""
    while follower.outcome is None:
        text += follower.read()
    return text


def test_a_word_can_be_read_before_the_next_one_is_said() -> None:
    read: list[str] = []
    stage = Stage([once("one ", Meanwhile(lambda: read.append(stage.replies.follow(ALICE, "r1").read())), "two")])

    stage.outcome()

    assert read == ["one "]


@given(st.lists(st.text("ab 🙂\n", max_size=6), max_size=12), st.data())
def test_every_reader_reads_the_rest_from_its_own_offset(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    late: list[tuple[int, Follower]] = []

    def join() -> None:
        offset = data.draw(st.integers(0, len(text)), label="offset")
        late.append((offset, stage.replies.follow(ALICE, "r1", offset)))

    stage = Stage([once(*(part for word in words for part in (Meanwhile(join), word)))])
    first = stage.open()

    assert text_of(first) == text
    assert [text_of(follower) for _, follower in late] == [text[offset:] for offset, _ in late]


def test_a_reader_reads_on_after_the_reply_has_ended() -> None:
    stage = Stage([once("Hello there.")])

    follower = stage.open()

    assert (follower.read(), follower.outcome) == ("Hello there.", None)
    assert follower.wait_for_outcome() == stage.find("r1")


def test_a_reply_has_no_more_readers_than_allowed() -> None:
    stage = Stage(runner=SteppedRunner(), limits=ReplyLimits(followers=2))
    stage.open()
    second = stage.replies.follow(ALICE, "r1")

    with pytest.raises(AtCapacity, match="readers"):
        stage.replies.follow(ALICE, "r1")
    second.leave()
    stage.replies.follow(ALICE, "r1")


def test_a_reply_that_has_ended_is_read_from_what_is_stored() -> None:
    stage = Stage([once("Hello there.")])
    outcome = stage.outcome()

    follower = stage.replies.follow(ALICE, "r1", 6)

    assert (follower.read(), follower.wait_for_outcome()) == ("there.", outcome)


@pytest.mark.parametrize(("visitor_id", "reply_id"), [(ALICE, "r2"), ("bob", "r1")], ids=["unknown", "another's"])
def test_only_a_reply_of_ones_own_can_be_followed(visitor_id: str, reply_id: str) -> None:
    stage = Stage(runner=SteppedRunner())
    stage.open()

    with pytest.raises(NotFound):
        stage.replies.follow(visitor_id, reply_id)


def test_an_unknown_reply_is_not_found() -> None:
    with pytest.raises(NotFound, match="no such reply"):
        Stage().find("r1")
