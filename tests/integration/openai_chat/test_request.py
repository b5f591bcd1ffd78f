"""What OpenAI is sent."""

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import parse_headers

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.domain.entities import Message, Role
from tests.integration.openai_chat.asking import KEY, ask, model_for
from tests.samples import card, question
from tests.upstream import ScriptedUpstream, Send
from tests.upstream.wire import sse

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


def serve_without_haste(listener: socket.socket, pauses_seconds: Sequence[float]) -> None:
    """Answer requests on one connection, each after a pause in which nothing of it is read."""
    answer = b"".join(step.data for step in sse(["Hello world"]) if isinstance(step, Send))
    peer, _ = listener.accept()
    with peer, peer.makefile("rb") as reader:
        for pause_seconds in pauses_seconds:
            time.sleep(pause_seconds)
            reader.readline()
            reader.read(int(parse_headers(reader)["Content-Length"]))
            peer.sendall(answer)


def test_a_long_history_may_take_its_time_on_a_kept_connection() -> None:
    long = question("x" * 20_000_000)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(serve_without_haste, listener, [0, 1.2])
        model = model_for(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")

        assert [ask(model).text, ask(model, long).text] == ["Hello world", "Hello world"]
