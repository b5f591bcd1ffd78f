"""The pages in other languages than English, and in the look that was chosen, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chatapp.web.texts.language import PLACEHOLDER, english, languages
from tests.integration.browser.conftest import PHONE, watch
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS
from tests.server import serving
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import error, sse

VISIBLE_WORDS = """() => {
    const said = [];
    for (const element of document.querySelectorAll("body *, template")) {
        const inside = element.localName === "template" ? element.content.querySelectorAll("*") : [element];
        for (const each of inside) {
            if (each.closest("[lang=en]:not(html)")) continue;
            for (const child of each.childNodes) if (child.nodeType === Node.TEXT_NODE) said.push(child.data.trim());
            for (const name of ["aria-label", "title", "placeholder"]) said.push(each.getAttribute(name) ?? "");
        }
    }
    return said.concat(document.title).filter(Boolean);
}"""


@contextmanager
def reader(browser: Browser, language: str, **options: object) -> Iterator[Page]:
    """A page of a browser that asks for this language, and has nothing to complain about."""
    with browser.new_context(locale=language, **options) as context:  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        yield page
        assert complaints == []


def chat_on(page: Page) -> Locator:
    return page.get_by_test_id("chat")


def ask(page: Page, root: Locator, message: str, until: str = "done") -> None:
    root.get_by_role("textbox").fill(message)
    root.get_by_role("textbox").press("Enter")
    expect(root.locator("[data-role=assistant]").last).to_have_attribute("data-state", until)


def choose(page: Page, name: str) -> None:
    page.locator(".preferences-button").click()
    page.get_by_role("link", name=name).click()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a password."""
    with serving(tmp_path_factory.mktemp("closed"), CHATAPP_LLM="fake", CHATAPP_PASSWORD="secret") as running:
        yield running.url


def english_sentences() -> list[re.Pattern[str]]:
    """Return what the English texts of more than a word look like, whatever is filled in."""
    sentences = [text for text in english().words.values() if " " in PLACEHOLDER.sub("", text).strip()]
    german = set(languages()["de"].words.values())
    return [
        re.compile(".*".join(map(re.escape, PLACEHOLDER.split(text)[::2]))) for text in sentences if text not in german
    ]


def test_a_german_page_says_nothing_in_english(browser: Browser, site: str, closed: str) -> None:
    said: list[str] = []
    with reader(browser, "de-AT") as page:
        for address in (
            f"{site}/",
            f"{site}/chat",
            f"{site}/widget",
            f"{site}/usage",
            f"{site}/usage/nothing",
            f"{closed}/chat",
        ):
            page.goto(address)
            if address == f"{site}/chat":
                ask(page, chat_on(page), "Hallo")
                expect(chat_on(page).get_by_test_id("total")).not_to_be_empty()
            said += page.evaluate(VISIBLE_WORDS)

    assert "Nachricht schreiben …" in said
    patterns = english_sentences()
    assert [words for words in said if any(pattern.fullmatch(words) for pattern in patterns)] == []


def test_the_scripts_speak_german_and_count_as_germans_do(browser: Browser, site: str) -> None:
    with reader(browser, "de") as page:
        page.goto(f"{site}/chat")
        ask(page, chat_on(page), "Hallo")

        expect(chat_on(page).get_by_test_id("status")).to_have_text("Die Antwort ist vollständig. Hello world")
        expect(chat_on(page).get_by_test_id("total")).to_have_text(
            re.compile(r"^Diese Unterhaltung: [\d.]+ Tokens, (<\s)?0,\d+\s\$$")
        )
        expect(page).to_have_title("Hallo – Chatapp")


def test_an_error_is_told_in_german_with_the_servers_words_in_its_details(
    browser: Browser, site: str, upstream: ScriptedUpstream
) -> None:
    upstream.script(*error(401, "invalid_api_key"))
    with reader(browser, "de") as page:
        page.goto(f"{site}/chat")
        ask(page, chat_on(page), "Hallo", until="failed")
        problem = chat_on(page).get_by_test_id("problem")

        expect(problem).to_contain_text("Der Anbieter nimmt den Schlüssel dieses Servers nicht an.")
        problem.get_by_text("Einzelheiten").click()
        expect(problem.locator("[data-part=details]")).to_contain_text("key")


def test_the_language_can_be_switched_in_the_midst_of_a_conversation_and_stays(chat: Talk, site: str) -> None:
    page = chat.page
    chat.ask("Hello")
    address = page.url

    choose(page, "Deutsch")

    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page).to_have_url(address)
    expect(page.get_by_role("button", name="Antwort kopieren")).to_be_visible()
    page.goto(f"{site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gute Antworten, Wort für Wort")
    expect(page.get_by_test_id("launcher")).to_have_accessible_name("Chat öffnen")
    assert page.evaluate("document.cookie") == ""  # no script reads it


def test_the_language_can_be_switched_without_scripts(browser: Browser, site: str) -> None:
    with reader(browser, "en", java_script_enabled=False) as page:
        page.goto(f"{site}/chat")

        choose(page, "العربية")

        expect(page).to_have_url(f"{site}/chat")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_every_language_is_offered_by_its_own_name(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.locator(".preferences-button").focus()
    page.keyboard.press("Enter")

    offered = page.locator("[data-preference=language] a")

    shown = [(link.inner_text(), link.get_attribute("lang")) for link in offered.all()]
    assert shown == [(language.name, code) for code, language in languages().items()]
    expect(page.locator("[data-preference=language] [aria-current]")).to_have_text("English")
    page.keyboard.press("Escape")
    expect(offered.first).to_be_hidden()
    expect(page.locator(".preferences-button")).to_be_focused()


def test_the_look_can_be_chosen_and_is_there_from_the_first_paint(page: Page, site: str) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    page.goto(f"{site}/")
    light = page.evaluate(background)

    choose(page, "Dark")

    page.wait_for_function(f"light => {background} !== light", arg=light)
    expect(page.locator("chatapp-widget .embed")).to_have_css("color-scheme", "dark")
    dark = page.evaluate(background)
    expect(page.locator("[data-preference=theme] [aria-current]")).to_have_text("Dark")
    page.goto(f"{site}/chat")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(background) == dark
    choose(page, "As the device")
    page.wait_for_function(f"light => {background} === light", arg=light)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"dark => {background} === dark", arg=dark)


def test_arabic_is_read_from_the_right_and_code_from_the_left(
    browser: Browser, site: str, upstream: ScriptedUpstream
) -> None:
    upstream.script(*sse(["مرحبا `a = 1`\n\n```\nb = 2\n```\n"]))
    with reader(browser, "ar") as page:
        page.goto(f"{site}/chat")
        ask(page, chat_on(page), "مرحبا")
        direction = "element => getComputedStyle(element).direction"
        text = chat_on(page).locator("[data-role=assistant] [data-part=text]")

        sides = [box["x"] for part in (page.get_by_test_id("sidebar"), chat_on(page)) if (box := part.bounding_box())]
        assert sides[0] > sides[1]
        assert text.locator("p").evaluate(direction) == "rtl"
        assert [code.evaluate(direction) for code in text.locator("code").all()] == ["ltr", "ltr"]


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_no_language_makes_a_page_wider_than_a_phone(browser: Browser, site: str, language: str) -> None:
    with reader(browser, language, viewport=PHONE) as page:
        for path in ("/", "/chat", "/widget", "/usage"):
            page.goto(site + path)

            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_import_is_closed_by_a_word_in_the_reader_s_language(browser: Browser, site: str) -> None:
    with reader(browser, "de") as page:
        page.goto(f"{site}/chat")
        expect(chat_on(page).get_by_test_id("send")).to_be_enabled()
        page.locator("[data-part=import-file]").set_input_files({"name": "a.json", "mimeType": "", "buffer": b"[]"})

        expect(page.get_by_test_id("import").get_by_role("button", name="Schließen")).to_be_visible()
