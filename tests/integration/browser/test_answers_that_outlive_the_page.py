"""An answer goes on whatever becomes of the page that asked for it, and comes back to it whole."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.integration.browser.conftest import another_tab
from tests.integration.browser.line import line_to
from tests.integration.browser.talk import Talk
from tests.upstream import Gate, ScriptedUpstream, Stall
from tests.upstream.wire import sse


def test_five_reloads_in_one_answer_lose_nothing_and_cost_once(chat: Talk, upstream: ScriptedUpstream) -> None:
    pieces = [f"piece {number} 👋🏽 " for number in range(5)]
    gates = [Gate() for _ in pieces]
    asked = len(upstream.requests)
    upstream.script(*sse([step for pair in zip(pieces, gates, strict=True) for step in pair]))
    chat.ask("Count", until="streaming")

    for number, gate in enumerate(gates, start=1):
        chat.shows("".join(pieces[:number]).strip())
        chat.page.reload()
        gate.open()

    chat.wait_for("done")
    assert chat.text.evaluate("element => element.textContent") == "".join(pieces)
    assert len(upstream.requests) == asked + 1
    expect(chat.questions).to_have_count(1)


def test_stop_in_one_tab_ends_the_answer_in_the_other(chat: Talk, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Half", Stall()]))
    chat.ask("Hi", until="streaming")
    with another_tab(chat) as other:
        other.wait_for("streaming")
        other.shows("Half")

        other.button.click()

        other.wait_for("stopped")
        chat.wait_for("stopped")
        upstream.requests[-1].wait_until_left()


def test_an_answer_from_another_tab_is_there_when_one_comes_back(chat: Talk) -> None:
    chat.ask("one")
    with another_tab(chat) as other:
        other.ask("two")

        chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

        expect(chat.questions).to_have_text(["You said: one", "You said: two"])
        chat.wait_for("done")


def test_a_cut_line_is_noticed_and_comes_back_without_a_gap(page: Page, site: str, upstream: ScriptedUpstream) -> None:
    gates = [Gate(), Gate()]
    asked = len(upstream.requests)
    upstream.script(*sse(["Half 👋🏽 ", gates[0], "and ", gates[1], "whole"]))
    with line_to(int(site.rpartition(":")[2])) as line:
        page.goto(f"http://127.0.0.1:{line.port}/chat")
        chat = Talk(page, page.get_by_test_id("chat"))
        chat.ask("Hi", until="streaming")
        chat.shows("Half 👋🏽")

        line.cut()
        expect(chat.note).to_have_text("Reconnecting…")
        expect(chat.status).to_have_text("Reconnecting…")
        gates[0].open()
        line.mend()
        page.evaluate("dispatchEvent(new Event('online'))")

        chat.shows("Half 👋🏽 and")
        expect(chat.note).to_be_hidden()
        expect(chat.status).to_have_text("The connection is back.")
        gates[1].open()
        chat.wait_for("done")
        assert chat.text.evaluate("element => element.textContent") == "Half 👋🏽 and whole"
        assert len(upstream.requests) == asked + 1


def test_the_widget_keeps_its_conversation_over_pages(widget: Talk, site: str, upstream: ScriptedUpstream) -> None:
    gate = Gate()
    upstream.script(*sse(["Half ", gate, "whole"]))
    widget.ask("Hi", until="streaming")
    widget.page.goto(f"{site}/chat")
    widget.page.goto(f"{site}/")

    widget.page.get_by_test_id("launcher").click()

    widget.wait_for("streaming")
    widget.shows("Half")
    gate.open()
    widget.wait_for("done")
    widget.shows("Half whole")


def test_what_is_written_and_not_sent_is_still_there(chat: Talk) -> None:
    chat.ask("one")
    chat.input.fill("half a th")
    chat.begin_anew()
    expect(chat.input).to_have_value("")

    chat.page.go_back()

    expect(chat.input).to_have_value("half a th")
    chat.page.reload()
    expect(chat.input).to_have_value("half a th")
