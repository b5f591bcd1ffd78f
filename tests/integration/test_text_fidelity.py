"""The text that comes out is the text that went in, however the network cuts the provider's bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.adapters.openai_chat import OpenAIChatModel, connect
from tests.integration.app_under_test import AppUnderTest, app_with
from tests.upstream import ScriptedUpstream, Send
from tests.upstream.wire import sse

EXAMPLES = 40

texts = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.just("data: [DONE]\n\n") | st.just("\r"),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def app(upstream: ScriptedUpstream) -> AppUnderTest:
    return app_with(model=OpenAIChatModel(connect("sk-test", upstream.url, read_timeout_seconds=5)))


@settings(max_examples=EXAMPLES)
@given(texts, st.data())
def test_no_split_of_the_bytes_changes_the_text(
    app: AppUnderTest, upstream: ScriptedUpstream, said: list[str], data: st.DataObject
) -> None:
    wire = b"".join(step.data for step in sse(said) if isinstance(step, Send))
    places = data.draw(st.lists(st.integers(0, len(wire)), max_size=10))
    for _ in range(2):
        upstream.script(*(Send(wire[begin:end]) for begin, end in pairwise([0, *sorted(places), len(wire)])))

    *pieces, last = app.stream()
    whole = app.ask().json

    sent = "".join(said).replace("\0", "")
    assert ("".join(piece["content"] for piece in pieces), last["finish_reason"]) == (sent, "stop")
    assert whole["response"] == whole["conversation"][-1]["content"] == sent
