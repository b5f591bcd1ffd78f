"""The list of conversations, and what can be done with one of them or with all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.integration.browser.conftest import watch
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import wait_until_found


def entries(page: Page) -> Locator:
    """Return the conversations of the list."""
    return page.get_by_test_id("entries").get_by_role("link")


def titles(page: Page) -> Locator:
    """Return the titles of the conversations in the list."""
    return page.get_by_test_id("entries").locator("[data-part=title]")


def choose(page: Page, title: str, action: str) -> None:
    """Choose something from the menu of a conversation."""
    page.get_by_role("button", name=f"More for “{title}”").click()
    page.get_by_role("button", name=action, exact=True).click()


def choose_for_all(page: Page, action: str) -> None:
    """Choose something from the menu about everything."""
    page.get_by_role("button", name="Your data").click()
    page.get_by_role("button", name=action, exact=True).click()


def ask_in_new_chats(chat: Talk, *messages: str) -> None:
    """Begin a conversation with each message."""
    for message in messages:
        chat.begin_anew()
        chat.ask(message)


def test_the_list_says_that_it_is_empty(chat: Talk) -> None:
    expect(chat.page.get_by_test_id("list-note")).to_contain_text("No conversations yet.")


def test_conversations_are_listed_newest_first_and_can_be_opened(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    expect(titles(chat.page)).to_have_text(["butter", "bread"])

    entries(chat.page).last.click()

    expect(chat.questions).to_have_text(["You said: bread"])
    expect(entries(chat.page).last).to_have_attribute("aria-current", "page")
    expect(chat.page).to_have_title("bread – Chatapp")
    chat.page.go_back()
    expect(chat.questions).to_have_text(["You said: butter"])
    chat.page.go_forward()
    chat.page.reload()
    expect(chat.questions).to_have_text(["You said: bread"])


def test_a_conversation_is_renamed_and_pinned(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    choose(chat.page, "bread", "Rename")
    box = chat.page.get_by_role("textbox", name="New title")
    expect(box).to_be_focused()
    box.fill("Baking")
    box.press("Enter")
    expect(titles(chat.page)).to_have_text(["butter", "Baking"])

    choose(chat.page, "Baking", "Pin")

    expect(titles(chat.page)).to_have_text(["Baking", "butter"])
    expect(entries(chat.page).first.get_by_text("Pinned:")).to_be_visible()
    expect(entries(chat.page).last.get_by_text("Pinned:")).to_be_hidden()


def test_a_key_that_ends_a_composition_renames_nothing(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread")
    choose(chat.page, "bread", "Rename")
    box = chat.page.get_by_role("textbox", name="New title")
    box.fill("日本")

    for key in ("Enter", "Escape"):  # as Safari tells of them
        box.evaluate(
            f"e => e.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', keyCode: 229, bubbles: true}}))"
        )

    expect(box).to_be_focused()
    expect(box).to_have_value("日本")


def test_a_conversation_is_deleted_once_that_is_confirmed(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    choose(chat.page, "butter", "Delete…")
    chat.page.get_by_role("button", name="Cancel").click()
    expect(entries(chat.page)).to_have_count(2)

    choose(chat.page, "butter", "Delete…")
    chat.page.get_by_role("dialog", name="Delete this conversation?").get_by_role("button", name="Delete").click()

    expect(titles(chat.page)).to_have_text(["bread"])
    expect(chat.answers).to_have_count(0)
    expect(chat.page).to_have_url(re.compile("/chat$"))


def test_search_finds_words_and_shows_where(chat: Talk) -> None:
    ask_in_new_chats(chat, "How long does bread bake?", "butter")
    search = chat.page.get_by_role("searchbox")

    wait_until_found(chat.page, "bake")

    search.fill("bake")

    expect(entries(chat.page)).to_have_count(1)
    expect(entries(chat.page).locator("mark").first).to_have_text("bake")
    search.fill("nothing like that")
    expect(chat.page.get_by_test_id("list-note")).to_have_text("Nothing found.")
    search.press("Escape")
    expect(entries(chat.page)).to_have_count(2)


def test_an_address_of_nobody_says_so_and_begins_anew(page: Page, site: str) -> None:
    page.goto(f"{site}/chat#c=nobodys")

    expect(page.get_by_test_id("toast")).to_contain_text("not there")
    expect(page).to_have_url(f"{site}/chat")


def test_what_is_exported_can_be_imported(chat: Talk, browser: Browser, site: str, tmp_path: Path) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    chat.page.get_by_role("button", name="Your data").click()
    with chat.page.expect_download() as download:
        chat.page.get_by_role("link", name="Export everything").click()
    file = tmp_path / "export.jsonl"
    download.value.save_as(file)

    with browser.new_context() as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto(f"{site}/chat")
        page.get_by_test_id("import-file").set_input_files(file)
        expect(page.get_by_test_id("import")).to_contain_text("Imported: 2 conversations with 4 messages.")
        page.keyboard.press("Escape")
        expect(titles(page)).to_have_text(["butter", "bread"])
        assert complaints == []


def test_an_import_tells_what_it_left_out(chat: Talk, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([{"title": "Pictures", "mapping": {}}]), "utf-8")

    chat.page.get_by_test_id("import-file").set_input_files(file)

    dialog = chat.page.get_by_test_id("import")
    expect(dialog).to_contain_text("Imported: 0 conversations")
    dialog.get_by_text("What was left out").click()
    expect(dialog.get_by_role("listitem")).to_contain_text("Pictures")


def test_a_link_brings_the_conversations_to_another_device_once(chat: Talk, browser: Browser) -> None:
    chat.ask("bread")
    choose_for_all(chat.page, "Continue on another device…")
    link = chat.page.get_by_test_id("handoff-link").input_value()

    with another_device(browser, link) as page:
        expect(titles(page)).to_have_text(["bread"])

    with another_device(browser, link) as page:
        expect(page.get_by_test_id("toast")).to_be_visible()
        expect(entries(page)).to_have_count(0)


@contextmanager
def another_device(browser: Browser, link: str) -> Iterator[Page]:
    """Follow a link to here on another device; its secret may reach no log."""
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        page.goto(link)
        page.get_by_role("button", name="Continue here").click()
        expect(page).to_have_url(link.partition("#")[0])
        yield page
        assert not [url for url in asked if "handoff=" in url]


def test_all_data_is_deleted_once_that_is_confirmed(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    chat.input.fill("a draft")
    choose_for_all(chat.page, "Delete all my data…")

    chat.page.get_by_role("button", name="Delete everything").click()

    expect(chat.page.get_by_test_id("list-note")).to_contain_text("No conversations yet.")
    expect(chat.answers).to_have_count(0)
    expect(chat.input).to_have_value("")
    assert chat.page.evaluate("localStorage.length") == 0
    assert chat.page.context.cookies() == []


def test_the_drawer_of_a_phone_keeps_the_focus_and_gives_it_back(phone: Page, site: str) -> None:
    phone.goto(f"{site}/chat")
    opener = phone.get_by_role("button", name="Conversations")
    Talk(phone, phone.get_by_test_id("chat")).ask("bread")
    opener.click()
    drawer = phone.get_by_role("dialog", name="Conversations")
    expect(drawer).to_be_visible()
    assert drawer.evaluate("dialog => dialog.contains(document.activeElement) && dialog.matches(':modal')")
    phone.get_by_role("button", name="More for “bread”").click()

    phone.keyboard.press("Escape")
    expect(drawer).to_be_visible()
    phone.keyboard.press("Escape")

    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_menu_of_a_conversation_is_worked_by_keys(chat: Talk) -> None:
    chat.ask("bread")
    more = chat.page.get_by_role("button", name="More for “bread”")
    more.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("button", name="Rename")).to_be_focused()

    chat.page.keyboard.press("ArrowDown")
    expect(chat.page.get_by_role("button", name="Pin")).to_be_focused()
    chat.page.keyboard.press("Escape")

    expect(more).to_be_focused()
    expect(more).to_have_attribute("aria-expanded", "false")
