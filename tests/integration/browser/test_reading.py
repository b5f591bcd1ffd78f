"""What one reads: it follows the reader, not the other way round, and says plainly what is amiss."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.integration.browser.talk import Talk
from tests.upstream import Gate, ScriptedUpstream, Stall
from tests.upstream.wire import sse

AT_END = "element => element.scrollHeight - element.clientHeight - element.scrollTop < 2"
TOP = "element => element.scrollTop"


def wait_for_end(talk: Talk) -> None:
    """Wait until the end is in sight."""
    talk.page.wait_for_function(AT_END, arg=talk.messages.element_handle())


def test_a_question_stays_in_sight_while_its_answer_begins(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["earlier\n" * 80]))
    talk.ask("one")
    gates = [Gate(), Gate(), Gate()]
    upstream.script(*sse(["few\n" * 3, "first", gates[0], "\nline" * 80, "second", gates[1], "\nline" * 9, "third"]))
    talk.ask("two", until="streaming")
    expect(talk.text).to_contain_text("first")
    more = talk.root.get_by_test_id("more")
    wait_for_end(talk)
    expect(more).to_be_hidden()

    gates[0].open()
    expect(talk.text).to_contain_text("second")
    expect(talk.questions.last).to_be_in_viewport(ratio=1)
    assert not talk.messages.evaluate(AT_END)

    more.press("Enter")
    expect(more).to_be_hidden()
    expect(talk.messages).to_be_focused()
    wait_for_end(talk)

    gates[1].open()
    talk.wait_for("done")
    wait_for_end(talk)


def test_the_end_of_a_long_question_stays_in_sight(chat: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["answer\n" * 80]))

    chat.ask("line\n" * 80 + "the end")

    box, view = (part.bounding_box() for part in (chat.questions.last, chat.messages))
    assert box
    assert view
    assert view["y"] < box["y"] + box["height"] < view["y"] + view["height"] / 2


def test_a_reader_who_scrolls_away_is_left_alone_and_told_of_new_text(talk: Talk, upstream: ScriptedUpstream) -> None:
    gates = [Gate(), Gate()]
    upstream.script(*sse(["line\n" * 80, "first", gates[0], "\nline" * 9, "second", gates[1], "\nline" * 9, "third"]))
    talk.ask("Hi", until="streaming")
    expect(talk.text).to_contain_text("first")
    more = talk.root.get_by_test_id("more")
    more.click()
    talk.messages.hover()
    talk.page.mouse.wheel(0, -60)
    talk.page.wait_for_function(f"element => !({AT_END})(element)", arg=talk.messages.element_handle())
    place = talk.messages.evaluate(TOP)
    expect(more).to_be_hidden()

    gates[0].open()
    expect(talk.text).to_contain_text("second")
    expect(more).to_be_visible()
    assert talk.messages.evaluate(TOP) == place

    talk.page.mouse.wheel(0, 9000)
    expect(more).to_be_hidden()
    gates[1].open()
    talk.wait_for("done")
    wait_for_end(talk)


def test_what_is_selected_does_not_move(chat: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["first " * 20, gate, "\nline" * 80]))
    chat.ask("Hi", until="streaming")
    expect(chat.text).to_contain_text("first")
    chat.text.evaluate("element => getSelection().selectAllChildren(element)")

    gate.open()
    chat.wait_for("done")

    assert chat.messages.evaluate(TOP) == 0
    expect(chat.root.get_by_test_id("more")).to_be_visible()


def test_keys_do_things_unless_one_is_writing(chat: Talk) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("Hi")
    chat.messages.focus()
    chat.page.keyboard.press("c")
    expect(chat.status).to_have_text("Copied.")
    assert chat.page.evaluate("navigator.clipboard.readText()") == "Hello world"

    chat.page.keyboard.press("s")
    expect(chat.page.get_by_role("searchbox")).to_be_focused()
    chat.page.keyboard.press("n")
    expect(chat.page.get_by_role("searchbox")).to_have_value("n")
    chat.messages.focus()
    chat.page.keyboard.press("n")

    expect(chat.answers).to_have_count(0)
    expect(chat.input).to_be_focused()


def test_the_list_of_keys_opens_by_key_and_by_button_and_can_turn_them_off(chat: Talk) -> None:
    shortcuts = chat.page.get_by_test_id("shortcuts")
    chat.messages.focus()
    chat.page.keyboard.press("?")
    shortcuts.get_by_role("checkbox").uncheck()
    chat.page.keyboard.press("Escape")
    expect(shortcuts).to_have_count(0)
    expect(chat.messages).to_be_focused()

    chat.page.reload()
    chat.page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(shortcuts.get_by_role("checkbox")).not_to_be_checked()
    chat.page.keyboard.press("Escape")
    chat.messages.focus()
    chat.page.keyboard.press("?")

    expect(shortcuts).to_have_count(0)


def test_escape_closes_what_is_open_and_then_stops_the_answer(chat: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half", Stall()]))
    chat.ask("Hi", until="streaming")
    chat.page.get_by_role("button", name="Your data").click()
    chat.page.keyboard.press("Escape")
    chat.page.get_by_role("button", name="Instructions").click()
    chat.page.keyboard.press("Escape")
    chat.page.get_by_role("searchbox").press("Escape")
    expect(chat.page.get_by_role("dialog")).to_have_count(0)
    expect(chat.answer).to_have_attribute("data-state", "streaming")

    chat.input.press("Escape")

    chat.wait_for("stopped")
    upstream.requests[-1].wait_until_left()


def test_a_question_and_an_answer_are_copied_on_plain_http(chat: Talk) -> None:
    chat.page.evaluate("delete Navigator.prototype.clipboard")
    chat.ask("My question")

    for button, text in (
        (chat.tool("Copy this message", chat.questions.last), "My question"),
        (chat.tool("Copy the answer"), "Hello world"),
    ):
        button.press("Enter")
        expect(button).to_have_attribute("data-done", "true")
        expect(button).to_be_focused()
        chat.input.fill("")
        chat.input.press("Control+v")
        expect(chat.input).to_have_value(text)


def test_code_is_copied_from_the_widget_without_touching_its_site_and_a_refusal_is_told(
    talk: Talk, upstream: ScriptedUpstream
) -> None:
    upstream.script(*sse(["```sh\nbake\n```\n"]))
    talk.ask("How?")
    talk.page.evaluate(
        """() => {
          delete Navigator.prototype.clipboard;
          window.added = 0;
          new MutationObserver(() => window.added++).observe(document.body, { childList: true });
        }"""
    )
    button = talk.text.get_by_role("button", name="Copy")
    button.click()
    expect(button).to_have_attribute("data-done", "true")
    expect(talk.status).to_have_text("Copied.")
    assert talk.page.evaluate("window.added") == (0 if talk.is_widget else 1)

    talk.page.evaluate("document.execCommand = () => false")
    button.click()

    expect(talk.root.get_by_test_id("toast")).to_contain_text("Copying is not allowed here.")


def test_being_offline_is_said_and_what_is_sent_goes_out_when_that_is_over(talk: Talk) -> None:
    line = talk.root.get_by_test_id("connection")
    expect(talk.button).to_be_enabled()
    talk.page.context.set_offline(True)
    expect(line).to_contain_text("You are offline.")
    expect(talk.status).to_contain_text("You are offline.")
    talk.ask("Hi", until="waiting")
    expect(talk.note).to_have_text("Reconnecting…")

    talk.page.context.set_offline(False)

    talk.wait_for("done")
    talk.shows("Hello world")
    expect(line).to_be_hidden()


def test_a_server_out_of_reach_is_said_until_it_is_back(chat: Talk) -> None:
    chat.ask("Hi")
    chat.page.route("**/health/live", lambda route: route.abort())
    chat.page.route("**/api/**", lambda route: route.abort())
    chat.page.get_by_test_id("model").select_option("gpt-4.1")
    line = chat.root.get_by_test_id("connection")
    expect(line).to_contain_text("The server cannot be reached")

    chat.page.unroute_all()

    expect(line).to_be_hidden()


def test_what_failed_beside_an_answer_says_why_and_can_be_tried_again(chat: Talk) -> None:
    chat.ask("Hi")
    toast = chat.page.get_by_test_id("toast")
    told = {"error": "The storage rests.", "code": "storage_unavailable", "request_id": "r1"}
    chat.page.route("**/api/conversations/*", lambda route: route.fulfill(status=503, json=told), times=1)
    chat.page.reload()
    expect(toast).to_contain_text("The storage rests.")
    expect(toast.get_by_text("Request id: r1")).to_be_hidden()
    toast.get_by_text("Details").click()
    expect(toast.get_by_text("Request id: r1")).to_be_visible()

    toast.get_by_role("button", name="Retry").press("Enter")

    expect(chat.questions).to_have_count(1)
    expect(toast).to_be_hidden()


def test_messages_out_of_sight_are_not_drawn_and_keep_their_height(chat: Talk, upstream: ScriptedUpstream) -> None:
    for number in range(12):
        upstream.script(*sse(["line\n" * 40]))
        chat.ask(f"question {number}")
    first = chat.answers.first
    expect(first.locator("xpath=..")).to_have_attribute("data-resting", "true")
    height = first.evaluate("element => element.offsetHeight")

    chat.page.get_by_test_id("more").press("Enter")
    drawn = "element => element.querySelector('p').checkVisibility({ contentVisibilityAuto: true })"
    chat.page.wait_for_function(f"element => !({drawn})(element)", arg=first.element_handle())

    assert first.evaluate("element => element.offsetHeight") == height > 500
