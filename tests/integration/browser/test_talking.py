"""What holds wherever one can chat: on the chat page and in the widget."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import held
from tests.upstream import Gate, Reset, ScriptedUpstream, Stall
from tests.upstream.wire import error, sse

EVENTS = "**/events"
STOP = "**/api/replies/*/stop"
WORDS = ["Blue ", "light ", "is ", "scattered ", "most."]


def stop_that_is_held(talk: Talk, upstream: ScriptedUpstream, question: str) -> Route:
    """Ask, and press Stop in mid answer; return the request that would end it."""
    upstream.script(*sse(["Half", Stall()]))
    talk.ask(question, until="streaming")
    talk.shows("Half")
    stop = held(talk.page, STOP)
    talk.button.click()
    return stop()


def history_of(upstream: ScriptedUpstream) -> list[str]:
    """Return what the provider was told last, without our own instructions."""
    return [message["content"] for message in upstream.requests[-1].json["messages"]]


def test_each_word_is_shown_before_the_next_is_sent(talk: Talk, upstream: ScriptedUpstream) -> None:
    gates = [Gate() for _ in WORDS]
    upstream.script(*sse([step for pair in zip(WORDS, gates, strict=True) for step in pair]))
    talk.ask("Why is the sky blue?", until="streaming")

    for count, gate in enumerate(gates, start=1):
        talk.shows("".join(WORDS[:count]).strip())
        gate.open()

    talk.wait_for("done")


def test_dots_are_shown_until_the_first_word(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse([gate, "Hello"]))
    talk.ask("Hi", until="waiting")
    expect(talk.answer.get_by_test_id("typing")).to_be_visible()

    gate.open()

    talk.wait_for("done")
    expect(talk.answer.get_by_test_id("typing")).to_be_hidden()


def test_stop_keeps_the_text_and_closes_the_provider(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half an ", Stall()]))
    talk.ask("Hi", until="streaming")
    talk.shows("Half an")

    talk.root.get_by_role("button", name="Stop").click()

    talk.wait_for("stopped")
    talk.shows("Half an")
    upstream.requests[-1].wait_until_left()


def test_stop_works_before_the_first_word(talk: Talk, upstream: ScriptedUpstream) -> None:
    asked = len(upstream.requests)
    upstream.script(Stall())
    talk.ask("Hi", until="waiting")
    exchange = upstream.wait_for_request(asked + 1)

    talk.root.get_by_role("button", name="Stop").click()

    talk.wait_for("stopped")
    exchange.wait_until_left()


def test_a_stopped_answer_is_part_of_what_the_model_is_told(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half", Stall()]))
    talk.ask("one", until="streaming")
    talk.shows("Half")
    talk.button.click()

    talk.ask("two")

    assert history_of(upstream) == ["one", "Half", "two"]


def test_a_broken_answer_keeps_its_text_and_can_be_retried(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half", Reset()]))
    talk.ask("Hi", until="failed")
    talk.shows("Half")
    upstream.script(*sse(["Whole"]))

    talk.answer.get_by_role("button", name="Retry").click()

    talk.wait_for("done")
    talk.shows("Whole")
    expect(talk.questions).to_have_text(["You said: Hi"])
    assert history_of(upstream) == ["Hi"]


def test_a_question_without_an_answer_stays_in_the_history(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*error(401, "invalid_api_key"))
    talk.ask("one", until="failed")

    talk.ask("two")

    assert history_of(upstream) == ["one", "two"]


def test_an_error_says_why_and_hides_the_request_id(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*error(401, "invalid_api_key"))
    talk.ask("Hi", until="failed")
    problem = talk.kept()[-1]["error"]
    details = talk.answer.get_by_text(f"Request id: {problem['request_id']}")
    expect(talk.answer).to_contain_text(problem["error"])
    expect(details).to_be_hidden()

    talk.answer.get_by_text("Details", exact=True).click()

    expect(details).to_be_visible()


def test_a_broken_line_comes_back_without_a_gap(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Half 👋 ", gate, "whole"]))
    half = 'id: 5\ndata: {"content": "Half "}\n\n'
    again = held(talk.page, EVENTS)  # the second request: of two routes the newer one counts first
    talk.page.route(EVENTS, lambda route: route.fulfill(content_type="text/event-stream", body=half), times=1)
    talk.ask("Hi", until="streaming")
    expect(talk.note).to_have_text("Reconnecting…")

    again().continue_()
    gate.open()

    talk.wait_for("done")
    talk.shows("Half 👋 whole")
    expect(talk.note).to_be_hidden()


def test_a_question_that_the_line_loses_is_paid_once(talk: Talk, upstream: ScriptedUpstream) -> None:
    asked = len(upstream.requests)
    talk.page.route("**/replies", lose_the_answer, times=1)

    talk.ask("Hi")

    talk.shows("Hello world")
    expect(talk.questions).to_have_text(["You said: Hi"])
    assert len(upstream.requests) == asked + 1


def test_a_question_that_is_refused_is_not_lost_with_the_page(chat: Talk, upstream: ScriptedUpstream) -> None:
    refusal = {"error": "Too many at once.", "code": "at_capacity", "request_id": "r1"}
    chat.page.route("**/replies", lambda route: route.fulfill(status=503, json=refusal), times=1)
    chat.ask("Hi", until="failed")
    expect(chat.answer).to_contain_text("Too many at once.")
    chat.page.reload()
    expect(chat.input).to_have_value("Hi")

    chat.input.press("Enter")

    chat.wait_for("done")
    chat.page.reload()
    expect(chat.questions).to_have_text(["You said: Hi"])
    expect(chat.input).to_have_value("")
    assert history_of(upstream) == ["Hi"]


def lose_the_answer(route: Route) -> None:
    """Bring a request to the server, and tell the page that it failed."""
    route.fetch()
    route.abort()


def test_new_chat_forgets_everything(talk: Talk, upstream: ScriptedUpstream) -> None:
    talk.ask("one")

    talk.begin_anew()

    expect(talk.answers).to_have_count(0)
    expect(talk.input).to_be_focused()
    talk.ask("two")
    assert history_of(upstream) == ["two"]


def test_a_new_chat_in_mid_answer_can_be_used_at_once(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Half", gate, " whole"]))
    talk.ask("one", until="streaming")

    talk.begin_anew()
    talk.ask("two")
    gate.open()

    talk.shows("Hello world")
    expect(talk.answers).to_have_count(1)


def test_the_history_goes_along(talk: Talk, upstream: ScriptedUpstream) -> None:
    talk.ask("one")
    talk.ask("two")

    assert history_of(upstream) == ["one", "Hello world", "two"]


@pytest.mark.parametrize(
    ("finish", "note"), [("length", "reached its length limit"), ("content_filter", "content filter"), ("stop", "")]
)
def test_an_unusual_end_is_noted(talk: Talk, upstream: ScriptedUpstream, finish: str, note: str) -> None:
    upstream.script(*sse(["Text"], finish=finish))

    talk.ask("Hi")

    expect(talk.answer.get_by_test_id("note")).to_contain_text(note)
    expect(talk.answer.get_by_test_id("note")).to_be_visible(visible=bool(note))


def test_what_a_model_writes_stays_text(talk: Talk, upstream: ScriptedUpstream) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\n  [x](javascript:alert(3))"
    upstream.script(*sse([hostile]))

    talk.ask("<b>bold</b>")

    shown = hostile.replace("[x](javascript:alert(3))", "x")  # a link that leads nowhere good is its words alone
    assert talk.text.evaluate("element => element.textContent") == shown
    assert talk.messages.locator("img, script, b, a").count() == 0


def test_screen_readers_hear_each_step_once(talk: Talk, upstream: ScriptedUpstream) -> None:
    heard = "element => { window.heard = []; new MutationObserver(() => window.heard.push(element.textContent))"
    talk.status.evaluate(f"{heard}.observe(element, {{childList: true}}) }}")
    upstream.script(*sse(list("many small pieces")))
    talk.ask("one")
    upstream.script(*error(401, "invalid_api_key"))
    talk.ask("two", until="failed")

    said = talk.page.evaluate("window.heard")

    assert said[:3] == ["Answering…", "The answer is complete. many small pieces", "Answering…"]
    assert said[3].startswith("The answer failed. ")
    assert len(said) == 4


def test_screen_readers_hear_what_the_answer_reads_as_it_is_shown(talk: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["# Bread\n\n- *flour*\n- water\n\n```sh\nbake\n```\n"]))
    talk.ask("How?")
    expect(talk.status).to_have_text(re.compile("^The answer is complete. Bread flour water sh bake$"))
    upstream.script(*sse(["bread " * 300]))

    talk.ask("More")

    expect(talk.status).to_have_text(re.compile("bread… The rest is in the messages.$"))
    assert len(talk.status.inner_text()) < 1_100


def test_enter_sends_and_shift_enter_breaks_the_line(talk: Talk, upstream: ScriptedUpstream) -> None:
    talk.input.fill("one")
    talk.input.press("Shift+Enter")
    talk.input.press_sequentially("two")

    talk.input.press("Enter")

    talk.wait_for("done")
    assert history_of(upstream) == ["one\ntwo"]
    expect(talk.input).to_have_value("")


@pytest.mark.parametrize("event", ["{key: 'Enter', isComposing: true}", "{key: 'Enter', keyCode: 229}"])
def test_enter_that_ends_a_composition_sends_nothing(talk: Talk, event: str) -> None:
    expect(talk.button).to_be_enabled()
    talk.input.fill("日本")

    talk.input.evaluate(f"e => e.dispatchEvent(new KeyboardEvent('keydown', {{bubbles: true, ...{event}}}))")

    expect(talk.questions).to_have_count(0)
    expect(talk.input).to_have_value("日本")
    talk.input.press("Enter")
    talk.wait_for("done")
    expect(talk.questions).to_have_count(1)


def test_enter_in_mid_answer_sends_nothing_and_stops_nothing(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Hello ", gate, "you"]))
    talk.ask("one", until="streaming")

    talk.ask("two", until=None)
    gate.open()

    talk.wait_for("done")
    talk.shows("Hello you")
    expect(talk.input).to_have_value("two")


def test_enter_while_an_answer_is_being_stopped_sends_once_that_has_ended(
    talk: Talk, upstream: ScriptedUpstream
) -> None:
    stop = stop_that_is_held(talk, upstream, "one")
    talk.ask("two", until=None)
    expect(talk.questions).to_have_count(1)

    stop.continue_()

    expect(talk.questions).to_have_count(2)
    talk.wait_for("done")
    expect(talk.input).to_have_value("")
    assert history_of(upstream) == ["one", "Half", "two"]


def test_what_is_changed_after_enter_waits_for_another_enter(talk: Talk, upstream: ScriptedUpstream) -> None:
    stop = stop_that_is_held(talk, upstream, "one")
    talk.ask("two", until=None)
    talk.input.press_sequentially(" or")

    stop.continue_()

    talk.wait_for("stopped")
    expect(talk.button).to_have_accessible_name("Send")
    expect(talk.input).to_have_value("two or")
    expect(talk.questions).to_have_count(1)


def test_what_waits_for_a_stop_is_not_sent_where_one_goes_meanwhile(talk: Talk, upstream: ScriptedUpstream) -> None:
    stop = stop_that_is_held(talk, upstream, "one")
    talk.ask("two", until=None)

    talk.begin_anew()
    stop.continue_()

    expect(talk.button).to_have_accessible_name("Send")
    expect(talk.questions).to_have_count(0)
    talk.ask("three")
    assert history_of(upstream) == ["three"]


def test_what_waits_for_a_stop_is_not_sent_where_the_same_is_written(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("first")
    chat.begin_anew()
    chat.input.fill("two")
    chat.page.go_back()
    expect(chat.questions).to_have_count(1)
    stop = stop_that_is_held(chat, upstream, "one")
    chat.ask("two", until=None)

    chat.begin_anew()
    stop.continue_()

    expect(chat.button).to_have_accessible_name("Send")
    expect(chat.input).to_have_value("two")
    expect(chat.questions).to_have_count(0)


def test_what_waits_for_a_stop_is_not_sent_on_another_branch(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("one")
    chat.tool("Another answer").click()
    expect(chat.answer.locator("[data-part=position]")).to_have_text("2 / 2")
    chat.wait_for("done")
    stop = stop_that_is_held(chat, upstream, "two")
    chat.ask("three", until=None)

    chat.tool("Previous version", chat.answers.first).click()
    stop.continue_()

    expect(chat.questions).to_have_count(1)
    expect(chat.button).to_have_accessible_name("Send")
    expect(chat.input).to_have_value("three")
    expect(chat.questions).to_have_text(["You said: one"])


def test_a_double_click_on_send_does_not_stop(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Hello ", gate, "you"]))
    talk.input.fill("Hi")

    talk.button.dblclick()

    talk.wait_for("streaming")
    gate.open()
    talk.wait_for("done")


def test_a_blank_message_is_not_sent(talk: Talk) -> None:
    talk.ask("  \n ", until=None)

    expect(talk.questions).to_have_count(0)
    talk.ask("one")
    expect(talk.questions).to_have_text(["You said: one"])


def test_an_answer_goes_on_over_a_reload(talk: Talk, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Half ", gate, "whole"]))
    talk.ask("one", until="streaming")
    talk.shows("Half")

    talk.page.reload()

    if talk.is_widget:
        talk.page.get_by_test_id("launcher").click()
    talk.wait_for("streaming")
    talk.shows("Half")
    gate.open()
    talk.wait_for("done")
    talk.shows("Half whole")
