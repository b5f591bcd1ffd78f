"""Pages of other sites cannot change anything with a visitor's cookie, nor give a browser another one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import HERE, Person, program

CHANGING: list[tuple[str, str, Any]] = [
    ("POST", "/api/conversations", {}),
    ("PATCH", "/api/conversations/{talk}", {"title": "theirs"}),
    ("DELETE", "/api/conversations/{talk}", None),
    ("POST", "/api/conversations/{talk}/replies", {"message": "Hi"}),
    ("POST", "/api/replies/{reply}/stop", {}),
    ("POST", "/api/import", []),
    ("POST", "/api/me/handoffs", {}),
    ("POST", "/api/handoffs", {"secret": "x"}),
    ("DELETE", "/api/me", None),
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://evil.localhost"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "ftp://localhost"},
    {"Origin": "localhost"},
    {"Origin": "http://localhost/"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [
    {},
    {"Origin": HERE},
    {"Origin": "HTTP://LOCALHOST"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
]
FORMS = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/plain; x=application/json",
]


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with(fake_word_seconds=0.0)


@pytest.fixture
def at(app: AppUnderTest, alice: Person) -> dict[str, str]:
    """What Alice has."""
    talk = alice.begins(title="hers")
    return {"talk": talk, "reply": alice.asks(talk)["id"]}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path", "body"), CHANGING)
def test_a_foreign_page_changes_nothing(
    alice: Person, at: dict[str, str], method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    before, cookies = alice.gets("/api/export").text, dict(alice.cookies)

    answer = alice.sends(method, path.format(**at), body, **headers)

    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert answer.headers.getlist("Set-Cookie") == []
    assert (alice.gets("/api/export").text, alice.cookies) == (before, cookies)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path", "body"), CHANGING)
def test_a_foreign_page_makes_no_visitor_either(
    app: AppUnderTest, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    before = set(app.database.seen_at)

    answer = Person(app).sends(method, path.format(talk="an-id", reply="an-id"), body, **headers)

    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert app.database.seen_at.keys() == before


@pytest.mark.parametrize("headers", OWN, ids=str)
@pytest.mark.parametrize(("method", "path", "body"), CHANGING)
def test_our_own_pages_and_programs_may(
    alice: Person, at: dict[str, str], method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    answer = alice.sends(method, path.format(**at), body, **headers)

    assert answer.status < 400 or (path, answer.status) in {("/api/handoffs", 404), ("/api/import", 400)}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("method", "path", "body"), CHANGING[:5])
def test_a_token_of_its_own_lets_a_foreign_page_do_all(
    app: AppUnderTest, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    robot = program(app)
    talk = robot.begins()
    at = {"talk": talk, "reply": robot.asks(talk)["id"]}

    assert robot.sends(method, path.format(**at), body, **headers).status < 300


@pytest.mark.parametrize("headers", FOREIGN[:3], ids=str)
def test_a_foreign_page_may_ask_for_a_token(app: AppUnderTest, headers: dict[str, str]) -> None:
    assert Person(app).posts("/api/visitors", **headers).status == 201


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_reading_is_for_the_browser_to_refuse(alice: Person, at: dict[str, str], headers: dict[str, str]) -> None:
    answer = alice.gets(f"/api/conversations/{at['talk']}", **headers)

    assert answer.status == 200
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(("method", "path", "body"), [route for route in CHANGING if route[2] is not None])
def test_what_a_form_can_send_is_not_read(
    alice: Person, at: dict[str, str], method: str, path: str, body: Any, kind: str
) -> None:
    answer = alice.sends(method, path.format(**at), body, **{"Content-Type": kind})

    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("http://chat.example", "https://chat.example"),  # a proxy ends TLS
        ("http://chat.example:443", "https://chat.example"),
        ("http://chat.example:8443", "https://chat.example:8443"),
        ("https://chat.example", "https://chat.example"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_our_own_origin_is_known_behind_a_proxy_too(app: AppUnderTest, host: str, origin: str) -> None:
    assert Person(app, origin=host).posts("/api/conversations", Origin=origin).status == 201


def test_a_page_in_the_clear_is_foreign_to_one_over_https(app: AppUnderTest) -> None:
    alice = Person(app, origin="https://chat.example")

    assert alice.posts("/api/conversations", Origin="http://chat.example").code == "foreign_origin"


def test_a_browser_may_ask_beforehand_for_every_method(app: AppUnderTest) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PATCH"}

    answer = app.send("OPTIONS", "/api/conversations/an-id", headers=headers)

    assert answer.status == 200
    assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) >= {"GET", "POST", "PATCH", "DELETE"}
