"""Every door of the server: which can spend the owner's money, which cannot, and that there is one way to the model.

A new route must be written down here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from chatapp.adapters.memory import MemoryBooks
from chatapp.container import Container
from chatapp.domain.books import Book, Call
from chatapp.domain.budgets import Budgets
from chatapp.domain.errors import BudgetSpent, ChatError, NotFound, StorageUnavailable
from chatapp.domain.kept import Asked, Opening
from chatapp.domain.ledger import Reservation, Settled, Settlement
from tests.integration.app_under_test import Answer, AppUnderTest, app_with
from tests.integration.kept.people import EVENTS, Person
from tests.ledger import calls_in, is_open
from tests.samples import SPENDER, question
from tests.unit.making_replies import Stage
from tests.unit.two_processes import ShakyStore

ASK, ASK_FOR_EVENTS = "POST /chat", "POST /chat/stream"
ASK_IN_A_CONVERSATION = "POST /api/conversations/<id:conversation_id>/replies"

SPENDING = [ASK, ASK_FOR_EVENTS, ASK_IN_A_CONVERSATION]
"""What asks a model."""

FREE = [
    "DELETE /api/conversations/<id:conversation_id>",
    "DELETE /api/me",
    "GET /",
    "GET /api",
    "GET /api/conversations",
    "GET /api/conversations/<id:conversation_id>",
    "GET /api/conversations/<id:conversation_id>/export",
    "GET /api/docs",
    "GET /api/export",
    "GET /api/openapi.json",
    "GET /api/replies/<id:reply_id>",
    "GET /api/replies/<id:reply_id>/events",
    "GET /api/widget",
    "GET /chat",
    "GET /favicon.ico",
    "GET /favicon.svg",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /models",
    "GET /preferences",
    "GET /manifest.webmanifest",
    "GET /robots.txt",
    "GET /service-worker.js",
    "GET /widget",
    "GET /widget.js",
    "GET /widget/<name>",
    "GET /static/<name>",
    "GET /usage",
    "GET /usage/calls.csv",
    "GET /usage/open",
    "PATCH /api/conversations/<id:conversation_id>",
    "POST /api/conversations",
    "POST /api/handoffs",
    "POST /api/import",
    "POST /api/login",
    "POST /api/me/handoffs",
    "POST /api/replies/<id:reply_id>/stop",
    "POST /api/visitors",
]
"""Everything else."""

ROOT = Path(__file__).parents[2] / "chatapp"
FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("password", [None, "open sesame"])
def test_every_route_is_known(password: str | None) -> None:
    routes = {
        f"{method} {rule.rule}"
        for rule in app_with(password=password).flask.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert sorted(routes) == sorted([*SPENDING, *FREE])


def ask_at(door: str, app: AppUnderTest, person: Person) -> Answer:
    """Ask at one of the doors; return the answer, which must have come to its end."""
    if door == ASK_IN_A_CONVERSATION:
        return person.posts(f"/api/conversations/{person.begins()}/replies", {"message": "Hi"}, Accept=EVENTS)
    return app.post(door.removeprefix("POST "))


def rows_of(app: AppUnderTest) -> list[Call]:
    """Return the ledger of an application whose model is the fake."""
    return calls_in(MemoryBooks(app.database, Book.FAKE), Book.FAKE)


@pytest.mark.parametrize("door", SPENDING)
@pytest.mark.parametrize("budget", [{"daily_budget": 0}, {"visitor_daily_budget": 0}], ids=["everybody's", "one's"])
def test_with_a_budget_of_nothing_no_door_asks_the_model(door: str, budget: dict[str, Any]) -> None:
    app = app_with(**budget)

    answer = ask_at(door, app, Person(app))

    assert (answer.status, answer.code) == (429, "budget_spent")
    assert int(answer.headers["Retry-After"]) > 0
    assert (app.calls, rows_of(app)) == ([], [])


@pytest.mark.parametrize("door", SPENDING)
def test_every_call_of_the_model_has_one_row_with_its_name(door: str) -> None:
    app = app_with()
    person = Person(app)

    for _ in range(3):
        assert ask_at(door, app, person).status in (200, 201)

    rows = rows_of(app)
    assert [row.provider_request_id for row in rows] == [call.id for call in app.calls]
    assert [row.charged_nano_usd for row in rows] == [call.bill.nano_usd for call in app.calls]
    assert (len(rows), [row for row in rows if is_open(row)]) == (3, [])


@pytest.mark.parametrize("route", FREE)
def test_no_other_door_asks_the_model(route: str) -> None:
    app = app_with()
    person = Person(app)
    talk = person.begins()
    method, path = route.split(" ", 1)
    path = path.replace("<id:conversation_id>", talk).replace("<id:reply_id>", "r1").replace("<name>", "chat.js")

    for body in (None, {}, {"message": "Hi"}, {"message": "Hi", "title": "Hi", "leaf_id": "r1"}):
        if method != "GET" or body is None:
            assert person.sends(method, path, body).status < 500

    assert (app.calls, rows_of(app)) == ([], [])


class CallsOf(ast.NodeVisitor):
    """Finds where ``receiver.method(…)`` is called: as class and function."""

    def __init__(self, receiver: str, method: str) -> None:
        self.found: list[str] = []
        self._receiver = receiver
        self._method = method
        self._inside: list[str] = []

    def visit_scope(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = visit_scope  # noqa: N815 - ast's names

    def visit_Attribute(self, node: ast.Attribute) -> None:
        # Not only calls: whoever takes the method along may call it elsewhere.
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if node.attr == self._method and name.lower().strip("_").endswith(self._receiver):
            self.found.append(".".join(self._inside))
        self.generic_visit(node)


def used_in(receiver: str, method: str) -> list[str]:
    """Return where a method of something with such a name is used, in the whole package."""
    found = []
    for file in FILES:
        calls = CallsOf(receiver, method)
        calls.visit(ast.parse(file.read_text("utf-8")))
        found += [f"{file.relative_to(ROOT)}: {place}" for place in calls.found]
    return found


def importers_of(*names: str) -> set[str]:
    """Return the modules that import one of these names, in any way."""
    return {
        str(file.relative_to(ROOT))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and any(alias.name in names for alias in node.names)
    }


def test_the_driver_alone_asks_a_model() -> None:
    assert used_in("model", "open") == ["domain/driving.py: Driver._drive"]
    assert importers_of("ChatModel") == {"domain/driving.py", "container.py"}
    assert importers_of("FakeChatModel", "fake_chat") == {"container.py"}
    assert importers_of("OpenAIChatModel", "openai_chat") == {"container.py", "adapters/openai_chat/__init__.py"}


def test_the_service_alone_has_the_driver_begin() -> None:
    assert used_in("driver", "begin") == ["domain/replies.py: ReplyService.open"]
    assert importers_of("Driver") == {"domain/replies.py", "container.py"}


def test_nothing_begins_before_it_was_reserved() -> None:
    """In ``ReplyService.open``, whoever comes to ``begin`` has come through the ``try`` that reserves."""
    tree = ast.parse((ROOT / "domain" / "replies.py").read_text("utf-8"))
    (opening,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "open")
    places = {
        name: [place for place, statement in enumerate(opening.body) if name in ast.unparse(statement)]
        for name in ("self._keeper.open(", "self._driver.begin(")
    }

    ((reserved,), (begun,)) = places.values()
    reserving = opening.body[reserved]
    assert reserved < begun
    assert isinstance(reserving, ast.Try)
    assert "self._keeper.open(" in ast.unparse(reserving.body[0])
    assert all(isinstance(handler.body[-1], ast.Raise) for handler in reserving.handlers)


class Unreserving(ShakyStore):
    """A store that is told how to refuse."""

    error: ChatError = StorageUnavailable()

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        raise self.error

    def finish(self, record: object, owner: str, settlement: Settlement | None) -> Settled | None:
        raise AssertionError("There is nothing to end.")


@pytest.mark.parametrize("error", [StorageUnavailable(), BudgetSpent(), NotFound(), ZeroDivisionError()])
def test_what_could_not_be_reserved_does_not_begin(error: Exception) -> None:
    plain = Stage()
    store = Unreserving(plain.database)
    store.error = error  # type: ignore[assignment]  # a bug is none of our errors
    stage = Stage(store=store, database=plain.database)

    with pytest.raises(type(error)):
        stage.open()

    assert (stage.fake.calls, stage.replies.open_replies) == ([], 0)


def test_without_budget_the_service_itself_begins_nothing() -> None:
    stage = Stage(budgets=Budgets(0, 0, 1, 1))

    for kept in (True, False):
        with pytest.raises(BudgetSpent):
            stage.open(kept=kept)
    with pytest.raises(BudgetSpent):
        stage.replies.open(question(), SPENDER)

    assert (stage.fake.calls, stage.replies.open_replies) == ([], 0)


def parts_of(provider: providers.Provider[object]) -> Iterator[providers.Provider[object]]:
    """Yield what a part is handed by the container."""
    yield from getattr(provider, "args", ())
    yield from getattr(provider, "kwargs", {}).values()
    yield from getattr(provider, "providers", {}).values()


def test_the_container_hands_the_model_to_the_driver_alone() -> None:
    parts = Container.providers
    models = {parts[name] for name in ("chat_model", "fake_chat_model", "openai_chat_model")}
    receivers = {name for name, part in parts.items() if models & set(parts_of(part))}

    assert receivers == {"chat_model", "driver"}
    assert {name for name, part in parts.items() if parts["driver"] in set(parts_of(part))} == {"replies"}
