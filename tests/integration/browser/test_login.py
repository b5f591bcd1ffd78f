"""The log-in page of a server with a password, in a real browser."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chatapp.domain.passes import WRONG_TRIES_AN_HOUR
from tests.integration.browser.conftest import PHONE
from tests.integration.browser.talk import Talk
from tests.server import serving

PASSWORD = "let me in, пожалуйста"
ADDRESSES = itertools.count(1)
TRY_WRONG_ONES = """async (times) => {
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"password": "guess"}' };
    for (let time = 0; time < times; time++) await fetch("/api/login", options);
}"""
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": PHONE}


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a password, whose fake model answers."""
    settings = {"CHATAPP_LLM": "fake", "CHATAPP_PASSWORD": PASSWORD, "CHATAPP_FAKE_WORD_SECONDS": "0"}
    # Everybody here comes from an address of their own, so that nobody is kept out by the tries of another test.
    with serving(tmp_path_factory.mktemp("closed"), CHATAPP_TRUSTED_PROXIES="127.0.0.1", **settings) as running:
        yield running.url


@pytest.fixture(params=SIZES)
def visitor(request: pytest.FixtureRequest, page: Page) -> Page:
    """The page at the size of a desktop, and of a small phone."""
    size = SIZES[request.param]
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.set_extra_http_headers({"X-Forwarded-For": f"192.0.2.{next(ADDRESSES)}"})
    return page


def say(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def problem(page: Page) -> str:
    expect(page.get_by_role("alert")).not_to_be_empty()
    return page.get_by_role("alert").inner_text()


def test_the_password_opens_the_page_that_was_asked_for(visitor: Page, closed: str) -> None:
    visitor.goto(f"{closed}/chat#somewhere")
    expect(visitor).to_have_title("Log in – Chatapp")
    expect(visitor.get_by_label("Password")).to_be_focused()

    visitor.keyboard.type(PASSWORD)
    visitor.keyboard.press("Enter")

    talk = Talk(visitor, visitor.get_by_test_id("chat"))
    talk.ask("Hi")
    expect(talk.answer).to_have_attribute("data-state", "done")
    expect(visitor.get_by_test_id("login")).to_have_count(0)


def test_the_widget_and_the_docs_need_no_second_log_in(visitor: Page, closed: str) -> None:
    visitor.goto(closed)
    say(visitor, PASSWORD)
    visitor.get_by_test_id("launcher").click()

    talk = Talk(visitor, visitor.get_by_test_id("widget"))
    talk.ask("Hi")
    expect(talk.answer).to_have_attribute("data-state", "done")
    assert visitor.request.get(f"{closed}/api/docs").ok


def test_a_wrong_password_is_told_in_place(visitor: Page, closed: str) -> None:
    visitor.goto(f"{closed}/chat")

    say(visitor, "guess")

    assert problem(visitor) == "This is not the password of this server."
    expect(visitor.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(visitor.get_by_label("Password")).to_be_focused()
    say(visitor, PASSWORD)
    expect(visitor.get_by_test_id("chat")).to_be_visible()


def test_who_was_wrong_too_often_is_told_how_long_to_wait(visitor: Page, closed: str) -> None:
    visitor.goto(closed)
    visitor.evaluate(TRY_WRONG_ONES, WRONG_TRIES_AN_HOUR)

    say(visitor, PASSWORD)

    told = problem(visitor)
    assert told.startswith("Too many wrong passwords came from your address in this hour.")
    assert re.search(r"You can try again in \d+ minutes?\.$", told)


def test_a_server_out_of_reach_is_told_in_place(visitor: Page, closed: str) -> None:
    visitor.goto(closed)
    visitor.context.set_offline(True)

    say(visitor, PASSWORD)

    assert "could not be reached" in problem(visitor)
    visitor.context.set_offline(False)
    say(visitor, PASSWORD)
    expect(visitor.get_by_test_id("launcher")).to_be_visible()


def test_the_log_in_page_is_no_wider_than_the_screen(visitor: Page, closed: str) -> None:
    visitor.goto(f"{closed}/chat")
    width = visitor.evaluate("innerWidth")

    assert visitor.evaluate("document.documentElement.scrollWidth") == width
    expect(visitor.get_by_role("button", name="Log in")).to_be_in_viewport(ratio=1)
    assert visitor.get_by_label("Password").evaluate("input => parseFloat(getComputedStyle(input).fontSize)") >= 16


def test_a_password_manager_knows_what_to_fill_in(visitor: Page, closed: str) -> None:
    visitor.goto(closed)
    field = visitor.get_by_label("Password")

    assert [field.get_attribute(name) for name in ("type", "autocomplete")] == ["password", "current-password"]
    assert field.evaluate("input => input.form.method") == "post", "it is never part of an address"


def test_without_javascript_the_log_in_page_says_that_it_needs_it(browser: Browser, closed: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{closed}/chat")

        expect(page.locator("noscript p")).to_be_visible()
        expect(page.locator("noscript p")).to_contain_text("Logging in needs JavaScript")
