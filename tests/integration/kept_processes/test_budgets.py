"""Many ask at the same moment, of all processes and at all doors: no more may than there is budget for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatapp.adapters.catalog_file import read_catalog
from chatapp.fake import Gate, Rule, Script
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import FakeServer
from tests.databases import MakeDatabase
from tests.integration.caller import Heard
from tests.integration.kept_processes.visitor import Visitor, replies_of
from tests.ledger import settled_at, wrong_with
from tests.server import serving

REQUESTS, OF_ONE_VISITOR, ALLOWED = 200, 50, 5
VISITORS = 5
PATIENCE_SECONDS = 60.0
FROM_HERE = "10.0.0.1"

FOR_FIVE_USD = "0.003075"
"""Five calls may cost 0.003 dollars and their prompts, six may cost 0.0036."""

SETTINGS = {
    "OPENAI_API_KEY_CYB_SEC": "sk-canary-0be17c55",
    "CHATAPP_MAX_OUTPUT_TOKENS": "1000",
    "CHATAPP_TRUSTED_PROXIES": "127.0.0.1",
    "CHATAPP_DAILY_BUDGET_USD": "1000",
    "CHATAPP_VISITOR_DAILY_BUDGET_USD": "1000",
    "CHATAPP_VISITOR_REQUESTS_PER_MINUTE": "1000",
    "CHATAPP_VISITOR_OPEN_REPLIES": "1000",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Servers over one database and one provider, whose answers wait for the ``gate``."""

    ports: Sequence[int]
    fake: FakeServer
    gate: Gate
    database_url: str
    talks: list[tuple[Visitor, str]] = field(default_factory=list)

    def begin(self, talks: int, visitors: int) -> None:
        """Begin so many conversations of so many visitors."""
        people = [Visitor.new(self.ports[0]) for _ in range(visitors)]
        self.talks.extend((people[number % visitors], people[number % visitors].begins()) for number in range(talks))

    def ask_at_a_door(self, number: int) -> Heard:
        """Ask at one of the doors and of one of the servers, each in turn; return the whole answer."""
        if number % 3 == 0:
            return self.ask_in_a_conversation(number // 3)
        path = "/chat" if number % 3 == 1 else "/chat/stream"
        return self._send(Visitor(0), number, path, FROM_HERE)

    def ask_in_a_conversation(self, number: int, address: str = FROM_HERE) -> Heard:
        """Ask in the conversation of that number; return the whole answer."""
        visitor, talk = self.talks[number]
        return self._send(visitor, number, replies_of(talk), address)

    def _send(self, visitor: Visitor, number: int, path: str, address: str) -> Heard:
        port = self.ports[number % len(self.ports)]
        return visitor.at(port).sends("POST", path, {"message": "Hi"}, X_Forwarded_For=address)


MakeSite = Callable[..., AbstractContextManager[Site]]


SITES = ["sqlite", "postgresql", "two servers"]


@pytest.fixture
def site_with(request: pytest.FixtureRequest, tmp_path: Path) -> MakeSite:
    """Run a server of two workers, or two servers of one, with more settings, until the block ends."""
    make: MakeDatabase = request.getfixturevalue("fresh_sqlite" if request.param == "sqlite" else "fresh_postgres")
    servers, workers = (2, "1") if request.param == "two servers" else (1, "2")

    @contextmanager
    def site(gate: Gate, **more: str) -> Iterator[Site]:
        url = make()
        model = ScriptedModel(Script(rules=[Rule(reply=["Hello ", gate, "there."])]))
        with ExitStack() as stack:
            fake = stack.enter_context(FakeServer(model, read_catalog()))
            ours = SETTINGS | {
                "OPENAI_BASE_URL": fake.url,
                "CHATAPP_DATABASE_URL": url,
                "CHATAPP_WORKERS": workers,
            }
            ports = []
            for number in range(servers):
                folder = tmp_path / f"{number}"
                folder.mkdir()
                ports.append(stack.enter_context(serving(folder, **(ours | more))).port)
            yield Site(ports, fake, gate, url)

    return site


def answers(site: Site, ask: Callable[[int], Heard], requests: int = REQUESTS) -> tuple[list[Heard], list[Heard]]:
    """Ask for all at once, and open the gate when all that must be refused are; return what was answered, and those."""
    with ThreadPoolExecutor(requests) as pool:
        pending: set[Future[Heard]] = {pool.submit(ask, number) for number in range(requests)}
        heard: list[Heard] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while pending and sum(each.status == 429 for each in heard) < requests - ALLOWED:
            done, pending = wait(pending, max(0.0, deadline - time.monotonic()), FIRST_COMPLETED)
            heard += [future.result() for future in done]
            if not done:
                break
        site.gate.open()
        heard += [future.result() for future in pending]
    return [each for each in heard if each.status != 429], [each for each in heard if each.status == 429]


def require_five(site: Site, answered: Sequence[Heard], refused: Sequence[Heard], code: str, sentence: str) -> None:
    """Fail unless five were answered and asked the provider, and all others were refused in these words."""
    rows = settled_at(site.database_url)

    assert {each.status for each in answered} <= {200, 202}
    assert (len(answered), len(site.fake.model.calls), len(rows)) == (ALLOWED, ALLOWED, ALLOWED)
    assert wrong_with(rows, site.fake.model.calls) == []
    assert {each.json["code"] for each in refused} == {code}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    assert all(sentence in each.json["error"] for each in refused), {each.json["error"] for each in refused}


LIMITS: Mapping[str, tuple[str, str, str]] = {
    "CHATAPP_DAILY_BUDGET_USD": (FOR_FIVE_USD, "budget_spent", "What this server may spend in a day is nearly used up"),
    "CHATAPP_VISITOR_DAILY_BUDGET_USD": (FOR_FIVE_USD, "budget_spent", "What may be spent for one visitor, or from"),
    "CHATAPP_VISITOR_OPEN_REPLIES": ("5", "too_many_replies", "Several answers are still being written for you."),
}


@pytest.mark.parametrize(
    ("site_with", "limit"),
    [
        *((site, "CHATAPP_DAILY_BUDGET_USD") for site in SITES),
        ("postgresql", "CHATAPP_VISITOR_DAILY_BUDGET_USD"),
        ("sqlite", "CHATAPP_VISITOR_OPEN_REPLIES"),
    ],
    indirect=["site_with"],
)
def test_of_many_at_all_doors_five_reach_the_provider(site_with: MakeSite, limit: str) -> None:
    amount, code, sentence = LIMITS[limit]
    with site_with(Gate(), **{limit: amount}) as site:
        site.begin(talks=REQUESTS // 3 + 1, visitors=VISITORS)
        answered, refused = answers(site, site.ask_at_a_door)

        require_five(site, answered, refused, code, sentence)


@pytest.mark.parametrize("site_with", SITES, indirect=True)
def test_of_many_in_a_minute_five_reach_the_provider(site_with: MakeSite) -> None:
    gate = Gate()
    gate.open()  # each answer is at once over
    with site_with(gate, CHATAPP_VISITOR_REQUESTS_PER_MINUTE="5") as site:
        site.begin(talks=REQUESTS // 3 + 1, visitors=VISITORS)
        answered, refused = answers(site, site.ask_at_a_door)

        require_five(site, answered, refused, "rate_limited", "Too many messages came from you, or from your internet")


@pytest.mark.parametrize("site_with", ["two servers"], indirect=True)
def test_of_one_visitor_at_many_addresses_five_reach_the_provider(site_with: MakeSite) -> None:
    with site_with(Gate(), CHATAPP_VISITOR_DAILY_BUDGET_USD=FOR_FIVE_USD) as site:
        site.begin(talks=OF_ONE_VISITOR, visitors=1)
        answered, refused = answers(
            site, lambda number: site.ask_in_a_conversation(number, f"10.0.1.{number}"), OF_ONE_VISITOR
        )

        require_five(site, answered, refused, "budget_spent", "What may be spent for one visitor, or from one internet")
