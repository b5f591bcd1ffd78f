"""The chat page where there is no network: it opens, says so, and goes on when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.browser.conftest import watch
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS
from tests.server import serving

IS_READY = "async () => (await navigator.serviceWorker.ready).active?.state === 'activated'"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that may keep the chat page."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        yield page
        assert complaints == []


def test_the_chat_page_opens_offline_and_says_so(page: Page, demo: str) -> None:
    page.goto(f"{demo}/chat")
    page.wait_for_function(IS_READY)
    page.context.set_offline(True)

    page.goto(f"{demo}/chat")

    talk = Talk(page, page.get_by_test_id("chat"))
    expect(talk.input).to_be_visible()
    expect(talk.root.get_by_test_id("connection")).to_contain_text("You are offline")


def test_what_is_asked_offline_is_answered_when_the_network_is_back(page: Page, demo: str) -> None:
    page.goto(f"{demo}/chat")
    page.wait_for_function(IS_READY)
    page.context.set_offline(True)
    page.goto(f"{demo}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))
    talk.input.fill("Is anybody there?")
    talk.input.press("Enter")

    page.context.set_offline(False)

    talk.wait_for("done")


def test_the_chat_page_opens_while_its_server_is_gone(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, CHATAPP_LLM="fake") as running:
        page.goto(f"{running.url}/chat")
        page.wait_for_function(IS_READY)

    page.goto(f"{running.url}/chat")

    talk = Talk(page, page.get_by_test_id("chat"))
    expect(talk.input).to_be_visible()
    expect(talk.root.get_by_test_id("connection")).to_contain_text("cannot be reached")


def test_it_can_be_installed(page: Page, demo: str) -> None:
    page.goto(f"{demo}/chat")
    page.wait_for_function(IS_READY)
    session = page.context.new_cdp_session(page)

    manifest = session.send("Page.getAppManifest")
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert (manifest["errors"], manifest["url"]) == ([], f"{demo}/manifest.webmanifest")
    assert errors == []
