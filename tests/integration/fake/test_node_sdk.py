"""The official Node SDK against the fake: an ordinary program in another language, in a process of its own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from chatapp.fake import Cut, Error, Malformed, Reset, SlowHead, Stall
from chatapp.fake.call import Ending
from chatapp.fake.faults import Fault
from chatapp.fake.testing import FakeLLM
from tests.integration.fake.node import node

SCENES = Path(__file__).with_name("node_sdk.mjs")
SOON = 0.01

CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
}


def seen_by_node(scene: str, *words: object) -> Any:
    """Play a scene in Node, and return what it printed."""
    ended = node(SCENES, scene, *map(str, words))
    assert (ended.returncode, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


def test_answers_come_whole_streamed_and_with_usage(fake_llm: FakeLLM) -> None:
    fake_llm.reply("Hello there, friend.")

    seen = seen_by_node("answers")

    assert seen["whole"] == ["Hello there, friend.", "stop", 3]
    assert seen["texts"] == ["", "Hello ", "there, ", "friend.", None]
    assert seen["usage"] == 4
    assert seen["helper"] == ["Hello there, friend."] * 2
    assert "gpt-4o-mini" in seen["models"]
    by_message = {call.message: call for call in fake_llm.calls}
    assert seen["raw"] == ["Hello there, friend.", by_message["raw"].id, "2020-10-01"]
    assert {call.ended for call in fake_llm.calls} == {Ending.FINISHED}


def test_each_status_throws_its_class(fake_llm: FakeLLM) -> None:
    for status in CLASSES:
        fake_llm.fail(status, code=f"code_{status}").when(str(status))

    seen = seen_by_node("errors", *CLASSES)

    expected = {
        str(status): [name, True, status, f"code_{status}", f"req_fake_{number}"]
        for number, (status, name) in enumerate(CLASSES.items(), 1)
    }
    assert seen == expected


def test_it_asks_again_where_a_failure_may_pass(fake_llm: FakeLLM) -> None:
    for status in (408, 409, 429, 500, 503):
        fake_llm.fail(status, retry_after_seconds=SOON, times=2).when(str(status))
    for status in (400, 401, 403, 404, 422):
        fake_llm.fail(status, retry_after_seconds=SOON).when(str(status))
    fake_llm.fail(418, should_retry=True, retry_after_seconds=SOON, times=1).when("418")
    fake_llm.fail(502, should_retry=False, retry_after_seconds=SOON).when("502")
    fake_llm.rule(fault=SlowHead(seconds=60), times=1).when("slow")
    fake_llm.rule(fault=Reset(), times=1).when("reset")
    fake_llm.reply("Here I am.")

    seen = seen_by_node("retries", 408, 409, 429, 500, 503, 400, 401, 403, 404, 422, 418, 502, "slow", "reset")

    answered = {word for word, outcome in seen.items() if outcome == "Here I am."}
    attempts = Counter(call.message for call in fake_llm.calls)
    assert answered == {"408", "409", "429", "500", "503", "418", "slow", "reset"}
    assert {word: attempts[word] for word in answered} == dict.fromkeys(answered, 3) | {"418": 2, "slow": 2, "reset": 2}
    assert all(attempts[word] == 1 for word in seen if word not in answered)


def test_a_broken_stream_throws_unless_it_ends_cleanly(fake_llm: FakeLLM) -> None:
    faults: dict[str, Fault] = {
        "cut": Cut(after_characters=6),
        "reset": Reset(after_characters=6),
        "malformed": Malformed(after_characters=6),
        "error": Error(after_characters=6),
    }
    for name, fault in faults.items():
        fake_llm.reply("Hello there.", fault=fault).when(name)

    seen = seen_by_node("broken", *faults)

    assert {name: outcome[1] for name, outcome in seen.items()} == {
        "cut": None,
        "reset": "TypeError",
        "malformed": "SyntaxError",
        "error": "APIError",
    }
    assert [seen[name][0] for name in ("cut", "malformed", "error")] == ["Hello "] * 3


def test_leaving_a_stream_cancels_the_call(fake_llm: FakeLLM) -> None:
    fake_llm.reply("one two three four", fault=Stall(after_characters=8))

    seen = seen_by_node("leaving")

    assert seen == [["one two ", "ended"], ["one two ", "ended"], ["one two ", "ended"]]
    assert [call.cancelled_after_characters for call in fake_llm.calls] == [8, 8, 8]
