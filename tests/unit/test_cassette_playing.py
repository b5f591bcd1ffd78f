"""What is played of a cassette, and when each of its pieces is due."""

from __future__ import annotations

import msgspec
import pytest

from chatapp.fake.cassettes.cassette import Ended
from chatapp.fake.cassettes.replayer import played
from chatapp.fake.server.sending import HangUp, Send, Sending, TearDown
from tests.unit.cassettes_made import Reads, taped


@pytest.mark.parametrize(("ended", "last"), [("whole", Send(b"0\r\n\r\n")), ("cut", HangUp()), ("reset", TearDown())])
def test_an_answer_is_played_piece_by_piece_when_each_is_due(ended: Ended, last: Sending) -> None:
    cassette = taped([(10.0, b"a"), (30.0, b"bc")], ended=ended)

    steps = list(played(cassette.response, at_once=False))

    assert [step for _, step in steps[1:]] == [Send(b"1\r\na\r\n"), Send(b"2\r\nbc\r\n"), last]
    began = steps[0][0]
    assert [round((due - began) * 1000) for due, _ in steps] == [0, 10, 30, 30]


def test_an_answer_at_once_is_due_from_the_beginning() -> None:
    steps = list(played(taped([(10.0, b"a"), (30.0, b"bc")]).response, at_once=True))

    assert len({due for due, _ in steps}) == 1


@pytest.mark.parametrize(
    ("kind", "pieces", "framing"),
    [
        ("application/json", [(1.0, b"{}")], "Content-Length: 2"),
        ("application/json", [], "Content-Length: 0"),
        ("application/json", [(1.0, b"{"), (2.0, b"}")], "Transfer-Encoding: chunked"),
        ("text/event-stream; charset=utf-8", [(1.0, b"data: [DONE]\n\n")], "Transfer-Encoding: chunked"),
    ],
)
def test_only_what_came_in_one_piece_has_a_length(kind: str, pieces: Reads, framing: str) -> None:
    response = msgspec.structs.replace(taped(pieces).response, headers={"content-type": kind})

    head = next(played(response, at_once=True))[1]

    assert head == Send(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{framing}\r\n\r\n".encode())


def test_an_empty_piece_does_not_end_the_answer() -> None:
    steps = [step for _, step in played(taped([(1.0, b""), (2.0, b"a")]).response, at_once=True)]

    assert steps[1:] == [Send(b"1\r\na\r\n"), Send(b"0\r\n\r\n")]
