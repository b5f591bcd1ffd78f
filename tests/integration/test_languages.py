"""In which language and look a page comes: what the browser says, and what its reader chose."""

from __future__ import annotations

import re

import pytest

from chatapp.web.texts.language import languages
from tests.integration.app_under_test import AppUnderTest, app_with

CHOSEN = {"Cookie": "chatapp_language=hi; chatapp_theme=dark"}


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with()


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.8", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("fr, es-419;q=0.7, de;q=0.3", "es"),
        ("de;q=0.2, HI-in;q=0.9", "hi"),
        ("fr, zh", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("ar-EG", "ar"),
        ("nonsense;;q=q, ,", "en"),
    ],
)
def test_the_browser_says_which_language_is_read(app: AppUnderTest, accepted: str, code: str) -> None:
    answer = app.get("/", **{"Accept-Language": accepted})

    assert f'<html lang="{code}" dir="{languages()[code].direction}"' in answer.text
    assert answer.headers["Content-Language"] == code
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_what_was_chosen_goes_before_what_the_browser_says(app: AppUnderTest) -> None:
    answer = app.get("/chat", **CHOSEN, **{"Accept-Language": "de"})

    assert '<html lang="hi" dir="ltr" data-theme="dark"' in answer.text


@pytest.mark.parametrize("cookie", ["chatapp_language=xx; chatapp_theme=pink", "chatapp_language=../de"])
def test_a_choice_that_nobody_offered_counts_for_nothing(app: AppUnderTest, cookie: str) -> None:
    answer = app.get("/", Cookie=cookie)

    assert '<html lang="en" dir="ltr">' in answer.text


def test_a_choice_is_a_link_back_that_sets_a_cookie_which_says_nothing_else(app: AppUnderTest) -> None:
    answer = app.get("/preferences?language=de&to=/chat")

    assert (answer.status, answer.headers["Location"]) == (303, "/chat")
    cookie = answer.headers["Set-Cookie"]
    assert re.fullmatch(
        r"chatapp_language=de; Expires=.* GMT; Max-Age=31536000; HttpOnly; Path=/; SameSite=Lax", cookie
    )


@pytest.mark.parametrize("query", ["", "?language=xx&theme=pink", "?language="])
def test_nobody_gets_a_cookie_without_a_choice(app: AppUnderTest, query: str) -> None:
    assert "Set-Cookie" not in app.get(f"/preferences{query}").headers
    assert "Set-Cookie" not in app.get("/").headers


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "chat", "/a\tb"])
def test_a_choice_leads_to_no_other_server(app: AppUnderTest, address: str) -> None:
    client = app.flask.test_client()

    answer = client.get("/preferences", query_string={"language": "de", "to": address})

    assert answer.headers["Location"] == "/"


def test_an_error_page_says_it_in_the_language_of_its_reader_and_keeps_the_servers_words(app: AppUnderTest) -> None:
    answer = app.get("/usage/nothing", **{"Accept-Language": "de"})

    assert answer.status == 404
    assert "Das gibt es nicht (mehr)." in answer.text
    assert '<p lang="en" dir="ltr">There is nothing at this address.</p>' in answer.text


def test_the_api_speaks_english_to_everybody(app: AppUnderTest) -> None:
    answer = app.get("/api/nothing", **{"Accept-Language": "de"})

    assert answer.json["error"] == "There is nothing at this address."
    assert "Content-Language" not in answer.headers


def test_the_language_can_be_chosen_before_the_password_is_said() -> None:
    closed = app_with(password="secret")

    assert closed.get("/preferences?language=de").status == 303
    assert "Bitte melden Sie sich an" in closed.get("/", **{"Accept-Language": "de"}).text
