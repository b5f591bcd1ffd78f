"""What every ``Tokenizer`` counts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp.domain.ports import Tokenizer

same_tokenizer = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

KNOWN = {"hello world": 2, "Hello world!": 3}
"""Counts of OpenAI's own tokenizer, ``o200k_base``."""


def test_nothing_has_no_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("") == 0


@pytest.mark.parametrize(("text", "tokens"), KNOWN.items())
def test_a_count_is_never_below_the_truth(tokenizer: Tokenizer, text: str, tokens: int) -> None:
    assert tokens <= tokenizer.count(text) <= tokens * tokenizer.overcount


@same_tokenizer
@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_counted(tokenizer: Tokenizer, text: str) -> None:
    """Even half a surrogate pair, which no UTF-8 can hold."""
    assert tokenizer.count(text) >= bool(text)


@same_tokenizer
@given(st.text(), st.text())
def test_more_text_has_no_fewer_tokens(tokenizer: Tokenizer, text: str, more: str) -> None:
    assert tokenizer.count(text + more) >= tokenizer.count(text)


def test_an_overcount_is_at_least_the_truth(tokenizer: Tokenizer) -> None:
    assert tokenizer.overcount >= 1
