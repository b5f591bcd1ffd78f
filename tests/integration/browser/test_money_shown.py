"""What people see about money: with each answer, for a conversation, before they send, and when a budget runs low."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.integration.browser.conftest import watch
from tests.integration.browser.talk import Talk
from tests.integration.browser.waiting import PATIENCE_MS
from tests.integration.site import serving_models
from tests.upstream import ScriptedUpstream
from tests.upstream.wire import sse

CATALOG = """\
as_of = 2026-11-22

[models.free-of-price]
context_tokens = 100_000
max_output_tokens = 1_000

[models.stepped]
context_tokens = 100_000
max_output_tokens = 100
price = { input = "10", output = "20", cache_write = "15" }
long_prompt = { above_tokens = 500, input_factor = "2", output_factor = "1.5" }
"""


@pytest.fixture(params=["chat", "widget"])
def fake_talk(request: pytest.FixtureRequest, page: Page, demo: str) -> Talk:
    """Either place where one can chat, with the fake model."""
    if request.param == "chat":
        page.goto(f"{demo}/chat")
        return Talk(page, page.get_by_test_id("chat"))
    page.goto(f"{demo}/")
    page.get_by_test_id("launcher").click()
    return Talk(page, page.get_by_test_id("widget"))


@pytest.fixture(scope="module")
def own_catalog(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the owner's instructions and cap, a model without a price, and one with a dearer long prompt."""
    folder = tmp_path_factory.mktemp("own_catalog")
    settings = {"CHATAPP_MAX_OUTPUT_TOKENS": "500", "CHATAPP_SYSTEM_PROMPT": "x" * 1000}
    with serving_models(folder, upstream, CATALOG, **settings) as url:
        yield url


@pytest.fixture
def berlin(browser: Browser, site: str) -> Iterator[Talk]:
    """The chat page of somebody in Berlin, which is an hour before UTC in winter."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = watch(page)
        page.goto(f"{site}/chat")
        yield Talk(page, page.get_by_test_id("chat"))
        assert complaints == []


def line(talk: Talk) -> Locator:
    """Return the line about what is being written."""
    return talk.root.get_by_test_id("draft-cost")


def total(talk: Talk) -> Locator:
    """Return the line about what the conversation has cost."""
    return talk.root.get_by_test_id("total")


def cost(talk: Talk) -> Locator:
    """Return what stands under the last answer about its cost."""
    return talk.answer.get_by_test_id("cost")


def test_details_come_on_demand_and_by_keyboard(talk: Talk) -> None:
    talk.ask("Hi")
    summary = cost(talk).locator("summary")
    expect(summary).to_have_text("gpt-4o-mini · 11 tokens · < $0.0001")
    expect(cost(talk).get_by_role("definition").first).to_be_hidden()

    summary.focus()
    talk.page.keyboard.press("Enter")

    said = dict(
        zip(cost(talk).locator("dt").all_inner_texts(), cost(talk).locator("dd").all_inner_texts(), strict=True)
    )
    assert said["Tokens in"] == "9"
    assert said["Tokens out"] == "2"
    assert said["Cost"] == "$0.00000255"
    assert said["Counted by"] == "the provider"
    assert said["Prices of"].endswith("2026")
    talk.page.keyboard.press("Enter")
    expect(cost(talk).get_by_role("definition").first).to_be_hidden()


def test_the_conversation_has_a_total_that_stays_over_a_reload(chat: Talk) -> None:
    expect(total(chat)).to_be_empty()
    chat.ask("one")
    chat.ask("two")
    expect(total(chat)).to_have_text("This conversation: 22 tokens, < $0.0001")

    chat.page.reload()

    expect(total(chat)).to_have_text("This conversation: 22 tokens, < $0.0001")
    chat.begin_anew()
    expect(total(chat)).to_be_empty()


def test_the_total_is_that_of_the_branch_shown(chat: Talk, upstream: ScriptedUpstream) -> None:
    chat.ask("one")
    chat.ask("two")
    chat.tool("Edit this message", chat.questions.first).click()
    chat.root.get_by_role("textbox", name="Your message, changed").press("Enter")
    chat.wait_for("done")

    expect(total(chat)).to_have_text("This conversation: 11 tokens, < $0.0001")


def test_a_long_conversation_tells_the_sum_of_the_messages_shown(chat: Talk) -> None:
    chat.ask("one")
    chat.page.route("**/api/conversations/*", show_as_if_there_were_older_messages)

    chat.page.reload()

    expect(total(chat)).to_have_text("The messages shown: 11 tokens, < $0.0001")


def show_as_if_there_were_older_messages(route: Route) -> None:
    """Let a conversation have older messages, which never come."""
    if "before=" not in route.request.url:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"before": "m1"})


def test_the_line_under_the_box_says_what_may_come_and_asks_nothing(talk: Talk) -> None:
    expect(line(talk)).to_be_empty()
    expect(talk.root.locator("[data-action=attach]")).to_be_enabled()  # the last that the widget fetches
    talk.page.wait_for_load_state("networkidle")
    asked: list[str] = []
    talk.page.on("request", lambda request: asked.append(request.url))
    height = talk.messages.bounding_box()

    talk.input.press_sequentially("hello world")

    # 3 for the answer's first words, 4 for the message, 5 for its text; 4,096 tokens out for $0.60 a million.
    expect(line(talk)).to_have_text("about 12 tokens in, at most $0.0025")
    expect(talk.input).to_have_accessible_description("about 12 tokens in, at most $0.0025")
    assert talk.messages.bounding_box() == height
    assert asked == []
    talk.input.fill(" ")
    expect(line(talk)).to_be_empty()
    expect(talk.input).to_have_accessible_description("")


def test_what_was_counted_already_is_not_estimated(talk: Talk) -> None:
    talk.ask("A long question. " * 100)

    talk.input.fill("hello world")

    # The provider's count of all until now is 11, whatever it read.
    expect(line(talk)).to_have_text("about 24 tokens in, at most $0.0025")


def test_a_long_text_is_counted_when_its_writer_pauses(chat: Talk) -> None:
    chat.input.fill("x" * 10_000)
    expect(line(chat)).to_contain_text("about 4,007 tokens in")

    chat.input.press_sequentially("yyyyy")

    expect(line(chat)).to_contain_text("about 4,009 tokens in")


def test_another_model_changes_the_sum(chat: Talk) -> None:
    chat.input.fill("hello world")
    expect(line(chat)).to_have_text("about 12 tokens in, at most $0.0025")

    chat.root.get_by_test_id("model").select_option("gpt-4o")

    expect(line(chat)).to_have_text("about 12 tokens in, at most $0.041")


def test_a_draft_that_is_remembered_has_its_line_at_once(chat: Talk) -> None:
    chat.input.fill("hello world")

    chat.page.reload()

    expect(line(chat)).to_contain_text("about 12 tokens in")


def test_the_owners_prices_caps_and_instructions_count(page: Page, own_catalog: str) -> None:
    page.goto(f"{own_catalog}/chat")
    chat = Talk(page, page.get_by_test_id("chat"))
    chat.input.fill("hello world")
    choose = chat.root.get_by_test_id("model").select_option

    # 12 tokens, and 4 + 400 of instructions.
    expect(line(chat)).to_have_text("about 416 tokens in, at most $0.00037")
    choose("free-of-price")
    expect(line(chat)).to_have_text("about 416 tokens in")
    choose("stepped")
    # 416 at 15 dollars a million, the dearer of 10 and 15; 100 at 20.
    expect(line(chat)).to_have_text("about 416 tokens in, at most $0.0083")
    chat.input.fill("x" * 1000)
    # 811 at twice 15 dollars a million, 100 at 20 and a half more.
    expect(line(chat)).to_have_text("about 811 tokens in, at most $0.028")


def test_the_fake_model_costs_nothing_and_says_what_it_would(fake_talk: Talk) -> None:
    fake_talk.input.fill("hello world")
    expect(line(fake_talk)).to_have_text("about 12 tokens in; the fake model costs nothing")

    fake_talk.ask("hello world")

    expect(cost(fake_talk).locator("summary")).to_contain_text("would cost")
    expect(total(fake_talk)).to_contain_text("would cost")


def test_an_unknown_cost_is_not_told_as_zero(page: Page, own_catalog: str, upstream: ScriptedUpstream) -> None:
    upstream.script(*sse(["Hello"], usage=None))
    page.goto(f"{own_catalog}/chat")
    chat = Talk(page, page.get_by_test_id("chat"))
    chat.root.get_by_test_id("model").select_option("free-of-price")

    chat.ask("Hi")

    expect(cost(chat).locator("summary")).to_have_text(re.compile("^free-of-price · [0-9,]+ tokens · cost unknown$"))
    expect(total(chat)).to_have_text(re.compile("^This conversation: about [0-9,]+ tokens, cost unknown$"))


def test_a_notice_comes_when_most_of_a_budget_is_used(berlin: Talk) -> None:
    notice = berlin.root.get_by_test_id("allowance")
    say_with_the_next_answer(berlin, used_percent=84)
    berlin.ask("one")
    expect(notice).to_have_text("You have used 84 % of what you may use today. It comes back at 01:00.")

    notice.get_by_role("button", name="Close this notice").click()

    expect(notice).to_be_hidden()
    say_with_the_next_answer(berlin, used_percent=84)
    berlin.ask("two")
    expect(notice).to_be_hidden()
    say_with_the_next_answer(berlin, used_percent=85)
    berlin.ask("three")
    expect(notice).to_contain_text("You have used 85 %")
    say_with_the_next_answer(berlin, of="everybody", used_percent=None)
    berlin.ask("four")
    expect(notice).to_have_text("Most of what this server may spend today is used up. It comes back at 01:00.")
    berlin.ask("five")
    expect(notice).to_be_hidden()


def say_with_the_next_answer(talk: Talk, **changes: object) -> None:
    """Let the next answer's last event tell of a budget."""
    told = {"of": "visitor", "returns_at": "2026-11-29T00:00:00.000Z", **changes}

    def add(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace('"done":true', f'"done":true,"allowance":{json.dumps(told)}')
        route.fulfill(response=response, body=body)

    talk.page.route("**/events", add, times=1)


def test_a_refusal_over_money_is_told_in_hours_and_asked_once(talk: Talk) -> None:
    asked: list[str] = []
    refusal = {"error": "Your budget of today is used up.", "code": "budget_spent", "request_id": "r1"}

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=429, json=refusal, headers={"Retry-After": "10800"})

    talk.page.route("**/replies", refuse)

    talk.ask("Hi", until="failed")

    expect(talk.answer).to_contain_text("Your budget of today is used up.")
    expect(talk.answer).to_contain_text("Please wait about 3 hours before you try again.")
    expect(talk.answer.get_by_role("button", name="Retry")).to_be_visible()
    expect(cost(talk)).to_be_hidden()
    assert len(asked) == 1
