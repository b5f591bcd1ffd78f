"""Exact counts, beside the provider's own program. It checks itself that the vocabularies are the provider's, too."""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from chatapp.adapters.bpe_tokenizer import LONGEST_SLICE_CHARACTERS, SLICE_CHARACTERS, BpeTokenizer
from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.entities import ENCODINGS
from tests.samples import CATALOG, card
from tests.talks import talks

CACHED_AS = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
"""The names under which tiktoken looks for a vocabulary before it would load it from elsewhere."""

ODD = st.text(
    st.sampled_from(
        "aBz ß é\u0301ñ  \n\r\t.,;:!?'’\"-/_0159今天。，ありがとう안녕हिन्दी।مرحبا،😀👍🏽\u200d\u00a0\u3000{}()<>|=+"
    )
)
TOKENIZER = BpeTokenizer(TokenEstimator())

Count = Callable[[str], int]


@pytest.fixture(scope="module")
def vocabularies(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("vocabularies")
    package = find_spec("bpe_openai")  # not imported: of all that it is, only its files are wanted
    assert package is not None
    assert package.origin is not None
    for encoding, name in CACHED_AS.items():
        packed = Path(package.origin).parent / "data" / f"{encoding}.tiktoken.gz"
        (folder / name).write_bytes(gzip.decompress(packed.read_bytes()))
    return str(folder)


@pytest.fixture(scope="module", params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def reference(encoding: str, vocabularies: str) -> Count:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", vocabularies)
        made = tiktoken.get_encoding(encoding)
    return lambda text: len(made.encode_ordinary(text))


def test_fifty_conversations_count_as_the_reference_counts_them(encoding: str, reference: Count) -> None:
    accountant = TokenAccountant(TOKENIZER, CATALOG)
    said = talks()

    assert len(said) == 50
    for messages in said:
        # Around each message 3 tokens and its role, which is one; 3 more for the answer's beginning.
        truth = 3 + sum(3 + reference(message.role.value) + reference(message.content) for message in messages)
        assert accountant.prompt_tokens(card(encoding=encoding), messages) == truth


def test_the_estimate_is_never_below_the_truth_and_its_margin_is_known(encoding: str, reference: Count) -> None:
    estimator = TokenEstimator()
    ratios = []
    for messages in talks():
        for message in messages:
            truth, estimate = reference(message.content), estimator.count(message.content, encoding)
            assert estimate >= truth, message
            ratios.append(estimate / truth)

    print(f"{encoding}: estimate ÷ truth: median {statistics.median(ratios):.2f}, worst {max(ratios):.2f}")
    assert max(ratios) <= estimator.overcount(encoding)


@given(text=ODD)
def test_any_text_counts_as_the_reference_counts_it(encoding: str, reference: Count, text: str) -> None:
    assert TOKENIZER.count(text, encoding) == reference(text)


@given(text=ODD, more=ODD)
def test_slices_of_a_long_text_count_as_the_whole_does(encoding: str, reference: Count, text: str, more: str) -> None:
    whole = f"{text}{'word, ' * (SLICE_CHARACTERS // 6)}{more} and {'text' * 4_000}. {more}{text}"

    assert TOKENIZER.count(whole, encoding) == reference(whole)


def test_a_word_without_an_end_costs_a_token_at_most_for_each_slice(encoding: str, reference: Count) -> None:
    endless = "सूर्य今天" * LONGEST_SLICE_CHARACTERS
    slices = len(endless) // LONGEST_SLICE_CHARACTERS

    assert abs(TOKENIZER.count(endless, encoding) - reference(endless)) <= slices


def test_what_looks_like_a_command_is_only_text(encoding: str, reference: Count) -> None:
    assert TOKENIZER.count("<|endoftext|>", encoding) == reference("<|endoftext|>") > 1


def test_a_vocabulary_is_loaded_when_it_is_needed_and_no_other() -> None:
    program = dedent("""
        import sys
        from pathlib import Path
        from chatapp.container import Container
        from chatapp.settings import Settings

        def megabytes():
            return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1_000_000

        tokenizer = Container(settings=Settings()).tokenizer()
        tokenizer.count("Hello", None)
        before = "rs_bpe" in sys.modules, megabytes()
        tokenizer.count("Hello", "cl100k_base")
        small = megabytes()
        tokenizer.count("Hello", "o200k_base")
        print(before[0], small - before[1] > 10, megabytes() - small > 20)
    """)

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert printed == "False True True\n"
