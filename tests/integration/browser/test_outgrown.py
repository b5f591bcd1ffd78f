"""What people see when a conversation has outgrown its model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.integration.browser.talk import Talk
from tests.integration.site import serving_models
from tests.samples import LONG, NARROW
from tests.upstream import Gate, ScriptedUpstream
from tests.upstream.wire import sse

LEFT_OUT = "The oldest 2 messages no longer fit into this model and were left out."


@pytest.fixture(scope="module")
def narrow(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose model has a small window."""
    folder = tmp_path_factory.mktemp("narrow")
    with serving_models(folder, upstream, NARROW, CHATAPP_DEFAULT_MODEL="narrow") as url:
        yield url


def test_a_quiet_note_tells_what_was_left_out(page: Page, narrow: str, upstream: ScriptedUpstream) -> None:
    page.goto(f"{narrow}/chat")
    chat = Talk(page, page.get_by_test_id("chat"))
    for number in ("one", "two"):
        upstream.script(*sse(["So."]))
        chat.ask(f"{number} {LONG}")
        expect(chat.note).to_be_hidden()
    gate = Gate()
    upstream.script(*sse(["So ", gate, "it is."]))

    chat.ask(f"three {LONG}", until="streaming")

    expect(chat.note).to_have_text(LEFT_OUT)
    told = [message["content"].partition(" ")[0] for message in upstream.requests[-1].json["messages"]]
    assert told == ["two", "So.", "three"]

    gate.open()

    chat.wait_for("done")
    expect(chat.note).to_have_text(LEFT_OUT)
    page.reload()
    expect(chat.note).to_have_text(LEFT_OUT)
    expect(chat.questions).to_have_count(3)
