"""A server that is stopped in mid-answer: what it acknowledged is there when it has started again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from chatapp.fake import Gate
from tests.integration.kept_processes.teller import Pace, Teller
from tests.integration.kept_processes.visitor import Reading, Visitor, text_of
from tests.integration.kept_processes.workers import kept_server

REPLIES = 6
UNHURRIED = Pace(tokens=10_000, seconds=0.05)


def test_every_answer_is_finished_or_interrupted_with_its_text(tmp_path: Path, teller: Teller) -> None:
    gate = Gate()
    soon = Pace(tokens=10, gate=gate, held_at=5)
    with ExitStack() as callers, kept_server(tmp_path, teller, CHATAPP_GRACE_SECONDS="5") as server:
        visitor = Visitor.new(server.port)
        talks: dict[str, str] = {}
        readings: dict[str, Reading] = {}
        for number in range(REPLIES):
            message = f"question {number}"
            teller.pace(message, UNHURRIED if number % 2 else soon)
            talks[message] = visitor.begins()
            readings[message] = callers.enter_context(visitor.asks(talks[message], message))
            readings[message].next()
        unread = visitor.asks_without_waiting(visitor.begins(), "question 0")
        server.process.terminate()
        gate.open()
        heard = {message: reading.rest() for message, reading in readings.items()}
        assert server.process.wait(20) == 0
    with kept_server(tmp_path, teller) as server:
        visitor = visitor.at(server.port)
        stored = {message: visitor.messages(talk) for message, talk in talks.items()}
        assert visitor.reply(unread)["state"] == "complete"

    for number, (message, (question, answer)) in enumerate(stored.items()):
        state = "interrupted" if number % 2 else "complete"
        (telling,) = [each for each in teller.tellings(message) if each.whole.startswith(answer["text"])]
        assert (question["text"], answer["state"], heard[message][-1].data["state"]) == (message, state, state)
        assert answer["text"].endswith(text_of(heard[message]))
        assert answer["text"] == telling.whole or state == "interrupted"
