"""What the fake's server says of requests that a proper client never sends, and in the heads of its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp.fake.testing import FakeLLM
from tests.integration.fake.getting import get, post

HI = [{"role": "user", "content": "Hi"}]


def asked(**changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": HI} | changes


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({"messages": HI}, "Missing required parameter: 'model'.", "model"),
        ({"model": "gpt-4o-mini"}, "Missing required parameter: 'messages'.", "messages"),
        ([], "Invalid type for the body: expected an object, but got an array instead.", None),
        (
            asked(messages=["Hi"]),
            "Invalid type for 'messages[0]': expected an object, but got a string instead.",
            "messages[0]",
        ),
        (asked(messages=[]), "Invalid value for 'messages': it must not be empty.", "messages"),
        (asked(n=1.5), "Invalid type for 'n': expected an integer, but got a number instead.", "n"),
        (asked(n=0), "Invalid value for 'n': it must be at least 1.", "n"),
        (asked(temperature=3), "Invalid value for 'temperature': it must be at most 2.", "temperature"),
        (asked(max_tokens=0), "Invalid value for 'max_tokens': it must be at least 1.", "max_tokens"),
        (
            asked(stream_options={"include_usage": 1}),
            "Invalid type for 'stream_options.include_usage': expected true or false, but got an integer instead.",
            "stream_options.include_usage",
        ),
    ],
)
def test_a_wrong_body_is_refused_in_plain_words(fake_llm: FakeLLM, body: Any, message: str, param: str | None) -> None:
    with post(fake_llm, "/v1/chat/completions", body) as response:
        assert response.status == 400
        error = json.load(response)["error"]

    assert (error["message"], error["param"]) == (message, param)
    assert fake_llm.calls == []


@pytest.mark.parametrize("role", [[], {}, None, 1, "robot", "x" * 10_000], ids=lambda role: type(role).__name__)
def test_a_role_that_is_none_is_refused(fake_llm: FakeLLM, role: Any) -> None:
    with post(fake_llm, "/v1/chat/completions", asked(messages=[{"role": role, "content": "Hi"}])) as response:
        assert response.status == 400
        error = json.load(response)["error"]

    assert error["param"] == "messages[0].role"
    assert error["message"].startswith("Invalid value: ")
    assert len(error["message"]) < 300


def test_models_are_told_to_those_with_a_key_alone(fake_llm: FakeLLM) -> None:
    for path in ("/v1/models", "/v1/models/gpt-4o-mini"):
        with get(fake_llm, path) as response:
            assert response.status == 401


def test_a_models_name_may_be_escaped(fake_llm: FakeLLM) -> None:
    for name, status in (("gpt%2D4o-mini", 200), ("ft%3Agpt%2Fx", 404)):
        with get(fake_llm, f"/v1/models/{name}", key="any-key") as response:
            assert response.status == status
            answer = response.read()

    assert b"'ft:gpt/x' does not exist" in answer


def test_who_asks_too_often_has_no_requests_left(fake_llm: FakeLLM) -> None:
    fake_llm.fail(429)

    with post(fake_llm, "/v1/chat/completions", asked()) as response:
        assert (response.status, response.headers["x-ratelimit-remaining-requests"]) == (429, "0")


def test_the_page_shows_the_beginning_of_a_long_name(fake_llm: FakeLLM) -> None:
    with post(fake_llm, "/v1/chat/completions", asked(model="m" * 100_000)) as response:
        response.read()

    for path in ("/calls", "/calls/1"):
        with get(fake_llm, path) as response:
            assert len(response.read()) < 5_000
