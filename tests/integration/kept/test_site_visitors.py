"""The visitor of a web page is that site's own: known there alone, by no cookie, and on no other device."""

from __future__ import annotations

import pytest

from chatapp.domain.passes import WRONG_TRIES_AN_HOUR
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.integration.kept.people import HERE, Person

SHOP = "https://shop.example"
ELSEWHERE = [
    pytest.param({"Origin": "https://blog.example"}, id="another site"),
    pytest.param({"Origin": "http://shop.example"}, id="without https"),
    pytest.param({"Origin": "https://shop.example:8443"}, id="another port"),
    pytest.param({"Origin": "null"}, id="no site"),
    pytest.param({"Origin": HERE}, id="our own pages"),
    pytest.param({}, id="no page"),
]


def visitor_of(app: AppUnderTest, site: str, origin: str = HERE, **headers: str) -> Person:
    """Return a new visitor who was welcomed on a page of that site."""
    token = Person(app, origin=origin).posts("/api/visitors", Origin=site, **headers).json["token"]
    return Person(app, {"Authorization": f"Bearer {token}"}, origin=origin)


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_the_token_of_a_site_is_good_there_alone(app: AppUnderTest, headers: dict[str, str]) -> None:
    visitor = visitor_of(app, SHOP)
    talk = visitor.posts("/api/conversations", Origin=SHOP).json["id"]

    answers = [
        visitor.gets(f"/api/conversations/{talk}", **headers),
        visitor.posts("/api/conversations", **headers),
        visitor.sends("DELETE", "/api/me", **headers),
    ]

    assert {(answer.status, answer.code) for answer in answers} == {(401, "unauthorized")}
    assert visitor.gets(f"/api/conversations/{talk}", Origin=SHOP).status == 200


def test_what_our_own_pages_read_may_come_without_an_origin(app: AppUnderTest) -> None:
    visitor = visitor_of(app, HERE)

    assert visitor.gets("/api/conversations").status == 200
    assert visitor.gets("/api/conversations", Origin=SHOP).status == 401


def test_our_own_pages_are_known_behind_a_proxy_that_ends_tls(app: AppUnderTest) -> None:
    visitor = visitor_of(app, "https://chat.example", origin="http://chat.example")

    assert visitor.gets("/api/conversations").status == 200


def test_a_site_and_the_chat_page_share_neither_visitor_nor_cookie(app: AppUnderTest, alice: Person) -> None:
    alice.begins(title="hers")
    visitor = visitor_of(app, SHOP)
    visitor.cookies = dict(alice.cookies)

    begun = visitor.posts("/api/conversations", Origin=SHOP)

    assert begun.headers.getlist("Set-Cookie") == []
    assert [entry["id"] for entry in visitor.gets("/api/conversations", Origin=SHOP).json["conversations"]] == [
        begun.json["id"]
    ]
    assert [entry["title"] for entry in alice.gets("/api/conversations").json["conversations"]] == ["hers"]


def test_a_token_of_a_site_is_no_cookie(app: AppUnderTest) -> None:
    visitor = visitor_of(app, HERE)
    visitor.begins()
    token = visitor.headers["Authorization"].removeprefix("Bearer ")

    listed = Person(app, cookies={"chatapp_visitor": token}).gets("/api/conversations")

    assert listed.json["conversations"] == []


def test_a_visitor_of_a_site_goes_to_no_other_device_and_comes_from_none(app: AppUnderTest, alice: Person) -> None:
    alice.begins()
    secret = alice.posts("/api/me/handoffs").json["secret"]
    visitor = visitor_of(app, SHOP)

    answers = [
        visitor.posts("/api/me/handoffs", Origin=SHOP),
        visitor.posts("/api/handoffs", {"secret": secret}, Origin=SHOP),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "foreign_origin")] * 2
    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[], []]


def test_a_site_learns_that_its_visitor_is_forgotten(app: AppUnderTest) -> None:
    answer = visitor_of(app, SHOP).sends("DELETE", "/api/me", Origin=SHOP)

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_behind_a_password_a_token_of_a_site_lets_in_from_there_alone_and_is_no_guess() -> None:
    app = app_with(password="let me in", fake_word_seconds=0.0)
    visitor = visitor_of(app, SHOP, Authorization="Bearer let me in")
    assert visitor.posts("/chat", {"message": "Hi"}, Origin=SHOP).status == 200

    for _ in range(WRONG_TRIES_AN_HOUR + 1):
        assert visitor.posts("/chat", {"message": "Hi"}, Origin="https://blog.example").status == 401

    assert visitor.gets("/api/conversations", Origin=SHOP).status == 200
    assert app.get("/models", Authorization="Bearer let me in").status == 200
