"""Visitors: recognised by their tokens, welcomed, brought to other devices, and forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from chatapp.adapters.memory import MemoryConversationStore, MemoryVisitorStore
from chatapp.domain.errors import NotFound, RateLimited, StorageUnavailable, Unauthorized
from chatapp.domain.reply import ReplyState
from chatapp.domain.stores import VisitorStore
from chatapp.domain.visitors import (
    HANDOFF_LIFE,
    KEYS_GOOD_FOR_SECONDS,
    NEW_VISITORS_AN_HOUR,
    REMOVALS_AT_ONCE,
    REMOVALS_EVERY_SECONDS,
    SECONDS_AN_HOUR,
    SEEN_EVERY,
    Known,
    VisitorService,
    new_key,
)
from tests.unit.deterministic import NOON, SteppedRunner
from tests.unit.making_replies import ALICE, Stage

A_DAY_SECONDS = 86_400.0


class ExactStore(MemoryVisitorStore):
    """A store that counts how often keys were read and visits noted.

    It cuts removals short, and takes no visits, while it is told to; ``after_reading`` is done once, after keys were.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.database)
        self.key_reads = 0
        self.noted: list[datetime] = []
        self.cut_short: set[str] = set()
        self.cuts = False
        self.is_locked = False
        self.after_reading: Callable[[], None] | None = None

    def keys(self) -> Mapping[str, bytes]:
        self.key_reads += 1
        keys = dict(super().keys())
        deed, self.after_reading = self.after_reading, None
        if deed is not None:
            deed()
        return keys

    def note_seen(self, visitor_id: str, now: datetime) -> None:
        if self.is_locked:
            raise StorageUnavailable
        self.noted.append(now)
        super().note_seen(visitor_id, now)

    def remove(self, visitor_id: str) -> None:
        self.cut_short.discard(visitor_id)
        if self.cuts:
            self.cut_short.add(visitor_id)
        super().remove(visitor_id)

    def unseen_since(self, moment: datetime, limit: int) -> Sequence[str]:
        return [*self.cut_short, *super().unseen_since(moment, limit)][:limit]


@dataclass(slots=True)
class House:
    """The service of one process over a storage. Visitors are called ``v1``, ``v2``, …"""

    stage: Stage = field(default_factory=Stage)
    retention_days: int = 90
    store: ExactStore = field(init=False)
    visitors: VisitorService = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        """Put the service together."""
        self.store = ExactStore(self.stage)
        self.visitors = self.another_process()

    def another_process(self) -> VisitorService:
        """Return the service of another process over the same storage."""
        store: VisitorStore = self.store
        return VisitorService(store, self.stage.replies, self.stage.clock, self._new_id, self.retention_days)

    def rotate(self, *, forget_others: bool = False) -> None:
        """Have tokens signed with a new key from now on."""
        self.store.add_key(*new_key(), forget_others=forget_others)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.stage.clock.advance(seconds)

    def is_here(self, visitor_id: str) -> bool:
        """Tell whether the visitor is still kept."""
        return self.store.seen_at(visitor_id) is not None

    def _new_id(self) -> str:
        self.made += 1
        return f"v{self.made}"


def token(house: House) -> str:
    """Return the token of a new visitor."""
    return house.visitors.token_of(house.visitors.welcome())


def test_a_new_visitor_is_recognised_by_their_token() -> None:
    house = House()
    made = token(house)

    assert (house.visitors.recognise(made), house.visitors.require(made)) == (Known("v1"), "v1")
    assert house.another_process().recognise(made) == Known("v1")


def test_a_token_tampered_with_anywhere_is_not_good() -> None:
    house = House()
    made = token(house)
    house.visitors.welcome()

    for place, sign in enumerate(made):
        other = made[:place] + ("1" if sign != "1" else "2") + made[place + 1 :]
        assert house.visitors.recognise(other) is None, other


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda made: "", id="empty"),
        pytest.param(lambda made: "..", id="dots alone"),
        pytest.param(lambda made: made.split(".")[0], id="a visitor alone"),
        pytest.param(lambda made: made.rpartition(".")[0], id="without signature"),
        pytest.param(lambda made: made.rpartition(".")[0] + ".", id="with an empty signature"),
        pytest.param(lambda made: made[:-1], id="cut"),
        pytest.param(lambda made: made + "0", id="longer"),
        pytest.param(lambda made: made + ".0.0", id="with two parts more"),
        pytest.param(lambda made: " " + made, id="with a blank before it"),
        pytest.param(lambda made: "v2" + made[2:], id="another visitor's id"),
        pytest.param(lambda made: made.upper(), id="in capitals"),
        pytest.param(lambda made: made[:-1] + "é", id="beyond ASCII"),
    ],
)
def test_what_is_no_token_is_not_good(other: Callable[[str], str]) -> None:
    house = House()
    made = token(house)
    house.visitors.welcome()

    assert house.visitors.recognise(other(made)) is None
    with pytest.raises(Unauthorized, match="not valid"):
        house.visitors.require(other(made))


def test_a_token_with_a_pass_is_as_good_as_one_without() -> None:
    house = House()

    assert house.visitors.recognise(token(house) + ".0") == Known("v1")


def test_a_token_for_a_site_is_good_from_there_alone() -> None:
    house = House()
    made = house.visitors.token_of(house.visitors.welcome(), "https://shop.example")

    assert house.visitors.recognise(made, {"https://SHOP.example"}) == Known("v1")
    for origins in ([], [""], ["https://shop.example.evil.example"], ["http://shop.example", "null"]):
        assert house.visitors.recognise(made, origins) is None
    with pytest.raises(Unauthorized):
        house.visitors.require(made, ["https://blog.example"])


def test_a_site_can_neither_be_taken_out_of_a_token_nor_be_changed() -> None:
    house = House()
    visitor_id = house.visitors.welcome()
    bound, free = house.visitors.token_of(visitor_id, "https://shop.example"), house.visitors.token_of(visitor_id)
    other = house.visitors.token_of(visitor_id, "https://blog.example")
    swapped = [other.partition(".")[0] + bound[bound.index(".") :], free.partition(".")[0] + bound[bound.index(".") :]]

    assert [house.visitors.recognise(token, ["https://blog.example"]) for token in swapped] == [None, None]
    assert [house.visitors.is_bound(token) for token in (bound, free, *swapped)] == [True, False, False, False]


def test_a_token_for_a_site_that_is_signed_anew_stays_bound() -> None:
    house = House()
    old = house.visitors.token_of(house.visitors.welcome(), "https://shop.example")
    house.rotate()
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)

    known = house.visitors.recognise(old, ["https://shop.example"])

    assert known is not None
    assert known.new_token is not None
    assert known.new_token != old
    assert house.visitors.is_bound(known.new_token)


def test_the_token_of_a_removed_visitor_is_not_good() -> None:
    house = House()
    made = token(house)

    house.visitors.forget("v1")

    assert house.visitors.recognise(made) is None


def test_a_token_signed_with_an_older_key_stays_good_and_a_new_one_comes_in_its_place() -> None:
    house = House()
    old = token(house)

    house.rotate()
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)

    new = house.visitors.token_of("v1")
    assert new != old
    assert (house.visitors.recognise(old), house.visitors.recognise(new)) == (Known("v1", new), Known("v1"))


def test_a_token_signed_with_a_forgotten_key_is_not_good_any_more() -> None:
    house = House()
    old = token(house)

    house.rotate(forget_others=True)
    assert house.visitors.require(old) == "v1"
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)

    assert house.visitors.recognise(old) is None
    assert house.visitors.require(house.visitors.token_of("v1")) == "v1"


def test_keys_are_read_again_after_a_while_and_not_before() -> None:
    house = House()
    made = token(house)

    for _ in range(20):
        house.visitors.recognise(made)
        house.advance(KEYS_GOOD_FOR_SECONDS / 10)
    reads = house.store.key_reads
    house.advance(KEYS_GOOD_FOR_SECONDS)
    house.visitors.recognise(made)

    assert (reads, house.store.key_reads) == (2, 3)


def test_a_token_that_another_process_has_signed_with_a_newer_key_is_recognised_at_once() -> None:
    house = House()
    token(house)
    house.rotate()

    newer = house.another_process().token_of("v1")

    assert house.visitors.recognise(newer) == Known("v1")


def test_no_new_token_is_signed_with_a_key_that_was_just_forgotten() -> None:
    house = House()
    token(house)

    house.rotate(forget_others=True)
    made = token(house)
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)

    assert house.visitors.require(made) == "v2"


def test_keys_that_were_read_before_do_not_take_the_place_of_newer_ones() -> None:
    def read_later() -> None:
        house.advance(1)
        house.rotate(forget_others=True)
        house.visitors.token_of("v1")

    house = House()
    old = token(house)
    house.store.after_reading = read_later
    house.visitors.token_of("v1")

    assert house.visitors.recognise(old) is None


def test_a_visitor_is_recognised_while_visits_cannot_be_noted() -> None:
    house = House()
    made = token(house)
    house.store.is_locked = True

    house.advance(SEEN_EVERY.total_seconds() + 1)

    assert house.visitors.require(made) == "v1"
    house.store.is_locked = False
    house.visitors.recognise(made)
    assert len(house.store.noted) == 1


def test_who_comes_again_is_given_their_token_anew_so_that_their_browser_keeps_it() -> None:
    house = House()
    made = token(house)

    house.advance(SEEN_EVERY.total_seconds() + 1)

    assert [house.visitors.recognise(made) for _ in range(2)] == [Known("v1", made), Known("v1")]


def test_a_visit_is_noted_at_most_every_twelve_hours() -> None:
    house = House()
    made = token(house)

    for _ in range(100):
        house.advance(3600)
        house.visitors.recognise(made)

    steps = [later - earlier for earlier, later in zip([NOON, *house.store.noted], house.store.noted, strict=False)]
    assert steps == [SEEN_EVERY + timedelta(hours=1)] * 7


def test_only_so_many_new_visitors_come_from_an_address_in_an_hour() -> None:
    house = House()
    house.advance(SECONDS_AN_HOUR / 4)
    for _ in range(NEW_VISITORS_AN_HOUR):
        house.visitors.welcome_from("here")

    with pytest.raises(RateLimited, match="address") as refusal:
        house.visitors.welcome_from("here")
    assert refusal.value.retry_after_seconds == SECONDS_AN_HOUR * 3 / 4
    assert house.made == NEW_VISITORS_AN_HOUR
    assert house.is_here(house.visitors.welcome_from("elsewhere"))
    house.advance(SECONDS_AN_HOUR * 3 / 4)
    assert house.is_here(house.visitors.welcome_from("here"))


def test_a_visitor_who_is_forgotten_leaves_nothing_and_nothing_runs_on() -> None:
    house = House(Stage(runner=SteppedRunner()))
    followers = [house.stage.open() for _ in range(2)]

    house.visitors.forget(ALICE)

    outcomes = [follower.wait_for_outcome() for follower in followers]
    assert [outcome and outcome.state for outcome in outcomes] == [ReplyState.STOPPED] * 2
    assert (house.is_here(ALICE), house.stage.replies.open_replies) == (False, 0)
    assert list(MemoryConversationStore(house.stage.database).listed(ALICE, None, 10)) == []


def test_a_link_brings_a_visitor_to_another_device_once() -> None:
    house = House()
    visitor_id = house.visitors.welcome()
    secret = house.visitors.hand_over(visitor_id)
    house.advance(HANDOFF_LIFE.total_seconds() - 1)

    assert house.another_process().take_over(secret) == visitor_id
    with pytest.raises(NotFound, match="used already"):
        house.visitors.take_over(secret)


@pytest.mark.parametrize("secret", ["", "nonsense"])
def test_an_unknown_link_brings_nobody(secret: str) -> None:
    house = House()
    house.visitors.hand_over(house.visitors.welcome())

    with pytest.raises(NotFound, match="make a new one"):
        house.visitors.take_over(secret)


def test_a_link_is_good_for_ten_minutes() -> None:
    house = House()
    secret = house.visitors.hand_over(house.visitors.welcome())

    house.advance(HANDOFF_LIFE.total_seconds())

    with pytest.raises(NotFound, match="older than ten minutes"):
        house.visitors.take_over(secret)


def test_a_link_of_a_visitor_who_is_gone_brings_nobody() -> None:
    house = House()
    visitor_id = house.visitors.welcome()
    secret = house.visitors.hand_over(visitor_id)

    house.visitors.forget(visitor_id)

    for given in (secret, house.visitors.hand_over(visitor_id)):
        with pytest.raises(NotFound):
            house.visitors.take_over(given)


def test_a_secret_is_not_kept_as_it_is() -> None:
    house = House()

    secret = house.visitors.hand_over(house.visitors.welcome())

    assert secret not in repr(house.stage.database.handoffs)
    assert len(secret) >= 32


def test_visitors_who_were_not_here_for_too_long_are_removed() -> None:
    house = House(retention_days=90)
    gone, back = house.visitors.welcome(), house.visitors.welcome()
    house.advance(60 * A_DAY_SECONDS)
    house.visitors.recognise(house.visitors.token_of(back))
    late = house.visitors.welcome()
    house.advance(30 * A_DAY_SECONDS)
    house.visitors.beat()
    before = house.is_here(gone)

    house.advance(REMOVALS_EVERY_SECONDS)
    house.visitors.beat()

    assert before
    assert [house.is_here(visitor_id) for visitor_id in (gone, back, late)] == [False, True, True]


def test_without_retention_nobody_is_removed() -> None:
    house = House(retention_days=0)
    visitor_id = house.visitors.welcome()

    house.advance(10_000 * A_DAY_SECONDS)
    house.visitors.beat()

    assert house.is_here(visitor_id)


@pytest.mark.parametrize("retention_days", [0, 90])
def test_a_removal_that_was_cut_short_is_brought_to_its_end(retention_days: int) -> None:
    house = House(retention_days=retention_days)
    house.store.cuts = True
    house.visitors.forget(house.visitors.welcome())
    house.store.cuts = False

    house.advance(REMOVALS_EVERY_SECONDS)
    house.visitors.beat()

    assert house.store.cut_short == set()


def test_removals_come_some_at_a_time_until_none_is_left() -> None:
    house = House(retention_days=1)
    visitors = [house.visitors.welcome() for _ in range(2 * REMOVALS_AT_ONCE + 5)]
    house.advance(2 * A_DAY_SECONDS)
    left = []

    for _ in range(4):
        house.visitors.beat()
        left.append(sum(house.is_here(visitor_id) for visitor_id in visitors))
        house.advance(1)

    assert left == [REMOVALS_AT_ONCE + 5, 5, 0, 0]


def test_removals_are_looked_for_from_time_to_time() -> None:
    house = House(retention_days=1)
    house.advance(REMOVALS_EVERY_SECONDS)
    house.visitors.beat()
    visitor_id = house.visitors.welcome()
    house.advance(2 * A_DAY_SECONDS)
    house.visitors.beat()
    late = house.visitors.welcome()
    house.store.add(late + "x", NOON)

    house.advance(REMOVALS_EVERY_SECONDS / 2)
    house.visitors.beat()
    too_early = house.is_here(late + "x")
    house.advance(REMOVALS_EVERY_SECONDS / 2)
    house.visitors.beat()

    assert (house.is_here(visitor_id), too_early, house.is_here(late + "x")) == (False, True, False)
