"""The bytes of an answer, however they are written and however they come."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.openai_chat.wire import AnswerReader, EventSplitter
from chatapp.domain.entities import Usage
from chatapp.domain.errors import ChatError, ProviderFailed
from chatapp.domain.events import Delta, Event, Finished, UsageReported
from tests.upstream.wire import chunk, usage_of

LINE_ENDS = ["\n", "\r\n", "\r"]
SAYING_NOTHING = [": a sign of life", "id: 7", "retry: 3000", "event: message", "dataset: 9", "data", ":data: 9"]
USAGE = Usage(9, 2, cached_tokens=4, reasoning_tokens=1)
REPORT = usage_of(9, 2, cached=4, reasoning=1)

texts = st.lists(
    st.text('ab "\\{}:,\r\n\té🙂\u2028\u0085\ufeff', min_size=1, max_size=6) | st.just("data: x\n\n"), max_size=6
)


@dataclass(frozen=True)
class Spelling:
    """One of the many ways to write the same events."""

    end: str
    space: str
    ascii_only: bool
    indent: int | None
    before: list[str]
    after: list[str]
    gap: int

    def write(self, payload: Any) -> str:
        """Return one event, in one line or in many."""
        body = json.dumps(payload, ensure_ascii=self.ascii_only, indent=self.indent)
        lines = [*self.before, *(f"data:{self.space}{line}" for line in body.split("\n")), *self.after]
        return "".join(line + self.end for line in lines) + self.end * self.gap


nothing = st.lists(st.sampled_from(SAYING_NOTHING), max_size=2)
spellings = st.builds(
    Spelling,
    end=st.sampled_from(LINE_ENDS),
    space=st.sampled_from(["", " "]),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0]),
    before=nothing,
    after=nothing,
    gap=st.integers(1, 3),
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Draw the pieces of text of an answer, and a way to write it."""
    said, spelling = draw(texts), draw(spellings)
    payloads = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in said)]
    payloads += [chunk({}, "stop"), chunk(None, usage=REPORT)]
    done = draw(st.sampled_from(["", f"data: [DONE]{spelling.end * 2}", f"data:[DONE]{spelling.end * 2}"]))
    body = draw(st.sampled_from(["", "\ufeff"])) + "".join(map(spelling.write, payloads)) + done
    return said, body.encode()


def pieces_of(body: bytes, places: Sequence[int]) -> Iterator[bytes]:
    edges = [0, *sorted(places), len(body)]
    yield from (body[begin:end] for begin, end in pairwise(edges) if begin < end)


def read(pieces: Iterator[bytes]) -> list[Event]:
    reader = AnswerReader()
    heard: list[Event] = []
    for piece in pieces:
        heard += reader.feed(piece)
        if reader.finished:
            return heard
    return [*heard, *reader.end()]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


@given(answers(), st.data())
def test_any_split_of_any_spelling_says_the_same(answer: tuple[list[str], bytes], data: st.DataObject) -> None:
    said, body = answer
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=20), label="places")

    heard = read(pieces_of(body, places))

    assert text_of(heard) == "".join(said)
    assert heard[-2:] == [UsageReported(USAGE, "gpt-4o-mini-2024-07-18"), Finished("stop")]
    assert all(isinstance(event, Delta) and event.text for event in heard[:-2])


@given(answers())
def test_bytes_that_come_one_by_one_say_the_same(answer: tuple[list[str], bytes]) -> None:
    said, body = answer

    heard = read(pieces_of(body, range(len(body))))

    assert text_of(heard) == "".join(said)
    assert heard[-1] == Finished("stop")


@given(answers(), st.data())
def test_an_answer_cut_anywhere_is_a_beginning_and_no_end(answer: tuple[list[str], bytes], data: st.DataObject) -> None:
    said, body = answer
    place = data.draw(st.integers(0, body.index(b'"stop"')), label="place")
    reader = AnswerReader()

    heard = list(reader.feed(body[:place]))

    assert "".join(said).startswith(text_of(heard))
    with pytest.raises(ProviderFailed):
        list(reader.end())


@pytest.mark.parametrize("end", LINE_ENDS)
def test_a_reason_at_the_very_end_is_heard(end: str) -> None:
    body = f"data: {json.dumps(chunk({'content': 'x'}))}{end}{end}data: {json.dumps(chunk({}, 'stop'))}{end}{end}"

    assert read(iter([body.encode()])) == [Delta("x"), Finished("stop")]


@pytest.mark.parametrize("end", LINE_ENDS)
def test_an_event_is_heard_as_soon_as_it_is_whole(end: str) -> None:
    splitter = EventSplitter()

    heard = [splitter.feed(piece.encode()) for piece in (f"data: one{end}", end, f"data: two{end}{end}")]

    assert heard == [[], [b"one"], [b"two"]]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\ndata: two\n\n", [b"one\ntwo"]),
        (b"data:one\n\n", [b"one"]),
        (b"data:  one\n\n", [b" one"]),
        (b"\xef\xbb\xbfdata: one\n\n", [b"one"]),
        (b": comment\n\ndata: one\n\n", [b"one"]),
        (b"event: x\ndata: one\nid: 1\n\n", [b"one"]),
        (b"retry: 9\n\n", []),
        (b"data: one", []),
        (b"data: one\n", []),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"data: one\r\rdata: two\r\r", [b"one", b"two"]),
        (b"data: one\r\n\ndata: two\n\r\n", [b"one", b"two"]),
        ("data: a\u2028b\u0085c\n\n".encode(), ["a\u2028b\u0085c".encode()]),
        (b"data: a: b\n\n", [b"a: b"]),
        (b"Data: one\n\n", []),
    ],
)
def test_events_are_cut_as_the_standard_says(stream: bytes, data: list[bytes]) -> None:
    whole, slow = EventSplitter(), EventSplitter()

    assert whole.feed(stream) == data
    assert [event for byte in stream for event in slow.feed(bytes([byte]))] == data


@given(st.binary(max_size=200), answers(), st.data())
def test_garbage_raises_nothing_but_chat_errors(
    garbage: bytes, answer: tuple[list[str], bytes], data: st.DataObject
) -> None:
    _, body = answer
    place = data.draw(st.integers(0, len(body)), label="place")
    reader = AnswerReader()

    try:
        for piece in (body[:place], garbage, body[place:]):
            list(reader.feed(piece))
        list(reader.end())
    except ChatError:
        pass
    else:
        assert reader.finished


@pytest.mark.parametrize("end", LINE_ENDS)
def test_a_long_event_in_small_pieces_takes_no_longer_than_its_length(end: str) -> None:
    """A provider that dribbles must not keep the whole process busy."""
    piece = f": {'x' * 60}{end}".encode()

    def cpu_seconds(pieces: int) -> float:
        splitter, began_at = EventSplitter(), process_time()
        for _ in range(pieces):
            splitter.feed(piece)
        return process_time() - began_at

    assert cpu_seconds(32_000) < 24 * min(cpu_seconds(4_000) for _ in range(3))  # 8 times as long; by its square, 64
