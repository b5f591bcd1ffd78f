"""Ids of what is kept: they sort by time, cannot be guessed, and none comes twice."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from chatapp.adapters.system import NANOSECONDS_A_MILLISECOND, new_id

SMALLEST_STEP_NANOSECONDS = 1000
"""More than the part of a millisecond that an id can tell apart."""


def wait_for_another_moment() -> None:
    """Return when the clock has gone on by as much as an id can tell apart."""
    begin = time.time_ns()
    while abs(time.time_ns() - begin) < SMALLEST_STEP_NANOSECONDS:
        pass


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()

    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)
    assert made == uuid.UUID(made).hex


def test_an_id_carries_the_time_it_was_made() -> None:
    before = time.time_ns() // NANOSECONDS_A_MILLISECOND
    made = int(new_id()[:12], 16)
    after = time.time_ns() // NANOSECONDS_A_MILLISECOND

    assert before <= made <= after


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = []
    for _ in range(1000):
        made.append(new_id())
        wait_for_another_moment()

    assert made == sorted(made)


def test_no_id_comes_twice_on_any_thread() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id(), range(4000)))

    assert len(set(made)) == len(made)


def test_ids_of_the_same_moment_have_nothing_else_in_common() -> None:
    ends = {new_id()[16:] for _ in range(1000)}

    assert len(ends) == 1000
    assert {end[0] for end in ends} == set("89ab")
