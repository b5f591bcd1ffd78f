"""What one writes: it is never lost, goes out when that is meant, and may come from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import held, wait_until
from tests.upstream import ScriptedUpstream

MOST_CHARACTERS = 100_000
EDIT_BOX = "Your message, changed"
SCRIPT = "**/static/chat.js*"


def bring_alone(route: Route) -> None:
    """Bring a request to the server; its answer never comes."""
    route.fetch()


def without_script(page: Page, address: str) -> tuple[Talk, Callable[[], Route]]:
    """Open the chat page; its script is held up."""
    script = held(page, SCRIPT)
    page.goto(address, wait_until="commit")
    talk = Talk(page, page.get_by_test_id("chat"))
    talk.input.wait_for()
    return talk, script


def test_what_is_typed_before_the_script_runs_stays(page: Page, site: str) -> None:
    talk, script = without_script(page, f"{site}/chat")
    talk.input.press_sequentially("early")
    expect(talk.button).to_be_disabled()

    script().continue_()
    expect(talk.button).to_be_enabled()
    talk.input.press_sequentially(" bird")

    expect(talk.input).to_have_value("early bird")
    page.reload()
    expect(talk.input).to_have_value("early bird")


def test_what_is_typed_early_goes_into_the_conversation_of_the_address_behind_its_draft(chat: Talk) -> None:
    chat.ask("one")
    chat.input.fill("a draft")
    script = held(chat.page, SCRIPT)
    chat.page.reload(wait_until="commit")
    chat.input.wait_for()
    chat.input.fill("and more")

    script().continue_()

    expect(chat.questions).to_have_count(1)
    expect(chat.input).to_have_value("a draft\n\nand more")
    chat.begin_anew()
    expect(chat.input).to_have_value("")


def test_each_conversation_keeps_its_draft_over_a_reload(chat: Talk) -> None:
    chat.ask("one")
    chat.input.fill("for the first")
    chat.begin_anew()
    chat.input.fill("for a new one")

    chat.page.reload()

    expect(chat.input).to_have_value("for a new one")
    chat.page.get_by_test_id("entries").get_by_role("link").click()
    expect(chat.input).to_have_value("for the first")


def test_drafts_are_kept_while_the_page_is_open_where_nothing_can_be_stored(page: Page, site: str) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied') } })")
    page.goto(f"{site}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))
    talk.ask("one")
    talk.input.fill("a draft")
    talk.begin_anew()
    expect(talk.input).to_have_value("")

    page.go_back()

    expect(talk.input).to_have_value("a draft")


def test_what_was_on_its_way_when_the_page_closed_is_a_draft_again(chat: Talk) -> None:
    chat.page.route("**/replies", lambda route: route.abort())
    chat.ask("Is anybody there?", until="waiting")
    expect(chat.page).to_have_url(re.compile("#c="))
    chat.input.fill("And then?")

    chat.page.reload()

    expect(chat.input).to_have_value("Is anybody there?\n\nAnd then?")


def test_what_had_come_when_the_page_closed_is_no_draft(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("one")
    asked = len(upstream.requests)
    chat.page.route("**/replies", bring_alone, times=1)
    chat.ask("two", until="waiting")
    wait_until(chat.page, "the provider is asked", lambda: len(upstream.requests) > asked)

    chat.page.reload()

    expect(chat.questions).to_have_text([re.compile("one"), re.compile("two")])
    expect(chat.input).to_have_value("")


@pytest.mark.parametrize("grows_itself", [True, False])
def test_the_box_grows_with_its_text_up_to_a_limit(page: Page, site: str, grows_itself: bool) -> None:
    if not grows_itself:
        page.add_init_script("CSS.supports = () => false")
        page.route("**/static/chat.css*", without_field_sizing)
    page.goto(f"{site}/chat")
    talk = Talk(page, page.get_by_test_id("chat"))
    height = "box => box.getBoundingClientRect().height"
    expect(talk.button).to_be_enabled()
    low = talk.input.evaluate(height)

    talk.input.fill("\n".join("four"))
    high = talk.input.evaluate(height)
    talk.input.fill("line\n" * 99)

    assert low < high < talk.input.evaluate(height) <= 0.36 * 800
    assert talk.input.evaluate("box => box.scrollHeight > box.clientHeight")
    talk.input.fill("")
    assert talk.input.evaluate(height) == low


def without_field_sizing(route: Route) -> None:
    """Give the page the style sheet as a browser reads it that knows no ``field-sizing``."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("field-sizing:content", ""))


def test_up_in_an_empty_box_edits_the_last_question(chat: Talk) -> None:
    chat.ask("one")
    chat.ask("two")
    chat.input.press("ArrowUp")
    box = chat.page.get_by_label(EDIT_BOX)
    expect(box).to_have_value("two")
    expect(box).to_be_focused()

    box.press("Escape")
    expect(chat.input).to_be_focused()
    chat.input.fill("written")
    chat.input.press("ArrowUp")

    expect(box).to_have_count(0)


def test_a_text_that_is_too_long_says_so_and_is_not_sent(talk: Talk, upstream: ScriptedUpstream) -> None:
    asked = len(upstream.requests)
    talk.input.fill("x" * (MOST_CHARACTERS + 1))

    expect(talk.root.get_by_test_id("limit")).to_contain_text("100,001 characters, where 100,000 are allowed")
    expect(talk.status).to_contain_text("too long")
    talk.input.press("Enter")
    expect(talk.questions).to_have_count(0)

    # As long as is allowed, though some are two units of JavaScript's.
    talk.ask("word " * (MOST_CHARACTERS // 5 - 1) + "👋" * 5)
    expect(talk.root.get_by_test_id("limit")).to_be_hidden()
    assert len(upstream.requests) == asked + 1


def test_a_text_file_becomes_part_of_the_message(talk: Talk) -> None:
    talk.input.fill("What is this?")
    expect(talk.tool("Attach a text file", talk.root)).to_be_enabled()
    with talk.page.expect_file_chooser() as chooser:
        talk.tool("Attach a text file", talk.root).press("Enter")

    chooser.value.set_files({"name": "notes.md", "mimeType": "", "buffer": b"a\n```\nb\n````\n"})

    expect(talk.input).to_be_focused()
    expect(talk.input).to_have_value("What is this?\n\n### notes.md\n\n`````md\na\n```\nb\n````\n`````")


DROP = """([name, bytes, over]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([Uint8Array.from(bytes)], name));
  const options = { dataTransfer: carried, bubbles: true, cancelable: true };
  const place = document.querySelector(over);
  place.dispatchEvent(new DragEvent("dragover", options));
  window.invites = document.querySelector("[data-testid=chat]").dataset.dropping;
  return !place.dispatchEvent(new DragEvent("drop", options));
}"""


@pytest.mark.parametrize("over", ["[data-part=transcript]", "[data-part=sidebar]", "header"])
def test_a_file_that_is_let_go_anywhere_is_taken_and_replaces_no_page(chat: Talk, over: str) -> None:
    expect(chat.button).to_be_enabled()
    assert chat.page.evaluate(DROP, ["a.txt", list("grüße".encode()), over])

    expect(chat.input).to_have_value("### a.txt\n\n```txt\ngrüße\n```")
    assert chat.page.evaluate("window.invites") == "true"
    expect(chat.root).not_to_have_attribute("data-dropping", "true")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "not a text file"), (b"PK\0", "not a text file"), (b"x" * 100_001, "too long")],
)
def test_other_files_are_refused_in_plain_words(chat: Talk, content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "picture.bin"
    file.write_bytes(content)
    expect(chat.button).to_be_enabled()

    chat.page.get_by_test_id("text-files").set_input_files(file)

    expect(chat.page.get_by_test_id("toast")).to_contain_text("picture.bin")
    expect(chat.page.get_by_test_id("toast")).to_contain_text(words)
    expect(chat.input).to_have_value("")


def test_all_files_that_are_not_taken_are_told(chat: Talk, tmp_path: Path) -> None:
    expect(chat.button).to_be_enabled()
    files = [tmp_path / name for name in ("one.bin", "two.bin")]
    for file in files:
        file.write_bytes(b"\xff\xfe\0")

    chat.page.get_by_test_id("text-files").set_input_files(files)

    expect(chat.page.get_by_test_id("toast")).to_contain_text("one.bin")
    expect(chat.page.get_by_test_id("toast")).to_contain_text("two.bin")


def test_a_paste_that_is_far_too_long_leaves_the_box_as_it_is(chat: Talk) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.page.evaluate("navigator.clipboard.writeText('word '.repeat(200_000))")
    chat.input.fill("before")

    chat.input.press("Control+v")

    expect(chat.page.get_by_test_id("toast")).to_contain_text("1,000,000 characters")
    expect(chat.input).to_have_value("before")
