"""Who may change a running reply, and how every ``ReplyStore`` tells that a process has died."""

from time import monotonic

import pytest

from chatapp.domain.kept import SIGNS_APART_SECONDS, Closing, Piece, Silence
from chatapp.domain.reply import ReplyState
from tests.contracts.providers import until
from tests.contracts.storage import ALICE, LONG_SECONDS, OTHER_OWNER, OWNER, Storage, ended, opening, silent

INEXACT_SECONDS = 0.01
"""By how much the storage's clock may differ from this one over a few moments."""


def orphaned(kept: Storage, silent_seconds: float) -> set[str]:
    return {orphan.record.id for orphan in kept.replies.orphans(silent(silent_seconds))}


def has_witness(kept: Storage, silence: Silence) -> bool:
    (orphan,) = kept.replies.orphans(silence)
    return orphan.has_witness


def lost(reply_id: str, text: str = "", owner: str = OWNER) -> Closing:
    return Closing(reply_id, owner, ended(reply_id, text, ReplyState.LOST), None)


def test_nobody_else_adds_to_a_reply(kept: Storage) -> None:
    kept.begin(opening(1), "mine")
    kept.begin(opening(2), owner=OTHER_OWNER)

    assert kept.replies.checkpoint(OTHER_OWNER, {"r1": Piece(4, " and yours")}) == {"r2": False}

    assert kept.reply("r1").text == "mine"


def test_nobody_else_ends_a_reply(kept: Storage) -> None:
    kept.begin(opening(1), "mine")

    assert not kept.finish(ended(), OTHER_OWNER)

    assert (kept.reply("r1").text, kept.reply("r1").state) == ("mine", ReplyState.RUNNING)


def test_a_checkpoint_tells_of_all_that_its_owner_has_running(kept: Storage) -> None:
    kept.begin(opening(1))
    kept.begin(opening(2))
    kept.answer(opening(3))
    kept.begin(opening(4), owner=OTHER_OWNER)
    kept.replies.request_stop(ALICE, "r4")

    assert kept.replies.checkpoint(OWNER, {"r1": Piece(0, "x")}) == {"r1": False, "r2": False}
    assert kept.replies.checkpoint(OTHER_OWNER, {}) == {"r4": True}


def test_a_process_that_shows_life_has_no_orphans(kept: Storage) -> None:
    kept.replies.show_life(OWNER)
    kept.begin(opening())

    assert orphaned(kept, LONG_SECONDS) == set()


@pytest.mark.parametrize("has_shown_life", [True, False])
def test_orphans_bring_along_what_is_needed_to_close_them(kept: Storage, has_shown_life: bool) -> None:
    if has_shown_life:
        kept.replies.show_life(OWNER)
    kept.begin(opening(1, request_id="request-1"), "half", " a word")
    kept.answer(opening(2))

    (orphan,) = kept.replies.orphans(silent(0 if has_shown_life else LONG_SECONDS))

    assert orphan.record == kept.reply("r1")
    assert (orphan.record.text, orphan.owner) == ("half a word", OWNER)


def test_only_the_silent_process_loses_its_replies(kept: Storage) -> None:
    kept.replies.show_life(OWNER)
    silent_since = monotonic()
    kept.begin(opening(1))
    kept.begin(opening(2), owner=OTHER_OWNER)

    def only_the_silent_is_found() -> bool:
        kept.replies.show_life(OTHER_OWNER)
        return orphaned(kept, monotonic() - silent_since - INEXACT_SECONDS) == {"r1"}

    until(only_the_silent_is_found)


def test_a_process_that_shows_life_again_gets_its_replies_back(kept: Storage) -> None:
    kept.begin(opening())
    assert orphaned(kept, LONG_SECONDS) == {"r1"}

    kept.replies.show_life(OWNER)

    assert orphaned(kept, LONG_SECONDS) == set()


def test_an_orphan_that_was_closed_is_none_any_more(kept: Storage) -> None:
    kept.begin(opening(), "half")
    (orphan,) = kept.replies.orphans(silent(LONG_SECONDS))

    assert kept.finish(ended(state=ReplyState.LOST, text=orphan.record.text), orphan.owner)

    assert orphaned(kept, 0) == set()


def test_a_stalled_process_changes_nothing_about_a_reply_that_was_lost(kept: Storage) -> None:
    kept.begin(opening(), "half")
    kept.finish(ended(state=ReplyState.LOST, text="half"), OWNER)

    assert kept.replies.checkpoint(OWNER, {"r1": Piece(4, " a word")}) == {}
    assert not kept.finish(ended(text="half a word"), OWNER)
    assert (kept.reply("r1").text, kept.reply("r1").state) == ("half", ReplyState.LOST)


def test_a_silent_process_without_replies_may_come_back(kept: Storage) -> None:
    kept.replies.show_life(OWNER)
    assert orphaned(kept, 0) == set()

    kept.replies.show_life(OWNER)
    kept.begin(opening())

    assert orphaned(kept, LONG_SECONDS) == set()


def test_a_process_has_no_witness_before_another_shows_life(kept: Storage) -> None:
    kept.begin(opening())
    assert not has_witness(kept, silent(0))

    kept.replies.show_life(OTHER_OWNER)

    assert has_witness(kept, silent(0))
    assert not has_witness(kept, silent(0, witness_from=LONG_SECONDS, witness_to=2 * LONG_SECONDS))
    assert not has_witness(kept, silent(0, witness_from=-2 * LONG_SECONDS, witness_to=-LONG_SECONDS))


def test_a_witness_shows_life_when_the_other_has_been_silent_for_long_enough(kept: Storage) -> None:
    kept.begin(opening())
    kept.replies.show_life(OWNER)
    kept.replies.show_life(OTHER_OWNER)
    both_at = monotonic()
    until(lambda: monotonic() - both_at > 10 * INEXACT_SECONDS)
    silence = silent(monotonic() - both_at - INEXACT_SECONDS)
    assert not has_witness(kept, silence)

    kept.replies.show_life(OTHER_OWNER)

    assert has_witness(kept, silence)


def test_the_sign_before_the_last_one_is_a_witness_too(kept: Storage) -> None:
    kept.begin(opening())
    kept.replies.show_life(OTHER_OWNER)
    first_at = monotonic()
    until(lambda: monotonic() - first_at > SIGNS_APART_SECONDS + 10 * INEXACT_SECONDS)
    for _ in range(3):  # threads of one process may show life at the same moment
        kept.replies.show_life(OTHER_OWNER)

    assert has_witness(kept, silent(0, witness_from=monotonic() - first_at - INEXACT_SECONDS))


def test_lost_replies_are_closed_together(kept: Storage) -> None:
    kept.begin(opening(1), "half")
    kept.begin(opening(2), "a third", owner=OTHER_OWNER)
    kept.begin(opening(3), "not lost")

    assert set(kept.replies.close([lost("r1", "half"), lost("r2", "a third", OTHER_OWNER)])) == {"r1", "r2"}

    assert [(reply.text, reply.state) for reply in map(kept.reply, ["r1", "r2", "r3"])] == [
        ("half", ReplyState.LOST),
        ("a third", ReplyState.LOST),
        ("not lost", ReplyState.RUNNING),
    ]


def test_what_has_ended_meanwhile_is_not_closed(kept: Storage) -> None:
    kept.begin(opening(1), "half")
    kept.answer(opening(2))
    kept.begin(opening(3), owner=OTHER_OWNER)

    assert set(kept.replies.close([lost("r1", "half"), lost("r2"), lost("r3"), lost("r4")])) == {"r1"}

    assert (kept.reply("r2").state, kept.reply("r3").state) == (ReplyState.COMPLETE, ReplyState.RUNNING)


def test_nothing_is_closed_twice(kept: Storage) -> None:
    kept.begin(opening(), "half")
    kept.replies.close([lost("r1", "half")])

    assert set(kept.replies.close([lost("r1", "nothing")])) == set()
    assert set(kept.replies.close([])) == set()

    assert kept.reply("r1").text == "half"
