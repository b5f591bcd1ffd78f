"""A real browser, and real servers for it: one whose provider plays scripts, and one with the fake model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chatapp.fake.testing import FakeLLM
from tests.chromium import chromium
from tests.integration.browser.live_page import LivePage
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS
from tests.server import serving
from tests.upstream import ScriptedUpstream

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedUpstream]:
    """One provider for all tests here: starting a server for each would take longer than the tests."""
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture(scope="session")
def site(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose provider is ``upstream``."""
    folder = tmp_path_factory.mktemp("site")
    with serving(folder, OPENAI_API_KEY_CYB_SEC="sk-test", OPENAI_BASE_URL=upstream.url) as running:
        yield running.url


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the fake model."""
    with serving(tmp_path_factory.mktemp("demo"), CHATAPP_LLM="fake") as running:
        yield running.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS)) as started,
    ):
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of a desktop browser that may neither complain nor reach for other servers."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, service_workers="block") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        yield page
        assert complaints == []


@contextmanager
def another_tab(talk: Talk) -> Iterator[Talk]:
    """Open the same chat page in a second tab."""
    page = talk.page.context.new_page()
    complaints = watch(page)
    page.goto(talk.page.url)
    yield Talk(page, page.get_by_test_id("chat"))
    assert complaints == []


def watch(page: Page) -> list[str]:
    """Return a list that fills with script errors, broken content rules and requests to elsewhere."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    page.on("request", lambda asked: None if is_ours(asked.url) else complaints.append(asked.url))
    return complaints


def is_ours(url: str) -> bool:
    """Tell whether a request stays on this machine."""
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


@pytest.fixture
def phone(page: Page) -> Page:
    """The page on a small phone."""
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    return page


@pytest.fixture
def chat(page: Page, site: str) -> Talk:
    """The chat page, open."""
    page.goto(f"{site}/chat")
    return Talk(page, page.get_by_test_id("chat"))


@pytest.fixture
def widget(page: Page, site: str) -> Talk:
    """The widget of the home page, open."""
    page.goto(f"{site}/")
    page.get_by_test_id("launcher").click()
    return Talk(page, page.get_by_test_id("widget"))


@pytest.fixture
def live(page: Page, fake_llm: FakeLLM) -> Iterator[LivePage]:
    """The page of a fake's server, open; its browser may have nothing at all to complain about."""
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(fake_llm.base_url.removesuffix("v1"))
    yield LivePage(page)
    assert errors == []


@pytest.fixture(params=["chat", "widget"])
def talk(request: pytest.FixtureRequest) -> Talk:
    """Either place where one can chat: what holds here holds in both."""
    place: Talk = request.getfixturevalue(request.param)
    return place
