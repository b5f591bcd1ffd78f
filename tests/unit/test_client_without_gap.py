"""Whatever is cut wherever: the text that the client gives is the text that the server has."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from chatapp.client import ChatClient
from tests.unit.canned_answers import CONVERSATION, KEPT_ENDING, REPLY, URL, Pieces, WaitingTime, kept

EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@dataclass(frozen=True, slots=True)
class Line:
    """One connection: what it carries in pieces of ``piece_bytes``, up to where it breaks, or to the end.

    It begins ``behind`` characters before the place that is asked for, and carries ``step`` of them an event.
    """

    breaks_at: float | None = None
    resets: bool = False
    piece_bytes: int = 7
    behind: int = 0
    step: int = 3

    def carry(self, text: str, after: int) -> Pieces:
        start = max(0, after - self.behind)
        parts = [text[place : place + self.step] for place in range(start, len(text), self.step)]
        whole = b": begun\n\n" + b"".join(kept(*parts, after=start, ending=KEPT_ENDING))
        if self.breaks_at is None:
            return Pieces(*self._cut(whole))
        begun = whole[: int(len(whole) * self.breaks_at)]
        return Pieces(*self._cut(begun), *([ConnectionResetError()] if self.resets else [b""]))

    def _cut(self, whole: bytes) -> list[bytes]:
        return [whole[place : place + self.piece_bytes] for place in range(0, len(whole), self.piece_bytes)]


LINES = st.builds(
    Line,
    breaks_at=st.floats(0, 1, exclude_max=True),
    resets=st.booleans(),
    piece_bytes=st.integers(1, 40),
    behind=st.integers(0, 5),
    step=st.integers(1, 9),
)


@dataclass
class KeptReply:
    """A server that has one reply, and loses one connection after the other."""

    text: str
    lines: Iterator[Line]
    client_ids: set[str] = field(default_factory=set)

    def ask(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], Pieces]:
        self.client_ids.add(json.loads(request.body or b"")["client_id"])
        return self.follow(request)

    def follow(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], Pieces]:
        return 200, EVENTS, next(self.lines).carry(self.text, int(request.headers.get("Last-Event-ID", "0")))


def serving(text: str, lines: Sequence[Line], server: responses.RequestsMock) -> KeptReply:
    reply = KeptReply(text, itertools.chain(lines, [Line()]))
    server.add_callback("POST", f"{URL}/api/conversations/c-1/replies", reply.ask)
    server.add_callback("GET", f"{URL}/api/replies/r-1/events", reply.follow)
    server.get(f"{URL}/api/conversations/c-1", json=CONVERSATION)
    server.get(f"{URL}/api/replies/r-1", json=REPLY)
    return reply


@given(text=TEXTS, lines=st.lists(LINES, max_size=8))
def test_a_question_gets_the_whole_answer_once(text: str, lines: list[Line]) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        kept_reply = serving(text, lines, server)
        with ChatClient(URL, token="t-1", patience=WaitingTime().patience) as client:
            reply = client.conversation("c-1").ask("Hi")
            pieces = list(reply)

    assert "".join(pieces) == reply.text == text
    assert "" not in pieces
    assert (reply.state, len(kept_reply.client_ids)) == ("complete", 1)


@given(text=TEXTS, lines=st.lists(LINES, max_size=8), data=st.data())
def test_a_follower_gets_all_behind_its_place_once(text: str, lines: list[Line], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        serving(text, lines, server)
        with ChatClient(URL, token="t-1", patience=WaitingTime().patience) as client:
            pieces = list(client.reply("r-1").follow(after=place))

    assert "".join(pieces) == text[place:]
