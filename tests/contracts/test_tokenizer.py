"""What every ``Tokenizer`` counts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp.domain.entities import ENCODINGS
from chatapp.domain.ports import Tokenizer

same_tokenizer = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

KNOWN = {"hello world": 2, "Hello world!": 3}
"""Counts of OpenAI's own tokenizer, the same in both encodings."""


@pytest.fixture(params=(*ENCODINGS, None))
def encoding(request: pytest.FixtureRequest) -> str | None:
    """Each encoding, and that of a model whose encoding nobody knows."""
    known: str | None = request.param
    return known


def test_nothing_has_no_tokens(tokenizer: Tokenizer, encoding: str | None) -> None:
    assert tokenizer.count("", encoding) == 0


@pytest.mark.parametrize(("text", "tokens"), KNOWN.items())
def test_a_count_is_never_below_the_truth(tokenizer: Tokenizer, encoding: str | None, text: str, tokens: int) -> None:
    assert tokens <= tokenizer.count(text, encoding) <= tokens * tokenizer.overcount(encoding)


@same_tokenizer
@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_counted(tokenizer: Tokenizer, encoding: str | None, text: str) -> None:
    """Even half a surrogate pair, which no UTF-8 can hold."""
    assert tokenizer.count(text, encoding) >= bool(text)


def test_an_overcount_is_at_least_the_truth(tokenizer: Tokenizer, encoding: str | None) -> None:
    assert tokenizer.overcount(encoding) >= 1
