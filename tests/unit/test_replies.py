"""The life of a reply, from its admission to its end."""

from typing import Any

import pytest

from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.accounting import IN_FLIGHT_TOKENS, TOKENS_PER_SECOND, TokenAccountant
from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.errors import (
    AtCapacity,
    ChatError,
    InternalError,
    ModelRetired,
    NotFound,
    ProviderAuth,
    ProviderFailed,
    ProviderProtocol,
    ShuttingDown,
)
from chatapp.domain.events import Delta, Event, Started
from chatapp.domain.ledger import Bill
from chatapp.domain.live import LiveReply
from chatapp.domain.reply import OnDisconnect, ReplyState
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Cut, Error, Rule, SlowHead
from chatapp.fake.call import Ending
from tests.samples import CATALOG, PRICE, card, once, question
from tests.unit.deterministic import Meanwhile, SteppedRunner
from tests.unit.making_replies import ALICE, BrokenModel, RecordingStore, Stage


def test_a_reply_is_made_and_told_with_all_that_belongs_to_it() -> None:
    outcome = Stage([once("Hello there.")]).outcome()

    assert (outcome.id, outcome.model_id, outcome.state) == ("r1", "gpt-4o-mini", ReplyState.COMPLETE)
    assert (outcome.text, outcome.finish_reason, outcome.error) == ("Hello there.", "stop", None)
    assert outcome.usage == Usage(1, 2)
    assert outcome.cost == Cost(150 + 2 * 600, Source.PROVIDER, PRICE.as_of)


def test_a_kept_reply_is_stored_from_its_first_moment() -> None:
    stage = Stage([once("Hello")], runner=SteppedRunner())

    stage.open()

    assert stage.find("r1").state is ReplyState.RUNNING


def test_a_finished_reply_is_stored_as_it_was_told() -> None:
    stage = Stage([once("Hello there.")])

    outcome = stage.outcome()

    assert stage.find("r1") == outcome
    assert stage.replies.open_replies == 0


@pytest.mark.parametrize("fault", [None, Cut()], ids=["whole", "cut"])
def test_a_reply_that_is_not_kept_leaves_no_trace(fault: Cut | None) -> None:
    store = RecordingStore()
    stage = Stage([once("Hello", Meanwhile(lambda: stage.replies.beat()), fault=fault)], store=store)

    stage.outcome(kept=False)

    assert (store.opened, store.appended, store.finished) == ([], [], [])
    with pytest.raises(NotFound):
        stage.find("r1")


@pytest.mark.parametrize(
    ("rule", "state", "error"),
    [
        pytest.param(once("x"), ReplyState.COMPLETE, None, id="stop"),
        pytest.param(once(), ReplyState.COMPLETE, None, id="an empty answer"),
        pytest.param(once("x", finish="length"), ReplyState.TRUNCATED, None, id="length"),
        pytest.param(once("x", finish="content_filter"), ReplyState.FILTERED, None, id="filter"),
        pytest.param(Rule(refusal="No."), ReplyState.REFUSED, None, id="refusal"),
        pytest.param(once(finish="tool_calls"), ReplyState.FAILED, ProviderProtocol, id="a tool"),
        pytest.param(once("x", fault=Cut()), ReplyState.FAILED, ProviderFailed, id="cut"),
        pytest.param(once(fault=Cut()), ReplyState.FAILED, ProviderFailed, id="cut before the first word"),
        pytest.param(once(fault=Error(status=401)), ReplyState.FAILED, ProviderAuth, id="refused"),
        pytest.param(
            once(fault=Error(status=404, code="model_not_found")), ReplyState.FAILED, ModelRetired, id="retired"
        ),
        pytest.param(
            once("x", fault=Error(status=500, after_characters=1)), ReplyState.FAILED, ProviderFailed, id="mid-stream"
        ),
    ],
)
def test_the_model_decides_how_a_reply_ends(rule: Rule, state: ReplyState, error: type[ChatError] | None) -> None:
    outcome = Stage([rule]).outcome()

    assert outcome.state is state
    assert outcome.error is None if error is None else type(outcome.error) is error


def test_the_text_before_a_failure_is_kept_and_all_that_was_reserved_is_billed() -> None:
    outcome = Stage([once("half a th", fault=Cut())]).outcome()

    assert outcome.text == "half a th"
    assert outcome.usage == Usage(9, 1000)  # nobody knows for how long the provider went on
    assert outcome.cost == Cost(9 * 150 + 1000 * 600, Source.ESTIMATED, PRICE.as_of)


def test_a_whole_answer_without_usage_is_estimated() -> None:
    outcome = Stage([once("Hello", usage=False)]).outcome()

    assert outcome.state is ReplyState.COMPLETE
    assert outcome.cost == Cost(9 * 150 + (5 + 1) * 600, Source.ESTIMATED, PRICE.as_of)


def test_a_request_that_the_provider_refused_cost_nothing_we_know_of() -> None:
    outcome = Stage([once(fault=Error(status=401))]).outcome()

    assert (outcome.usage, outcome.cost) == (None, None)


def test_a_model_without_price_costs_an_unknown_amount() -> None:
    outcome = Stage().outcome(question(model=card(price=None)))

    assert outcome.cost == Cost(None, Source.UNKNOWN)


def test_text_beyond_the_limit_is_cut_off_and_ends_the_call() -> None:
    stage = Stage([once("one two three four")], limits=ReplyLimits(answer_characters=9))

    outcome = stage.outcome()

    assert (outcome.text, outcome.state, outcome.finish_reason) == ("one two t", ReplyState.TRUNCATED, "length")
    assert stage.call.ended is Ending.CANCELLED


@pytest.mark.parametrize("fault", [None, SlowHead(seconds=0)])
def test_stop_ends_a_reply_before_its_driver_has_begun(fault: SlowHead | None) -> None:
    runner = SteppedRunner()
    stage = Stage([once("one two", fault=fault)], runner=runner)
    follower = stage.open()

    stage.replies.stop(ALICE, "r1")
    runner.run()

    outcome = follower.wait_for_outcome()
    assert outcome is not None
    assert (outcome.state, outcome.text, outcome.finish_reason) == (ReplyState.STOPPED, "", None)
    assert stage.call.ended is Ending.CANCELLED


def test_a_stop_in_a_long_silence_bills_what_may_have_been_made_meanwhile() -> None:
    def stop_late() -> None:
        stage.clock.advance(3)
        stage.replies.stop(ALICE, "r1")

    stage = Stage([once("one ", Meanwhile(stop_late), "two")])

    assert stage.outcome().usage == Usage(9, 4 + 1 + IN_FLIGHT_TOKENS + 3 * TOKENS_PER_SECOND)


def test_stop_in_mid_answer_keeps_the_text_and_the_bill() -> None:
    stage = Stage([once("one ", Meanwhile(lambda: stage.replies.stop(ALICE, "r1")), "two")])

    outcome = stage.outcome()

    assert (outcome.text, outcome.state, outcome.error) == ("one ", ReplyState.STOPPED, None)
    assert outcome.cost == Cost(9 * 150 + (4 + 1 + IN_FLIGHT_TOKENS) * 600, Source.ESTIMATED, PRICE.as_of)
    assert stage.call.ended is Ending.CANCELLED


def test_stopping_what_has_ended_changes_nothing() -> None:
    stage = Stage([once("Hello")])
    outcome = stage.outcome()

    assert stage.replies.stop(ALICE, "r1") == outcome
    assert stage.find("r1") == outcome


@pytest.mark.parametrize(("visitor_id", "reply_id"), [(ALICE, "r2"), ("bob", "r1")], ids=["unknown", "another's"])
def test_only_a_reply_of_ones_own_can_be_stopped(visitor_id: str, reply_id: str) -> None:
    stage = Stage(runner=SteppedRunner())
    stage.open()

    with pytest.raises(NotFound):
        stage.replies.stop(visitor_id, reply_id)
    assert stage.find("r1").state is ReplyState.RUNNING


def test_no_more_replies_are_open_than_allowed() -> None:
    runner = SteppedRunner()
    stage = Stage(runner=runner, limits=ReplyLimits(open_replies=2))
    stage.open()
    stage.open()

    with pytest.raises(AtCapacity) as refusal:
        stage.open()
    assert refusal.value.retry_after_seconds == 5
    runner.run()
    stage.open()
    assert len(stage.fake.calls) == 2


def test_a_refused_reply_leaves_nothing_behind() -> None:
    stage = Stage()
    stage.replies.refuse_new()

    with pytest.raises(ShuttingDown):
        stage.open()

    assert (stage.replies.open_replies, stage.fake.calls) == (0, [])


@pytest.mark.parametrize("events", [(), (Started(),), (Started(), Delta("half"))])
def test_a_bug_in_the_model_ends_the_reply_too(events: tuple[Event, ...], caplog: pytest.LogCaptureFixture) -> None:
    outcome = Stage(other_model=BrokenModel(*events)).outcome()

    assert (outcome.state, outcome.text) == (ReplyState.FAILED, "half" if len(events) == 2 else "")
    assert isinstance(outcome.error, InternalError)
    assert "ZeroDivisionError" in caplog.text


class UnstoppableModel(BrokenModel):
    """A ``ChatModel`` that cannot even be stopped."""

    def stop(self) -> None:
        raise ZeroDivisionError


def test_a_model_that_cannot_be_stopped_ends_no_reply_but_its_own(caplog: pytest.LogCaptureFixture) -> None:
    runner = SteppedRunner()
    stage = Stage(other_model=UnstoppableModel(Started(), Delta("half")), runner=runner)
    followers = [stage.open() for _ in range(3)]
    for follower in followers:
        assert isinstance(follower.live, LiveReply)
        follower.live.attach(UnstoppableModel())

    stage.replies.interrupt_all()

    assert [follower.live.outcome and follower.live.outcome.state for follower in followers] == [
        ReplyState.INTERRUPTED
    ] * 3
    assert stage.replies.open_replies == 0
    assert "ZeroDivisionError" in caplog.text


class BrokenAccountant(TokenAccountant):
    """An accountant who cannot count."""

    def bill(self, *_: Any) -> Bill:
        raise ZeroDivisionError


def test_a_reply_ends_though_nobody_can_tell_what_it_cost(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage([once("Hello")], accountant=BrokenAccountant(TokenEstimator(), CATALOG))

    outcome = stage.outcome()

    assert (outcome.state, outcome.text) == (ReplyState.COMPLETE, "Hello")
    assert outcome.cost == Cost(9 * 150 + 1000 * 600, Source.ESTIMATED, PRICE.as_of)  # all that was reserved
    assert (stage.replies.open_replies, "ZeroDivisionError" in caplog.text) == (0, True)


def test_a_caller_who_leaves_ends_a_reply_that_nobody_else_can_read() -> None:
    runner = SteppedRunner()
    stage = Stage(runner=runner)
    follower = stage.open(on_disconnect=OnDisconnect.CANCEL)

    follower.leave()
    follower.leave()
    stage.replies.beat()
    runner.run()

    outcome = follower.live.outcome
    assert outcome is not None
    assert (outcome.state, stage.call.ended) == (ReplyState.ABANDONED, Ending.CANCELLED)


def test_a_reply_goes_on_while_another_reader_is_there() -> None:
    stage = Stage(runner=SteppedRunner())
    first = stage.open(on_disconnect=OnDisconnect.CANCEL)
    second = stage.replies.follow(ALICE, "r1")

    first.leave()
    stage.replies.beat()
    assert stage.replies.open_replies == 1
    second.leave()
    stage.replies.beat()
    assert stage.replies.open_replies == 0


def test_a_reply_that_may_go_on_survives_its_last_reader() -> None:
    runner = SteppedRunner()
    stage = Stage([once("Hello")], runner=runner)

    stage.open(on_disconnect=OnDisconnect.CONTINUE).leave()
    runner.run()

    assert stage.find("r1").state is ReplyState.COMPLETE
