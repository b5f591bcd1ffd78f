"""Where the storage cannot be reached: what needs none goes on, and what is kept, or costs money, says so."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.adapters.memory import MemoryDatabase
from chatapp.domain.errors import StorageUnavailable
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import Person, program
from tests.samples import once


class OutOfReach:
    """A lock that cannot be had."""

    def __enter__(self) -> None:
        raise StorageUnavailable(retry_after_seconds=1)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def app() -> AppUnderTest:
    return app_with([once("Hello"), once("Hello")])


@pytest.fixture
def robot(app: AppUnderTest) -> Person:
    robot = program(app)
    app.database.lock = OutOfReach()  # type: ignore[assignment]  # it is used as a lock is
    return robot


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/api", "/health", "/health/live", "/health/ready", "/models", "/api/docs"]
)
def test_what_keeps_nothing_is_answered(app: AppUnderTest, robot: Person, path: str) -> None:
    cookie = {"Cookie": "chatapp_visitor=a.b.c", "Authorization": "Bearer x"}

    assert app.get(path, **cookie).status == 200


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_nothing_is_spent_that_could_not_be_put_on_record(app: AppUnderTest, robot: Person, path: str) -> None:
    answer = app.post(path, Authorization="Bearer x")

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "storage_unavailable", "1")
    assert app.calls == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/conversations", None),
        ("POST", "/api/conversations", {}),
        ("GET", "/api/conversations/an-id", None),
        ("POST", "/api/conversations/an-id/replies", {"message": "Hi"}),
        ("GET", "/api/replies/an-id/events", None),
        ("GET", "/api/export", None),
        ("POST", "/api/import", []),
        ("DELETE", "/api/me", None),
    ],
)
def test_what_is_kept_says_that_it_cannot_be_had(robot: Person, method: str, path: str, body: Any) -> None:
    answer = robot.sends(method, path, body)

    assert (answer.status, answer.code) == (503, "storage_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_files_too_fail_with_a_status(app: AppUnderTest) -> None:
    nobody = Person(app)
    app.database.lock = OutOfReach()  # type: ignore[assignment]  # it is used as a lock is

    assert (nobody.gets("/api/export").status, isinstance(app.database, MemoryDatabase)) == (503, True)
