"""Questions in kept conversations: where they stand, what the model is told, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryConversationStore
from chatapp.domain.conversation import Ask
from chatapp.domain.entities import Conversation, Role
from chatapp.domain.errors import (
    AtCapacity,
    ChatError,
    Conflict,
    ContextTooLong,
    InvalidRequest,
    ModelRetired,
    NotFound,
    ShuttingDown,
    StorageUnavailable,
    UnknownModel,
)
from chatapp.domain.kept import Asked, KeptMessage, Opening
from chatapp.domain.ledger import Reservation
from chatapp.domain.live import Follower
from chatapp.domain.reply import OnDisconnect, ReplyState
from chatapp.domain.upkeep import ReplyLimits
from tests.samples import once
from tests.unit.deterministic import InlineRunner, Meanwhile, SteppedRunner
from tests.unit.making_conversations import BOB, Talk
from tests.unit.making_replies import ALICE, RecordingStore, Stage


def answering(*words: str, system_prompt: str | None = None) -> Talk:
    """Return a talk in which the model says these words, one at a time."""
    return Talk(Stage([once(word) for word in words]), system_prompt)


def text_of(follower: Follower) -> str:
    outcome = follower.wait_for_outcome() if follower.outcome is None else follower.outcome
    assert outcome is not None
    return outcome.text


def test_a_question_and_its_answer_are_kept_together() -> None:
    talk = answering("High and low.")
    made = talk.begin()

    record = talk.say(made, "How do tides work?").live.outcome

    question, answer = talk.shown(made)
    assert (question.role, question.text, question.parent_id) == (Role.USER, "How do tides work?", None)
    assert (answer.role, answer.text, answer.parent_id) == (Role.ASSISTANT, "High and low.", question.id)
    assert record is not None
    assert (record.id, record.user_message_id, record.conversation_id) == (answer.id, question.id, made.id)
    assert (record.request_id, answer.request_id, answer.usage) == ("request-1", "request-1", record.usage)


def test_the_next_question_stands_under_the_answer_before() -> None:
    talk = answering("1", "2")
    made = talk.begin()

    talk.say(made, "a")
    talk.say(made, "b")

    assert talk.texts(made) == ["a", "1", "b", "2"]
    assert talk.sent == [("user", "a"), ("assistant", "1"), ("user", "b")]
    assert talk.now(made).updated_at == talk.stage.clock.now()


def test_a_question_under_an_earlier_answer_makes_a_branch() -> None:
    talk = answering("1", "2", "3")
    made = talk.begin()
    talk.say(made, "a")
    first = talk.shown(made)[1].id
    talk.say(made, "b")

    talk.say(made, "c", parent_id=first, under_leaf=False)

    assert talk.texts(made) == ["a", "1", "c", "3"]
    assert talk.sent == [("user", "a"), ("assistant", "1"), ("user", "c")]
    assert len(talk.shown(made)[2].siblings) == 2


def test_a_question_without_parent_is_one_more_beginning() -> None:
    talk = answering("1", "2")
    made = talk.begin()
    talk.say(made, "a")

    talk.say(made, "b", parent_id=None, under_leaf=False)

    assert (talk.texts(made), talk.sent) == (["b", "2"], [("user", "b")])
    assert len(talk.shown(made)[0].siblings) == 2


def test_another_answer_stands_beside_the_first_one() -> None:
    talk = answering("1", "2", "3")
    made = talk.begin()
    talk.say(made, "a")
    talk.say(made, "b")
    asked = talk.shown(made)[2].id

    talk.again(made, asked)

    assert talk.texts(made) == ["a", "1", "b", "3"]
    assert talk.sent == [("user", "a"), ("assistant", "1"), ("user", "b")]
    assert len(talk.shown(made)[3].siblings) == 2


def test_an_answer_cannot_be_answered() -> None:
    talk = answering("1")
    made = talk.begin()
    talk.say(made)

    with pytest.raises(InvalidRequest, match="of a person") as refusal:
        talk.again(made, talk.shown(made)[1].id)
    assert refusal.value.details[0].path == "answer_to"
    assert len(talk.stage.fake.calls) == 1


@pytest.mark.parametrize(
    ("ask", "model_id"),
    [
        pytest.param({}, "gpt-4o", id="the conversation's own"),
        pytest.param({"model_id": "gpt-4o-mini"}, "gpt-4o-mini", id="another one for this answer"),
    ],
)
def test_the_model_is_the_questions_or_the_conversations(ask: dict[str, Any], model_id: str) -> None:
    talk = answering("1")
    made = talk.begin(model_id="gpt-4o")

    record = talk.say(made, **ask).live.record

    assert (talk.stage.call.model, record.model_id, talk.shown(made)[1].model_id) == (model_id,) * 3
    assert talk.now(made).model_id == "gpt-4o"


def test_the_default_model_answers_where_none_was_chosen() -> None:
    talk = answering("1")

    assert talk.say(talk.begin()).live.record.model_id == "gpt-4o-mini"


def test_a_conversations_instructions_come_first() -> None:
    talk = answering("1")

    talk.say(talk.begin(system="Be brief."))

    assert talk.sent == [("system", "Be brief."), ("user", "Hi")]


def test_imported_instructions_stay_where_they_stood() -> None:
    talk = answering("2")
    made = talk.bring_in((Role.SYSTEM, "Be brief."), (Role.USER, "a"), (Role.ASSISTANT, "1"))

    talk.say(made, "b")

    assert talk.sent == [("system", "Be brief."), ("user", "a"), ("assistant", "1"), ("user", "b")]


def test_the_owners_instructions_take_the_place_of_all_others() -> None:
    before = answering("1")
    made = before.begin(system="Be rude.")
    talk = Talk(before.stage, "Be kind.", ids=before.ids)

    talk.say(made, "a")
    own = talk.sent
    talk.say(talk.bring_in((Role.SYSTEM, "Be rude."), (Role.USER, "b"), (Role.ASSISTANT, "2")), "c")

    assert own == [("system", "Be kind."), ("user", "a")]
    assert talk.sent == [("system", "Be kind."), ("user", "b"), ("assistant", "2"), ("user", "c")]


def test_an_answer_without_a_word_is_not_told_to_the_model() -> None:
    talk = answering("", "2")
    made = talk.begin()
    talk.say(made, "a")

    talk.say(made, "b")

    assert talk.texts(made) == ["a", "", "b", "2"]
    assert talk.sent == [("user", "a"), ("user", "b")]


def test_what_no_longer_fits_into_the_model_is_left_out_and_counted() -> None:
    talk = answering("1", "2", "3")
    made = talk.begin(model_id="gpt-narrow")
    talk.say(made, "a")
    talk.say(made, "long " * 100)

    live = talk.say(made, "b").live

    assert talk.sent == [("user", "b")]
    assert [message.left_out for message in talk.shown(made)] == [None, 0, None, 2, None, 4]
    assert live.outcome is not None
    assert (live.record.left_out, live.outcome.left_out) == (4, 4)


def test_an_answer_without_a_word_does_not_count_as_left_out() -> None:
    talk = answering("", "2")
    made = talk.begin(model_id="gpt-narrow")
    talk.say(made, "a")

    assert talk.say(made, "long " * 100).live.record.left_out == 0
    assert talk.sent == [("user", "a"), ("user", "long " * 100)]


def test_the_first_message_gives_a_conversation_its_title() -> None:
    talk = answering("1", "2")
    made = talk.begin()

    talk.say(made, "How do tides work?\nPlease explain.")
    talk.say(made, "And waves?")

    assert talk.now(made).title == "How do tides work?"


def test_a_title_that_was_given_stays() -> None:
    talk = answering("1")
    made = talk.begin(title="Sea")

    talk.say(made, "How do tides work?")

    assert talk.now(made).title == "Sea"


def kept(talk: Talk, made: Conversation) -> tuple[Conversation, list[str], int, int]:
    """Return all that a refused question must leave as it was."""
    return talk.now(made), talk.texts(made), len(talk.stage.fake.calls), talk.stage.replies.open_replies


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        pytest.param(Ask("Hi", model_id="gpt-9"), UnknownModel, id="an unknown model"),
        pytest.param(Ask("Hi", model_id="gpt-old"), ModelRetired, id="a retired model"),
        pytest.param(Ask("word " * 100, model_id="gpt-small"), ContextTooLong, id="too long"),
        pytest.param(Ask("Hi", parent_id="i99", under_leaf=False), NotFound, id="an unknown parent"),
        pytest.param(Ask(answer_to="i99"), NotFound, id="an unknown question"),
    ],
)
def test_a_refused_question_keeps_nothing(ask: Ask, error: type[ChatError]) -> None:
    talk = answering("1", "2")
    made = talk.begin()
    talk.say(made)
    before = kept(talk, made)

    with pytest.raises(error):
        talk.conversations.ask(ALICE, made.id, ask, address="here")
    assert kept(talk, made) == before


def test_a_question_in_an_unknown_conversation_is_not_found() -> None:
    with pytest.raises(NotFound, match="no such conversation"):
        Talk().conversations.ask(ALICE, "i99", Ask("Hi"), address="here")


@pytest.mark.parametrize(
    "ask",
    [
        lambda message: Ask("Mine", parent_id=message, under_leaf=False),
        lambda message: Ask(answer_to=message),
    ],
    ids=["under it", "as its answer"],
)
def test_a_message_of_another_conversation_is_not_found(ask: Callable[[str], Ask]) -> None:
    talk = answering("1")
    made, other = talk.begin(), talk.begin()
    talk.say(other)
    before = kept(talk, made)

    with pytest.raises(NotFound, match="no such message"):
        talk.conversations.ask(ALICE, made.id, ask(talk.shown(other)[0].id), address="here")
    assert kept(talk, made) == before


def test_a_server_at_its_capacity_keeps_nothing() -> None:
    talk = Talk(Stage(runner=SteppedRunner(), limits=ReplyLimits(open_replies=1)))
    made = talk.begin()
    talk.say(talk.begin())
    before = kept(talk, made)

    with pytest.raises(AtCapacity):
        talk.say(made)
    assert kept(talk, made) == before


def test_a_server_that_shuts_down_keeps_nothing() -> None:
    talk = Talk()
    made = talk.begin()
    talk.stage.replies.refuse_new()
    before = kept(talk, made)

    with pytest.raises(ShuttingDown):
        talk.say(made)
    assert kept(talk, made) == before


def test_nothing_is_added_under_an_answer_that_is_still_made() -> None:
    talk = Talk(Stage(runner=SteppedRunner()))
    made = talk.begin()
    running = talk.say(made).live.record.id
    before = kept(talk, made)

    with pytest.raises(Conflict) as refusal:
        talk.say(made, "b")
    assert running in refusal.value.details[0].reason
    assert kept(talk, made) == before


def test_other_branches_may_run_at_the_same_time() -> None:
    talk = Talk(Stage([once("1"), once("2"), once("3")], runner=SteppedRunner()))
    made = talk.begin()
    talk.say(made, "a")
    question = talk.shown(made)[0].id

    talk.again(made, question)
    talk.say(made, "b", parent_id=None, under_leaf=False)

    assert talk.stage.replies.open_replies == 3


class NarrowStore(RecordingStore):
    """A store that fails when a reply is to be kept, or loses its answer when it was."""

    def __init__(self, *, before: bool) -> None:
        super().__init__()
        self.before = before
        self.fails = True

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        if not self.fails:
            return super().open(opening, owner, reservation)
        if not self.before:
            super().open(opening, owner, reservation)
        raise StorageUnavailable


def test_a_question_that_cannot_be_kept_is_not_asked() -> None:
    store = NarrowStore(before=True)
    talk = Talk(Stage([once("1")], store=store))
    made = talk.begin()
    before = kept(talk, made)

    with pytest.raises(StorageUnavailable):
        talk.say(made)
    assert kept(talk, made) == before
    store.fails = False
    talk.stage.replies.beat()
    talk.say(made)
    assert talk.texts(made) == ["Hi", "1"]


def test_a_question_of_which_nobody_knows_whether_it_was_kept_does_not_run_for_ever() -> None:
    store = NarrowStore(before=False)
    talk = Talk(Stage([once("1")], store=store))
    made = talk.begin()

    with pytest.raises(StorageUnavailable):
        talk.say(made)
    talk.stage.replies.beat()

    answer = talk.shown(made)[1]
    assert (answer.state, type(answer.error), answer.cost) == (ReplyState.FAILED, StorageUnavailable, None)
    assert kept(talk, made)[2:] == (0, 0)
    store.fails = False
    talk.say(made, "b")
    assert talk.texts(made) == ["Hi", "", "b", "1"]


def test_the_same_client_id_attaches_to_the_running_answer() -> None:
    def ask_again() -> None:
        seen.append(talk.say(made, client_id="mine").read())

    talk = Talk(Stage([once("one ", Meanwhile(ask_again), "two")]))
    seen: list[str] = []
    made = talk.begin()

    assert text_of(talk.say(made, client_id="mine")) == "one two"
    assert (seen, len(talk.stage.fake.calls)) == (["one "], 1)


@pytest.mark.parametrize("runner", [InlineRunner, SteppedRunner])
def test_the_same_client_id_attaches_also_after_the_end(runner: Callable[[], Any]) -> None:
    stage = Stage([once("Hello")], runner=runner())
    talk = Talk(stage)
    made = talk.begin()
    first = talk.say(made, client_id="mine")
    if isinstance(stage.runner, SteppedRunner):
        stage.runner.run()

    again = talk.say(made, client_id="mine")

    assert (again.live.record.id, text_of(again)) == (first.live.record.id, "Hello")
    assert (talk.texts(made), len(talk.stage.fake.calls)) == (["Hi", "Hello"], 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"message": "Hello?"}, id="message"),
        pytest.param({"model_id": "gpt-4o"}, id="model"),
        pytest.param({"parent_id": None, "under_leaf": False}, id="place"),
        pytest.param({"parent_id": "True", "under_leaf": False}, id="a parent of a strange name"),
        pytest.param({"on_disconnect": OnDisconnect.CANCEL}, id="what happens when nobody follows it"),
    ],
)
def test_the_same_client_id_is_refused_for_another_question(other: dict[str, Any]) -> None:
    talk = answering("Hello")
    made = talk.begin()
    talk.say(made, client_id="mine")
    before = kept(talk, made)

    with pytest.raises(Conflict) as refusal:
        talk.say(made, **{"client_id": "mine"} | other)
    assert refusal.value.details[0].path == "client_id"
    assert kept(talk, made) == before


def test_the_same_client_id_is_refused_in_another_conversation() -> None:
    talk = answering("Hello")
    made, other = talk.begin(), talk.begin()
    talk.say(made, client_id="mine")

    with pytest.raises(Conflict):
        talk.say(other, client_id="mine")
    assert talk.shown(other) == []


def test_the_client_ids_of_other_visitors_are_their_own() -> None:
    talk = answering("1", "2")
    made, other = talk.begin(), talk.begin(BOB)
    talk.say(made, "Mine", client_id="same")

    follower = talk.say(other, "Theirs", BOB, client_id="same")

    assert text_of(follower) == "2"
    assert [message.text for message in talk.shown(other, BOB)] == ["Theirs", "2"]


def test_a_client_id_is_free_again_when_its_conversation_is_deleted() -> None:
    talk = answering("1", "2")
    made = talk.begin()
    talk.say(made, client_id="mine")
    talk.conversations.delete(ALICE, made.id)

    assert text_of(talk.say(talk.begin(), "Another", client_id="mine")) == "2"


@pytest.mark.parametrize(
    ("ask", "error"),
    [(Ask("Hi", model_id="gpt-9", client_id="mine"), UnknownModel), (Ask(answer_to="i9", client_id="mine"), NotFound)],
)
def test_a_refused_question_does_not_use_up_its_client_id(ask: Ask, error: type[ChatError]) -> None:
    talk = answering("1")
    made = talk.begin()

    with pytest.raises(error):
        talk.conversations.ask(ALICE, made.id, ask, address="here")

    assert text_of(talk.say(made, client_id="mine")) == "1"


class LateStore(RecordingStore):
    """A store in which something else happens just before the first question is kept."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self.deeds = [deed]

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        while self.deeds:
            self.deeds.pop()()
        return super().open(opening, owner, reservation)


def test_of_two_questions_at_the_same_moment_one_is_asked() -> None:
    firsts: list[Follower] = []
    store = LateStore(lambda: firsts.append(talk.say(made, client_id="mine")))
    talk = Talk(Stage([once("Hello")], store=store))
    made = talk.begin()

    second = talk.say(made, client_id="mine")

    assert second.live.record.id == firsts[0].live.record.id
    assert (text_of(second), len(talk.stage.fake.calls), talk.stage.replies.open_replies) == ("Hello", 1, 0)


class ForgetfulStore(MemoryConversationStore):
    """A store from which a conversation is deleted as soon as one of its messages was looked at."""

    def message(self, visitor_id: str, message_id: str) -> KeptMessage | None:
        message = super().message(visitor_id, message_id)
        if message is not None:
            self.delete(visitor_id, message.conversation_id)
        return message


def test_a_message_that_was_just_deleted_is_not_answered_again() -> None:
    stage = Stage([once("1")])
    talk = Talk(stage, store=ForgetfulStore(stage.database))
    made = talk.begin()
    talk.say(made)

    with pytest.raises(NotFound, match="no such message"):
        talk.again(made, talk.shown(made)[0].id)
    assert (len(stage.fake.calls), stage.replies.open_replies) == (1, 0)


def test_a_question_in_a_conversation_that_was_just_deleted_is_not_asked() -> None:
    store = LateStore(lambda: talk.conversations.delete(ALICE, made.id))
    talk = Talk(Stage([once("Hello")], store=store))
    made = talk.begin()

    with pytest.raises(NotFound):
        talk.say(made)
    assert (talk.stage.fake.calls, talk.stage.replies.open_replies) == ([], 0)
