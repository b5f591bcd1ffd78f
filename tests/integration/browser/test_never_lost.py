"""A question is never lost and never paid twice, and Stop always stops: on the chat page and in the widget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.integration.browser.conftest import another_tab, watch
from tests.integration.browser.host_site import HostSite, hosting
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import held, wait_until
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import sse

REPLIES, CONVERSATIONS, CONVERSATION = "**/replies", "**/api/conversations", "**/api/conversations/*"
TOKEN = "Object.keys(localStorage).find((name) => name.endsWith(' token'))"
COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"
REFUSAL = {"error": "Too fast.", "code": "rate_limited"}


@pytest.fixture(scope="module")
def host(site: str) -> Iterator[HostSite]:
    """A site with the widget on each of its two pages."""
    with hosting(site) as running:
        for path in ("/", "/next"):
            running.put(path, f"<h1>Shop</h1>{running.widget()}")
        yield running


@pytest.fixture
def shop(page: Page, host: HostSite) -> Talk:
    """The widget, open, where a first question has been answered."""
    page.goto(host.url)
    talk = opened(page)
    talk.ask("first")
    return talk


def opened(page: Page) -> Talk:
    """Open the widget of a page."""
    page.get_by_test_id("launcher").click()
    talk = Talk(page, page.get_by_test_id("widget"))
    expect(talk.button).to_be_enabled()
    return talk


def goes_on(shop: Talk) -> Talk:
    """Go to the next page of the site, and open the widget there."""
    shop.page.goto(f"{shop.page.url.rpartition('/')[0]}/next")
    return opened(shop.page)


def left_on_its_way(talk: Talk, message: str) -> None:
    """Send a message whose request never comes."""
    request = held(talk.page, REPLIES)
    talk.ask(message, until="waiting")
    request()


def asked(upstream: ScriptedUpstream, since: int) -> list[str]:
    """Return what the provider was asked."""
    return [json.loads(request.body)["messages"][-1]["content"] for request in upstream.requests[since:]]


def shows(talk: Talk, *questions: str) -> None:
    """Wait until these questions are shown, and answered."""
    expect(talk.questions).to_have_text([f"You said: {question}" for question in questions])
    talk.wait_for("done")


def forget(talk: Talk) -> None:
    """Have everything forgotten."""
    talk.tool("Forget me", talk.root).click()
    talk.page.get_by_role("button", name="Forget everything").click()
    expect(talk.status).to_have_text("Everything is forgotten.")


def lose_visitor(page: Page) -> None:
    """Have the browser remember a visitor whom the server does not know."""
    page.evaluate(f"localStorage.setItem({TOKEN}, 'v.0.0')")


@contextmanager
def next_tab(shop: Talk) -> Iterator[Talk]:
    """Open the next page of the site in a second tab."""
    page = shop.page.context.new_page()
    complaints = watch(page)
    page.goto(f"{shop.page.url.rpartition('/')[0]}/next")
    yield opened(page)
    assert complaints == []


def test_a_question_that_is_asked_again_is_not_offered_in_the_box_meanwhile(
    shop: Talk, upstream: ScriptedUpstream
) -> None:
    since = len(upstream.requests)
    left_on_its_way(shop, "second")
    loading = held(shop.page, CONVERSATION)
    talk = goes_on(shop)
    expect(talk.input).to_have_value("")
    talk.input.press("Enter")
    talk.ask("third", until=None)

    loading().continue_()

    shows(talk, "first", "second")
    expect(talk.input).to_have_value("third")
    assert asked(upstream, since) == ["second"]
    talk.input.press("Enter")
    shows(talk, "first", "second", "third")


def test_new_chat_while_a_question_is_asked_again_stays_a_new_chat(shop: Talk) -> None:
    left_on_its_way(shop, "second")
    again = held(shop.page, REPLIES)
    talk = goes_on(shop)
    expect(talk.questions).to_have_count(2)

    talk.begin_anew()
    again().continue_()

    talk.ask("another")
    shows(talk, "another")


def test_what_is_sent_to_a_conversation_that_could_not_be_loaded_goes_there(
    shop: Talk, upstream: ScriptedUpstream
) -> None:
    shop.page.route(CONVERSATION, lambda route: route.abort(), times=1)
    talk = goes_on(shop)
    expect(talk.root.get_by_test_id("toast")).to_be_visible()

    talk.ask("second", until=None)

    shows(talk, "first", "second")


def test_after_forget_nothing_goes_out_any_more(shop: Talk, upstream: ScriptedUpstream) -> None:
    since = len(upstream.requests)
    shop.begin_anew()
    shop.page.route(CONVERSATIONS, lambda route: route.abort())
    shop.ask("a secret", until="waiting")
    expect(shop.note).to_have_text("Reconnecting…")

    forget(shop)
    sent: list[str] = []
    shop.page.on("request", lambda request: sent.append(request.method))
    shop.page.unroute(CONVERSATIONS)
    shop.page.evaluate("dispatchEvent(new Event('online'))")
    shop.page.wait_for_timeout(1_000)

    assert ("POST" not in sent, asked(upstream, since)) == (True, [])
    assert shop.page.evaluate("localStorage.length") == 0


def test_a_visitor_who_was_found_lost_long_ago_keeps_the_next_answer(shop: Talk) -> None:
    lose_visitor(shop.page)
    with shop.page.expect_response(CONVERSATION):
        shop.page.evaluate(COME_BACK)
    shop.begin_anew()

    shop.ask("new")

    shows(shop, "new")
    expect(shop.root.get_by_test_id("toast")).to_be_hidden()
    shows(goes_on(shop), "new")


def test_what_was_asked_and_written_survives_its_lost_visitor(shop: Talk) -> None:
    left_on_its_way(shop, "asked")
    shop.input.fill("written")
    lose_visitor(shop.page)

    talk = goes_on(shop)

    expect(talk.root.get_by_test_id("toast")).to_contain_text("not kept any more")
    expect(talk.input).to_have_value("asked\n\nwritten")
    expect(talk.questions).to_have_count(0)
    talk.input.press("Enter")
    talk.wait_for("done")


def test_what_is_typed_while_a_visitor_turns_out_to_be_lost_stays_in_the_box(shop: Talk) -> None:
    lose_visitor(shop.page)
    loading = held(shop.page, CONVERSATION)
    talk = goes_on(shop)
    talk.input.press_sequentially("typed")

    loading().continue_()

    expect(talk.root.get_by_test_id("toast")).to_contain_text("not kept any more")
    expect(talk.input).to_have_value("typed")


def test_forgotten_in_one_tab_is_forgotten_in_the_other(shop: Talk) -> None:
    with next_tab(shop) as other:
        shows(other, "first")
        other.input.fill("half a th")

        forget(shop)

        expect(other.questions).to_have_count(0)
        expect(other.input).to_have_value("half a th")
        assert other.page.evaluate("localStorage.length") == 0
        other.input.press("Enter")
        shows(other, "half a th")


def test_a_conversation_that_is_gone_for_the_server_makes_room_for_a_new_one(shop: Talk) -> None:
    shop.page.route(REPLIES, lambda route: route.fulfill(status=404, json={"error": "x", "code": "not_found"}), times=1)

    shop.ask("second", until=None)

    expect(shop.root.get_by_test_id("toast")).to_contain_text("not kept any more")
    expect(shop.input).to_have_value("second")


def test_a_question_that_was_stopped_is_not_asked_again_on_the_next_page(
    shop: Talk, upstream: ScriptedUpstream
) -> None:
    since = len(upstream.requests)
    left_on_its_way(shop, "no, stop")
    shop.button.click()
    expect(shop.note).to_have_text("Stopping…")

    talk = goes_on(shop)

    shows(talk, "first")
    expect(talk.input).to_have_value("no, stop")
    assert asked(upstream, since) == []


def test_stop_reaches_an_answer_on_the_next_page(shop: Talk, upstream: ScriptedUpstream) -> None:
    since = len(upstream.requests)
    gate = Gate()
    upstream.script(*sse(["Half ", gate, "whole"]))
    shop.page.route(REPLIES, lambda route: route.fetch(), times=1)
    shop.ask("no, stop", until="waiting")
    wait_until(shop.page, "the provider is asked", lambda: len(upstream.requests) > since)
    shop.button.click()
    expect(shop.note).to_have_text("Stopping…")

    talk = goes_on(shop)

    talk.wait_for("stopped")
    upstream.requests[-1].wait_until_left()
    gate.open()
    expect(talk.input).to_have_value("")


def test_stop_takes_a_question_back_that_has_not_gone_out(talk: Talk, upstream: ScriptedUpstream) -> None:
    talk.ask("first")
    since = len(upstream.requests)
    talk.page.context.set_offline(True)
    talk.ask("offline", until="waiting")
    talk.input.fill("and more")

    talk.button.click()

    expect(talk.questions).to_have_count(1)
    expect(talk.input).to_have_value("offline\n\nand more")
    expect(talk.button).to_have_accessible_name("Send")
    talk.page.context.set_offline(False)
    talk.page.wait_for_timeout(1_000)
    assert asked(upstream, since) == []
    talk.input.press("Enter")
    talk.wait_for("done")


def test_two_tabs_ask_a_question_once(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("first")
    since = len(upstream.requests)
    chat.page.route(REPLIES, lambda route: route.abort())
    chat.ask("once", until="waiting")
    with another_tab(chat) as other:
        expect(other.input).to_have_value("once")
        other.input.press("Enter")
        shows(other, "first", "once")

        chat.page.unroute(REPLIES)
        chat.page.evaluate("dispatchEvent(new Event('online'))")

        shows(chat, "first", "once")
        assert asked(upstream, since) == ["once"]


def test_a_draft_that_another_tab_has_sent_is_gone_from_the_box(chat: Talk) -> None:
    chat.ask("zero")
    chat.input.fill("my draft ")
    with another_tab(chat) as other:
        expect(other.input).to_have_value("my draft ")
        other.input.press("Enter")
        other.wait_for("done")
        other.ask("and more")

        chat.page.evaluate(COME_BACK)

        shows(chat, "zero", "my draft", "and more")
        expect(chat.input).to_have_value("")
        chat.page.reload()
        shows(chat, "zero", "my draft", "and more")
        expect(chat.input).to_have_value("")


def test_a_refused_question_comes_back_though_another_one_was_asked(chat: Talk) -> None:
    chat.ask("zero")
    chat.page.route(REPLIES, lambda route: route.fulfill(status=429, json=REFUSAL), times=1)
    chat.ask("refused", until="failed")
    chat.ask("asked")

    chat.page.reload()

    shows(chat, "zero", "asked")
    expect(chat.input).to_have_value("refused")
    chat.input.press("Enter")
    shows(chat, "zero", "asked", "refused")


def test_a_changed_question_that_has_not_come_is_a_draft(chat: Talk) -> None:
    chat.ask("before")
    chat.page.route(REPLIES, lambda route: route.abort())
    chat.input.press("ArrowUp")
    box = chat.page.get_by_label("Your message, changed")
    box.fill("changed with care")
    box.press("Enter")
    expect(chat.questions).to_have_text(["You said: changed with care"])

    chat.page.reload()

    expect(chat.input).to_have_value("changed with care")
    shows(chat, "before")


def test_two_new_chats_that_are_not_made_yet_are_both_drafts(chat: Talk) -> None:
    chat.page.route(CONVERSATIONS, lambda route: None)
    chat.ask("one", until="waiting")
    chat.begin_anew()
    chat.ask("two", until="waiting")

    chat.page.reload()

    expect(chat.input).to_have_value("one\n\ntwo")


def test_a_refusal_is_told_though_one_has_gone_on(chat: Talk) -> None:
    chat.ask("zero")
    asking = held(chat.page, REPLIES)
    chat.ask("important", until="waiting")
    chat.begin_anew()

    asking().fulfill(status=429, json=REFUSAL)

    expect(chat.page.get_by_test_id("toast")).to_contain_text("Too fast.")
    chat.page.get_by_test_id("entries").get_by_role("link").first.click()
    expect(chat.input).to_have_value("important")


def test_a_site_that_watches_its_requests_gets_addresses_as_strings(page: Page, host: HostSite) -> None:
    page.add_init_script(
        "fetched = []; const { fetch } = window;"
        "window.fetch = (...args) => (fetched.push(typeof args[0]), fetch(...args))"
    )
    page.goto(host.url)
    opened(page).ask("Hi")

    assert set(page.evaluate("fetched")) == {"string"}
