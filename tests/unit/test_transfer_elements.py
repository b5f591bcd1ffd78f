"""How a list in JSON is taken apart without being parsed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.errors import InvalidRequest
from chatapp.domain.transfer.elements import CUT, STRAY, elements
from chatapp.domain.transfer.pieces import Part
from tests.unit.archives import chunked

OBJECTS = st.dictionaries(
    st.text('a"\\{}[], \n', max_size=5),
    st.recursive(
        st.none() | st.integers() | st.text('ab"\\{}[],:/é🙂\n', max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\]}', max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def split(content: bytes, size: int = 3, max_bytes: int = 1000) -> list[Part]:
    return list(elements(chunked(content, size), max_bytes))


@given(st.lists(OBJECTS, max_size=5), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_elements_are_found_whatever_the_pieces_are(
    values: list[object], size: int, ascii_only: bool, indent: int | None
) -> None:
    content = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()

    found = split(content, size, 1 << 20)

    assert [json.loads(part.text) for part in found] == values
    assert [(part.number, part.wrong) for part in found] == [(number, None) for number in range(1, len(values) + 1)]


def test_an_element_that_is_too_large_is_passed_by() -> None:
    content = json.dumps([{"a": 1}, {"text": "x" * 5000}, {"b": 2}]).encode()

    first, large, last = split(content, 100)

    assert (first.text, last.text) == (b'{"a": 1}', b'{"b": 2}')
    assert (large.text, large.number) == (b"", 2)
    assert str(large.wrong).startswith("It is too large: 5,012 bytes")


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b'[1, {"a": 1}]', [1]),
        (b'["}", "a, {b}" , {"a": 1}, null]', [1, 2, 4]),
        (b'[:{"a": 1}]', [1]),
        (b'[}}}, {"a": 1}, "]"]', [1, 3]),
    ],
)
def test_what_is_no_object_is_told_once(content: bytes, numbers: list[int]) -> None:
    found = split(content)

    assert [part.number for part in found if part.wrong == STRAY] == numbers
    assert [part.text for part in found if not part.wrong] == [b'{"a": 1}']


@pytest.mark.parametrize(
    ("content", "number"),
    [(b"[", 1), (b'[{"a": 1}', 2), (b'[{"a": 1}, {"b": "x', 2), (b'[{"a": 1}, {"b": "x\\', 2), (b'["', 2)],
)
def test_a_file_that_ends_in_the_middle_says_so(content: bytes, number: int) -> None:
    assert [part.number for part in split(content) if part.wrong == CUT] == [number]


def test_what_stands_behind_the_list_is_told_once() -> None:
    assert [part.wrong for part in split(b"[] , [1] x\n")] == ["Something stands behind the end of the list."]


def test_what_begins_with_no_list_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"conversations\.json begins with a list"):
        split(b'  {"conversations": []}')
