"""Connections: kept over many answers where that is safe, destroyed where it is not."""

import socket
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.domain.errors import ChatError, ProviderFailed, ProviderQuota, ProviderRateLimited
from chatapp.domain.events import Delta, Finished
from tests.integration.openai_chat.asking import ask, model_for
from tests.integration.openai_chat.auditing import whenever
from tests.samples import question
from tests.server import free_port
from tests.upstream import Cut, Pause, Reset, ScriptedUpstream, Send, Stall, Step
from tests.upstream.tls import self_signed, server_context
from tests.upstream.wire import answer, error, framed, sse, stream


def test_one_connection_serves_many_answers(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    texts = [ask(model).text for _ in range(10)]

    assert texts == ["Hello world"] * 10
    assert upstream.connections == 1


@pytest.mark.parametrize(
    "orderly",
    [
        pytest.param(sse(["x"], finish="length"), id="a truncated answer"),
        pytest.param(sse(["x"], done=False), id="no end mark"),
        pytest.param(sse(["x"], usage=None, done=False), id="neither usage nor end mark"),
        pytest.param([*sse(["x"])[:-1], Pause(0.05), sse([])[-1]], id="an end that comes late"),
        pytest.param(error(400, "context_length_exceeded"), id="a refusal"),
        pytest.param(error(500, None), id="an error"),
        pytest.param(answer(b"gone", status=302, headers={"Location": "http://127.0.0.1:9/"}), id="a redirect"),
    ],
)
def test_what_was_read_to_its_end_leaves_the_connection_usable(
    upstream: ScriptedUpstream, model: OpenAIChatModel, orderly: list[Step]
) -> None:
    upstream.script(*orderly)

    ask(model)

    assert ask(model).text == "Hello world"
    assert upstream.connections == 1


@pytest.mark.parametrize(
    "disorderly",
    [
        pytest.param(sse(["half", Cut()]), id="a cut"),
        pytest.param(sse(["half", Reset()]), id="a reset"),
        pytest.param(sse(["half", {"error": {"code": "server_error"}}, "and more"]), id="an error in mid-answer"),
        pytest.param(stream(b"data: {broken\n\n", *[b"data: more\n\n"] * 3), id="garbage"),
        pytest.param(answer(b"<html>" * 100, content_type="text/html"), id="a web page"),
        pytest.param([*sse(["x"])[:-1], framed(b":" * 70_000), framed(b":" * 70_000), Stall()], id="a long end"),
        pytest.param([*sse(["x"]), Cut()], id="closed by the provider while idle"),
    ],
)
def test_an_interrupted_connection_is_never_used_again(
    upstream: ScriptedUpstream, model: OpenAIChatModel, disorderly: list[Step]
) -> None:
    upstream.script(*disorderly)

    ask(model)
    upstream.requests[0].wait_until_over()

    assert ask(model).text == "Hello world"
    assert [asked.connection for asked in upstream.requests] == [1, 2]


def test_a_reader_who_leaves_at_the_end_costs_only_the_connection(
    upstream: ScriptedUpstream, model: OpenAIChatModel
) -> None:
    for event in model.open(question()):
        if isinstance(event, Finished):
            break

    assert ask(model).text == "Hello world"
    assert upstream.connections == 2


def test_an_answer_that_never_ends_after_its_end_mark_is_not_waited_for(
    upstream: ScriptedUpstream, model: OpenAIChatModel
) -> None:
    upstream.script(*sse(["x"])[:-1], Stall())

    began_at = monotonic()
    heard = ask(model)

    assert (heard.text, heard.error) == ("x", None)
    assert 0.5 < upstream.requests[0].wait_until_left() - began_at < 2.5


@pytest.mark.parametrize(
    ("rest", "most_seconds"),
    [
        pytest.param([framed(b":" * 70_000), framed(b":" * 70_000), Stall()], 0.5, id="long"),
        pytest.param([step for _ in range(40) for step in (framed(b":\n"), Pause(0.1))], 2, id="slow"),
        pytest.param([Send(b"0\r\n"), *[Send(b"Trailer: x\r\n" * 1000)] * 20, Stall()], 0.5, id="full of trailers"),
    ],
)
def test_what_comes_after_the_end_mark_is_not_heard_to_its_end(
    upstream: ScriptedUpstream, model: OpenAIChatModel, rest: list[Step], most_seconds: float
) -> None:
    upstream.script(*sse(["x"])[:-1], *rest)

    began_at = monotonic()
    heard = ask(model)

    assert (heard.text, heard.error) == ("x", None)
    assert monotonic() - began_at < most_seconds


def test_the_haste_at_the_end_of_an_answer_ends_with_it(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*sse(["quick"]))
    upstream.script(Pause(1.2), *sse(["slow"]))

    assert [ask(model).text, ask(model).text] == ["quick", "slow"]
    assert upstream.connections == 1


def test_where_nobody_listens_it_is_tried_twice_and_no_more() -> None:
    tries: list[float] = []

    with whenever("socket.connect", lambda *_: tries.append(monotonic())):
        heard = ask(model_for(f"http://127.0.0.1:{free_port()}/v1"))

    assert isinstance(heard.error, ProviderFailed)
    assert len(tries) == 2


def test_what_is_not_refused_but_out_of_reach_is_tried_once() -> None:
    tries: list[float] = []

    with whenever("socket.connect", lambda *_: tries.append(monotonic())):
        heard = ask(model_for("http://255.255.255.255:9/v1"))

    assert isinstance(heard.error, ProviderFailed)
    assert len(tries) == 1


def test_a_provider_that_comes_up_at_that_moment_is_reached() -> None:
    port, tries = free_port(), []
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def listen_at_the_second_try(*_: object) -> None:
            tries.append(port)
            if len(tries) == 2:
                listener.bind(("127.0.0.1", port))
                listener.listen()

        with whenever("socket.connect", listen_at_the_second_try):
            heard = ask(model_for(f"http://127.0.0.1:{port}/v1", read_timeout_seconds=0.2))
        with suppress(BlockingIOError):
            listener.accept()[0].close()

    assert "silent" in str(heard.error)


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (429, None), (503, "slow_down")])
def test_too_many_for_a_moment_is_tried_once_more(
    upstream: ScriptedUpstream, model: OpenAIChatModel, status: int, code: str | None
) -> None:
    upstream.script(*error(status, code, headers={"Retry-After": "0"}))

    assert ask(model).text == "Hello world"
    assert len(upstream.requests) == 2


def test_the_second_refusal_is_the_last_one(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    for _ in range(3):
        upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "0"}))

    assert isinstance(ask(model).error, ProviderRateLimited)
    assert len(upstream.requests) == 2


def test_the_second_try_waits_as_long_as_it_was_told(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "1"}))

    began_at = monotonic()
    heard = ask(model)

    assert heard.text == "Hello world"
    assert 1.0 <= monotonic() - began_at < 2.0


@pytest.mark.parametrize(
    ("status", "code", "retry_after", "meant"),
    [
        (429, "rate_limit_exceeded", "30", ProviderRateLimited),
        (429, "rate_limit_exceeded", "3", ProviderRateLimited),
        (429, "insufficient_quota", "0", ProviderQuota),
        (503, "insufficient_quota", "0", ProviderQuota),
        (500, None, "0", ProviderFailed),
        (502, None, "0", ProviderFailed),
        (408, None, "0", ChatError),
    ],
)
def test_what_may_have_been_billed_or_takes_long_is_not_tried_again(
    upstream: ScriptedUpstream,
    model: OpenAIChatModel,
    status: int,
    code: str | None,
    retry_after: str,
    meant: type[ChatError],
) -> None:
    upstream.script(*error(status, code, headers={"Retry-After": retry_after}))

    assert isinstance(ask(model).error, meant)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("fault", [Cut(), Reset()])
def test_a_connection_that_breaks_without_answer_is_not_tried_again(
    upstream: ScriptedUpstream, model: OpenAIChatModel, fault: Step
) -> None:
    upstream.script(fault)

    assert isinstance(ask(model).error, ProviderFailed)
    assert len(upstream.requests) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with ScriptedUpstream(server_context(*self_signed(tmp_path))) as upstream:
        heard = ask(model_for(upstream.url))

        assert isinstance(heard.error, ProviderFailed)
        assert upstream.requests == []


def test_deltas_that_wait_together_come_as_one(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    body = b"".join(part.data.split(b"\r\n", 1)[1][:-2] for part in sse(["Hel", "lo"])[1:-1])  # type: ignore[union-attr]
    upstream.script(*stream(body))

    assert [event for event in ask(model).events if isinstance(event, Delta)] == [Delta("Hello")]
