"""What the fake's server says about its calls."""

from __future__ import annotations

import json
import time
from http.client import HTTPResponse
from typing import Any

from openai import OpenAI

from chatapp.fake import Gate
from chatapp.fake.server.calls_feed import SECONDS_BETWEEN_LOOKS
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.asking import ask, stream
from tests.integration.fake.getting import get


def calls(fake_llm: FakeLLM) -> dict[str, Any]:
    """Return what ``/calls`` says."""
    with get(fake_llm, "/calls") as response:
        value: dict[str, Any] = json.load(response)
        return value


def next_event(response: HTTPResponse) -> tuple[str, dict[str, Any]]:
    """Return the name and the value of the next event."""
    lines = [response.readline() for _ in range(3)]
    return lines[0].decode().removeprefix("event: ").strip(), json.loads(lines[1].removeprefix(b"data: "))


def test_a_call_is_told_with_its_text_and_its_bill(client: OpenAI, fake_llm: FakeLLM) -> None:
    fake_llm.reply("Hello there.").when("Hi")
    ask(client, "Hi")
    told = calls(fake_llm)
    (call,) = told["calls"]
    assert {name: call[name] for name in ("number", "model", "turn", "message", "rule", "state", "text")} == {
        "number": 1,
        "model": "gpt-4o-mini",
        "turn": 1,
        "message": "Hi",
        "rule": 1,
        "state": "finished",
        "text": "Hello there.",
    }
    assert call["bill"]["usd"] == told["totals"]["usd"] == fake_llm.bill.usd
    assert call["cancelled_after_characters"] is None


def test_a_call_that_runs_is_told_at_once(client: OpenAI, fake_llm: FakeLLM) -> None:
    fake_llm.reply(["Half ", Gate()])
    with stream(client):
        fake_llm.wait_for_call()
        began = time.monotonic()
        told = calls(fake_llm)
        assert time.monotonic() - began < 2
    assert told["calls"][0]["state"] == "running"
    assert told["totals"]["running"] == 1
    assert fake_llm.calls[0].ended == "cancelled"
    assert calls(fake_llm)["calls"][0]["cancelled_after_characters"] == len(fake_llm.calls[0].text)


def test_long_texts_are_told_in_part_and_whole_on_demand(client: OpenAI, fake_llm: FakeLLM) -> None:
    text = "start " + "word " * 2_000 + "end"
    fake_llm.reply([text])
    ask(client, "question " * 1_000)
    call = calls(fake_llm)["calls"][0]
    assert call["text"].startswith("…")
    assert call["text"].endswith(" end")
    assert call["message"].startswith("question ")
    assert len(call["text"]) + len(call["message"]) < 1_300
    assert call["characters"] == len(text)
    with get(fake_llm, "/calls/1") as response:
        detail = json.load(response)
    assert detail["text"] == text
    assert detail["messages"] == [{"role": "user", "text": "question " * 1_000}]


def test_events_begin_with_everything_and_go_on_with_what_changes(client: OpenAI, fake_llm: FakeLLM) -> None:
    gate = Gate()
    fake_llm.reply(["One ", gate, "two"])
    with get(fake_llm, "/calls/events") as response:
        name, value = next_event(response)
        assert (name, value["calls"], value["totals"]["calls"]) == ("everything", [], 0)
        with stream(client) as chunks:
            next(chunks)
            seen = ""
            while seen != "One ":
                name, value = next_event(response)
                seen = value["calls"][0]["text"]
            assert name == "changes"
            gate.open()
            while value["calls"][0]["state"] != "finished":
                _, value = next_event(response)
            assert value["calls"][0]["text"] == "One two"


def test_nothing_is_sent_while_nothing_changes(client: OpenAI, fake_llm: FakeLLM) -> None:
    with get(fake_llm, "/calls/events") as response:
        next_event(response)
        time.sleep(4 * SECONDS_BETWEEN_LOOKS)
        ask(client, "first")
        # Whatever had been sent in between would be read now.
        assert next_event(response)[1]["calls"][-1]["message"] == "first"
