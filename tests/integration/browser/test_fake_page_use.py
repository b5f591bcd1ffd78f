"""The page of the fake's server can be used by whoever it meets: on a phone, from the keyboard, and by ear."""

from __future__ import annotations

import subprocess

from playwright.sync_api import Page, expect

from chatapp.fake import Gate
from chatapp.fake.server import FakeServer
from chatapp.fake.testing import FakeLLM
from tests.integration.browser.live_page import LivePage, ask, asking


def test_the_details_open_from_the_keyboard_and_follow_the_call_to_its_end(live: LivePage, fake_llm: FakeLLM) -> None:
    gate = Gate()
    fake_llm.reply(["First. ", gate, "Last."])
    earlier = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    with asking(fake_llm.base_url, *earlier, "Tell me more") as response:
        expect(live.text).to_have_text("First.")
        live.page.keyboard.press("Tab")  # the button that copies
        live.page.keyboard.press("Tab")
        live.page.keyboard.press("Enter")
        expect(live.part("messages").locator("p")).to_have_text(["Hi", "Hello.", "Tell me more"])
        expect(live.part("whole")).to_have_text("First.")
        gate.open()
        response.read()
    expect(live.part("whole")).to_have_text("First. Last.")
    expect(live.part("facts")).to_contain_text("stop")


def test_the_first_call_can_be_made_with_the_line_that_the_page_shows(live: LivePage, fake_llm: FakeLLM) -> None:
    line = live.page.get_by_test_id("empty").locator("code").text_content()
    assert line
    said = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert said.endswith("data: [DONE]\n\n")
    expect(live.part("message")).to_have_text("Hello")
    expect(live.page.get_by_test_id("empty")).to_be_hidden()


def test_the_base_url_is_copied_as_a_setting(live: LivePage, fake_llm: FakeLLM) -> None:
    live.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.page.get_by_role("button", name="Copy the base URL").click()
    expect(live.page.get_by_role("button", name="Copied")).to_be_visible()
    assert live.page.evaluate("navigator.clipboard.readText()") == f"OPENAI_BASE_URL={fake_llm.base_url}"


def test_screen_readers_hear_the_number_of_calls_and_no_tokens(live: LivePage, fake_llm: FakeLLM) -> None:
    fake_llm.reply(["One ", "two", Gate()])
    with asking(fake_llm.base_url, "Count"):
        expect(live.text).to_have_text("One two")
        expect(live.page.get_by_test_id("status")).to_have_text("1 call, 1 running")
        regions = live.page.locator("[role=status], [role=alert], [aria-live]")
        assert [region.text_content() for region in regions.all() if region.is_visible()] == ["1 call, 1 running"]


def test_a_narrow_page_never_scrolls_sideways(live: LivePage, fake_llm: FakeLLM) -> None:
    live.page.set_viewport_size({"width": 360, "height": 740})
    fake_llm.reply("word" * 200)
    ask(fake_llm.base_url, "W" * 400, model="a-model-" * 20)
    expect(live.state).to_have_text("Finished")
    live.newest.get_by_text("Details").click()
    expect(live.part("whole")).to_be_visible()
    assert live.page.evaluate("document.documentElement.scrollWidth") == 360


def test_who_wants_less_motion_sees_none(live: LivePage, fake_llm: FakeLLM) -> None:
    live.page.emulate_media(reduced_motion="reduce")
    fake_llm.reply(["So ", Gate()])
    with asking(fake_llm.base_url, "Go"):
        expect(live.state).to_have_text("Answering")
        assert live.page.evaluate("document.getAnimations().length") == 0


def test_the_page_says_when_the_fake_is_gone_and_comes_back_with_it(page: Page) -> None:
    with FakeServer() as first:
        page.goto(first.url.removesuffix("v1"))
        ask(first.url, "before")
        live = LivePage(page)
        expect(live.part("message")).to_have_text("before")
        port = int(first.url.split(":")[2].split("/")[0])
    expect(page.get_by_test_id("lost")).to_contain_text("does not answer any more")
    expect(live.part("message")).to_have_text("before")
    with FakeServer(port=port) as second:
        ask(second.url, "after")
        expect(live.calls).to_have_count(1)
        expect(live.part("message")).to_have_text("after")
        expect(page.get_by_test_id("lost")).to_be_hidden()
