"""The estimate of tokens: on the high side, for any script of the world."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.estimator import TokenEstimator


# The pages count the same, with the same examples: tests/frontend/token_estimate.test.js.
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("hello", 2),
        ("hello world", 5),
        ("HELLO", 7),
        ("x" * 1000, 400),
        ("1", 1),
        ("in 2 days", 5),
        ("2 5 0", 6),
        ("{}\n\t", 4),
        ("ж" * 10, 10),
        ("好" * 10, 18),
        ("🙂" * 10, 32),
        ("\ud800", 2),
        ("Ünïcode 42 – ¿qué? 日本語 👩\u200d👧", 27),
    ],
)
def test_text_counts_by_the_kinds_of_its_characters(text: str, tokens: int) -> None:
    assert TokenEstimator().count(text, None) == tokens


@given(st.text(), st.text())
def test_more_text_has_no_fewer_tokens(text: str, more: str) -> None:
    estimator = TokenEstimator()

    assert estimator.count(text + more, None) >= estimator.count(text, None)
