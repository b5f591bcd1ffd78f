"""How every ``ReplyStore`` tells a process that its replies are followed in others."""

from time import monotonic

from chatapp.domain.kept import Piece
from chatapp.domain.reply import ReplyState
from tests.contracts.providers import until
from tests.contracts.storage import ALICE, LONG_SECONDS, OTHER_OWNER, OWNER, Storage, ended, opening, silent


def test_nothing_is_followed_before_somebody_says_so(kept: Storage) -> None:
    kept.begin(opening())

    assert set(kept.replies.followed(OWNER, LONG_SECONDS)) == set()


def test_a_process_learns_which_of_its_replies_are_followed(kept: Storage) -> None:
    for number in (1, 2, 3):
        kept.begin(opening(number))
    kept.begin(opening(4), owner=OTHER_OWNER)

    kept.replies.note_followed({(ALICE, "r1"), (ALICE, "r3"), (ALICE, "r4")})

    assert set(kept.replies.followed(OWNER, LONG_SECONDS)) == {"r1", "r3"}
    assert set(kept.replies.followed(OTHER_OWNER, LONG_SECONDS)) == {"r4"}


def test_what_was_said_counts_for_a_while_and_can_be_said_again(kept: Storage) -> None:
    kept.begin(opening())
    kept.replies.note_followed({(ALICE, "r1")})
    said_at = monotonic()

    until(lambda: not kept.replies.followed(OWNER, (monotonic() - said_at) / 2))
    kept.replies.note_followed({(ALICE, "r1")})

    assert set(kept.replies.followed(OWNER, LONG_SECONDS)) == {"r1"}


def test_a_reply_that_has_ended_is_not_followed_any_more(kept: Storage) -> None:
    kept.begin(opening())
    kept.replies.note_followed({(ALICE, "r1")})

    kept.finish(ended(), OWNER)
    kept.replies.note_followed({(ALICE, "r1")})

    assert set(kept.replies.followed(OWNER, LONG_SECONDS)) == set()


def test_what_is_not_there_cannot_be_followed(kept: Storage) -> None:
    kept.replies.note_followed({(ALICE, "r1")})
    kept.replies.note_followed(set())

    assert set(kept.replies.followed(OWNER, LONG_SECONDS)) == set()


def test_followers_are_no_sign_of_life_of_the_process_that_makes_the_reply(kept: Storage) -> None:
    kept.begin(opening(), "half")
    kept.replies.note_followed({(ALICE, "r1")})

    (orphan,) = kept.replies.orphans(silent(LONG_SECONDS))

    assert (orphan.owner, orphan.record.text) == (OWNER, "half")
    assert kept.replies.checkpoint(OWNER, {"r1": Piece(4, " a word")}) == {"r1": False}
    assert kept.reply("r1").state is ReplyState.RUNNING
