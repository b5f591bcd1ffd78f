"""The chat page where there is little room, and where there are no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.browser.conftest import watch
from tests.integration.browser.talk import Talk

OVERFLOW = "document.scrollingElement.scrollWidth - innerWidth"


def chat_on(page: Page, site: str) -> Talk:
    page.goto(f"{site}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))
    expect(talk.button).to_be_enabled()
    return talk


@pytest.mark.parametrize(("width", "height", "size"), [(360, 740, 32), (640, 400, 16), (740, 360, 16), (320, 640, 16)])
def test_there_is_room_to_read_on_low_screens_and_with_large_text(
    page: Page, demo: str, width: int, height: int, size: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    talk = chat_on(page, demo)
    page.evaluate(f"document.documentElement.style.fontSize = '{size}px'")
    talk.ask("bread")

    assert page.evaluate(OVERFLOW) <= 0
    assert talk.messages.evaluate("element => element.clientHeight") >= 200
    talk.input.scroll_into_view_if_needed()
    expect(talk.button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", ["en", "es", "hi", "ar", "de"])
def test_a_small_phone_has_one_row_of_links_and_a_box_of_one_line(browser: Browser, demo: str, language: str) -> None:
    with browser.new_context(locale=language, viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto(f"{demo}/chat")
        links = page.locator("header nav a:visible")

        expect(page.get_by_test_id("send")).to_be_enabled()
        expect(links).to_have_count(4)
        assert len({round(box["y"]) for link in links.all() if (box := link.bounding_box())}) == 1
        assert page.evaluate(OVERFLOW) <= 0
        textarea = page.get_by_test_id("chat").locator("textarea")
        assert textarea.evaluate(
            "element => element.clientHeight < 2 * parseFloat(getComputedStyle(element).lineHeight)"
        )
        assert complaints == []


@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_nothing_looks_as_if_it_worked(browser: Browser, demo: str, width: int) -> None:
    size = {"width": width, "height": 740}
    with browser.new_context(java_script_enabled=False, viewport=size) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{demo}/chat")

        expect(page.locator("main .notice")).to_be_in_viewport()
        expect(page.locator("main .notice a")).to_be_visible()
        main = page.locator("main")
        assert main.get_by_role("button").count() == 0
        expect(main.get_by_text("How can I help?")).to_be_hidden()
        expect(main.get_by_role("textbox")).to_be_hidden()
        expect(page.locator("[data-part=sidebar]")).to_be_hidden()


def test_the_arrow_of_the_models_stands_inside_from_right_to_left_too(browser: Browser, demo: str) -> None:
    with browser.new_context(locale="ar") as context:
        page = context.new_page()
        page.goto(f"{demo}/chat")
        select = page.get_by_test_id("model")

        expect(select).to_have_css("appearance", "none")
        expect(page.locator(".model-choice")).to_have_css("direction", "rtl")
        arrow = "element => getComputedStyle(element, '::after').left"
        assert re.fullmatch(r"1\d(\.\d+)?px", page.locator(".model-choice").evaluate(arrow))
