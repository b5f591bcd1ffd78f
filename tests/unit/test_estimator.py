"""The estimate of tokens: on the high side, for any script of the world."""

import pytest

from chatapp.adapters.estimator import TokenEstimator


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("hello", 2),
        ("hello world", 5),
        ("x" * 1000, 400),
        ("ж" * 10, 9),
        ("好" * 10, 14),
        ("🙂" * 10, 19),
        ("\ud800", 2),
    ],
)
def test_text_counts_by_its_characters_and_bytes(text: str, tokens: int) -> None:
    assert TokenEstimator().count(text) == tokens
