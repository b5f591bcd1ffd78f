"""A reply that is stopped: its readers and the provider learn of it, at whatever moment it is."""

from __future__ import annotations

from time import monotonic

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.adapters.system import ThreadRunner
from chatapp.domain.live import Follower
from chatapp.domain.reply import ReplyState
from tests.unit.making_replies import ALICE, Stage
from tests.upstream import ScriptedUpstream, Stall, Step
from tests.upstream.wire import chunk, event, sse, stream

REACHES_THE_PROVIDER_WITHIN_SECONDS = 0.25

MOMENTS: dict[str, tuple[list[Step], str]] = {
    "before the provider answers": ([Stall()], ""),
    "before the first word": (stream(Stall()), ""),
    "between words": (sse(["one", Stall(), "two"]), "one"),
    "while words pour in": (stream(*[event(chunk({"content": "word "})) * 60] * 1000), "word"),
}


def first_text(follower: Follower) -> str:
    while not (text := follower.read()):
        assert follower.outcome is None
    return text


@pytest.mark.parametrize(("steps", "heard"), MOMENTS.values(), ids=MOMENTS)
def test_a_stop_reaches_the_provider_at_once(
    upstream: ScriptedUpstream, model: OpenAIChatModel, steps: list[Step], heard: str
) -> None:
    upstream.script(*steps)
    stage = Stage(other_model=model, runner=ThreadRunner())
    follower = stage.open()
    asked = upstream.wait_for_request()
    text = first_text(follower) if heard else ""

    stopped_at = monotonic()
    stage.replies.stop(ALICE, follower.live.reply.id)
    outcome = follower.wait_for_outcome()

    assert asked.wait_until_left() - stopped_at < REACHES_THE_PROVIDER_WITHIN_SECONDS
    assert outcome is not None
    assert (outcome.state, outcome.error, outcome.text.startswith(text)) == (ReplyState.STOPPED, None, True)
    assert text.startswith(heard)


def test_the_next_reply_never_meets_the_connection_of_a_stopped_one(
    upstream: ScriptedUpstream, model: OpenAIChatModel
) -> None:
    upstream.script(*sse(["mine", Stall()]))
    stage = Stage(other_model=model, runner=ThreadRunner())
    follower = stage.open()
    assert first_text(follower) == "mine"
    stage.replies.stop(ALICE, follower.live.reply.id)

    outcome = stage.open().wait_for_outcome()

    assert outcome is not None
    assert (outcome.state, outcome.text) == (ReplyState.COMPLETE, "Hello world")
    assert upstream.requests[1].connection != upstream.requests[0].connection
