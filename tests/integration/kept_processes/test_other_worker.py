"""What one worker makes, the other one tells, stops, attaches to and deletes. Each test knows whom it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from chatapp.fake import Gate
from tests.integration.kept_processes.teller import Pace, Teller, Telling
from tests.integration.kept_processes.visitor import Line, Reading, Visitor, replies_of, text_of
from tests.integration.kept_processes.workers import Workers, kept_server


@dataclass(slots=True)
class Half:
    """A reply that one worker has half made. It goes on when the ``gate`` opens.

    ``there`` is a connection of its visitor to the other worker.
    """

    visitor: Visitor
    talk: str
    reply_id: str
    telling: Telling
    gate: Gate
    there: Line

    @property
    def text(self) -> str:
        """Return its text so far."""
        return self.telling.token(0) + self.telling.token(1)

    def follow(self, after: int) -> Reading:
        """Follow it at the other worker."""
        return self.there.reads("GET", f"/api/replies/{self.reply_id}/events", Last_Event_ID=str(after))

    def ask_again(self, message: str) -> int:
        """Ask under the same client id at the other worker; return the status."""
        asked = {"message": message, "client_id": self.telling.exchange.json["messages"][-1]["content"]}
        heard = self.there.sends("POST", replies_of(self.talk), asked)
        assert heard.status == 409 or heard.json["id"] == self.reply_id
        return heard.status


class Pair:
    """A server of two workers."""

    def __init__(self, teller: Teller, visitor: Visitor, workers: Workers) -> None:
        self.teller = teller
        self._visitor = visitor
        self._workers = workers
        self._count = 0

    @contextmanager
    def half(self) -> Iterator[Half]:
        """Have one worker make half a reply, and connect to the other."""
        self._count += 1
        gate, message = Gate(), f"half-{self._count}"
        self.teller.pace(message, Pace(tokens=4, seconds=0.0, gate=gate, held_at=2))
        here, there = self._workers.running
        talk = self._visitor.begins()
        with self._line_to(here) as line:
            asked = line.sends("POST", replies_of(talk), {"message": message, "client_id": message})
        telling = self.teller.wait_for_telling(message)
        with self._line_to(there) as line:
            yield Half(self._visitor, talk, asked.json["id"], telling, gate, line)

    @contextmanager
    def _line_to(self, pid: int) -> Iterator[Line]:
        """Open a connection to the worker with that process id: no other one runs until it has answered."""
        with self._visitor.line() as line:
            with self._workers.only(pid):
                assert line.sends("GET", "/health/live").status == 200
            line.connection.auto_open = 0  # else it would connect again by itself, to anybody
            yield line


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with Teller() as teller, kept_server(tmp_path_factory.mktemp("pair"), teller) as server:
        yield Pair(teller, Visitor.new(server.port), Workers(server))


@pytest.mark.parametrize("after", [0, 3, 13, 14, 15, 28, 99])
def test_a_reply_is_followed_at_the_other_worker_from_any_place(pair: Pair, after: int) -> None:
    with pair.half() as half:
        reading = half.follow(after)
        begun = reading.until(len(half.text)) if after < len(half.text) else ""
        half.gate.open()
        *rest, last = reading.rest()

    assert begun + text_of(rest) == half.telling.whole[after:]
    assert last.data["state"] == "complete"
    assert half.visitor.reply(half.reply_id)["text"] == half.telling.whole


def test_a_reply_is_stopped_at_the_other_worker(pair: Pair) -> None:
    with pair.half() as half:
        stopped = half.there.sends("POST", f"/api/replies/{half.reply_id}/stop", {})
        half.telling.exchange.wait_until_left()

    assert (stopped.status, stopped.json["state"]) == (200, "stopped")
    assert half.text.startswith(stopped.json["text"])
    assert half.visitor.reply(half.reply_id) == stopped.json


def test_a_question_that_comes_again_at_the_other_worker_is_paid_once(pair: Pair) -> None:
    with pair.half() as half:
        message = half.telling.exchange.json["messages"][-1]["content"]

        statuses = half.ask_again(message), half.ask_again("Something else")
        half.gate.open()

    assert statuses == (202, 409)
    assert half.visitor.waits_for(half.reply_id)["text"] == half.telling.whole
    assert len(pair.teller.tellings(message)) == 1


def test_a_conversation_is_deleted_at_the_other_worker_while_it_is_answered(pair: Pair) -> None:
    with pair.half() as half, half.visitor.follows(half.reply_id) as reading:
        deleted = half.there.sends("DELETE", f"/api/conversations/{half.talk}")
        last = reading.rest()[-1].data

    half.telling.exchange.wait_until_left()
    assert (deleted.status, last["state"]) == (204, "stopped")
    assert half.visitor.sends("GET", f"/api/replies/{half.reply_id}").status == 404
