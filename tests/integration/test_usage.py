"""The usage page and its CSV: who gets in, and what is told there."""

from __future__ import annotations

import csv
import io
import logging
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryDatabase, MemoryUsageLinks, MemoryVisitorStore
from chatapp.domain.books import Call
from chatapp.domain.usage_access import COOKIE_LIFE, LINK_LIFE, UsageAccess
from chatapp.domain.visitors import new_key
from chatapp.fake import Cut
from chatapp.web.usage.calls_csv import lines
from chatapp.web.usage.page import COOKIE, SECURE_COOKIE
from tests.integration.app_under_test import Answer, AppUnderTest, app_with
from tests.integration.kept.people import Person
from tests.samples import NOON, once
from tests.unit.deterministic import FakeClock

SHOP = "https://shop.example"
PAGE, CSV = "/usage", "/usage/calls.csv"
TODAY = "2026-11-28"


class Server:
    """An application, the clock that it goes by, and what ``chatapp usage --link`` does beside it."""

    def __init__(self, *rules: Any, **settings: Any) -> None:
        self.clock = FakeClock(NOON)
        self.database = MemoryDatabase()
        self.app: AppUnderTest = app_with(rules, clock=self.clock, database=self.database, **settings)

    def link(self) -> str:
        """Return the path of a new link."""
        database = self.database
        access = UsageAccess(MemoryUsageLinks(database), MemoryVisitorStore(database), self.clock)
        return f"/usage/open?secret={access.new_link()}"

    def owner(self, **details: Any) -> Person:
        """Return somebody whose browser has opened a link."""
        person = Person(self.app, **details)
        assert person.gets(self.link()).status == 303
        return person


@pytest.fixture
def server() -> Server:
    return Server(once("Hello there."), once("Hel", fault=Cut()), once("Hello again."))


@pytest.fixture
def owner(server: Server) -> Person:
    """The owner of a server that was asked three things, one of them in vain."""
    alice = Person(server.app)
    server.app.ask("Hi")
    server.clock.advance(1)
    talk = alice.begins()
    alice.asks(talk)
    server.clock.advance(1)
    alice.asks(talk)
    return server.owner()


def records(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_link_opens_the_page(server: Server) -> None:
    person = Person(server.app)
    answer = person.gets(server.link())

    assert (answer.status, answer.headers["Location"], answer.headers["Cache-Control"]) == (303, "/usage", "no-store")
    ((name, cookie),) = SimpleCookie(answer.headers["Set-Cookie"]).items()
    told = {key: value for key, value in cookie.items() if value and key != "expires"}
    assert name == COOKIE
    assert told == {"path": "/usage", "max-age": "43200", "httponly": True, "samesite": "Lax"}
    assert person.gets(PAGE).status == person.gets(CSV).status == 200


def test_over_https_the_cookie_is_for_https_alone(server: Server) -> None:
    person = server.owner(origin="https://chat.example")

    assert list(person.cookies) == [SECURE_COOKIE]
    assert person.gets(PAGE).status == 200
    assert Person(server.app, cookies=person.cookies).gets(PAGE).status == 401


@pytest.mark.parametrize("settings", [{}, {"password": "let me in"}], ids=["open", "password"])
@pytest.mark.parametrize("path", [PAGE, CSV, f"{PAGE}?days=7", "/usage/open", "/usage/open?secret=guess"])
def test_without_a_link_nobody_gets_in(settings: dict[str, str], path: str) -> None:
    server = Server(**settings)
    for headers in ({}, {"Authorization": "Bearer let me in"}, {"Cookie": f"{COOKIE}=x.1.y"}):
        answer = server.app.get(path, **headers)

        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "chatapp usage --link" in answer.text
        assert "Set-Cookie" not in answer.headers


def test_a_password_lets_nobody_in_here_and_a_link_nowhere_else() -> None:
    server = Server(password="let me in")
    owner = server.owner()

    assert owner.gets(PAGE).status == 200
    assert owner.gets("/models").status == 401
    visitor = Person(server.app)
    assert visitor.posts("/api/login", {"password": "let me in"}).status == 204
    assert (visitor.gets("/models").status, visitor.gets(PAGE).status) == (200, 401)


def test_a_link_works_once(server: Server) -> None:
    link = server.link()
    assert server.app.get(link).status == 303

    answer = server.app.get(link)

    assert (answer.status, "Set-Cookie" in answer.headers) == (401, False)
    assert "used already" in answer.text


def test_a_link_works_for_ten_minutes(server: Server) -> None:
    in_time, late = server.link(), server.link()

    server.clock.advance(LINK_LIFE.total_seconds() - 1)
    assert server.app.get(in_time).status == 303
    server.clock.advance(1)
    assert server.app.get(late).status == 401


def test_who_only_looks_does_not_use_a_link_up(server: Server) -> None:
    link = server.link()

    for method in ("HEAD", "OPTIONS", "POST"):
        answer = server.app.send(method, link)
        assert (answer.status, "Set-Cookie" in answer.headers) == (405, False), method

    assert server.app.get(link).status == 303


def test_the_page_may_be_looked_at(server: Server) -> None:
    assert server.app.send("HEAD", PAGE).status == 401
    assert server.owner().sends("HEAD", PAGE).status == 200


def test_a_cookie_ends_after_twelve_hours(server: Server) -> None:
    owner = server.owner()

    server.clock.advance(COOKIE_LIFE.total_seconds() - 1)
    assert owner.gets(PAGE).status == 200
    server.clock.advance(1)
    assert owner.gets(PAGE).status == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda key, expires, signature: f"{key}.{int(expires) + 1}.{signature}",
        lambda key, expires, signature: f"{key}.{expires}.{signature[:-1]}",
        lambda key, expires, signature: f"{key}.{expires}.{signature}x",
        lambda key, expires, signature: f"{key}.{expires}.",
        lambda key, expires, signature: f"other.{expires}.{signature}",
        lambda key, expires, signature: f"{expires}.{key}.{signature}",
        lambda key, expires, signature: "\u00e9.\u00e9.\u00e9",
        lambda key, expires, signature: "..",
        lambda key, expires, signature: "x" * 5000,
    ],
)
def test_a_changed_cookie_is_none(server: Server, change: Any) -> None:
    cookie = change(*server.owner().cookies[COOKIE].split("."))

    assert Person(server.app, cookies={COOKIE: cookie}).gets(PAGE).status == 401


def test_other_cookies_and_tokens_are_none(server: Server) -> None:
    visitor = Person(server.app)
    visitor.begins()
    (token,) = visitor.cookies.values()

    assert Person(server.app, cookies={COOKIE: token}).gets(PAGE).status == 401
    owners = server.owner().cookies[COOKIE]
    assert server.app.get("/api/conversations", Authorization=f"Bearer {owners}").status == 401


def test_a_new_key_keeps_cookies_and_forgetting_the_old_ones_ends_them(server: Server) -> None:
    owner, store = server.owner(), MemoryVisitorStore(server.database)

    store.add_key(*new_key(), forget_others=False)
    assert owner.gets(PAGE).status == 200
    store.add_key(*new_key(), forget_others=True)
    assert owner.gets(PAGE).status == 401


@pytest.mark.parametrize("settings", [{}, {"allowed_origins": (SHOP,)}], ids=["all", "one"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", [PAGE, CSV, "/usage/open", "/usage/nothing"])
def test_no_other_site_may_read_anything(settings: Any, method: str, path: str) -> None:
    server = Server(**settings)
    for person in (Person(server.app), server.owner()):
        asked = {"Origin": SHOP, "Access-Control-Request-Method": "GET"}
        answer = person.sends(method, path, **asked)

        assert [name for name, _ in answer.headers if name.startswith("Access-Control-")] == []


def test_the_secret_stands_in_no_line_of_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = server.link()
    secret = link.partition("=")[2]
    for path in (link, link, f"/usage/open/?secret={secret}", f"/usage?secret={secret}"):
        answer = server.app.get(path)
        assert secret not in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"

    assert secret not in caplog.text
    fields = [vars(record)["fields"] for record in caplog.records if record.message == "request"]
    assert len(fields) == 4
    assert secret not in str(fields)


def test_the_page_is_in_no_description(server: Server) -> None:
    assert "/usage" not in server.app.get("/api/openapi.json").text
    assert "/usage" not in server.app.get("/api").text


def test_the_page_tells_what_was_spent(owner: Person) -> None:
    page = owner.gets(PAGE)

    assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
    totals = re.sub(r"<[^>]+>|\s+", " ", page.text.partition('data-testid="totals"')[2].partition("</dl>")[0])
    assert " Calls  3 " in re.sub(r" +", "  ", totals).replace("   ", "  ")
    for word in ("gpt-4o-mini", "complete", "failed", "Left for today", "Visitor …", "Address ", "30 Oct 2026"):
        assert word in page.text, word
    assert page.text.count('role="img"') == 4
    assert page.text.count("</desc>") == 4
    assert page.text.count("<table") == 5
    assert "style=" not in page.text
    assert "<style" not in page.text


def test_nothing_but_the_books_own_calls_is_told(owner: Person) -> None:
    fake, paid = owner.gets(f"{PAGE}?book=fake").text, owner.gets(f"{PAGE}?book=openai").text

    assert "Nothing was asked in these days." not in fake
    assert "Nothing was asked in these days." in paid
    assert "not the ones in use now" in paid
    assert f"{PAGE}?days=7&amp;book=openai" in paid


def test_visitors_are_told_by_the_end_of_their_ids(server: Server, owner: Person) -> None:
    (visitor_id,) = server.database.seen_at

    for answer in (owner.gets(PAGE), owner.gets(CSV)):
        assert visitor_id not in answer.text
        assert visitor_id[-8:] in answer.text


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ("", "30 Oct 2026 to 28 Nov 2026"),
        ("?days=1", "28 Nov 2026, in UTC"),
        ("?days=7", "22 Nov 2026 to 28 Nov 2026"),
        ("?days=90", "31 Aug 2026 to 28 Nov 2026"),
        ("?days=366", "28 Nov 2025 to 28 Nov 2026"),
        ("?from=2026-11-01&to=2026-11-03", "1 Nov 2026 to 3 Nov 2026"),
        ("?from=2026-02-28&to=2026-02-28", "28 Feb 2026, in UTC"),
        ("?days=&book=&from=&to=", "30 Oct 2026 to 28 Nov 2026"),
    ],
)
def test_any_days_may_be_looked_at(server: Server, query: str, period: str) -> None:
    page = server.owner().gets(PAGE + query)

    assert (page.status, f'data-testid="period">{period}' in page.text) == (200, True)


@pytest.mark.parametrize("path", [PAGE, CSV])
@pytest.mark.parametrize(
    "query",
    [
        "days=0",
        "days=367",
        "days=x",
        "days=" + "9" * 5000,
        "from=2026-11-01",
        "to=2026-11-01",
        "from=2026-11-02&to=2026-11-01",
        "from=2026-11-01&to=2026-11-29",
        "from=0001-01-01&to=0001-01-01",
        "from=2025-01-01&to=2026-11-01",
        "from=x&to=y",
        "book=both",
    ],
)
def test_what_cannot_be_looked_at_is_told_on_a_page(server: Server, path: str, query: str) -> None:
    answer = server.owner().gets(f"{path}?{query}")

    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "Something went wrong" in answer.text


def test_earlier_and_later_lead_to_as_many_days(server: Server) -> None:
    owner = server.owner()
    today = owner.gets(f"{PAGE}?days=7").text
    before = owner.gets(f"{PAGE}?from=2026-11-15&to=2026-11-21").text
    near = owner.gets(f"{PAGE}?from=2026-11-20&to=2026-11-26").text

    assert 'href="/usage?from=2026-11-15&amp;to=2026-11-21" rel="prev"' in today
    assert 'rel="next"' not in today
    assert 'href="/usage?from=2026-11-22&amp;to=2026-11-28" rel="next"' in before
    assert 'href="/usage?from=2026-11-22&amp;to=2026-11-28" rel="next"' in near


def test_a_server_that_nobody_has_asked_says_so(server: Server) -> None:
    page = server.owner().gets(PAGE).text

    assert "Nothing was asked in these days." in page
    assert "No visitor has spent anything today." in page
    assert "<table" not in page


def test_the_csv_has_a_line_for_each_call(server: Server, owner: Person) -> None:
    answer = owner.gets(f"{CSV}?days=1")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="usage-fake-{TODAY}-{TODAY}.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("\r\n") == answer.text.count("\n") == 4
    told = records(answer)
    assert [(row["ending"], row["purpose"]) for row in told] == [
        ("complete", "chat"),
        ("failed", "conversation"),
        ("complete", "conversation"),
    ]
    assert told[0]["reserved_at"] == "2026-11-28T12:00:00.000Z"
    assert re.fullmatch(r"0\.0000\d+", told[0]["cost_usd"])
    assert (told[0]["visitor"], told[0]["source"], told[0]["model"]) == ("", "provider", "gpt-4o-mini")


def test_the_csv_of_days_without_calls_has_its_first_line(server: Server) -> None:
    answer = server.owner().gets(f"{CSV}?days=1")

    assert (answer.status, answer.text.count("\r\n"), records(answer)) == (200, 1, [])


def call(**fields: Any) -> Call:
    plain: dict[str, Any] = dict.fromkeys(Call.__slots__)
    known = {"id": "r1", "reserved_at": NOON, "purpose": "chat", "address": "here", "model_id": "m"}
    return Call(**plain | known | {"state": "complete", "charged_nano_usd": 5} | fields)


@pytest.mark.parametrize(
    ("word", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-2-3", "'-2-3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=1", "'\r=1"),
        ('a,"b"\r\nc', 'a,"b"\r\nc'),
        ("größe", "größe"),
    ],
)
def test_no_cell_is_a_formula_and_every_word_comes_through(word: str, cell: str) -> None:
    text = "".join(lines([call(answered_by=word, request_id=word, provider_request_id=word, model_id=word)]))

    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert {row[name] for name in ("answered_by", "request_id", "provider_request_id", "model")} == {cell}


def test_money_is_told_exactly_and_what_is_not_known_is_empty() -> None:
    known, unknown = call(cost_nano_usd=2550, settled_at=NOON + timedelta(seconds=1)), call()
    text = "".join(lines([known, unknown]))

    one, other = csv.DictReader(io.StringIO(text, newline=""))
    assert (one["cost_usd"], one["charged_usd"], one["settled_at"]) == (
        "0.00000255",
        "0.000000005",
        "2026-11-28T12:00:01.000Z",
    )
    assert (other["cost_usd"], other["input_tokens"], other["settled_at"], other["visitor"]) == ("", "", "", "")
