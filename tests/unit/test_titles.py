"""What a conversation is called before somebody names it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.titles import LONGEST_CHARACTERS, LONGEST_LOOK_CHARACTERS, title_of


@pytest.mark.parametrize(
    ("message", "title"),
    [
        pytest.param("How do tides work?", "How do tides work?", id="a short question"),
        pytest.param("First line\nSecond line", "First line", id="the first line alone"),
        pytest.param("\n \r\n\t\n  Hello  ", "Hello", id="empty lines are passed over"),
        pytest.param("a\tlot  of \u3000 room", "a lot of room", id="blanks become one"),
        pytest.param("one\u2028two", "one", id="any kind of line end"),
        pytest.param("x" * LONGEST_CHARACTERS, "x" * LONGEST_CHARACTERS, id="just short enough"),
        pytest.param("x" * (LONGEST_CHARACTERS + 1), "x" * (LONGEST_CHARACTERS - 1) + "…", id="one long word"),
        pytest.param("word " * 40, "word " * 14 + "word…", id="no word is cut"),
        pytest.param("", "", id="nothing"),
        pytest.param(" \n" * LONGEST_LOOK_CHARACTERS + "late", "", id="too far down to be looked for"),
    ],
)
def test_a_title_is_what_the_first_line_says(message: str, title: str) -> None:
    assert title_of(message) == title


@given(st.text("ab \n\t🙂ü", max_size=300))
def test_a_title_is_always_one_short_line(message: str) -> None:
    title = title_of(message)

    assert len(title) <= LONGEST_CHARACTERS
    assert title == " ".join(title.split())
    assert bool(title) == bool(message.strip())
