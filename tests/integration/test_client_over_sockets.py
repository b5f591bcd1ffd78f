"""The client over a real socket: when pieces come, and how an answer is ended."""

import json
import threading
import time
from collections.abc import Iterator

import pytest

from chatapp.client import ChatClient, ConnectionLost
from tests.upstream import Cut, Gate, Reset, ScriptedUpstream, Stall
from tests.upstream.wire import stream

NOTICED_WITHIN_SECONDS = 0.5


@pytest.fixture
def server() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as scripted:
        yield scripted


@pytest.fixture
def client(server: ScriptedUpstream) -> Iterator[ChatClient]:
    with ChatClient(server.url.removesuffix("/v1"), timeout_seconds=5) as talking:
        yield talking


def piece(text: str) -> bytes:
    return f"data: {json.dumps({'content': text})}\n\n".encode()


def test_each_piece_comes_at_once(server: ScriptedUpstream, client: ChatClient) -> None:
    gate = Gate()
    server.script(*stream(piece("one"), gate, piece("two"), Stall()))

    with client.stream("Hi") as answer:
        assert next(answer) == "one"
        gate.open()
        assert next(answer) == "two"


def test_closing_ends_the_answer_on_the_server(server: ScriptedUpstream, client: ChatClient) -> None:
    server.script(*stream(piece("one"), Stall()))

    with client.stream("Hi") as answer:
        next(answer)
        closed_at = time.monotonic()

    assert server.requests[0].wait_until_left() - closed_at < NOTICED_WITHIN_SECONDS


def test_another_thread_can_end_an_answer_that_is_waited_for(server: ScriptedUpstream, client: ChatClient) -> None:
    server.script(*stream(piece("one"), Stall()))
    answer = client.stream("Hi")
    next(answer)
    rest: list[str] = []
    reader = threading.Thread(target=lambda: rest.extend(answer))
    reader.start()
    time.sleep(0.05)  # until it waits; earlier would be no less right

    closed_at = time.monotonic()
    answer.close()
    reader.join(timeout=5)

    assert server.requests[0].wait_until_left() - closed_at < NOTICED_WITHIN_SECONDS
    assert rest == []


@pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_connection_that_breaks_loses_no_text(
    server: ScriptedUpstream, client: ChatClient, fault: Cut | Reset
) -> None:
    gate = Gate()
    server.script(*stream(piece("half"), gate, fault))
    answer = client.stream("Hi")
    next(answer)
    gate.open()

    with pytest.raises(ConnectionLost) as raised:
        next(answer)

    assert raised.value.partial == "half"


def test_a_silent_server_is_given_up(server: ScriptedUpstream) -> None:
    server.script(*stream(piece("half"), Stall()))

    with (
        ChatClient(server.url.removesuffix("/v1"), timeout_seconds=0.1) as client,
        client.stream("Hi") as answer,
        pytest.raises(ConnectionLost),
    ):
        list(answer)


def test_nobody_at_the_address_is_a_lost_connection() -> None:
    with ScriptedUpstream() as gone:
        address = gone.url.removesuffix("/v1")

    with ChatClient(address) as client, pytest.raises(ConnectionLost, match="cannot be reached"):
        client.models()
