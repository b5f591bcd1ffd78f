"""The door of a server that has a password: what is open without a pass, what a pass is, and who is kept out."""

from __future__ import annotations

import json
import re
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryDatabase
from chatapp.client import ChatClient, NotAllowed, RateLimited
from chatapp.domain.passes import PASS_LIFE, WRONG_TRIES_AN_HOUR
from chatapp.domain.visitors import KEYS_GOOD_FOR_SECONDS, SECONDS_AN_HOUR
from chatapp.web.door import COOKIE, SECURE_COOKIE
from tests.integration.app_under_test import JSON, Answer, AppUnderTest, app_with
from tests.integration.kept.people import Person
from tests.integration.terminal import chatapp
from tests.server import serving
from tests.unit.deterministic import FakeClock

PASSWORD = "let me in"
SHOP = "https://shop.example"
KNOWN = {"Authorization": f"Bearer {PASSWORD}"}
OPEN = {
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/favicon.ico"),
    ("GET", "/favicon.svg"),
    ("GET", "/preferences"),
    ("GET", "/robots.txt"),
    ("GET", "/manifest.webmanifest"),
    ("GET", "/service-worker.js"),
    ("GET", "/static/<name>"),
    ("GET", "/widget.js"),
    ("GET", "/widget/<name>"),
    ("GET", "/api/widget"),
    ("POST", "/api/login"),
}
"""All that may be had without a pass. A route that is not in this list has to be closed, also a new one."""
PAGES = ["/", "/chat", "/widget", "/api/docs"]
BODY = '{"message": "Hi"}'


@pytest.fixture
def app() -> AppUnderTest:
    return closed()


def closed(**settings: Any) -> AppUnderTest:
    """Return an application with a password."""
    plain: dict[str, Any] = {"password": PASSWORD, "fake_word_seconds": 0.0}
    return app_with(**(plain | settings))


def log_in(person: Person, password: str = PASSWORD, **headers: str) -> Answer:
    return person.posts("/api/login", {"password": password}, **headers)


def inside(app: AppUnderTest, **details: Any) -> Person:
    """Return somebody whose browser has been let in."""
    person = Person(app, **details)
    assert log_in(person).status == 204
    return person


def token_of(app: AppUnderTest, **headers: str) -> str:
    answer = app.post("/api/visitors", "{}", **headers)
    assert answer.status == 201, answer.text
    token: str = answer.json["token"]
    return token


def bearer(word: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {word}"}


def routes(app: AppUnderTest) -> set[tuple[str, str]]:
    rules = app.flask.url_map.iter_rules()
    return {(method, rule.rule) for rule in rules for method in rule.methods or () if method != "OPTIONS"}


def test_every_route_is_closed_but_for_a_few(app: AppUnderTest) -> None:
    named = {"<name>": "home.css", r"<id:\w+>": "an-id"}
    answered = set()
    for method, rule in routes(app):
        path = rule
        for pattern, word in named.items():
            path = re.sub(pattern, word, path)
        if path.startswith("/usage"):
            continue  # it has a token of its own
        if app.send(method, path).headers.get("WWW-Authenticate") is None:
            answered.add((method, rule))

    assert answered - {("HEAD", rule) for _, rule in OPEN} == OPEN


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/nothing", "//chat", "/static", "/health/", "/healthy", "/api/login/x", "/API", "/chat/"]
)
def test_what_is_not_there_is_closed_too(app: AppUnderTest, path: str) -> None:
    assert app.get(path).status == 401


def test_nobody_is_told_more_than_to_log_in(app: AppUnderTest) -> None:
    answer = app.ask()

    assert (answer.status, answer.code, answer.headers["WWW-Authenticate"]) == (401, "unauthorized", "Bearer")
    assert "asks for a password" in answer.json["error"]
    assert "Authorization: Bearer" in answer.json["error"]
    assert answer.headers.getlist("Set-Cookie") == []


def test_nothing_is_read_or_asked_before_the_door(app: AppUnderTest) -> None:
    """A body that is wrong in every way is not even looked at."""
    answers = [app.post("/chat", b"{" * 100), app.post("/chat", BODY), app.post("/chat/stream", BODY)]
    answers.append(app.send("POST", "/api/import", b"x", {"Content-Type": "text/html"}))

    assert {answer.status for answer in answers} == {401}
    assert app.calls == []
    assert app.database.visits == {}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_person_finds_the_log_in_page_in_the_place_of_each_page(app: AppUnderTest, method: str, path: str) -> None:
    answer = app.send(method, path)

    assert (answer.status, answer.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert (answer.headers["WWW-Authenticate"], answer.headers["Cache-Control"]) == ("Bearer", "no-store")
    if method == "GET":
        assert 'autocomplete="current-password"' in answer.text
        assert "<noscript>" in answer.text


def test_the_password_lets_a_browser_in_once_for_all(app: AppUnderTest) -> None:
    person = Person(app)
    answer = log_in(person)

    (line,) = answer.headers.getlist("Set-Cookie")
    ((name, cookie),) = SimpleCookie(line).items()
    told = {key: value for key, value in cookie.items() if value and key != "expires"}
    assert (answer.status, answer.text, name) == (204, "", COOKIE)
    assert told == {"path": "/", "max-age": "2592000", "httponly": True, "samesite": "Lax"}
    assert [person.gets(path).status for path in [*PAGES, "/models", "/api", "/api/openapi.json"]] == [200] * 7
    assert person.posts("/chat", {"message": "Hi"}).status == 200
    assert person.asks(person.begins())["state"] == "complete"


def test_over_https_the_cookie_is_bound_to_this_host(app: AppUnderTest) -> None:
    person = inside(app, origin="https://chat.example")

    assert [name for name in person.cookies if "pass" in name] == [SECURE_COOKIE]
    assert person.gets("/models").status == 200
    assert Person(app, cookies=person.cookies).gets("/models").status == 401
    assert Person(app, cookies=inside(app).cookies, origin="https://localhost").gets("/models").status == 401


@pytest.mark.parametrize("cookie", ["", "x", "x.y.z", "x.1.y", "é.y.z", "x" * 5000])
def test_a_bad_cookie_is_no_pass_and_no_try(app: AppUnderTest, cookie: str) -> None:
    for _ in range(2 * WRONG_TRIES_AN_HOUR):
        assert Person(app, cookies={COOKIE: cookie}).gets("/models").status == 401

    assert inside(app).gets("/models").status == 200


def test_a_cookie_ends_after_thirty_days() -> None:
    clock = FakeClock()
    app = closed(clock=clock)
    person = inside(app)

    clock.advance(PASS_LIFE.total_seconds())

    assert person.gets("/models").status == 401


def test_another_password_closes_cookies_and_tokens() -> None:
    database = MemoryDatabase()
    before = closed(database=database)
    person, program = inside(before), bearer(token_of(before, **KNOWN))
    after = closed(database=database, password="another one")

    assert Person(after, cookies=person.cookies).gets("/models").status == 401
    assert after.get("/api/conversations", **program).status == 401
    assert after.get("/models", **KNOWN).status == 401
    assert before.get("/api/conversations", **program).status == 200


def test_a_wrong_password_is_told_in_place(app: AppUnderTest) -> None:
    answer = log_in(Person(app), "guess")

    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.json["error"] == "This is not the password of this server."
    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": 1}, {"password": "x" * 1001}, {"passwort": "x"}])
def test_a_bad_log_in_is_no_try(app: AppUnderTest, body: dict[str, Any]) -> None:
    assert Person(app).posts("/api/login", body).status == 400
    assert app.database.visits == {}


@pytest.mark.parametrize("headers", [{"Origin": SHOP}, {"Sec-Fetch-Site": "cross-site"}], ids=["origin", "site"])
def test_pages_of_other_sites_can_log_nobody_in(app: AppUnderTest, headers: dict[str, str]) -> None:
    answer = log_in(Person(app), **headers)

    assert (answer.status, answer.code, answer.headers.getlist("Set-Cookie")) == (403, "foreign_origin", [])


def test_a_program_says_the_password_with_each_request(app: AppUnderTest) -> None:
    assert app.post("/chat", BODY, **KNOWN).status == 200
    assert app.post("/chat/stream", BODY, **KNOWN).status == 200
    assert [app.get(path, **KNOWN).status for path in ("/models", "/api", "/api/openapi.json", "/chat")] == [200] * 4
    assert app.get("/models", Authorization=f"bearer  {PASSWORD} ").status == 200


@pytest.mark.parametrize("header", [PASSWORD, f"Basic {PASSWORD}", "Bearer", "Bearer ", "Bearer guess"])
def test_what_is_not_the_password_is_refused(app: AppUnderTest, header: str) -> None:
    assert app.get("/models", Authorization=header).status == 401


def test_a_password_may_be_of_any_letters() -> None:
    app = closed(password="пароль é")
    on_the_wire = "Bearer пароль é".encode().decode("latin-1")

    assert app.get("/models", Authorization=on_the_wire).status == 200
    assert log_in(Person(app), "пароль é").status == 204


def test_the_token_of_a_visitor_who_said_it_is_a_pass_too(app: AppUnderTest) -> None:
    token = token_of(app, **KNOWN)
    program = Person(app, headers=bearer(token))

    assert len(token.split(".")) == 4
    assert program.asks(program.begins())["state"] == "complete"
    assert program.gets("/models").status == 200
    assert app.post("/api/visitors", "{}").status == 401


def test_the_password_itself_is_nobodys_token(app: AppUnderTest) -> None:
    answer = app.get("/api/conversations", **KNOWN)

    assert (answer.status, answer.code) == (401, "unauthorized")
    assert "POST /api/visitors" in answer.json["error"]


def test_a_token_from_before_the_password_is_no_pass_but_still_a_token() -> None:
    database = MemoryDatabase()
    opened = app_with(database=database)
    token = token_of(opened)
    talk = Person(opened, headers=bearer(token)).begins()
    app = closed(database=database)

    refused = app.get(f"/api/conversations/{talk}", **bearer(token))
    person = inside(app, headers=bearer(token))

    assert refused.status == 401
    assert "POST /api/visitors" in refused.json["error"]
    assert person.gets(f"/api/conversations/{talk}").status == 200
    assert app.database.visits[next(iter(app.database.visits))] == 1, "a new visitor, and no try"


def test_a_token_with_a_pass_is_good_where_there_is_no_password_any_more() -> None:
    database = MemoryDatabase()
    token = token_of(closed(database=database), **KNOWN)

    assert app_with(database=database).get("/api/conversations", **bearer(token)).status == 200


@pytest.mark.parametrize("change", [lambda token: token[:-1] + "x", lambda token: token.rpartition(".")[0] + "."])
def test_a_changed_pass_is_none(app: AppUnderTest, change: Any) -> None:
    assert app.get("/models", **bearer(change(token_of(app, **KNOWN)))).status == 401


def test_wrong_tries_are_limited_over_all_processes_and_both_ways_in() -> None:
    database, clock = MemoryDatabase(), FakeClock()
    one, two = closed(database=database, clock=clock), closed(database=database, clock=clock)
    passed = inside(one)
    for number in range(WRONG_TRIES_AN_HOUR // 2):
        assert log_in(Person(one), "guess").status == 401
        assert two.get("/models", **bearer(f"a.b.{number}")).status == 401

    clock.advance(KEYS_GOOD_FOR_SECONDS + 1)
    for app in (one, two):
        for answer in (log_in(Person(app)), log_in(Person(app), "guess"), app.get("/models", **KNOWN)):
            assert (answer.status, answer.code) == (429, "rate_limited")
            assert 0 < int(answer.headers["Retry-After"]) <= SECONDS_AN_HOUR
        assert Person(app, cookies=passed.cookies).gets("/models").status == 200
        assert app.get("/models").status == 401
    clock.advance(SECONDS_AN_HOUR)
    assert one.get("/models", **KNOWN).status == two.get("/models", **KNOWN).status == 200


def test_who_says_nothing_and_whose_token_is_good_is_not_counted() -> None:
    database = MemoryDatabase()
    token = token_of(app_with(database=database))
    app = closed(database=database)

    for _ in range(2 * WRONG_TRIES_AN_HOUR):
        assert app.get("/models").status == app.get("/models", **bearer(token)).status == 401

    assert app.get("/models", **KNOWN).status == 200


def test_the_addresses_of_one_household_are_counted_together(app: AppUnderTest) -> None:
    def asks(address: str, word: str) -> int:
        client = app.flask.test_client(use_cookies=False)
        return client.get("/models", headers=bearer(word), environ_base={"REMOTE_ADDR": address}).status_code

    answers = [asks(f"2001:db8::{number}", "guess") for number in range(WRONG_TRIES_AN_HOUR)]

    assert answers == [401] * WRONG_TRIES_AN_HOUR
    assert [asks("2001:db8::ffff", PASSWORD), asks("2001:db8:0:1::1", PASSWORD)] == [429, 200]


@pytest.mark.parametrize("headers", [{}, bearer("guess")], ids=["nothing said", "wrong"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/models"), ("POST", "/chat"), ("GET", "/api/conversations")])
def test_pages_of_other_sites_can_read_why_they_are_refused(method: str, path: str, headers: dict[str, str]) -> None:
    everybody, one = closed(), closed(allowed_origins=(SHOP,))
    body = BODY if method == "POST" else None

    for app, shared in ((everybody, "*"), (one, SHOP)):
        answer = app.send(method, path, body, {"Content-Type": JSON, "Origin": SHOP, **headers})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, shared)
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", PAGES)
def test_the_log_in_page_is_not_shared_with_other_sites(app: AppUnderTest, path: str) -> None:
    answer = app.get(path, Origin=SHOP)

    assert [name for name, _ in answer.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize("path", ["/chat", "/models", "/api/conversations"])
def test_a_browser_may_ask_beforehand_without_a_pass(app: AppUnderTest, path: str) -> None:
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }

    answer = app.send("OPTIONS", path, headers=headers)

    assert (answer.status, answer.headers["Access-Control-Allow-Headers"]) == (200, "authorization")


def test_refusals_are_protected_like_all_answers(app: AppUnderTest) -> None:
    for path in ("/", "/models"):
        headers = app.get(path, **{"X-Request-Id": "mine"}).headers
        assert headers["X-Request-Id"] == "mine"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
    assert app_with(password=PASSWORD, allowed_hosts=("chat.example",)).get("/models").code == "invalid_host"


def test_without_a_password_nobody_is_asked_and_there_is_nothing_to_log_in_to() -> None:
    app = app_with()
    answer = log_in(Person(app))

    assert app.get("/models").status == 200
    assert (answer.status, answer.code, answer.headers.getlist("Set-Cookie")) == (404, "not_found", [])
    assert len(token_of(app).split(".")) == 3


def test_the_password_stands_in_no_answer(app: AppUnderTest) -> None:
    answers = [app.get("/"), app.get("/models"), log_in(Person(app), PASSWORD + "x"), log_in(Person(app))]

    for answer in answers:
        assert PASSWORD not in answer.text + json.dumps(list(answer.headers))


def test_programs_are_let_in_and_kept_out_by_all_processes_of_a_server(tmp_path: Path) -> None:
    settings = {"CHATAPP_PASSWORD": PASSWORD, "CHATAPP_LLM": "fake", "CHATAPP_FAKE_WORD_SECONDS": "0"}
    with serving(tmp_path, CHATAPP_WORKERS="2", **settings) as server:
        client = ChatClient(server.url, password=PASSWORD)
        me = ChatClient(server.url, token=client.new_visitor())
        asked = chatapp(tmp_path, "ask", "Hi", CHATAPP_PORT=str(server.port), **settings)

        assert (asked.exit_code, client.ask("Hi").finish_reason) == (0, "stop")
        assert me.new_conversation(title="The sky").title == me.conversation(next(me.conversations()).id).title
        assert me.ask("Hi").finish_reason == "stop"
        with pytest.raises(NotAllowed, match="asks for a password"):
            ChatClient(server.url).models()
        for _ in range(WRONG_TRIES_AN_HOUR):
            with ChatClient(server.url, password="guess") as stranger, pytest.raises(NotAllowed):
                stranger.models()
        with ChatClient(server.url, password="guess") as stranger, pytest.raises(RateLimited) as refused:
            stranger.models()
        assert refused.value.retry_after_seconds
        assert me.models().default
    assert PASSWORD not in server.log
