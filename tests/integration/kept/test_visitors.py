"""Who somebody is: cookies, tokens, another device, and an end."""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryVisitorStore
from chatapp.domain.visitors import KEYS_GOOD_FOR_SECONDS, NEW_VISITORS_AN_HOUR, new_key
from chatapp.fake import Gate
from chatapp.web.proxies import network
from tests.integration.app_under_test import Answer, AppUnderTest, app_with
from tests.integration.kept.people import Person, program
from tests.samples import once
from tests.unit.deterministic import FakeClock

COOKIE = "chatapp_visitor"
SECURE = "__Host-chatapp_visitor"
FILE = b'{"type":"header","format":"chatapp-conversations","version":1}\n{"type":"complete","conversations":0}\n'


def cookie_of(answer: Answer) -> dict[str, Any]:
    """Return the name of the one cookie of an answer, and what it says about it."""
    (line,) = answer.headers.getlist("Set-Cookie")
    ((name, cookie),) = SimpleCookie(line).items()
    return {"name": name, **{key: value for key, value in cookie.items() if value and key != "expires"}}


def test_the_first_thing_that_is_kept_brings_the_cookie(alice: Person) -> None:
    answer = alice.posts("/api/conversations")

    assert cookie_of(answer) == {
        "name": COOKIE,
        "path": "/",
        "max-age": "34560000",
        "httponly": True,
        "samesite": "Lax",
    }


def test_over_https_the_cookie_is_bound_to_this_host_and_never_sent_in_the_clear(app: AppUnderTest) -> None:
    alice = Person(app, origin="https://chat.example")

    answer = alice.posts("/api/conversations")

    assert cookie_of(answer) == {
        "name": SECURE,
        "path": "/",
        "max-age": "34560000",
        "secure": True,
        "httponly": True,
        "samesite": "Lax",
    }
    assert len(alice.gets("/api/conversations").json["conversations"]) == 1


def test_a_cookie_that_may_come_from_a_neighbour_does_not_count_over_https(app: AppUnderTest, alice: Person) -> None:
    alice.begins()
    over_https = Person(app, cookies=alice.cookies, origin="https://localhost")

    assert over_https.gets("/api/conversations").json["conversations"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/conversations", 200),
        ("GET", "/api/conversations?q=x", 200),
        ("GET", "/api/conversations/an-id", 404),
        ("PATCH", "/api/conversations/an-id", 404),
        ("DELETE", "/api/conversations/an-id", 404),
        ("POST", "/api/conversations/an-id/replies", 404),
        ("GET", "/api/conversations/an-id/export", 404),
        ("GET", "/api/replies/an-id", 404),
        ("GET", "/api/replies/an-id/events", 404),
        ("POST", "/api/replies/an-id/stop", 404),
        ("GET", "/api/export", 200),
        ("POST", "/api/visitors", 201),
        ("POST", "/api/me/handoffs", 404),
        ("DELETE", "/api/me", 204),
        ("GET", "/chat", 200),
        ("POST", "/chat", 200),
    ],
)
def test_nothing_else_makes_a_cookie(alice: Person, method: str, path: str, status: int) -> None:
    body = {"message": "Hi"} if path.endswith(("replies", "/chat")) else {}
    answer = alice.sends(method, path, None if method in ("GET", "DELETE") else body)

    assert (answer.status, answer.headers.getlist("Set-Cookie")) == (status, [])


def test_who_has_kept_nothing_has_an_empty_list(alice: Person) -> None:
    assert alice.gets("/api/conversations").json == {"conversations": [], "next": None}


def test_the_cookie_is_renewed_with_each_new_conversation_and_not_by_reading(alice: Person) -> None:
    talk = alice.begins()
    before = dict(alice.cookies)

    assert alice.gets(f"/api/conversations/{talk}").headers.getlist("Set-Cookie") == []
    assert cookie_of(alice.posts("/api/conversations"))["max-age"] == "34560000"
    assert alice.cookies == before


@pytest.mark.parametrize("cookie", ["", "x", "x.y.z", "a.b", "é.y.z", "x" * 5000])
def test_a_bad_cookie_counts_as_none(app: AppUnderTest, cookie: str) -> None:
    mallory = Person(app, cookies={COOKIE: cookie})

    assert mallory.gets("/api/conversations").json == {"conversations": [], "next": None}
    assert mallory.posts("/api/conversations").status == 201
    assert mallory.cookies[COOKIE] != cookie


def test_a_changed_cookie_counts_as_none(app: AppUnderTest, alice: Person) -> None:
    alice.begins()
    token = alice.cookies[COOKIE]
    others = [token[:-1] + ("0" if token[-1] != "0" else "1"), token.upper(), f"{token}0", token[1:]]

    for other in others:
        assert Person(app, cookies={COOKIE: other}).gets("/api/conversations").json["conversations"] == []


def test_a_cookie_signed_with_an_older_key_is_signed_anew() -> None:
    clock = FakeClock()
    app = app_with(clock=clock)
    alice = Person(app)
    alice.begins()
    old = alice.cookies[COOKIE]

    rotate(app, clock, forget_others=False)
    answer = alice.gets("/api/conversations")

    assert len(answer.json["conversations"]) == 1
    assert cookie_of(answer)["name"] == COOKIE
    assert alice.cookies[COOKIE] != old
    assert alice.gets("/api/conversations").headers.getlist("Set-Cookie") == []


def rotate(app: AppUnderTest, clock: FakeClock, *, forget_others: bool) -> None:
    MemoryVisitorStore(app.database).add_key(*new_key(), forget_others=forget_others)
    clock.advance(KEYS_GOOD_FOR_SECONDS + 1)


def test_a_key_that_was_forgotten_makes_no_visitor_any_more() -> None:
    clock = FakeClock()
    app = app_with(clock=clock)
    alice, robot = Person(app), program(app)
    alice.begins()

    rotate(app, clock, forget_others=True)

    assert alice.gets("/api/conversations").json["conversations"] == []
    assert robot.gets("/api/conversations").status == 401


def test_a_program_gets_a_token_and_no_cookie(app: AppUnderTest) -> None:
    answer = Person(app).posts("/api/visitors")

    assert (answer.status, set(answer.json), answer.headers.getlist("Set-Cookie")) == (201, {"token"}, [])
    assert program(app).posts("/api/conversations").headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_comes_before_the_cookie(app: AppUnderTest, alice: Person, scheme: str) -> None:
    robot = program(app)
    alice.begins(title="Alice's")
    robot.begins(title="the robot's")
    token = robot.headers["Authorization"].removeprefix("Bearer ")

    listed = alice.gets("/api/conversations", Authorization=f"{scheme} {token}").json["conversations"]

    assert [entry["title"] for entry in listed] == ["the robot's"]


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "Bearer x"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/conversations"),
        ("POST", "/api/conversations"),
        ("GET", "/api/replies/an-id"),
        ("POST", "/api/replies/an-id/stop"),
        ("GET", "/api/export"),
        ("POST", "/api/import"),
        ("DELETE", "/api/me"),
        ("POST", "/api/me/handoffs"),
    ],
)
def test_a_bad_token_is_refused_also_beside_a_good_cookie(alice: Person, method: str, path: str, token: str) -> None:
    alice.begins()

    answer = alice.sends(method, path, Authorization=f"Bearer {token}")

    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Token x", "x"])
def test_what_a_proxy_may_have_asked_for_is_no_token(alice: Person, authorization: str) -> None:
    alice.begins()

    assert len(alice.gets("/api/conversations", Authorization=authorization).json["conversations"]) == 1


def test_an_address_makes_only_so_many_visitors_an_hour(app: AppUnderTest) -> None:
    for _ in range(NEW_VISITORS_AN_HOUR):
        program(app)

    refused = Person(app).posts("/api/visitors")

    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::2:3:4:5"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::2"),
    ],
)
def test_addresses_that_one_caller_has_at_hand_count_as_one(one: str, other: str) -> None:
    assert network(one) == network(other)
    assert network("2001:db8::1") != network("2001:db8:0:1::1")


def test_another_device_becomes_the_same_visitor_once(app: AppUnderTest, alice: Person) -> None:
    alice.begins(title="the talk")
    handoff = alice.posts("/api/me/handoffs")
    phone = Person(app)

    taken = phone.posts("/api/handoffs", {"secret": handoff.json["secret"]})

    assert (handoff.status, handoff.json["expires_in_seconds"]) == (201, 600)
    assert (taken.status, taken.json, cookie_of(taken)["name"]) == (200, {}, COOKIE)
    assert phone.gets("/api/conversations").json == alice.gets("/api/conversations").json
    again = Person(app).posts("/api/handoffs", {"secret": handoff.json["secret"]})
    assert (again.status, again.code, again.headers.getlist("Set-Cookie")) == (404, "not_found", [])


def test_the_visitor_of_the_secret_takes_the_place_of_the_devices_own(app: AppUnderTest, alice: Person) -> None:
    alice.begins(title="Alice's")
    phone = Person(app)
    phone.begins(title="the phone's")

    phone.posts("/api/handoffs", {"secret": alice.posts("/api/me/handoffs").json["secret"]})

    assert [entry["title"] for entry in phone.gets("/api/conversations").json["conversations"]] == ["Alice's"]


def test_a_program_can_bring_its_visitor_to_a_browser(app: AppUnderTest) -> None:
    robot, browser = program(app), Person(app)
    robot.begins(title="the robot's")

    browser.posts("/api/handoffs", {"secret": robot.posts("/api/me/handoffs").json["secret"]})

    assert len(browser.gets("/api/conversations").json["conversations"]) == 1


def test_who_has_nothing_has_nothing_to_bring(alice: Person) -> None:
    answer = alice.posts("/api/me/handoffs")

    assert (answer.status, answer.code) == (404, "not_found")


def test_no_secret_stands_in_the_log(app: AppUnderTest, alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    alice.begins()
    secret = alice.posts("/api/me/handoffs").json["secret"]
    Person(app).posts("/api/handoffs", {"secret": secret})
    Person(app).posts("/api/handoffs", {"secret": secret})
    robot = program(app)
    robot.begins()

    said = "\n".join(json.dumps(vars(record), default=str) for record in caplog.records)
    assert said.count('"/api/handoffs"') >= 2
    for word in (secret, alice.cookies[COOKIE], robot.headers["Authorization"].removeprefix("Bearer ")):
        assert word not in said


def test_everything_of_a_visitor_can_be_removed() -> None:
    app = app_with([once("half ", Gate())])
    alice, bob = Person(app), Person(app)
    bob.begins(title="Bob's")
    talk = alice.begins()
    with alice.reading("POST", f"/api/conversations/{talk}/replies", {"message": "Hi"}) as reading:
        reading.next()

        answer = alice.sends("DELETE", "/api/me")

        assert reading.rest()[-1].data["state"] == "stopped"
    assert (answer.status, answer.text) == (204, "")
    assert (cookie_of(answer)["max-age"], alice.cookies) == ("0", {})
    assert {owner for owner, _ in app.database.conversations} == set(app.database.seen_at)
    assert len(bob.gets("/api/conversations").json["conversations"]) == 1


def test_a_removed_visitors_cookie_and_token_are_worth_nothing(app: AppUnderTest, alice: Person) -> None:
    alice.begins()
    copy = Person(app, cookies=dict(alice.cookies))
    robot = program(app)

    alice.sends("DELETE", "/api/me")
    gone = robot.sends("DELETE", "/api/me")

    assert copy.gets("/api/conversations").json["conversations"] == []
    assert (gone.status, gone.headers.getlist("Set-Cookie")) == (204, [])
    assert robot.gets("/api/conversations").status == 401


def test_a_program_that_removes_itself_leaves_the_cookie_beside_it_alone(app: AppUnderTest, alice: Person) -> None:
    alice.begins()

    alice.sends("DELETE", "/api/me", Authorization=program(app).headers["Authorization"])

    assert len(alice.gets("/api/conversations").json["conversations"]) == 1


def test_the_import_of_a_file_with_nothing_in_it_makes_no_visitor(app: AppUnderTest, alice: Person) -> None:
    answer = alice.posts("/api/import", FILE, **{"Content-Type": "application/x-ndjson"})

    assert (answer.status, answer.headers.getlist("Set-Cookie"), app.database.seen_at) == (200, [], {})


def test_what_a_visitor_gets_is_kept_in_no_cache(alice: Person) -> None:
    talk = alice.begins()

    for path in ("/api/conversations", f"/api/conversations/{talk}", "/api/export", "/api/conversations/other"):
        assert alice.gets(path).headers["Cache-Control"] == "no-store"
