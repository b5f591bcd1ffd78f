"""Menus that stay while something else moves, and where the focus is after what had it is gone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.integration.browser.conftest import another_tab
from tests.integration.browser.talk import Talk
from tests.integration.browser.test_conversations import ask_in_new_chats, choose, choose_for_all
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import sse


def test_a_menu_stays_open_while_an_answer_is_followed(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("bread")
    gates = [Gate() for _ in range(4)]
    pieces: list[Gate | str] = []
    for place, gate in enumerate(gates):
        pieces += [gate, f"{place}\n\n" * 20]
    upstream.script(*sse(pieces))
    chat.ask("butter", until=None)
    gates[0].open()
    expect(chat.text).to_contain_text("0")
    gates[1].open()
    more = chat.page.get_by_test_id("more")
    expect(more).to_be_visible()
    more.click()
    expect(more).to_be_hidden()
    chat.page.get_by_role("button", name="Your data").click()
    before = chat.messages.evaluate("element => element.scrollTop")

    gates[2].open()
    gates[3].open()
    chat.wait_for("done")

    expect(chat.text).to_contain_text("3")
    chat.page.wait_for_function(
        "([element, before]) => element.scrollTop > before", arg=[chat.messages.element_handle(), before]
    )
    expect(chat.page.get_by_role("button", name="Delete all my data…")).to_be_visible()


def test_a_menu_closes_when_its_button_is_scrolled_away(chat: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["a line\n\n" * 60]))
    chat.ask("bread")
    chat.tool("Another answer by another model").click()
    menu = chat.page.get_by_role("group", name="Models")
    expect(menu).to_be_visible()

    chat.messages.evaluate("element => element.scrollBy(0, -60)")

    expect(menu).to_be_hidden()


def test_a_dialog_that_a_menu_opened_gives_the_focus_back_to_the_menu_s_button(chat: Talk) -> None:
    ask_in_new_chats(chat, "bread", "butter")
    choose(chat.page, "butter", "Delete…")
    chat.page.get_by_role("button", name="Cancel").click()
    expect(chat.page.get_by_role("button", name="More for “butter”")).to_be_focused()

    choose_for_all(chat.page, "Delete all my data…")
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("button", name="Your data")).to_be_focused()

    choose(chat.page, "butter", "Delete…")
    chat.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(chat.page.get_by_test_id("entries").get_by_role("link", name="bread")).to_be_focused()


def test_messages_that_are_made_anew_keep_the_focus(chat: Talk) -> None:
    chat.ask("bread")
    with another_tab(chat) as other:
        expect(other.questions).to_have_count(1)
        other.ask("butter")
    copy = chat.tool("Copy the answer", chat.answers.first)
    copy.focus()

    chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(chat.questions).to_have_count(2)
    expect(copy).to_be_focused()


def test_the_focus_goes_to_the_transcript_when_going_back_takes_its_message(chat: Talk) -> None:
    chat.ask("bread")
    chat.begin_anew()
    chat.page.get_by_test_id("entries").get_by_role("link").click()
    expect(chat.questions).to_have_count(1)
    chat.tool("Copy the answer").focus()

    chat.page.go_back()

    expect(chat.questions).to_have_count(0)
    expect(chat.messages).to_be_focused()
