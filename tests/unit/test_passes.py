"""Passes of a server with a password: given, recognised and ended; and how often an address may guess."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from chatapp.adapters.memory import MemoryVisitorStore
from chatapp.domain import passes as module
from chatapp.domain import tickets
from chatapp.domain.errors import RateLimited, StorageUnavailable
from chatapp.domain.passes import PASS_LIFE, TRIES_GOOD_FOR_SECONDS, WRONG_TRIES_AN_HOUR, Passes
from chatapp.domain.visitors import KEYS_GOOD_FOR_SECONDS, SECONDS_AN_HOUR, VisitorService, new_key
from tests.unit.making_replies import Stage

PASSWORD = "let me in"
HERE, THERE = "192.0.2.1", "192.0.2.2"


class CountingStore(MemoryVisitorStore):
    """A store that counts how often tries were read and written, and keys read; it may be out of reach."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.database)
        self.reads = self.writes = self.key_reads = 0
        self.is_gone = False

    def keys(self) -> Mapping[str, bytes]:
        if self.is_gone:
            raise StorageUnavailable
        self.key_reads += 1
        return super().keys()

    def visits(self, address: str, hour: int) -> int:
        self.reads += 1
        return super().visits(address, hour)

    def count_visit(self, address: str, hour: int) -> int:
        self.writes += 1
        return super().count_visit(address, hour)


@dataclass(slots=True)
class House:
    """A storage, and the passes of processes that share it."""

    stage: Stage = field(default_factory=Stage)
    store: CountingStore = field(init=False)
    visitors: VisitorService = field(init=False)

    def __post_init__(self) -> None:
        """Put it together."""
        self.store = CountingStore(self.stage)
        self.visitors = self._process()

    def passes(self, password: str = PASSWORD) -> Passes:
        """Return the passes of a new process, with this password."""
        return Passes(password, self._process(), self.store, self.stage.clock)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.stage.clock.advance(seconds)

    def rotate(self, *, forget_others: bool = False) -> None:
        """Have passes signed with a new key from now on."""
        self.store.add_key(*new_key(), forget_others=forget_others)

    def token(self) -> str:
        """Return the token of a new visitor, without a pass."""
        return self.visitors.token_of(self.visitors.welcome())

    def _process(self) -> VisitorService:
        stage = self.stage
        return VisitorService(self.store, stage.replies, stage.clock, iter(["v1", "v2", "v3"]).__next__, 90)


@pytest.fixture
def house() -> House:
    return House()


def says(passes: Passes, password: str, address: str = HERE) -> bool:
    return passes.is_right(password.encode(), address)


def wrong(passes: Passes, times: int, address: str = HERE) -> None:
    for number in range(times):
        assert not says(passes, f"guess {number}", address)


def test_the_password_is_right_and_nothing_else_is(house: House) -> None:
    passes = house.passes()

    assert says(passes, PASSWORD)
    for other in ("", "x", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), PASSWORD + " ", "é"):
        assert not says(passes, other), other


def test_a_password_may_be_of_any_letters(house: House) -> None:
    assert says(house.passes("пароль 🔑"), "пароль 🔑")


def test_secrets_are_compared_in_constant_time() -> None:
    tree = ast.parse(inspect.getsource(module) + inspect.getsource(tickets))
    equal = [node for node in ast.walk(tree) if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "compare_digest"]

    assert [ast.unparse(node) for node in equal] == ["known.hour == hour"]
    assert len(calls) == 2


def test_a_cookie_lets_in_for_thirty_days_at_every_process(house: House) -> None:
    cookie = house.passes().new_cookie()
    other = house.passes()

    house.advance(PASS_LIFE.total_seconds() - 1)
    assert other.admits_cookie(cookie)
    house.advance(1)
    assert not other.admits_cookie(cookie)


def test_a_cookie_tampered_with_anywhere_lets_nobody_in(house: House) -> None:
    passes = house.passes()
    cookie = passes.new_cookie()

    for place, sign in enumerate(cookie):
        other = cookie[:place] + ("1" if sign != "1" else "2") + cookie[place + 1 :]
        assert not passes.admits_cookie(other), other


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda cookie: "", id="empty"),
        pytest.param(lambda cookie: "..", id="dots alone"),
        pytest.param(lambda cookie: cookie + ".0", id="one part more"),
        pytest.param(lambda cookie: cookie.rpartition(".")[0], id="without signature"),
        pytest.param(lambda cookie: cookie[:-1] + "é", id="beyond ASCII"),
        pytest.param(lambda cookie: cookie.replace(".", ".+", 1), id="another way to write the number"),
    ],
)
def test_what_is_no_cookie_lets_nobody_in(house: House, other: Callable[[str], str]) -> None:
    passes = house.passes()

    assert not passes.admits_cookie(other(passes.new_cookie()))


def test_a_token_with_a_pass_lets_in_and_one_without_does_not(house: House) -> None:
    passes, token = house.passes(), house.token()
    with_pass = passes.with_pass(token)

    assert house.passes().admits_token(with_pass)
    assert not passes.admits_token(token)
    assert (passes.is_token(token), passes.is_token(with_pass), passes.is_token("a.b.c")) == (True, True, False)
    assert house.visitors.require(with_pass) == house.visitors.require(token) == "v1"


def test_a_pass_of_one_visitor_is_none_for_another(house: House) -> None:
    passes = house.passes()
    door_pass = passes.with_pass(house.token()).rpartition(".")[2]

    assert not passes.admits_token(f"{house.token()}.{door_pass}")


def test_cookies_and_tokens_do_not_stand_for_each_other(house: House) -> None:
    passes = house.passes()
    token, cookie = passes.with_pass(house.token()), passes.new_cookie()

    assert not passes.admits_cookie(token)
    assert not passes.admits_token(cookie)
    assert house.visitors.recognise(cookie) is None


def test_another_password_ends_cookies_and_passes_of_tokens(house: House) -> None:
    before = house.passes()
    token, cookie = before.with_pass(house.token()), before.new_cookie()

    after = house.passes("another one")

    assert not after.admits_cookie(cookie)
    assert not after.admits_token(token)
    assert after.is_token(token)
    assert before.admits_cookie(cookie)


def test_passes_outlive_a_new_key_and_end_with_a_forgotten_one(house: House) -> None:
    passes = house.passes()
    token, cookie = passes.with_pass(house.token()), passes.new_cookie()

    house.rotate()
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)
    assert (passes.admits_cookie(cookie), passes.admits_token(token)) == (True, True)
    house.rotate(forget_others=True)
    house.advance(KEYS_GOOD_FOR_SECONDS + 1)
    assert (passes.admits_cookie(cookie), passes.admits_token(token)) == (False, False)


def test_passes_are_looked_at_without_the_storage(house: House) -> None:
    passes = house.passes()
    token, cookie = passes.with_pass(house.token()), passes.new_cookie()
    before = house.store.key_reads

    for _ in range(20):
        assert passes.admits_cookie(cookie)
        assert passes.admits_token(token)
        assert says(passes, PASSWORD)

    assert (house.store.key_reads - before, house.store.reads, house.store.writes) == (0, 1, 0)


def test_who_has_a_pass_is_let_in_while_the_storage_is_out_of_reach(house: House) -> None:
    passes = house.passes()
    cookie = passes.new_cookie()
    house.store.is_gone = True

    house.advance(KEYS_GOOD_FOR_SECONDS + 1)

    assert passes.admits_cookie(cookie)
    with pytest.raises(StorageUnavailable):
        passes.admits_cookie("x" + cookie)


def test_after_ten_wrong_tries_not_even_the_right_password_counts_until_the_hour_is_over(house: House) -> None:
    passes = house.passes()
    house.advance(SECONDS_AN_HOUR / 4)
    wrong(passes, WRONG_TRIES_AN_HOUR)

    for password in ("guess", PASSWORD):
        with pytest.raises(RateLimited, match="address") as refusal:
            says(passes, password)
        assert refusal.value.retry_after_seconds == SECONDS_AN_HOUR * 3 / 4
    assert says(passes, PASSWORD, THERE)
    house.advance(SECONDS_AN_HOUR * 3 / 4)
    assert says(passes, PASSWORD)


def test_right_tries_are_not_counted(house: House) -> None:
    passes = house.passes()

    for _ in range(5 * WRONG_TRIES_AN_HOUR):
        assert says(passes, PASSWORD)

    assert house.store.writes == 0


def test_a_pass_is_good_from_an_address_that_was_wrong_too_often(house: House) -> None:
    passes = house.passes()
    token, cookie = passes.with_pass(house.token()), passes.new_cookie()

    wrong(passes, WRONG_TRIES_AN_HOUR)

    assert (passes.admits_cookie(cookie), passes.admits_token(token)) == (True, True)


def test_tries_are_counted_over_all_processes(house: House) -> None:
    one, two = house.passes(), house.passes()
    assert says(two, PASSWORD)
    wrong(one, WRONG_TRIES_AN_HOUR)

    with pytest.raises(RateLimited):
        says(two, "its first guess")
    with pytest.raises(RateLimited):
        says(two, PASSWORD)
    with pytest.raises(RateLimited):
        says(house.passes(), PASSWORD)


def test_a_process_that_was_asked_nothing_wrong_notices_tries_elsewhere_after_a_while(house: House) -> None:
    one, two = house.passes(), house.passes()
    assert says(two, PASSWORD)
    wrong(one, WRONG_TRIES_AN_HOUR)

    house.advance(TRIES_GOOD_FOR_SECONDS + 1)

    with pytest.raises(RateLimited):
        says(two, PASSWORD)


def test_who_is_limited_costs_no_writes_and_few_reads(house: House) -> None:
    passes = house.passes()
    wrong(passes, WRONG_TRIES_AN_HOUR)
    before = house.store.reads

    for _ in range(100):
        with pytest.raises(RateLimited):
            says(passes, "guess")
        house.advance(TRIES_GOOD_FOR_SECONDS / 5)

    assert house.store.writes == WRONG_TRIES_AN_HOUR
    assert house.store.reads - before <= 100 / 5 + 1


def test_of_many_who_try_at_the_same_moment_ten_are_heard() -> None:
    """While one wrong try is being counted, the next one comes; the last is the right password."""

    class SlowStore(CountingStore):
        def count_visit(self, address: str, hour: int) -> int:
            for password in waiting:
                try:
                    heard.append(str(says(passes, password)))
                except RateLimited:
                    heard.append("limited")
            return super().count_visit(address, hour)

    waiting, heard = iter(["guess"] * (WRONG_TRIES_AN_HOUR - 1) + [PASSWORD]), list[str]()
    house = House()
    house.store = SlowStore(house.stage)
    passes = house.passes()

    wrong(passes, 1)

    assert heard == ["limited", *["False"] * (WRONG_TRIES_AN_HOUR - 1)]


def test_wrong_tries_and_new_visitors_are_counted_apart(house: House) -> None:
    passes = house.passes()
    wrong(passes, WRONG_TRIES_AN_HOUR)

    assert house.visitors.welcome_from(house.visitors.address_name(HERE)) == "v1"


def test_no_address_and_no_password_is_kept_as_it_is(house: House) -> None:
    wrong(house.passes(), 1)

    kept = repr(house.stage.database.visits)
    assert HERE not in kept
    assert "guess" not in kept
    assert all(len(address) <= 64 for address, _ in house.stage.database.visits)
