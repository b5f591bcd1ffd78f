"""One reply as a state machine: events in, text and a final state out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.entities import Usage
from chatapp.domain.errors import Abandoned, ProviderFailed, ProviderProtocol
from chatapp.domain.events import Delta, Event, Finished, Started, UsageReported
from chatapp.domain.reply import Reply, ReplyState

ROOMY = 1_000_000
FINAL_STATES = [state for state in ReplyState if state is not ReplyState.RUNNING]

texts = st.lists(st.text(st.characters(exclude_characters="\0"), max_size=9), max_size=30)


def reply_after(*events: Event, max_characters: int = ROOMY) -> Reply:
    reply = Reply("r1", max_characters)
    for event in events:
        reply.apply(event)
    return reply


def test_a_new_reply_runs_and_has_said_nothing() -> None:
    reply = Reply("r1", ROOMY)

    assert (reply.state, reply.text, reply.characters, reply.started) == (ReplyState.RUNNING, "", 0, False)
    assert not reply.state.is_final


def test_the_text_is_all_deltas_in_their_order() -> None:
    reply = reply_after(Started(), Delta("Hel"), Delta("lo"), Delta(" 🙂"))

    assert (reply.text, reply.characters) == ("Hello 🙂", 7)


def test_the_answer_begins_with_the_first_thing_the_provider_says() -> None:
    reply = reply_after(Started("req_1"))

    assert (reply.started, reply.provider_request_id) == (True, "req_1")
    assert reply_after(Delta("x")).started


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("stop", ReplyState.COMPLETE),
        ("length", ReplyState.TRUNCATED),
        ("content_filter", ReplyState.FILTERED),
        ("refusal", ReplyState.REFUSED),
        ("a reason of tomorrow", ReplyState.COMPLETE),
    ],
)
def test_the_finish_reason_decides_the_state(reason: str, state: ReplyState) -> None:
    reply = reply_after(Delta("x"), UsageReported(Usage(1, 2)), Finished(reason))

    assert (reply.state, reply.finish_reason, reply.error) == (state, reason, None)
    assert reply.usage == Usage(1, 2)


@pytest.mark.parametrize("reason", ["tool_calls", "function_call"])
def test_a_model_that_asks_for_a_tool_has_failed(reason: str) -> None:
    reply = reply_after(Finished(reason))

    assert (reply.state, reply.finish_reason) == (ReplyState.FAILED, reason)
    assert isinstance(reply.error, ProviderProtocol)


@pytest.mark.parametrize("state", FINAL_STATES)
def test_a_reply_can_be_ended_from_outside_in_any_final_state(state: ReplyState) -> None:
    reply, error = reply_after(Delta("half")), Abandoned("Nobody reads.")

    assert reply.end(state, error=error, finish_reason="length")
    assert (reply.state, reply.error, reply.finish_reason, reply.text) == (state, error, "length", "half")
    assert reply.state.is_final


@pytest.mark.parametrize("first", FINAL_STATES)
def test_a_reply_ends_only_once(first: ReplyState) -> None:
    reply = reply_after(Delta("half"))
    reply.end(first)

    assert [reply.end(second, error=ProviderFailed("Late.")) for second in FINAL_STATES] == [False] * len(FINAL_STATES)
    assert (reply.state, reply.error) == (first, None)


def test_a_finish_reason_has_no_sign_that_cannot_be_stored() -> None:
    reply = reply_after(Delta("x"), Finished("eo\0s"))

    assert (reply.state, reply.finish_reason) == (ReplyState.COMPLETE, "eos")


@pytest.mark.parametrize("event", [Started("late"), Delta("late"), UsageReported(Usage(1, 1)), Finished("stop")])
def test_what_comes_after_the_end_is_ignored(event: Event) -> None:
    reply = reply_after(Delta("half"))
    reply.end(ReplyState.STOPPED)

    assert not reply.apply(event)
    assert (reply.text, reply.state, reply.usage, reply.finish_reason) == ("half", ReplyState.STOPPED, None, None)


def test_only_the_event_that_ends_a_reply_says_so() -> None:
    reply = Reply("r1", ROOMY)
    events: list[Event] = [Started(), Delta("x"), UsageReported(Usage(1, 1)), Finished("stop"), Finished("stop")]

    assert [reply.apply(event) for event in events] == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("deltas", "text", "state"),
    [
        (["12345"], "12345", ReplyState.RUNNING),
        (["123", "45"], "12345", ReplyState.RUNNING),
        (["123456"], "12345", ReplyState.TRUNCATED),
        (["123", "456", "7"], "12345", ReplyState.TRUNCATED),
        (["12345", "6"], "12345", ReplyState.TRUNCATED),
        (["🙂🙂🙂🙂🙂", "🙂"], "🙂🙂🙂🙂🙂", ReplyState.TRUNCATED),
    ],
)
def test_text_beyond_the_limit_is_cut_off(deltas: list[str], text: str, state: ReplyState) -> None:
    reply = reply_after(*map(Delta, deltas), max_characters=5)

    assert (reply.text, reply.characters, reply.state) == (text, 5, state)
    assert reply.finish_reason == (None if state is ReplyState.RUNNING else "length")


@given(texts, st.integers(0, 300))
def test_the_text_since_any_offset_is_the_rest_of_the_text(pieces: list[str], offset: int) -> None:
    reply = reply_after(*map(Delta, pieces))

    assert reply.text_since(offset) == "".join(pieces)[offset:]
    assert reply.characters == len("".join(pieces))


@given(texts, st.integers(0, 60), st.data())
def test_text_followed_is_text_applied(pieces: list[str], max_characters: int, data: st.DataObject) -> None:
    """However the reader and the writer take turns, and wherever the answer is cut off."""
    reply, read = Reply("r1", max_characters), ""
    for piece in pieces:
        reply.apply(Delta(piece))
        if data.draw(st.booleans(), label="the reader's turn"):
            read += reply.text_since(len(read))
    read += reply.text_since(len(read))

    assert read == reply.text == "".join(pieces)[:max_characters]


def test_nul_characters_are_left_out() -> None:
    reply = Reply("r1", max_characters=100)

    for text in ("a\0b", "\0", "c"):
        reply.apply(Delta(text))

    assert (reply.text, reply.characters, reply.text_since(1)) == ("abc", 3, "bc")
