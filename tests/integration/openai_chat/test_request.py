"""What OpenAI is sent."""

from http.client import HTTPConnection

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.domain.entities import Message, Role
from tests.integration.openai_chat.asking import KEY, ask
from tests.integration.openai_chat.auditing import whenever
from tests.samples import card, question
from tests.upstream import ScriptedUpstream

MESSAGES = (Message(Role.SYSTEM, "Be kind."), Message(Role.ASSISTANT, "Ja? 🙂"), Message(Role.USER, "Hi \u2028"))


def test_the_body_is_exactly_what_the_protocol_wants(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    ask(model, question(messages=MESSAGES, max_output_tokens=77))

    assert upstream.requests[0].json == {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "assistant", "content": "Ja? 🙂"},
            {"role": "user", "content": "Hi \u2028"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "max_completion_tokens": 77,
    }


@pytest.mark.parametrize("temperature", [0.0, 0.7, 2.0])
def test_a_temperature_is_sent_where_one_is_given(
    upstream: ScriptedUpstream, model: OpenAIChatModel, temperature: float
) -> None:
    ask(model, question(temperature=temperature))

    assert upstream.requests[0].json["temperature"] == temperature


def test_an_older_server_gets_the_cap_under_its_older_name(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    ask(model, question(model=card(old_token_cap=True), max_output_tokens=77))

    body = upstream.requests[0].json
    assert body["max_tokens"] == 77
    assert "max_completion_tokens" not in body


def test_the_request_goes_to_the_chat_completions_of_the_base_url(
    upstream: ScriptedUpstream, model: OpenAIChatModel
) -> None:
    ask(model)

    assert (upstream.requests[0].method, upstream.requests[0].path) == ("POST", "/v1/chat/completions")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", f"Bearer {KEY}"),
        ("Accept-Encoding", "identity"),
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream"),
    ],
)
def test_the_headers_say_who_asks_and_for_what(
    upstream: ScriptedUpstream, model: OpenAIChatModel, name: str, value: str
) -> None:
    ask(model)

    assert upstream.requests[0].headers.get_all(name) == [value]


def test_nobody_is_asked_before_the_answer_is_wanted(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    model.open(question())

    assert upstream.connections == 0


def test_a_long_history_arrives_whole(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    history = tuple(Message(Role.USER, f"{number} " * 500) for number in range(500))

    ask(model, question(messages=history))

    assert [message["content"] for message in upstream.requests[0].json["messages"]] == [m.content for m in history]


def test_a_long_history_has_a_minute_to_go_out(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    """A home's line sends a megabyte in ten seconds; to connect, five are enough."""
    allowed_seconds: set[float | None] = set()

    def look_at(connection: HTTPConnection, data: object) -> None:
        allowed_seconds.add(connection.sock.gettimeout())

    with whenever("http.client.send", look_at):
        ask(model)
        ask(model)

    assert allowed_seconds == {60.0}
    assert upstream.connections == 1
