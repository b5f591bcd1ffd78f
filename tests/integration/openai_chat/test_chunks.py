"""Chunked transfer encoding, in any pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.openai_chat.chunks import BadChunk, ChunkReader

# Of these bytes content is most easily taken for framing.
CONTENTS = st.lists(st.lists(st.sampled_from(b"a0\r\n;"), min_size=1, max_size=9).map(bytes), max_size=6)


def encoded(chunks: list[bytes], end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


@given(CONTENTS, st.lists(st.integers(0, 200), max_size=12))
def test_any_split_gives_out_the_same_content(chunks: list[bytes], cuts: list[int]) -> None:
    reader = ChunkReader()

    content = b"".join(reader.feed(piece) for piece in pieces(encoded(chunks), cuts))

    assert content == b"".join(chunks)
    assert reader.ended


@given(CONTENTS, st.integers(0, 200))
def test_content_is_given_out_as_soon_as_it_has_come(chunks: list[bytes], cut: int) -> None:
    head = encoded(chunks)[: cut % (len(encoded(chunks)) + 1)]
    one_by_one, at_once = ChunkReader(), ChunkReader()

    assert b"".join(one_by_one.feed(bytes([byte])) for byte in head) == at_once.feed(head)


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"000;last=yes\r\n\r\n", b"0\r\nDigest: x\r\nMore: y\r\n\r\n"])
def test_extensions_and_trailers_are_passed_over(end: bytes) -> None:
    reader = ChunkReader()

    assert reader.feed(encoded([b"all"], end)) == b"all"
    assert reader.ended


@pytest.mark.parametrize(
    "data",
    [b"\r\n", b"x\r\n", b"-1\r\n", b"+1\r\n", b"1_0\r\n", b" 1\r\n", b"ffffffffffffffff\r\n", b"2\r\nabc\r\n"],
)
def test_what_is_no_chunk_is_a_failure(data: bytes) -> None:
    reader = ChunkReader()

    reader.feed(data)

    assert isinstance(reader.failure, BadChunk)


def test_a_size_without_end_is_a_failure() -> None:
    reader = ChunkReader()

    reader.feed(b"0" * 9000)

    assert isinstance(reader.failure, BadChunk)


def test_bytes_after_the_end_are_a_failure() -> None:
    reader = ChunkReader()

    assert reader.feed(encoded([b"one"]) + b"HTTP/1.1 200 OK") == b"one"
    assert isinstance(reader.failure, BadChunk)


def test_content_before_a_failure_is_given_out() -> None:
    reader = ChunkReader()

    assert reader.feed(encoded([b"one"], end=b"no size\r\n")) == b"one"
    assert isinstance(reader.failure, BadChunk)
