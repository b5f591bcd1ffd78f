"""Stop, at the moments that only a real connection has. The contract of the port has the others."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.domain.errors import ChatError
from chatapp.domain.events import Delta
from tests.contracts.providers import Reading
from tests.integration.openai_chat.asking import Answer, ask, read
from tests.integration.openai_chat.auditing import whenever
from tests.samples import question
from tests.upstream import ScriptedUpstream, Stall
from tests.upstream.wire import chunk, error, event, sse, stream

NOTICED_WITHIN_SECONDS = 0.25


@pytest.mark.parametrize("moment", ["http.client.connect", "socket.connect"])
def test_stop_while_it_connects_sends_nothing(upstream: ScriptedUpstream, model: OpenAIChatModel, moment: str) -> None:
    upstream.script(Stall())
    answer = model.open(question())

    with whenever(moment, lambda *_: answer.stop()):
        heard = read(answer)

    assert heard.events == []
    assert upstream.requests == []


def test_stop_while_it_sends_ends_the_wait_for_an_answer(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(Stall())
    answer = model.open(question())

    began_at = monotonic()
    with whenever("http.client.send", lambda *_: answer.stop()):
        heard = read(answer)

    assert heard.events == []
    assert monotonic() - began_at < 1


def test_stop_before_the_first_read_sends_nothing(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    answer = model.open(question())
    answer.stop()

    assert read(answer).events == []
    assert upstream.connections == 0


def test_stop_after_the_end_does_not_even_cost_the_connection(
    upstream: ScriptedUpstream, model: OpenAIChatModel
) -> None:
    answer = model.open(question())
    read(answer)

    answer.stop()

    assert ask(model).text == "Hello world"
    assert upstream.connections == 1


def test_stop_while_it_waits_to_try_again_ends_the_wait(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "2"}))
    answer = model.open(question())
    reading = Reading(answer)
    upstream.wait_for_request().wait_until_over()

    stopped_at = monotonic()
    answer.stop()
    reading.wait_until_over()

    assert monotonic() - stopped_at < NOTICED_WITHIN_SECONDS
    assert len(upstream.requests) == 1
    assert isinstance(reading.error, ChatError)


def test_stop_in_the_second_try_reaches_the_provider(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*error(429, "rate_limit_exceeded", headers={"Retry-After": "0"}))
    upstream.script(Stall())
    answer = model.open(question())
    reading = Reading(answer)
    asked = upstream.wait_for_request(2)

    stopped_at = monotonic()
    answer.stop()

    assert asked.wait_until_left() - stopped_at < NOTICED_WITHIN_SECONDS
    reading.wait_until_over()


def test_stop_closes_the_connection_though_nobody_reads_on(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*sse(["one", Stall()]))
    answer = model.open(question())
    events = iter(answer)
    while not isinstance(next(events), Delta):
        pass

    stopped_at = monotonic()
    answer.stop()

    assert upstream.requests[0].wait_until_left() - stopped_at < NOTICED_WITHIN_SECONDS


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param([event(chunk({"content": "x" * 1000})) * 60] * 1000, id="without end"),
        pytest.param([*[event(chunk({"content": "x" * 1000})) * 60] * 10, Stall()], id="and has all come"),
    ],
)
def test_stop_ends_an_answer_that_pours_in_faster_than_it_is_read(
    upstream: ScriptedUpstream, model: OpenAIChatModel, flood: list[bytes | Stall]
) -> None:
    upstream.script(*stream(*flood))
    answer, heard_after_the_stop = model.open(question()), 0
    events = iter(answer)
    for _ in range(4):
        next(events)
        sleep(0.005)

    stopped_at = monotonic()
    answer.stop()
    with suppress(ChatError):
        for _ in events:
            heard_after_the_stop += 1
            sleep(0.005)

    assert heard_after_the_stop <= 1
    assert upstream.requests[0].wait_until_left() - stopped_at < NOTICED_WITHIN_SECONDS


def test_stops_at_any_moment_never_touch_another_answer(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    """A stop that came late would shut a connection on which somebody else's answer has begun."""
    moments = random.Random(7)

    def ask_and_stop(delay_seconds: float) -> Answer:
        answer = model.open(question())
        timer = threading.Timer(delay_seconds, answer.stop)
        timer.start()
        heard = read(answer)
        timer.join()
        return heard

    with ThreadPoolExecutor(8) as pool:
        stopped = pool.map(ask_and_stop, [moments.uniform(0, 0.01) for _ in range(150)])
        whole = pool.map(lambda _: ask(model), range(150))

        assert {heard.text for heard in whole} == {"Hello world"}
        assert all("Hello world".startswith(heard.text) for heard in stopped)
