"""Kept conversations: made, listed, searched, read, changed and deleted; nobody sees another visitor's."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from chatapp.domain.conversation import Ask
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import InvalidRequest, ModelRetired, NotFound, StorageUnavailable, UnknownModel
from chatapp.domain.kept import Changes
from chatapp.domain.reply import ReplyState
from chatapp.fake.call import Ending
from tests.samples import once
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_conversations import BOB, Talk
from tests.unit.making_replies import ALICE, RecordingStore, Stage


def answering(*words: str) -> Talk:
    """Return a talk in which the model says these words, one at a time."""
    return Talk(Stage([once(word) for word in words]))


def titles(talk: Talk, search: str | None = None, cursor: str | None = None, limit: int = 100) -> list[str]:
    page = talk.conversations.listed(ALICE, search, cursor, limit)
    return [listed.conversation.title for listed in page.entries]


def pages(talk: Talk, search: str | None, limit: int) -> list[list[str]]:
    """Return the titles of all pages, one after the other."""
    found, cursor = [], None
    while True:
        page = talk.conversations.listed(ALICE, search, cursor, limit)
        found.append([listed.conversation.title for listed in page.entries])
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_a_new_conversation_is_kept_as_it_was_wished() -> None:
    talk = Talk()

    made = talk.begin(title="Tides", model_id="gpt-4o", system="Be brief.")

    assert talk.now(made) == made
    assert (made.title, made.model_id, made.system, made.leaf_id) == ("Tides", "gpt-4o", "Be brief.", None)
    assert made.created_at == made.updated_at == talk.stage.clock.now()


@pytest.mark.parametrize(
    ("wish", "error"),
    [({"model_id": "gpt-9"}, UnknownModel), ({"model_id": "gpt-old"}, ModelRetired)],
    ids=["unknown", "retired"],
)
def test_no_conversation_is_kept_or_changed_for_a_model_that_cannot_be_asked(
    wish: dict[str, Any], error: type[Exception]
) -> None:
    talk = Talk()
    made = talk.begin()

    with pytest.raises(error):
        talk.begin(**wish)
    with pytest.raises(error):
        talk.conversations.change(ALICE, made.id, Changes(**wish))
    assert talk.conversations.listed(ALICE, None, None, 10).entries[0].conversation == made


def test_nobody_brings_instructions_where_the_owner_has_set_them() -> None:
    talk = Talk(system_prompt="Be kind.")
    made = talk.begin()

    with pytest.raises(InvalidRequest, match="owner"):
        talk.begin(system="Be rude.")
    with pytest.raises(InvalidRequest, match="owner"):
        talk.conversations.change(ALICE, made.id, Changes(system="Be rude."))
    assert talk.now(made).system is None


def test_nothing_is_kept_for_a_visitor_who_is_gone() -> None:
    with pytest.raises(NotFound):
        Talk().begin("carol")


def test_the_list_has_pinned_ones_first_and_then_the_newest() -> None:
    talk = Talk()
    old, _, new = (talk.begin(title=title) for title in ("old", "middle", "new"))
    talk.conversations.change(ALICE, old.id, Changes(pinned=True))

    assert titles(talk) == ["old", "new", "middle"]
    talk.conversations.change(ALICE, new.id, Changes(pinned=True))
    assert titles(talk) == ["new", "old", "middle"]


def test_a_question_moves_its_conversation_up_the_list() -> None:
    talk = Talk()
    first, _ = talk.begin(title="first"), talk.begin(title="second")

    talk.say(first)

    assert titles(talk) == ["first", "second"]


@pytest.mark.parametrize("limit", range(1, 7))
def test_pages_bring_every_conversation_once(limit: int) -> None:
    talk = Talk()
    for number in range(5):
        made = talk.begin(title=f"t{number}")
        talk.conversations.change(ALICE, made.id, Changes(pinned=number in (1, 3)))

    found = pages(talk, None, limit)

    assert list(chain(*found)) == ["t3", "t1", "t4", "t2", "t0"]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_a_list_of_nothing_is_one_empty_page() -> None:
    assert pages(Talk(), None, 5) == [[]]


@pytest.mark.parametrize("search", [None, "tides"])
def test_a_cursor_that_is_none_is_refused(search: str | None) -> None:
    with pytest.raises(InvalidRequest, match="next"):
        Talk().conversations.listed(ALICE, search, "nonsense", 5)


@pytest.mark.parametrize("limit", range(1, 5))
def test_pages_of_results_bring_every_match_once(limit: int) -> None:
    talk = answering("About tides.", "About cats.", "Tides again.")
    for title in ("one", "two", "three"):
        talk.say(talk.begin(title=title))

    found = pages(talk, "tides", limit)

    assert list(chain(*found)) == ["three", "one"]


def test_a_result_shows_what_was_found_in_it() -> None:
    talk = answering("High tides follow the moon.")
    talk.say(talk.begin(title="Sea"))

    (found,) = talk.conversations.listed(ALICE, '"the MOON"', None, 5).entries

    assert (found.conversation.title, found.snippet) == ("Sea", "High tides follow the moon.")


def test_a_search_for_no_word_finds_nothing() -> None:
    talk = Talk()
    talk.begin(title="Tides")

    assert [titles(talk, search) for search in ("", " ?! ")] == [[], []]


def test_the_newest_messages_come_first_and_older_ones_are_asked_for() -> None:
    talk = answering("1", "2", "3")
    made = talk.begin()
    for question in "abc":
        talk.say(made, question)
    now, read, before = talk.now(made), [], None

    for _ in range(3):
        branch = talk.conversations.branch(ALICE, now, before, 2)
        read.append([message.text for message in branch.messages])
        before = branch.before

    assert (read, before) == ([["c", "3"], ["b", "2"], ["a", "1"]], None)


@pytest.mark.parametrize("limit", [3, 4, 5])
def test_a_branch_that_fits_has_nothing_before_it(limit: int) -> None:
    talk = answering("1", "2")
    made = talk.begin()
    talk.say(made, "a")
    talk.say(made, "b")

    branch = talk.conversations.branch(ALICE, talk.now(made), None, limit)

    assert [message.text for message in branch.messages] == ["a", "1", "b", "2"][-limit:]
    assert (branch.before is None) == (limit >= 4)


def test_before_the_first_message_there_is_nothing() -> None:
    talk = answering("1")
    made = talk.begin()
    empty = talk.conversations.branch(ALICE, made, None, 5)
    talk.say(made)

    branch = talk.conversations.branch(ALICE, talk.now(made), talk.shown(made)[0].id, 5)

    assert (list(empty.messages), empty.before) == (list(branch.messages), branch.before) == ([], None)


def test_messages_before_one_of_another_conversation_are_not_found() -> None:
    talk = Talk()
    made, other = talk.begin(), talk.begin()
    talk.say(other)

    with pytest.raises(NotFound):
        talk.conversations.branch(ALICE, made, talk.shown(other)[0].id, 5)


def test_what_is_changed_stays_and_the_rest_does_too() -> None:
    talk = Talk()
    made = talk.begin(title="Tides", model_id="gpt-4o", system="Be brief.")

    changed = talk.conversations.change(ALICE, made.id, Changes(title="Sea", system="Be kind."))

    assert changed == talk.now(made)
    assert (changed.title, changed.model_id, changed.system) == ("Sea", "gpt-4o", "Be kind.")
    assert changed.updated_at == made.updated_at


def test_model_and_instructions_can_be_taken_away() -> None:
    talk = Talk()
    made = talk.begin(model_id="gpt-4o", system="Be brief.")

    changed = talk.conversations.change(ALICE, made.id, Changes(clear=frozenset({"model_id", "system"})))

    assert (changed.model_id, changed.system) == (None, None)


def test_a_branch_that_is_chosen_is_shown_to_its_newest_end() -> None:
    talk = answering("1", "2", "3", "4")
    made = talk.begin()
    talk.say(made, "first")
    talk.say(made, "next")
    first = talk.shown(made)
    talk.say(made, "other", parent_id=None, under_leaf=False)
    assert talk.texts(made) == ["other", "3"]

    talk.conversations.change(ALICE, made.id, Changes(leaf_id=first[0].id))

    assert talk.texts(made) == ["first", "1", "next", "2"]


def test_a_branch_of_another_conversation_cannot_be_shown() -> None:
    talk = Talk()
    made, other = talk.begin(), talk.begin()
    talk.say(other)

    with pytest.raises(NotFound):
        talk.conversations.change(ALICE, made.id, Changes(title="Sea", leaf_id=talk.shown(other)[0].id))
    assert talk.now(made) == made


def test_a_deleted_conversation_is_gone_with_its_messages() -> None:
    talk = answering("About tides.")
    made = talk.begin()
    reply_id = talk.say(made).live.record.id
    question = talk.shown(made)[0]

    talk.conversations.delete(ALICE, made.id)

    assert (titles(talk), titles(talk, "tides")) == ([], [])
    for look in (
        lambda: talk.now(made),
        lambda: talk.stage.find(reply_id),
        lambda: talk.conversations.branch(ALICE, made, question.id, 5),
        lambda: talk.conversations.delete(ALICE, made.id),
    ):
        with pytest.raises(NotFound):
            look()


def test_what_runs_in_a_conversation_is_stopped_before_it_is_deleted() -> None:
    talk = Talk(Stage(runner=SteppedRunner()))
    made, other = talk.begin(), talk.begin()
    follower, untouched = talk.say(made), talk.say(other)

    talk.conversations.delete(ALICE, made.id)

    outcome = follower.wait_for_outcome()
    assert outcome is not None
    assert (outcome.state, outcome.error) == (ReplyState.STOPPED, None)
    assert (untouched.live.outcome, talk.stage.replies.open_replies) == (None, 1)


def test_a_deletion_ends_the_providers_bill() -> None:
    talk = Talk(Stage([once("one ", Meanwhile(lambda: talk.conversations.delete(ALICE, "i01")), "two")]))
    made = talk.begin()

    outcome = talk.say(made).live.outcome

    assert outcome is not None
    assert (outcome.state, outcome.text, talk.stage.call.ended) == (ReplyState.STOPPED, "one ", Ending.CANCELLED)


class NothingIsFound(RecordingStore):
    """A store that cannot even tell what runs."""

    def running(self, visitor_id: str, conversation_id: str | None = None) -> list[str]:
        raise StorageUnavailable


def test_nothing_is_deleted_while_what_runs_cannot_be_stopped() -> None:
    talk = Talk(Stage(store=NothingIsFound()))
    made = talk.begin()

    with pytest.raises(StorageUnavailable):
        talk.conversations.delete(ALICE, made.id)
    assert talk.now(made) == made


@pytest.mark.parametrize(
    "reach",
    [
        lambda talk, made: talk.conversations.get(BOB, made.id),
        lambda talk, made: talk.conversations.branch(BOB, made, talk.shown(made)[1].id, 5),
        lambda talk, made: talk.conversations.change(BOB, made.id, Changes(title="Mine")),
        lambda talk, made: talk.conversations.change(BOB, made.id, Changes(leaf_id=talk.shown(made)[0].id)),
        lambda talk, made: talk.conversations.delete(BOB, made.id),
        lambda talk, made: talk.conversations.ask(BOB, made.id, Ask("Hi"), address="there"),
        lambda talk, made: talk.conversations.ask(BOB, made.id, Ask(answer_to=talk.shown(made)[0].id), address="there"),
    ],
    ids=["get", "read", "rename", "choose a branch", "delete", "ask", "ask again"],
)
def test_what_belongs_to_another_visitor_is_not_found(reach: Callable[[Talk, Conversation], object]) -> None:
    talk = answering("Hello")
    made = talk.begin()
    talk.say(made)
    before = (talk.now(made), talk.shown(made))

    with pytest.raises(NotFound) as theirs:
        reach(talk, made)
    assert "no such" in str(theirs.value)
    assert (talk.now(made), talk.shown(made)) == before


def test_another_visitors_message_cannot_be_built_upon() -> None:
    talk = Talk()
    made, own = talk.begin(), talk.begin(BOB)
    talk.say(made, "A secret")
    secret = talk.shown(made)[1].id

    for ask in (Ask("And then?", parent_id=secret, under_leaf=False), Ask(answer_to=talk.shown(made)[0].id)):
        with pytest.raises(NotFound):
            talk.conversations.ask(BOB, own.id, ask, address="there")
    assert talk.now(own, BOB).leaf_id is None
    assert len(talk.stage.fake.calls) == 1


def test_another_visitors_branch_reads_as_empty() -> None:
    talk = answering("Hello")
    made = talk.begin()
    talk.say(made)

    assert list(talk.conversations.branch(BOB, talk.now(made), None, 5).messages) == []
    assert list(talk.conversations.listed(BOB, None, None, 5).entries) == []
    assert list(talk.conversations.listed(BOB, "hello", None, 5).entries) == []
