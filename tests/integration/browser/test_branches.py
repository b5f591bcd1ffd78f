"""Messages that are asked otherwise and answered again: each is kept beside the others, and can be shown."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import held
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import sse

CONVERSATION = "**/api/conversations/*"
TOLD = re.compile("What the model is told")


def instruct(chat: Talk, words: str) -> None:
    """Tell the model something before everything else."""
    chat.page.get_by_role("button", name="Instructions").click()
    chat.page.get_by_label(TOLD).fill(words)
    chat.page.get_by_role("button", name="Save").click()


def change_that_is_left(chat: Talk) -> Route:
    """Choose a model for “butter”, and go on to “bread”; return the request for the model, which is held up."""
    chat.ask("bread")
    chat.begin_anew()
    chat.ask("butter")
    change = held(chat.page, CONVERSATION)
    chat.page.get_by_test_id("model").select_option("gpt-4.1")
    route = change()
    chat.page.get_by_test_id("entries").get_by_role("link", name="bread").click()
    expect(chat.questions).to_have_text(["You said: bread"])
    return route


def test_an_edited_message_begins_a_branch_and_the_old_one_stays(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("one")
    chat.ask("two")
    chat.tool("Edit this message", chat.questions.first).click()
    box = chat.page.get_by_label("Your message, changed")
    expect(box).to_be_focused()

    box.fill("better")
    box.press("Enter")

    chat.wait_for("done")
    expect(chat.questions.locator("[data-part=text]")).to_have_text(["better"])
    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["better"]
    chat.tool("Previous version", chat.questions.first).click()
    expect(chat.questions.locator("[data-part=text]")).to_have_text(["one", "two"])
    expect(chat.tool("Previous version", chat.questions.first)).to_be_focused()


def test_an_edit_can_be_given_up(chat: Talk) -> None:
    chat.ask("one")
    chat.tool("Edit this message", chat.questions.first).click()

    chat.page.keyboard.press("Escape")

    expect(chat.tool("Edit this message", chat.questions.first)).to_be_focused()
    expect(chat.questions).to_have_text(["You said: one"])


def test_another_answer_by_another_model_stands_beside_the_first(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("Hi")
    upstream.script(*sse(["Second"]))
    chat.tool("Another answer by another model").click()

    chat.page.get_by_role("button", name="gpt-4.1", exact=True).click()

    chat.shows("Second")
    chat.wait_for("done")
    assert upstream.requests[-1].json["model"] == "gpt-4.1"
    expect(chat.answer.locator("[data-part=position]")).to_have_text("2 / 2")
    chat.tool("Previous version").click()
    chat.shows("Hello world")
    chat.page.reload()
    chat.shows("Hello world")


def test_continue_asks_on_under_an_answer_that_was_cut_off(chat: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half"], finish="length"))
    chat.ask("Hi")

    chat.tool("Continue").click()

    expect(chat.questions.last).to_contain_text("Please continue.")
    chat.wait_for("done")
    told = [message["content"] for message in upstream.requests[-1].json["messages"]]
    assert told == ["Hi", "Half", "Please continue."]


def test_the_answer_can_be_copied(chat: Talk) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("Hi")

    chat.tool("Copy the answer").click()

    expect(chat.status).to_have_text("Copied.")
    assert chat.page.evaluate("navigator.clipboard.readText()") == "Hello world"


def test_instructions_go_along_and_can_be_changed(chat: Talk, upstream: ScriptedUpstream) -> None:
    instruct(chat, "Be short.")

    chat.ask("Hi")

    assert upstream.requests[-1].json["messages"][0] == {"role": "system", "content": "Be short."}
    chat.page.reload()
    chat.page.get_by_role("button", name="Instructions").click()
    expect(chat.page.get_by_label(TOLD)).to_have_value("Be short.")


def test_instructions_are_shown_once_their_conversation_is(chat: Talk) -> None:
    instruct(chat, "Be short.")
    chat.ask("Hi")
    opening = held(chat.page, CONVERSATION)
    chat.page.reload()
    conversation = opening()
    chat.page.get_by_role("button", name="Instructions").dblclick()
    expect(chat.page.get_by_label(TOLD)).to_have_count(0)

    conversation.continue_()

    expect(chat.page.get_by_label(TOLD)).to_have_value("Be short.")
    chat.page.get_by_label(TOLD).fill("Be long.")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page.get_by_label(TOLD)).to_have_count(0)
    chat.page.reload()
    chat.page.get_by_role("button", name="Instructions").click()
    expect(chat.page.get_by_label(TOLD)).to_have_value("Be long.")


def test_a_model_that_is_chosen_before_the_conversation_is_there_is_kept(
    chat: Talk, upstream: ScriptedUpstream
) -> None:
    chat.ask("Hi")
    opening = held(chat.page, CONVERSATION)
    chat.page.reload()
    conversation = opening()
    chat.page.get_by_test_id("model").select_option("gpt-4.1-mini")
    chat.page.get_by_test_id("model").select_option("gpt-4.1")
    chat.ask("more", until=None)

    with chat.page.expect_response(lambda response: response.request.method == "PATCH") as changed:
        conversation.continue_()

    assert changed.value.json()["model"] == "gpt-4.1"
    expect(chat.questions).to_have_text(["You said: Hi", "You said: more"])
    chat.wait_for("done")
    assert upstream.requests[-1].json["model"] == "gpt-4.1"
    expect(chat.page.get_by_test_id("model")).to_have_value("gpt-4.1")


def test_a_change_that_failed_is_tried_again_where_it_was_meant(chat: Talk, upstream: ScriptedUpstream) -> None:
    change = change_that_is_left(chat)
    change.abort()

    with chat.page.expect_response(lambda response: response.request.method == "PATCH") as changed:
        chat.root.get_by_test_id("toast").get_by_role("button", name="Retry").click()

    assert changed.value.json()["title"] == "butter"
    chat.ask("more")
    assert upstream.requests[-1].json["model"] != "gpt-4.1"


def test_a_change_that_comes_late_is_not_taken_for_one_of_the_next_conversation(
    chat: Talk, upstream: ScriptedUpstream
) -> None:
    change = change_that_is_left(chat)

    with chat.page.expect_response(lambda response: response.request.method == "PATCH"):
        change.continue_()

    chat.ask("more")
    expect(chat.page).to_have_title("bread – Chatapp")
    assert [message["content"] for message in upstream.requests[-1].json["messages"]][::2] == ["bread", "more"]
    assert upstream.requests[-1].json["model"] != "gpt-4.1"


def test_older_messages_come_when_one_scrolls_up(chat: Talk, site: str) -> None:
    chat.ask("the first of all")
    id_ = chat.page.url.rpartition("=")[2]
    for number in range(27):
        answer = chat.page.request.post(
            f"{site}/api/conversations/{id_}/replies",
            data={"message": f"message {number}"},
            headers={"Accept": "text/event-stream"},
        )
        assert answer.ok
    chat.page.reload()
    expect(chat.questions).to_have_count(20)
    expect(chat.questions.last).to_be_in_viewport()

    chat.messages.evaluate("element => element.scrollTo({ top: 0, behavior: 'instant' })")

    expect(chat.questions).to_have_count(28)
    expect(chat.questions.first).to_contain_text("the first of all")
    expect(chat.questions.first).not_to_be_in_viewport()
