"""Bad requests about kept conversations: refused by name in the one shape of errors; nothing is kept or asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.app_under_test import JSON, AppUnderTest, app_with
from tests.integration.kept.people import Person
from tests.integration.test_bad_requests import BLANK, NOT_STRICT_JSON, OTHER_TYPES, assert_refused

Wrong = tuple[Any, ...]

NO_TEXT: Wrong = (*BLANK, None, 5, True, [], {}, "a\0b")
NO_ID: Wrong = ("", " ", "a b", "a.b", "é", "x" * 65, "a\n", "a\0", 5, True, [], {})
NO_TITLE: Wrong = (*NO_TEXT, "x" * 201)
NO_MODEL: Wrong = (*BLANK, 5, True, [], "a\0b", "x" * 201)
NO_INSTRUCTIONS: Wrong = (*BLANK, 5, True, [], "a\0b", "x" * 21)
STRANGE = dict.fromkeys(("owner", "id", "state", "created_at", "Title"), (1,))

WRONG_VALUES: dict[str, tuple[str, str, dict[str, Any], dict[str, Wrong]]] = {
    "create": (
        "POST",
        "/api/conversations",
        {},
        {"title": NO_TITLE, "model": NO_MODEL, "system": NO_INSTRUCTIONS, "pinned": (True,), **STRANGE},
    ),
    "change": (
        "PATCH",
        "/api/conversations/{talk}",
        {},
        {
            "title": NO_TITLE,
            "pinned": (None, 0, 1, "true", []),
            "model": NO_MODEL,
            "system": NO_INSTRUCTIONS,
            "leaf_id": (*NO_ID, None),
            **STRANGE,
        },
    ),
    "ask": (
        "POST",
        "/api/conversations/{talk}/replies",
        {"message": "Hi"},
        {
            "message": (*NO_TEXT, "x" * 21),
            "parent_id": NO_ID,
            "answer_to": (*NO_ID, None, "an-id"),
            "model": (*NO_MODEL, None),
            "client_id": ("", " ", "a b", "a/b", "é", "x" * 65, "a\n", None, 5, []),
            "on_disconnect": ("", "stop", "Cancel", None, 5, ["cancel"], {}),
            **dict.fromkeys(("system", "messages", "temperature", "max_tokens", "stream"), (1,)),
        },
    ),
    "stop": ("POST", "/api/replies/{reply}/stop", {}, STRANGE),
    "welcome": ("POST", "/api/visitors", {}, STRANGE),
    "hand over": ("POST", "/api/me/handoffs", {}, STRANGE),
    "take over": ("POST", "/api/handoffs", {"secret": "x"}, {"secret": (*NO_TEXT, "x" * 201), **STRANGE}),
}
QUERIES: dict[str, dict[str, tuple[str, ...]]] = {
    "/api/conversations": {
        "limit": ("0", "101", "-1", "1.0", "x", "٣", "1e1", "9" * 20, "1&limit=2"),
        "cursor": ("x", "1-2", "0-1-", "0-99999999999999999-a", "x" * 201, "%00"),
        "q": ("%20%20", "a%00b", "x" * 201, "a&q=b"),
        "offset": ("1",),
    },
    "/api/conversations?q=x": {"cursor": ("x", "-1", "1.0", "9" * 20, "0-1-a")},
    "/api/conversations/{talk}": {
        "limit": ("0", "201", "x"),
        "before": ("a b", "%00", "x" * 65, "a&before=b"),
        "cursor": ("x",),
    },
    "/api/conversations/{talk}/export": {"format": ("pdf", "Markdown", "jsonl&format=jsonl", "%00"), "limit": ("1",)},
}


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with(max_message_characters=20, max_body_bytes=2_000_000)


@pytest.fixture(scope="module")
def alice(app: AppUnderTest) -> Person:
    return Person(app)


@pytest.fixture(scope="module")
def at(alice: Person) -> dict[str, str]:
    talk = alice.begins(title="hers")
    return {"talk": talk, "reply": alice.asks(talk)["id"]}


@pytest.fixture(autouse=True)
def _nothing_was_asked(app: AppUnderTest, at: dict[str, str]) -> None:
    app.calls.clear()


def wrong_bodies() -> Iterator[Any]:
    """Yield bodies with one fault each, and where it is."""
    for name, (method, path, good, wrong) in WRONG_VALUES.items():
        no_objects: Wrong = ([], 5, "Hi", None)
        for body in no_objects:
            yield pytest.param(method, path, body, "", id=f"{name} {body!r}")
        for field, values in wrong.items():
            for value in values:
                yield pytest.param(method, path, good | {field: value}, field, id=f"{name} {field} {value!r:.30}")
    yield pytest.param("POST", "/api/handoffs", {}, "secret", id="take over without a secret")
    yield pytest.param("POST", "/api/conversations/{talk}/replies", {}, "message", id="ask nothing")
    answer_under = {"answer_to": "an-id", "parent_id": None}
    yield pytest.param("POST", "/api/conversations/{talk}/replies", answer_under, "parent_id", id="answer under")


@pytest.mark.parametrize(("method", "path", "body", "field"), list(wrong_bodies()))
def test_a_wrong_field_is_named(
    app: AppUnderTest, alice: Person, at: dict[str, str], method: str, path: str, body: Any, field: str
) -> None:
    answer = alice.sends(method, path.format(**at), json.dumps(body).encode())

    assert_refused(app, answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == [field]
    assert field in answer.json["error"]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [(path, name, value) for path, names in QUERIES.items() for name, values in names.items() for value in values],
)
def test_a_wrong_parameter_is_named(
    app: AppUnderTest, alice: Person, at: dict[str, str], path: str, name: str, value: str
) -> None:
    sign = "&" if "?" in path else "?"

    answer = alice.gets(f"{path.format(**at)}{sign}{name}={value}")

    assert_refused(app, answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == [name]


@pytest.mark.parametrize("body", NOT_STRICT_JSON.values(), ids=NOT_STRICT_JSON)
def test_what_is_not_strict_json_is_refused(app: AppUnderTest, alice: Person, at: dict[str, str], body: bytes) -> None:
    for path in ("/api/conversations", f"/api/conversations/{at['talk']}/replies"):
        assert_refused(app, alice.posts(path, body), 400, "invalid_json")


@pytest.mark.parametrize("headers", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_only_plain_json_is_read(app: AppUnderTest, alice: Person, at: dict[str, str], headers: dict[str, str]) -> None:
    for method, path, good, _ in WRONG_VALUES.values():
        body, carried = (
            json.dumps(good),
            {"Cookie": "; ".join(f"{name}={value}" for name, value in alice.cookies.items())},
        )
        answer = app.send(method, path.format(**at), body, carried | headers)
        assert_refused(app, answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(("extra", "status"), [(-1, 200), (0, 200), (1, 400)])
def test_texts_have_bounds(alice: Person, at: dict[str, str], extra: int, status: int) -> None:
    path = f"/api/conversations/{at['talk']}"
    bodies = [{"title": "😀" * (200 + extra)}, {"system": "😀" * (20 + extra)}]

    assert [alice.sends("PATCH", path, body).status for body in bodies] == [status] * 2
    asked = alice.posts(f"{path}/replies", {"message": "😀" * (20 + extra), "parent_id": None})
    assert asked.status == (202 if status == 200 else 400)


@pytest.mark.parametrize("body", [b'{"title": "x"}'.ljust(2_000_001)])
def test_the_body_has_a_bound(alice: Person, body: bytes) -> None:
    answer = alice.posts("/api/conversations", body)

    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/conversations", "DELETE"),
        ("/api/conversations/{talk}", "POST"),
        ("/api/conversations/{talk}", "PUT"),
        ("/api/conversations/{talk}/replies", "GET"),
        ("/api/replies/{reply}", "DELETE"),
        ("/api/replies/{reply}/events", "POST"),
        ("/api/replies/{reply}/stop", "GET"),
        ("/api/export", "POST"),
        ("/api/import", "GET"),
        ("/api/me", "GET"),
        ("/api/me/handoffs", "GET"),
        ("/api/handoffs", "GET"),
        ("/api/visitors", "GET"),
    ],
)
def test_other_methods_are_refused_with_those_allowed(
    alice: Person, at: dict[str, str], path: str, method: str
) -> None:
    answer = alice.sends(method, path.format(**at), **{"Content-Type": JSON})

    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert method not in answer.headers["Allow"].split(", ")
