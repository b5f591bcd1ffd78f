"""The pages themselves: what stands on them, how they fit a phone, and what they load."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from chatapp.web.assets import Assets, AssetsMissing
from tests.integration.browser.conftest import PHONE
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import held
from tests.server import serving
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import sse

PAGES = ("/", "/chat", "/widget")
MOST_BYTES = 88_000
LOOK = ["color", "backgroundColor", "borderTopWidth", "borderRadius", "width", "height"]


@pytest.mark.parametrize("path", PAGES)
def test_the_navigation_leads_everywhere(page: Page, site: str, path: str) -> None:
    page.goto(site + path)
    navigation = page.get_by_role("navigation", name="Main")
    links = [link.inner_text().split("\n")[0].strip() for link in navigation.get_by_role("link").all()]
    assert [name.split(" coming")[0] for name in links] == ["Home", "Chat", "Widget", "Service", "Contacts"]

    navigation.get_by_role("link", name="Chat").click()
    expect(page).to_have_url(f"{site}/chat")
    navigation.get_by_role("link", name="Home").click()
    expect(page).to_have_url(f"{site}/")


@pytest.mark.parametrize("path", PAGES)
def test_service_is_announced_and_leads_nowhere(page: Page, site: str, path: str) -> None:
    page.goto(site + path)

    service = page.get_by_role("link", name="Service")

    expect(service).to_contain_text("coming soon")
    expect(service).to_have_attribute("aria-disabled", "true")
    assert service.get_attribute("href") is None


def test_contacts_scrolls_to_the_footer_of_the_home_page(page: Page, site: str) -> None:
    page.goto(f"{site}/chat")

    page.get_by_role("link", name="Contacts").click()

    expect(page).to_have_url(f"{site}/#contacts")
    expect(page.get_by_role("contentinfo")).to_be_in_viewport()


def test_the_contacts_are_links(page: Page, site: str) -> None:
    page.goto(f"{site}/")

    links = page.get_by_role("contentinfo").get_by_role("link")

    expect(links.nth(0)).to_have_attribute("href", re.compile(r"^tel:\+\d+$"))
    expect(links.nth(1)).to_have_attribute("href", re.compile(r"^mailto:.+@.+$"))


@pytest.mark.parametrize("path", PAGES)
def test_a_demo_says_how_to_get_real_answers(page: Page, demo: str, site: str, path: str) -> None:
    page.goto(demo + path)
    expect(page.get_by_test_id("fake-notice")).to_contain_text("OPENAI_API_KEY_CYB_SEC")

    page.goto(site + path)
    expect(page.get_by_test_id("fake-notice")).to_have_count(0)


def test_the_fake_model_answers_on_the_page(page: Page, demo: str) -> None:
    page.goto(f"{demo}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))

    talk.ask("Hello there")

    expect(talk.text).to_contain_text("Hello there")


def test_the_chosen_model_is_asked(chat: Talk, upstream: ScriptedUpstream) -> None:
    model = chat.page.get_by_test_id("model")
    expect(model).to_have_value("gpt-4o-mini")

    model.select_option("gpt-4.1")
    chat.ask("Hi")

    assert upstream.requests[-1].json["model"] == "gpt-4.1"


def test_models_that_are_gone_or_going_say_so(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    # No provider is set, so the dates count; nothing is asked.
    with serving(tmp_path_factory.mktemp("dates"), OPENAI_API_KEY_CYB_SEC="sk-test") as running:
        page.goto(f"{running.url}/chat")
        details = page.request.get(f"{running.url}/models").json()["details"]

    options = {option.get_attribute("value"): option for option in page.locator("option").all()}
    assert list(options) == [model["id"] for model in details]
    for model in details:
        option = options[model["id"]]
        expect(option).to_be_enabled(enabled=model["status"] != "retired")
        expect(option).to_contain_text(expected_words(model))


def expected_words(model: dict[str, str]) -> str:
    """Return what the page must add to a model's name."""
    if model["status"] == "retired":
        return f"(retired, use {model['replacement']})"
    if model["status"] == "deprecated":
        day = date.fromisoformat(model["shutdown_date"])
        return f"(ends {day.day} {day:%b %Y})"
    return model["id"]


def test_the_widget_is_a_dialog_with_the_focus_in_it(widget: Talk) -> None:
    dialog = widget.page.get_by_role("dialog", name="Ask us anything")
    launcher = widget.page.get_by_test_id("launcher")
    expect(dialog).to_be_visible()
    expect(widget.input).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "true")

    widget.page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(launcher).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "false")


def test_an_answer_goes_on_while_the_widget_is_closed(widget: Talk) -> None:
    widget.ask("Hi", until=None)
    widget.root.get_by_role("button", name="Close the chat").click()

    widget.page.get_by_test_id("launcher").click()

    widget.wait_for("done")
    widget.shows("Hello world")


def test_widget_and_chat_page_keep_their_histories_apart(widget: Talk, site: str, upstream: ScriptedUpstream) -> None:
    page = widget.page
    widget.ask("asked in the widget")
    page.goto(f"{site}/chat")
    chat = Talk(page, page.get_by_test_id("chat"))
    expect(chat.answers).to_have_count(0)

    chat.ask("asked on the page")
    page.goto(f"{site}/")
    page.get_by_test_id("launcher").click()
    widget.ask("asked in the widget again")
    expect(widget.answers).to_have_count(2)
    widget.shows("Hello world")

    told = [message["content"] for message in upstream.requests[-1].json["messages"]]
    assert told == ["asked in the widget", "Hello world", "asked in the widget again"]


def test_what_is_written_before_the_widget_shows_its_conversation_is_meant_for_that(widget: Talk, site: str) -> None:
    page = widget.page
    widget.ask("asked before")
    page.goto(f"{site}/")
    loading = held(page, "**/api/conversations/*")
    page.get_by_test_id("launcher").click()
    request = loading()
    widget.input.fill("written meanwhile")
    request.continue_()
    expect(widget.answers).to_have_count(1)

    expect(widget.input).to_have_value("written meanwhile")
    widget.input.press("Enter")

    expect(widget.questions).to_have_text(["You said: asked before", "You said: written meanwhile"])
    widget.wait_for("done")


def test_the_skip_link_leads_into_the_chat_and_not_out_of_the_conversation(chat: Talk) -> None:
    chat.ask("Hi")
    address = chat.page.url
    chat.page.get_by_role("link", name="Skip to the content").focus()

    chat.page.keyboard.press("Enter")

    expect(chat.root).to_be_focused()
    expect(chat.page).to_have_url(address)
    chat.shows("Hello world")


def test_nothing_is_stored_before_the_first_message(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.get_by_test_id("launcher").click()
    page.goto(f"{site}/chat")

    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_the_button_of_language_and_look_is_the_same_on_every_page(page: Page, site: str) -> None:
    looks = set()
    for path in (*PAGES, "/api/docs"):
        page.goto(site + path)
        button = page.get_by_role("button", name="Language and look")
        looks.add(tuple(button.evaluate(f"element => {LOOK}.map((name) => getComputedStyle(element)[name])")))

    assert len(looks) == 1


@pytest.mark.parametrize("path", [*PAGES, "/api/docs"])
def test_no_page_is_wider_than_a_phone(phone: Page, site: str, path: str) -> None:
    phone.goto(site + path)
    phone.wait_for_load_state("networkidle")

    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_chat_page_fits_a_phone(phone: Page, site: str, upstream: ScriptedUpstream) -> None:
    phone.goto(f"{site}/chat")
    talk = Talk(phone, phone.get_by_test_id("chat"))
    upstream.script(*sse(["many lines\n" * 99]))

    talk.ask("Hi")
    talk.ask("averyveryverylongword" * 20)
    phone.wait_for_function("() => document.getAnimations().length === 0")

    expect(talk.button).to_be_in_viewport(ratio=1)
    assert phone.evaluate("document.documentElement.scrollHeight") == PHONE["height"]
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_widget_fills_a_phone(phone: Page, site: str) -> None:
    phone.goto(f"{site}/")
    phone.get_by_test_id("launcher").click()
    talk = Talk(phone, phone.get_by_test_id("widget"))

    talk.ask("Hi")
    talk.root.evaluate("element => Promise.all(element.getAnimations().map((moving) => moving.finished))")

    assert talk.root.bounding_box() == {"x": 0, "y": 0, **PHONE}
    expect(talk.button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("place", ["chat", "widget"])
def test_no_phone_zooms_in_on_the_message_box(place: str, request: pytest.FixtureRequest) -> None:
    talk: Talk = request.getfixturevalue(place)

    size = talk.input.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")

    assert size >= 16


def test_nothing_moves_where_motion_is_not_wanted(browser: Browser, site: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{site}/chat")
        talk = Talk(page, page.get_by_test_id("chat"))
        talk.ask("Hi")
        moving = """async () => {
            const box = document.activeElement;
            box.blur();
            await new Promise(requestAnimationFrame);
            box.focus();
            return [...document.querySelectorAll("*")].flatMap((element) => element.getAnimations()).length;
        }"""

        assert page.evaluate(moving) == 0
        assert talk.answer.evaluate("element => getComputedStyle(element).animationName") == "none"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_little_and_its_files_may_be_kept(page: Page, site: str, path: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))

    page.goto(site + path, wait_until="networkidle")

    assert len(answers) <= 5
    sizes = [answer.request.sizes() for answer in answers]
    assert sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes) <= MOST_BYTES
    kept = {answer.headers["cache-control"] for answer in answers if "/static/" in answer.url}
    assert kept == {"public, max-age=31536000, immutable"}


def test_a_file_of_another_version_is_not_kept(page: Page, site: str) -> None:
    answer = page.request.get(f"{site}/static/chat.js?v=0123456789ab")

    assert answer.headers["cache-control"] == "no-cache"


def test_pages_that_were_never_built_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="make run"):
        Assets(tmp_path / "static")


@pytest.mark.parametrize("path", ["/favicon.ico", "/favicon.svg", "/robots.txt", "/static/THIRD-PARTY.txt"])
def test_the_small_files_are_there(page: Page, site: str, path: str) -> None:
    assert page.request.get(site + path).ok


def test_the_docs_page_shows_every_route_from_here(page: Page, site: str) -> None:
    paths = page.request.get(f"{site}/api/openapi.json").json()["paths"]
    routes = [method for path in paths.values() for method in path if method != "parameters"]

    page.goto(f"{site}/api/docs")

    expect(page.locator(".opblock")).to_have_count(len(routes))


def test_without_javascript_the_pages_point_to_the_api(browser: Browser, site: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/chat")

        expect(page.get_by_role("link", name="the API")).to_be_visible()
