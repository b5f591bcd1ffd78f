"""The page of the fake's server shows the calls while they are made."""

from __future__ import annotations

from playwright.sync_api import expect

from chatapp.fake import Error, Gate
from chatapp.fake.testing import FakeLLM
from tests.integration.browser.live_page import LivePage, ask, asking

MARKUP = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script> &amp; **bold**"


def test_an_answer_is_seen_growing_until_it_ends(live: LivePage, fake_llm: FakeLLM) -> None:
    gates = Gate(), Gate(), Gate()
    fake_llm.reply([gates[0], "Blue ", gates[1], "light ", gates[2], "is scattered."])
    with asking(fake_llm.base_url, "Why is the sky blue?") as response:
        expect(live.part("message")).to_have_text("Why is the sky blue?")
        expect(live.part("silence")).to_have_text("Nothing said so far")
        for gate, text in zip(gates, ("Blue", "Blue light", "Blue light is scattered."), strict=True):
            expect(live.state).to_have_text("Answering")
            gate.open()
            expect(live.text).to_have_text(text)
        response.read()
    expect(live.state).to_have_text("Finished")
    expect(live.part("silence")).to_be_hidden()


def test_the_bill_is_the_one_that_a_test_sees(live: LivePage, fake_llm: FakeLLM) -> None:
    for _ in range(3):
        ask(fake_llm.base_url, "Hello")
    expect(live.total("calls")).to_have_text("3")
    expect(live.total("running")).to_have_text("0")
    expect(live.total("prompt_tokens")).to_have_text(str(fake_llm.bill.prompt_tokens))
    expect(live.total("completion_tokens")).to_have_text(str(fake_llm.bill.completion_tokens))
    assert fake_llm.bill.usd
    expect(live.total("usd")).to_have_text(f"${fake_llm.bill.usd.rstrip('0')}")
    assert fake_llm.calls[0].bill.usd
    expect(live.part("usd")).to_have_text(f"${fake_llm.calls[0].bill.usd.rstrip('0')}")


def test_a_model_without_a_price_is_not_called_free(live: LivePage, fake_llm: FakeLLM) -> None:
    ask(fake_llm.base_url, "Hello", model="my-own-model")
    expect(live.part("usd")).to_have_text("no known price")
    expect(live.total("without_price")).to_have_text("and 1 call without a known price")


def test_a_cancelled_call_says_how_far_it_came(live: LivePage, fake_llm: FakeLLM) -> None:
    fake_llm.reply(["Once upon ", "a time", Gate()])
    with asking(fake_llm.base_url, "A story, please"):
        expect(live.text).to_have_text("Once upon a time")
    expect(live.state).to_have_text("Cancelled")
    expect(live.part("left")).to_have_text("left after 16 characters")


def test_a_failed_call_names_its_fault(live: LivePage, fake_llm: FakeLLM) -> None:
    fake_llm.rule(fault=Error(status=429, code="rate_limit_exceeded"))
    ask(fake_llm.base_url, "Hello")
    expect(live.state).to_have_text("Failed")
    expect(live.part("fault")).to_have_text("fault: error 429")
    live.newest.get_by_text("Details").click()
    expect(live.part("facts")).to_contain_text("rate_limit_exceeded")


def test_markup_in_messages_and_answers_is_shown_and_not_run(live: LivePage, fake_llm: FakeLLM) -> None:
    fake_llm.reply([MARKUP])
    ask(fake_llm.base_url, {"role": "system", "content": MARKUP}, MARKUP, model=MARKUP)
    expect(live.text).to_have_text(MARKUP)
    for name in ("message", "model"):
        expect(live.part(name)).to_have_text(MARKUP)
    live.newest.get_by_text("Details").click()
    expect(live.part("messages").locator("p")).to_have_text([MARKUP, MARKUP])
    expect(live.part("whole")).to_have_text(MARKUP)
    expect(live.page).to_have_title("chatapp fake")


def test_of_hundreds_of_calls_the_newest_are_shown(live: LivePage, fake_llm: FakeLLM) -> None:
    fake_llm.reply("Yes.")
    ask(fake_llm.base_url, "the first")
    expect(live.part("message")).to_have_text("the first")
    for number in range(2, 251):
        ask(fake_llm.base_url, f"call {number}")
    expect(live.part("message")).to_have_text("call 250")
    expect(live.calls).to_have_count(200)
    expect(live.calls.last).to_contain_text("call 51")
    expect(live.page.get_by_text("50 older calls not shown")).to_be_visible()
    live.page.reload()
    expect(live.calls).to_have_count(200)
    expect(live.total("calls")).to_have_text("250")
