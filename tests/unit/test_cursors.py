"""Where a list goes on, as a word that callers give back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.cursors import after_cursor, below_cursor, cursor_after, cursor_below
from chatapp.domain.entities import Conversation
from chatapp.domain.errors import InvalidRequest

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(IDS, MOMENTS, st.booleans())
def test_a_cursor_brings_back_a_conversations_place_in_the_list(
    conversation_id: str, moment: datetime, pinned: bool
) -> None:
    kept_at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    place = after_cursor(cursor_after(Conversation(conversation_id, kept_at, kept_at, "Tides", pinned)))

    assert place is not None
    assert (place.pinned, place.updated_at, place.id) == (pinned, kept_at, conversation_id)


@given(st.integers(0, (1 << 63) - 1))
def test_a_cursor_brings_back_a_place_among_results(position: int) -> None:
    assert below_cursor(cursor_below(position)) == position


def test_a_list_begins_where_there_is_no_cursor() -> None:
    assert (after_cursor(None), below_cursor(None)) == (None, None)


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("2-1000-abc", id="neither pinned nor not"),
        pytest.param("1-1000", id="without an id"),
        pytest.param("1--5-abc", id="before there was time"),
        pytest.param("1-100000000000000-abc", id="in the far future"),
        pytest.param("1-1000-a'b", id="an id that is none"),
        pytest.param("1-1000-" + "x" * 65, id="a longer id than there are"),
        pytest.param("1-1000-abc\n", id="more behind it"),
        pytest.param("17", id="a place among results"),
    ],
)
def test_what_is_no_place_in_the_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="next") as refusal:
        after_cursor(cursor)
    assert refusal.value.details[0].path == "cursor"


@pytest.mark.parametrize("cursor", ["", "-1", "x", str(1 << 63), "1" * 20, "5\n", "1-1000-abc"])
def test_what_is_no_place_among_results_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="next") as refusal:
        below_cursor(cursor)
    assert refusal.value.details[0].path == "cursor"
