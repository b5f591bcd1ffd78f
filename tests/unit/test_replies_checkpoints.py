"""How the text of many replies is stored while they are made."""

import pytest

from chatapp.domain.keeping import CHARACTERS_AT_ONCE, DEAD_AFTER_SECONDS, REPLIES_AT_ONCE
from chatapp.domain.kept import Piece
from chatapp.domain.reply import ReplyState
from chatapp.fake import Rule
from tests.samples import once
from tests.unit.deterministic import Meanwhile
from tests.unit.making_replies import ALICE
from tests.unit.two_processes import Pair


def nested(pair: list[Pair], count: int, look: Meanwhile) -> list[Rule]:
    """Return rules by which so many replies are in mid-answer at the same time; the last one looks around then."""
    others = [Meanwhile(lambda: pair[0].runner.tasks.pop(0).run()) for _ in range(count - 1)]
    return [once(f"text {number} ", gate, "end") for number, gate in enumerate([*others, look], start=1)]


@pytest.mark.parametrize("count", [1, REPLIES_AT_ONCE, REPLIES_AT_ONCE + 1])
def test_no_checkpoint_has_more_than_so_many_replies_and_none_is_left_out(count: int) -> None:
    def look() -> None:
        pairs[0].here.replies.beat()
        used.append(pairs[0].store_here.uses["checkpoint"])
        stored.extend(found.text for name in names if (found := pairs[0].store_there.find(ALICE, name)))

    pairs: list[Pair] = []
    used: list[int] = []
    stored: list[str] = []
    names = [f"r{number}" for number in range(1, count + 1)]
    pairs.append(Pair(*nested(pairs, count, Meanwhile(look))))
    for _ in names:
        pairs[0].here.open()
    pairs[0].runner.run()

    assert used == [-(-count // REPLIES_AT_ONCE)]
    assert stored == [f"text {number} " for number in range(1, count + 1)]


def test_one_look_is_enough_for_all_replies_that_are_silent() -> None:
    pair = Pair()
    for _ in range(3 * REPLIES_AT_ONCE):
        pair.here.open()

    pair.here.replies.beat()

    assert pair.store_here.uses["checkpoint"] == 1


def test_one_of_many_silent_replies_can_be_stopped_from_elsewhere() -> None:
    pair = Pair()
    for _ in range(REPLIES_AT_ONCE + 1):
        pair.here.open()
    pair.store_there.request_stop(ALICE, "r101")

    pair.here.replies.beat()

    assert pair.here.replies.open_replies == REPLIES_AT_ONCE


def test_lost_replies_are_closed_in_transactions_that_are_not_long() -> None:
    pair = Pair()
    for number in range(REPLIES_AT_ONCE + 1):
        pair.here.open()
        length = CHARACTERS_AT_ONCE if number < 2 else 1
        pair.store_here.checkpoint("p1", {f"r{number + 1}": Piece(0, "x" * length)})

    pair.pass_time(2 * DEAD_AFTER_SECONDS, pair.there)

    assert pair.store_there.uses["close"] == 3  # two long ones, and all the others
    assert pair.there.find("r101").state is ReplyState.LOST
