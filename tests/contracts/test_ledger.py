"""What every ``Ledger`` promises: nothing is spent beyond a budget, and every call is settled once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from chatapp.adapters.memory import MemoryDatabase, MemoryLedger, MemoryReplyStore
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.replies import SqlReplyStore
from chatapp.adapters.sql.tables import ledger, metadata, meters
from chatapp.domain.books import Book, Call
from chatapp.domain.budgets import Budgets
from chatapp.domain.entities import Cost, Source, Usage
from chatapp.domain.errors import BudgetSpent, ChatError, Conflict, NotFound, RateLimited, TooManyReplies
from chatapp.domain.kept import Closing, Opening
from chatapp.domain.ledger import EVERYBODY, Bill, Dangling, Meter, Reservation, Spender, day_of
from chatapp.domain.reply import ReplyState
from chatapp.domain.stores import Ledger
from tests.contracts.storage import ALICE, OTHER_OWNER, OWNER, Storage, asked, ended, opening, silent
from tests.ledger import calls_in, is_open
from tests.samples import NOON, PLENTY, PRICE, SPENDER, reservation, settlement

COST = 1_000_000
"""What a reservation of the samples may cost."""

TODAY = day_of(NOON)
YESTERDAY = NOON - timedelta(days=1)
HERE_ALICE = Spender("here", ALICE)
ALICES = "visitor alice"
THREADS = 20


def with_budgets(storage: Storage, budgets: Budgets) -> Storage:
    """Return the same storage with other budgets."""
    database, made = storage.ledger._database, storage.ledger  # type: ignore[attr-defined]
    if isinstance(made, MemoryLedger):
        memory = MemoryLedger(database, budgets)
        return replace(storage, ledger=memory, replies=MemoryReplyStore(database, memory))
    sql = SqlLedger(database, budgets, Book.OPENAI)
    return replace(storage, ledger=sql, replies=SqlReplyStore(database, sql))


def money_for(calls: int, **fields: int) -> Budgets:
    """Return budgets for so many calls a day of everybody together, or what differs."""
    return replace(PLENTY, **{"daily_nano_usd": calls * COST, **fields})


def meters_of(storage: Storage, day: int = TODAY) -> dict[str, Meter]:
    """Return all meters that stand on that day, by their names."""
    database = storage.ledger._database  # type: ignore[attr-defined]
    if isinstance(database, MemoryDatabase):
        there = list(database.meters.values())
    else:
        with database.reading() as connection:
            rows = connection.execute(select(meters).where(meters.c.book == Book.OPENAI.value)).mappings().all()
        there = [Meter(**{name: value for name, value in row.items() if name != "book"}) for row in rows]
    return {meter.name: meter for meter in there if meter.day == day}


def only_call(storage: Storage) -> Call:
    """Return the one row of the ledger."""
    (call,) = calls_in(storage.books)
    return call


def everything_in(storage: Storage) -> str:
    """Return all that is kept anywhere, as text."""
    database = storage.ledger._database  # type: ignore[attr-defined]
    if isinstance(database, MemoryDatabase):
        return repr({**vars(database), "ledger": calls_in(storage.books)})
    with database.reading() as connection:
        return repr([connection.execute(select(table)).all() for table in metadata.sorted_tables])


def test_a_call_is_reserved_and_counts_at_its_worst(storage: Storage) -> None:
    storage.ledger.reserve(reservation(spender=HERE_ALICE, request_id="request-1"), OWNER)

    call = only_call(storage)
    assert (call.id, call.state, call.charged_nano_usd, call.source) == ("r1", "reserved", COST, None)
    assert (call.visitor_id, call.address, call.request_id) == (ALICE, "here", "request-1")
    assert {name: (each.nano_usd, each.requests, each.open_replies) for name, each in meters_of(storage).items()} == {
        EVERYBODY: (COST, 1, 1),
        "address here": (COST, 1, 1),
        ALICES: (COST, 1, 1),
    }


def test_a_settled_call_counts_as_what_it_came_to(storage: Storage) -> None:
    reserved = reservation(spender=HERE_ALICE)
    storage.ledger.reserve(reserved, OWNER)

    settled = storage.ledger.settle(
        settlement(reserved, 2550, answered_by="gpt-4o-mini-2024", provider_request_id="req_1"), OWNER
    )

    call = only_call(storage)
    assert settled is not None
    assert (call.state, call.source, call.cost_nano_usd, call.charged_nano_usd) == ("complete", "provider", 2550, 2550)
    assert (call.prompt_tokens, call.completion_tokens) == (9, 2)
    assert (call.answered_by, call.provider_request_id) == ("gpt-4o-mini-2024", "req_1")
    assert {meter.name: meter.nano_usd for meter in settled.meters} == dict.fromkeys(meters_of(storage), 2550)
    assert {meter.open_replies for meter in meters_of(storage).values()} == {0}


def test_a_call_may_come_to_more_than_was_reserved(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)

    storage.ledger.settle(settlement(reservation(), 3 * COST), OWNER)

    assert meters_of(storage)[EVERYBODY].nano_usd == 3 * COST


def test_what_nobody_knows_counts_though_it_has_no_cost(storage: Storage) -> None:
    storage.ledger.reserve(reservation(price_as_of=None), OWNER)

    bill = Bill(None, Cost(None, Source.UNKNOWN), 1200)
    storage.ledger.settle(replace(settlement(reservation()), bill=bill, state=ReplyState.FAILED), OWNER)

    call = only_call(storage)
    assert (call.state, call.source, call.cost_nano_usd, call.charged_nano_usd) == ("failed", "unknown", None, 1200)
    assert (call.prompt_tokens, call.completion_tokens, call.price_as_of) == (None, None, None)
    assert meters_of(storage)[EVERYBODY].nano_usd == 1200


def test_details_of_the_usage_are_kept(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)

    usage = Usage(90, 20, cached_tokens=40, cache_write_tokens=30, reasoning_tokens=10)
    storage.ledger.settle(
        replace(settlement(reservation()), bill=Bill(usage, Cost(7, Source.ESTIMATED, PRICE.as_of), 7)), OWNER
    )

    call = only_call(storage)
    assert (call.cached_tokens, call.cache_write_tokens, call.reasoning_tokens) == (40, 30, 10)


def test_a_call_is_settled_once(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)
    storage.ledger.settle(settlement(reservation(), 100), OWNER)
    before = everything_in(storage)

    assert storage.ledger.settle(settlement(reservation(), 700, ReplyState.FAILED), OWNER) is None
    assert everything_in(storage) == before


def test_no_other_process_settles_it(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)
    before = everything_in(storage)

    assert storage.ledger.settle(settlement(reservation()), OTHER_OWNER) is None
    assert everything_in(storage) == before


def test_what_was_never_reserved_is_not_settled(storage: Storage) -> None:
    before = everything_in(storage)

    assert storage.ledger.settle(settlement(reservation("r9")), OWNER) is None
    assert everything_in(storage) == before


def test_a_call_whose_process_is_dead_dangles(storage: Storage) -> None:
    mine, theirs = reservation("r1", spender=HERE_ALICE, request_id="request-1"), reservation("r2")
    storage.ledger.reserve(mine, OWNER)
    storage.ledger.reserve(theirs, OTHER_OWNER)
    storage.replies.show_life(OTHER_OWNER)

    assert storage.ledger.dangling(silent(60)) == [Dangling(mine, OWNER, has_witness=True)]
    assert [each.owner for each in storage.ledger.dangling(silent(-1))] == [OWNER, OTHER_OWNER]


def test_a_settled_call_does_not_dangle(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)
    storage.ledger.settle(settlement(reservation()), OWNER)

    assert storage.ledger.dangling(silent(-1)) == []


def test_after_a_recovery_the_dead_process_settles_nothing(storage: Storage) -> None:
    storage.ledger.reserve(reservation(), OWNER)
    (dangling,) = storage.ledger.dangling(silent(-1))

    settled = storage.ledger.settle(settlement(dangling.reservation, COST, ReplyState.LOST), dangling.owner)
    again = storage.ledger.settle(settlement(reservation(), 5), OWNER)

    assert (settled is not None, again, only_call(storage).state) == (True, None, "lost")
    assert meters_of(storage)[EVERYBODY].nano_usd == COST
    assert meters_of(storage)[EVERYBODY].open_replies == 0


@pytest.mark.parametrize(
    ("budgets", "kind"),
    [
        pytest.param(money_for(1), BudgetSpent, id="everybody's money"),
        pytest.param(replace(PLENTY, visitor_daily_nano_usd=COST), BudgetSpent, id="a visitor's money"),
        pytest.param(replace(PLENTY, visitor_requests_per_minute=1), RateLimited, id="requests"),
        pytest.param(replace(PLENTY, visitor_open_replies=1), TooManyReplies, id="open replies"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(storage: Storage, budgets: Budgets, kind: type[ChatError]) -> None:
    small = with_budgets(storage, budgets)
    small.ledger.reserve(reservation("r1", spender=HERE_ALICE), OWNER)
    before = everything_in(storage)

    with pytest.raises(kind) as refused:
        small.ledger.reserve(reservation("r2", spender=HERE_ALICE), OWNER)

    assert everything_in(storage) == before
    assert refused.value.retry_after_seconds


@pytest.mark.parametrize("spender", [Spender("here", "bob"), Spender("there", ALICE)])
def test_an_address_is_refused_whoever_asks_and_a_visitor_wherever_they_are(storage: Storage, spender: Spender) -> None:
    small = with_budgets(storage, replace(PLENTY, visitor_daily_nano_usd=COST))
    small.ledger.reserve(reservation("r1", spender=HERE_ALICE), OWNER)
    before = everything_in(storage)

    with pytest.raises(BudgetSpent):
        small.ledger.reserve(reservation("r2", spender=spender), OWNER)

    assert everything_in(storage) == before
    small.ledger.reserve(reservation("r3", spender=Spender("there", "bob")), OWNER)


def test_a_budget_may_be_used_up_exactly(storage: Storage) -> None:
    small = with_budgets(storage, money_for(2))
    small.ledger.reserve(reservation("r1"), OWNER)
    small.ledger.reserve(reservation("r2"), OWNER)

    with pytest.raises(BudgetSpent):
        small.ledger.reserve(reservation("r3", nano_usd=1), OWNER)
    small.ledger.reserve(reservation("r4", nano_usd=0), OWNER)


@pytest.mark.parametrize("budgets", [replace(PLENTY, daily_nano_usd=0), replace(PLENTY, visitor_daily_nano_usd=0)])
def test_with_a_budget_of_nothing_nothing_is_spent(storage: Storage, budgets: Budgets) -> None:
    nothing = with_budgets(storage, budgets)
    before = everything_in(storage)

    with pytest.raises(BudgetSpent):
        nothing.ledger.reserve(reservation(nano_usd=1), OWNER)

    assert everything_in(storage) == before


def test_what_is_settled_for_less_can_be_spent_again(storage: Storage) -> None:
    small = with_budgets(storage, money_for(1))
    for number in range(5):
        reserved = reservation(f"r{number}", nano_usd=COST - 4 * number)
        small.ledger.reserve(reserved, OWNER)
        small.ledger.settle(settlement(reserved, 1), OWNER)

    assert meters_of(storage)[EVERYBODY].nano_usd == 5


def test_a_new_day_has_a_new_budget(storage: Storage) -> None:
    small = with_budgets(storage, money_for(1))
    small.ledger.reserve(reservation("r1", YESTERDAY), OWNER)

    small.ledger.reserve(reservation("r2"), OWNER)

    assert meters_of(storage)[EVERYBODY] == Meter(EVERYBODY, TODAY, COST, round(NOON.timestamp() * 1000), 1, 2)


def test_a_reservation_of_yesterday_that_is_settled_today_does_not_touch_todays_money(storage: Storage) -> None:
    storage.ledger.reserve(reservation("r1", YESTERDAY), OWNER)
    storage.ledger.reserve(reservation("r2"), OWNER)

    storage.ledger.settle(replace(settlement(reservation("r1", YESTERDAY), 5), at=NOON), OWNER)

    meter = meters_of(storage)[EVERYBODY]
    assert (meter.day, meter.nano_usd, meter.open_replies) == (TODAY, COST, 1)
    assert [call.charged_nano_usd for call in calls_in(storage.books)] == [5, COST]


def test_a_reservation_of_yesterday_corrects_yesterdays_money_while_nobody_has_begun_today(storage: Storage) -> None:
    storage.ledger.reserve(reservation("r1", YESTERDAY), OWNER)

    storage.ledger.settle(replace(settlement(reservation("r1", YESTERDAY), 5), at=NOON), OWNER)

    assert meters_of(storage, TODAY - 1)[EVERYBODY].nano_usd == 5


def test_a_machine_whose_clock_is_a_day_behind_gives_no_money_back(storage: Storage) -> None:
    small = with_budgets(storage, money_for(2))
    small.ledger.reserve(reservation("r1"), OWNER)
    behind = reservation("r2", YESTERDAY)
    small.ledger.reserve(behind, OTHER_OWNER)

    for at in (NOON, YESTERDAY):
        with pytest.raises(BudgetSpent):
            small.ledger.reserve(reservation("r3", at), OWNER)
    small.ledger.settle(settlement(behind, 5), OTHER_OWNER)

    meter = meters_of(storage)[EVERYBODY]
    assert meter.nano_usd >= COST + 5  # by which day's call it was used, nobody can tell any more
    assert meter.open_replies == 1


def test_a_minute_begins_with_its_first_request(storage: Storage) -> None:
    few = with_budgets(storage, replace(PLENTY, visitor_requests_per_minute=2))

    def ask(number: int, seconds: float) -> None:
        few.ledger.reserve(reservation(f"r{number}", NOON + timedelta(seconds=seconds)), OWNER)

    ask(1, 0)
    ask(2, 50)
    with pytest.raises(RateLimited) as refused:
        ask(3, 59.5)
    assert refused.value.retry_after_seconds == 1
    ask(4, 60)
    ask(5, 61)
    with pytest.raises(RateLimited) as refused:
        ask(6, 70)
    assert refused.value.retry_after_seconds == 50


def test_an_answer_that_has_ended_leaves_room_for_another(storage: Storage) -> None:
    few = with_budgets(storage, replace(PLENTY, visitor_open_replies=1))
    few.ledger.reserve(reservation("r1"), OWNER)
    with pytest.raises(TooManyReplies):
        few.ledger.reserve(reservation("r2"), OWNER)

    few.ledger.settle(settlement(reservation("r1")), OWNER)

    few.ledger.reserve(reservation("r2"), OWNER)


def test_the_fake_models_book_is_another_one(storage: Storage) -> None:
    if isinstance(storage.ledger, MemoryLedger):
        return  # it has one book
    fake = SqlLedger(storage.ledger._database, money_for(1), Book.FAKE)  # type: ignore[attr-defined]
    fake.reserve(reservation("r1"), OWNER)

    storage.ledger.reserve(reservation("r2"), OWNER)

    assert [call.id for call in calls_in(storage.books, Book.FAKE)] == ["r1"]
    assert [each.reservation.id for each in storage.ledger.dangling(silent(-1))] == ["r2"]
    assert meters_of(storage)[EVERYBODY].nano_usd == COST


def test_of_a_removed_visitor_the_calls_stay_without_the_name(kept: Storage) -> None:
    first, second = reservation("call-1", spender=HERE_ALICE), reservation("call-2", spender=HERE_ALICE)
    kept.replies.open(opening(1), OWNER, first)
    kept.replies.finish(ended("r1"), OWNER, settlement(first, 40))
    kept.replies.open(opening(2), OWNER, second)

    kept.visitors.remove(ALICE)
    kept.ledger.settle(settlement(second, 60), OWNER)

    assert [(call.visitor_id, call.charged_nano_usd) for call in calls_in(kept.books)] == [(None, 40), (None, 60)]
    assert {name: (each.nano_usd, each.open_replies) for name, each in meters_of(kept).items()} == {
        EVERYBODY: (100, 0),
        "address here": (100, 0),
    }
    assert ALICE not in everything_in(kept)


def test_the_calls_of_a_removed_visitor_are_recovered(kept: Storage) -> None:
    reserved = reservation("call-1", spender=HERE_ALICE)
    kept.replies.open(opening(1), OWNER, reserved)
    kept.visitors.remove(ALICE)

    (dangling,) = kept.ledger.dangling(silent(-1))
    kept.ledger.settle(settlement(dangling.reservation, COST, ReplyState.LOST), dangling.owner)

    assert (dangling.reservation, is_open(only_call(kept))) == (replace(reserved, spender=SPENDER), False)
    assert {meter.open_replies for meter in meters_of(kept).values()} == {0}


def test_many_calls_of_a_removed_visitor_lose_the_name(kept: Storage) -> None:
    """More than one step takes."""
    for number in range(230):
        kept.ledger.reserve(reservation(f"r{number}", spender=HERE_ALICE), OWNER)
    kept.ledger.reserve(reservation("bobs", spender=Spender("here", "bob")), OWNER)

    kept.visitors.remove(ALICE)

    assert [call.id for call in calls_in(kept.books) if call.visitor_id] == ["bobs"]
    assert len(calls_in(kept.books)) == 231
    assert ALICE not in everything_in(kept)


def test_a_kept_reply_reserves_with_its_beginning_and_settles_with_its_end(kept: Storage) -> None:
    reserved = reservation("r1", spender=HERE_ALICE)
    kept.replies.open(opening(1), OWNER, reserved)
    assert is_open(only_call(kept))

    settled = kept.replies.finish(ended("r1"), OWNER, settlement(reserved, 60))

    assert settled is not None
    assert {meter.nano_usd for meter in settled.meters} == {60}
    assert only_call(kept).charged_nano_usd == 60


def test_a_kept_reply_that_is_gone_is_settled_all_the_same(kept: Storage) -> None:
    reserved = reservation("r1", spender=HERE_ALICE)
    kept.replies.open(opening(1), OWNER, reserved)
    kept.conversations.delete(ALICE, "c1")

    assert kept.replies.finish(ended("r1"), OWNER, settlement(reserved, 60)) is None
    assert (only_call(kept).state, only_call(kept).charged_nano_usd) == ("complete", 60)


def lost_with(owner: str, kept_reply: str | None, reserved: Reservation) -> Closing:
    """Return how a reply is closed that was lost with this process."""
    record = None if kept_reply is None else ended(kept_reply, "half", ReplyState.LOST)
    return Closing(reserved.id, owner, record, settlement(reserved, 60, ReplyState.LOST))


def test_lost_calls_are_settled_together(kept: Storage) -> None:
    of_alice, of_an_address = reservation("r1", spender=HERE_ALICE), reservation("call-2")
    kept.replies.open(opening(1), OWNER, of_alice)
    kept.ledger.reserve(of_an_address, OTHER_OWNER)
    kept.ledger.reserve(reservation("call-3"), OWNER)

    closings = [lost_with(OWNER, "r1", of_alice), lost_with(OTHER_OWNER, None, of_an_address)]
    assert set(kept.replies.close(closings)) == {"r1", "call-2"}
    assert set(kept.replies.close(closings)) == set()

    assert [call.state for call in calls_in(kept.books) if not is_open(call)] == ["lost", "lost"]
    here, everybody = meters_of(kept)[SPENDER.meters[0]], meters_of(kept)[EVERYBODY]
    assert (everybody.nano_usd, everybody.open_replies) == (COST + 120, 1)
    assert (here.nano_usd, here.open_replies) == (COST + 120, 1)
    assert (meters_of(kept)[ALICES].nano_usd, meters_of(kept)[ALICES].open_replies) == (60, 0)


def test_what_a_lost_reply_cost_is_settled_with_its_end_or_where_it_has_none(kept: Storage) -> None:
    reserved = reservation("r1", spender=HERE_ALICE)
    kept.replies.open(opening(1), OWNER, reserved)
    kept.conversations.delete(ALICE, "c1")

    assert set(kept.replies.close([lost_with(OWNER, "r1", reserved)])) == set()
    assert is_open(only_call(kept))
    assert set(kept.replies.close([lost_with(OWNER, None, reserved)])) == {"r1"}

    assert only_call(kept).charged_nano_usd == 60


def test_of_those_who_close_lost_replies_at_once_each_settles_its_own(kept: Storage) -> None:
    many = [reservation(f"r{number}", spender=HERE_ALICE) for number in range(60)]
    for number, reserved in enumerate(many):
        kept.replies.open(opening(number), OWNER, reserved)

    def close(turn: int) -> list[str]:
        begin = turn * 7
        return list(kept.replies.close([lost_with(OWNER, each.id, each) for each in many[begin:] + many[:begin]]))

    with ThreadPoolExecutor(4) as pool:
        closed = [reply_id for some in pool.map(close, range(4)) for reply_id in some]

    assert sorted(closed) == sorted(each.id for each in many)
    assert (meters_of(kept)[EVERYBODY].nano_usd, meters_of(kept)[EVERYBODY].open_replies) == (60 * 60, 0)


@pytest.mark.parametrize(
    "budgets",
    [money_for(1), replace(PLENTY, visitor_requests_per_minute=1), replace(PLENTY, visitor_open_replies=1)],
    ids=["money", "requests", "open replies"],
)
def test_a_kept_reply_that_is_refused_keeps_nothing(kept: Storage, budgets: Budgets) -> None:
    small = with_budgets(kept, budgets)
    small.replies.open(opening(1, asked=asked(1)), OWNER, reservation("r1"))
    before = everything_in(kept)

    with pytest.raises((BudgetSpent, RateLimited, TooManyReplies)):
        small.replies.open(opening(2, asked=asked(2, "client-2")), OWNER, reservation("r2"))

    assert everything_in(kept) == before
    assert kept.replies.find(ALICE, "r2") is None
    assert kept.replies.find_asked(ALICE, "client-2") is None
    assert kept.conversation().leaf_id == "r1"


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(opening(2, conversation_id="c9"), id="no such conversation"),
        pytest.param(opening(2, visitor_id="nobody"), id="no such visitor"),
        pytest.param(opening(2, parent_id="r9"), id="no such message"),
        pytest.param(opening(2, parent_id="r1"), id="still being answered"),
    ],
)
def test_what_cannot_be_kept_reserves_nothing(kept: Storage, refused: Opening) -> None:
    kept.replies.open(opening(1), OWNER, reservation("r1"))
    before = everything_in(kept)

    with pytest.raises((NotFound, Conflict)):
        kept.replies.open(refused, OWNER, reservation("r2"))

    assert everything_in(kept) == before


def test_what_is_asked_again_under_the_same_id_reserves_once(kept: Storage) -> None:
    """Also where the budget is used up: nothing is spent for it."""
    small = with_budgets(kept, money_for(1))
    small.replies.open(opening(1, asked=asked(1)), OWNER, reservation("r1"))
    before = everything_in(kept)

    assert small.replies.open(opening(2, asked=asked(2)), OWNER, reservation("r2")) == asked(1)
    assert everything_in(kept) == before


@pytest.mark.parametrize(
    ("budgets", "kind"),
    [
        (money_for(5), BudgetSpent),
        (replace(PLENTY, visitor_daily_nano_usd=5 * COST), BudgetSpent),
        (replace(PLENTY, visitor_requests_per_minute=5), RateLimited),
        (replace(PLENTY, visitor_open_replies=5), TooManyReplies),
    ],
    ids=["everybody's money", "a visitor's money", "requests", "open replies"],
)
def test_of_many_at_the_same_moment_as_many_may_as_the_budget_is_for(
    storage: Storage, budgets: Budgets, kind: type[ChatError]
) -> None:
    small = with_budgets(storage, budgets)

    def ask(number: int) -> ChatError | None:
        try:
            small.ledger.reserve(reservation(f"r{number}", spender=HERE_ALICE), OWNER)
        except ChatError as error:
            return error
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        refused = [error for error in pool.map(ask, range(THREADS)) if error is not None]

    assert [type(error) for error in refused] == [kind] * (THREADS - 5)
    assert len(calls_in(storage.books)) == 5
    assert {each.open_replies for each in meters_of(storage).values()} == {5}


def test_of_many_at_both_doors_as_many_may_as_the_budget_is_for(kept: Storage) -> None:
    small = with_budgets(kept, money_for(5))

    def ask(number: int) -> bool:
        reserved = reservation(f"r{number}", spender=HERE_ALICE)
        try:
            if number % 2:
                small.ledger.reserve(reserved, OWNER)
            else:
                small.replies.open(opening(number), OWNER, reserved)
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(ask, range(1, THREADS + 1)))

    assert (done.count(True), len(calls_in(kept.books))) == (5, 5)
    assert len(kept.replies.running(ALICE)) == sum(done[1::2])


def test_settlements_among_reservations_lose_nothing(storage: Storage) -> None:
    spenders = [Spender("here", ALICE), Spender("there", ALICE), Spender("here", "bob"), Spender("there")]

    def call(number: int) -> None:
        for turn in range(4):
            reserved = reservation(f"r{number}-{turn}", spender=spenders[(number + turn) % 4])
            storage.ledger.reserve(reserved, OWNER)
            if turn % 2:
                storage.ledger.settle(settlement(reserved, number), OWNER)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(call, range(THREADS)))

    assert wrong_meters(storage) == {}


def wrong_meters(storage: Storage, day: int = TODAY) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Return the meters of a day that do not say what the rows do: both, the money and the open replies."""
    calls = calls_in(storage.books)
    wrong = {}
    for name, meter in meters_of(storage, day).items():
        own = [call for call in calls if name in (EVERYBODY, *Spender(call.address, call.visitor_id).meters)]
        money = sum(call.charged_nano_usd for call in own if day_of(call.reserved_at) == day)
        true = (money, sum(map(is_open, own)))
        if true != (said := (meter.nano_usd, meter.open_replies)):
            wrong[name] = (true, said)
    return wrong


SPENDERS = [Spender("here", ALICE), Spender("here"), Spender("there", ALICE), Spender("there", "bob")]
OWNERS = [OWNER, OTHER_OWNER]
TIGHT = Budgets(12 * COST, 6 * COST, 5, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(0, 7), st.integers(0, 3 * COST)),
        st.tuples(st.just("reserve"), st.integers(0, 7), st.integers(0, 3 * COST)),
        st.tuples(st.just("settle"), st.integers(0, 40), st.integers(0, 4 * COST)),
        st.tuples(st.just("settle"), st.integers(0, 40), st.integers(0, 4 * COST)),
        st.tuples(st.just("advance"), st.sampled_from([1, 999, 30_000, 60_000, 3_600_000, 86_400_000]), st.just(0)),
    ),
    max_size=40,
)


@dataclass
class Played:
    """A ledger while things happen to it; ``said`` is what it answered to each."""

    ledger: Ledger
    now_ms: int = 0
    made: list[tuple[Reservation, str]] = field(default_factory=list)
    said: list[object] = field(default_factory=list)

    def play(self, step: tuple[str, int, int]) -> None:
        name, number, nano_usd = step
        self.said.append(getattr(self, name)(number, nano_usd))

    def reserve(self, number: int, nano_usd: int) -> object:
        at = NOON + timedelta(milliseconds=self.now_ms)
        reserved = reservation(f"r{len(self.said)}", at, SPENDERS[number % 4], nano_usd=nano_usd)
        owner = OWNERS[number // 4]
        try:
            self.ledger.reserve(reserved, owner)
        except ChatError as error:
            return type(error), str(error), error.retry_after_seconds
        self.made.append((reserved, owner))
        return None

    def settle(self, number: int, nano_usd: int) -> object:
        if not self.made:
            return None
        reserved, owner = self.made[number % len(self.made)]
        who = OWNERS[0] if number >= 36 else owner  # now and then somebody else
        settled = self.ledger.settle(settlement(reserved, nano_usd), who)
        return None if settled is None else {(meter.name, meter.day, meter.nano_usd) for meter in settled.meters}

    def advance(self, milliseconds: int, _: int) -> None:
        self.now_ms += milliseconds

    @property
    def day(self) -> int:
        return day_of(NOON + timedelta(milliseconds=self.now_ms))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_meters_say_what_the_rows_do(
    storage: Storage, steps: Sequence[tuple[str, int, int]]
) -> None:
    empty(storage)
    played, in_memory = Played(with_budgets(storage, TIGHT).ledger), Played(MemoryLedger(MemoryDatabase(), TIGHT))

    for step in steps:
        played.play(step)
        in_memory.play(step)
        assert wrong_meters(storage, played.day) == {}
    assert played.said == in_memory.said  # each storage allows and refuses the same


def empty(storage: Storage) -> None:
    """Forget every call, as Hypothesis uses one storage for many examples."""
    database = storage.ledger._database  # type: ignore[attr-defined]
    if isinstance(database, Database):
        with database.writing() as connection:
            connection.execute(delete(ledger))
            connection.execute(delete(meters))
    else:
        database.ledger.clear()
        database.meters.clear()
