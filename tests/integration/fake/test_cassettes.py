"""Recording a provider and playing it back: the same bytes in the same pieces, at the same pace or at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from chatapp.fake import Error, Rule, Script
from chatapp.fake.cassettes import RecordingServer, ReplayingServer
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import FakeServer, wire
from chatapp.fake.server.sending import Send
from tests.integration.fake.asking import ask, stream, text_of
from tests.integration.fake.taping import END, STREAM_HEAD, Heard, Provider, chunks, recorded, replayed

GAPS_SECONDS = (0.02, 0.06, 0.01, 0.09, 0.03)
PIECES = 25
TRIES = 4
"""A machine with much else to do may keep any one of them from its pace."""


def sdk(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="sk-canary-4f1c9a", max_retries=0)


def answer(url: str, text: str = "hi") -> str | None:
    """Return the answer to a question, as OpenAI's own client reads it."""
    with sdk(url) as client:
        return ask(client, text).choices[0].message.content


def streamed(url: str) -> str | None:
    with sdk(url) as client:
        return text_of(stream(client))


@pytest.mark.parametrize("asked", [answer, streamed])
def test_the_sdk_reads_the_same_answer_from_a_cassette(tmp_path: Path, asked: Callable[[str], str | None]) -> None:
    script = Script(rules=[Rule(reply="Grüße, 世界 🙂!")])
    with FakeServer(ScriptedModel(script)) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        live = asked(recorder.url)
    with ReplayingServer(tmp_path, at_once=True) as replayer:
        again = asked(replayer.url)

    assert live == again == "Grüße, 世界 🙂!"
    assert [file.name for file in tmp_path.iterdir()] == ["0001-post-chat-completions.json"]


def test_the_same_bytes_come_in_the_same_pieces(tmp_path: Path) -> None:
    smile = "🙂".encode()
    pieces = [b"data: ", smile[:1], smile[1:3], smile[3:], b"\n\n", b"\x00\xff\r\n", b"x" * 5_000, b"0\r\n\r\n"]
    with Provider(*chunks(*pieces)) as provider:
        live = recorded(tmp_path, provider.url)

    again = replayed(tmp_path)

    assert live.pieces == again.pieces == pieces
    assert (live.broke, again.broke) == (None, None)


@pytest.mark.alone
def test_pieces_pass_the_recorder_as_they_come_and_are_replayed_at_their_pace(tmp_path: Path) -> None:
    gaps = [GAPS_SECONDS[number % len(GAPS_SECONDS)] for number in range(PIECES)]
    silences = [step for number, gap in enumerate(gaps) for step in (gap, Send(wire.framed(b"%d" % number)))]

    def differences(folder: Path) -> tuple[float, float]:
        """Return how far a typical piece is off: through the recorder, and again from the cassette."""
        direct, live = Heard(provider.url), recorded(folder, provider.url)
        again = replayed(folder, at_once=False)
        assert direct.pieces == live.pieces == again.pieces
        return live.seconds_apart(direct), again.seconds_apart(live)

    with Provider(STREAM_HEAD, *silences, END) as provider:
        tries = (differences(tmp_path / str(number)) for number in range(TRIES))
        assert any(max(each) < 0.01 for each in tries)


@pytest.mark.alone
def test_at_once_does_not_wait(tmp_path: Path) -> None:
    with Provider(STREAM_HEAD, 0.5, Send(wire.framed(b"a")), 0.5, Send(wire.framed(b"b")), END) as provider:
        live = recorded(tmp_path, provider.url)

    again = replayed(tmp_path)

    assert again.pieces == live.pieces == [b"a", b"b"]
    assert again.seconds < live.seconds / 2


def test_an_error_is_replayed_with_its_status_and_its_advice(tmp_path: Path) -> None:
    fault = Error(status=429, code="rate_limit_exceeded", message="Slow down.", retry_after_seconds=3)
    with (
        FakeServer(ScriptedModel(Script(rules=[Rule(fault=fault)]))) as provider,
        RecordingServer(tmp_path, provider.url) as recorder,
        pytest.raises(openai.RateLimitError),
    ):
        answer(recorder.url)

    with ReplayingServer(tmp_path) as replayer, pytest.raises(openai.RateLimitError, match=r"Slow down\.") as caught:
        answer(replayer.url)

    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["Retry-After"] == "3"
    assert caught.value.response.headers["x-request-id"].startswith("req_")


def test_the_same_question_gets_its_answers_in_turn(tmp_path: Path) -> None:
    script = Script(rules=[Rule(reply="One.", times=1), Rule(reply="Two.")])
    with FakeServer(ScriptedModel(script)) as provider, RecordingServer(tmp_path, provider.url) as recorder:
        live = [answer(recorder.url) for _ in range(2)]
    with ReplayingServer(tmp_path) as replayer:
        again = [answer(replayer.url) for _ in range(3)]

    assert (live, again) == (["One.", "Two."], ["One.", "Two.", "Two."])


def test_a_question_that_no_cassette_holds_is_told_what_is_different(tmp_path: Path) -> None:
    with FakeServer() as provider, RecordingServer(tmp_path, provider.url) as recorder:
        answer(recorder.url, "What is the capital of France?")

    with ReplayingServer(tmp_path) as replayer, pytest.raises(openai.BadRequestError) as caught:
        answer(replayer.url, "What is the capital of Spain?")

    assert caught.value.code == "no_cassette"
    assert "The nearest is 0001-post-chat-completions.json." in caught.value.message
    assert '-      "content": "What is the capital of France?",' in caught.value.message
    assert '+      "content": "What is the capital of Spain?",' in caught.value.message
