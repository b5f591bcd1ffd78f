"""Answers that are not what they should be: cut, garbled, endless, in another language."""

import gzip
import json

import pytest

from chatapp.adapters.openai_chat import OpenAIChatModel
from chatapp.domain.entities import Usage
from chatapp.domain.errors import ChatError, ProviderFailed, ProviderProtocol
from chatapp.domain.events import Delta
from tests.contracts.providers import Reading
from tests.integration.openai_chat.asking import ask
from tests.samples import question
from tests.upstream import Cut, Gate, Reset, ScriptedUpstream, Send, Step
from tests.upstream.wire import (
    LAST_CHUNK,
    STREAM_HEADERS,
    USAGE,
    answer,
    chunk,
    event,
    events,
    framed,
    head,
    sse,
    stream,
    usage_of,
)

HALF = event(chunk({"content": "half"}))
FINISH = event(chunk({}, "stop"))
COUNTS = event(chunk(None, usage=USAGE))
DONE = b"data: [DONE]\n\n"
WHOLE = b"".join(part for part in events(["Hello", " world"]) if isinstance(part, bytes))


@pytest.mark.parametrize(
    "faulty",
    [
        pytest.param(answer(b"<html>Hello</html>", content_type="text/html"), id="a web page"),
        pytest.param(answer(json.dumps({"choices": []}).encode()), id="an answer that is no stream"),
        pytest.param(answer(b"", content_type="text/plain"), id="nothing"),
        pytest.param([head(200, {"Content-Length": "0"})], id="nothing, of no kind"),
        pytest.param(
            answer(gzip.compress(WHOLE), content_type="text/event-stream", headers={"Content-Encoding": "gzip"}),
            id="compressed",
        ),
    ],
)
def test_what_is_no_stream_is_no_answer(upstream: ScriptedUpstream, model: OpenAIChatModel, faulty: list[Step]) -> None:
    upstream.script(*faulty)

    heard = ask(model)

    assert isinstance(heard.error, ProviderProtocol)
    assert not heard.has_begun


@pytest.mark.parametrize(
    ("after", "meant"),
    [
        pytest.param([b"data: {broken\n\n"], ProviderProtocol, id="broken JSON"),
        pytest.param([b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'], ProviderProtocol, id="no UTF-8"),
        pytest.param([b'data: {"choices":[{"delta":{"content":"\\ud800"}}]}\n\n'], ProviderProtocol, id="half a sign"),
        pytest.param([b"data: null\n\n"], ProviderProtocol, id="null"),
        pytest.param([b"data: []\n\n"], ProviderProtocol, id="a list"),
        pytest.param([b'data: {"choices":[null]}\n\n'], ProviderProtocol, id="a choice of null"),
        pytest.param([b'data: {"choices":[{"delta":{"content":["x"]}}]}\n\n'], ProviderProtocol, id="a list of texts"),
        pytest.param([b'data: {"x":' + b"[" * 100_000 + b"\n\n"], ProviderProtocol, id="a deep pit"),
        pytest.param([b"data: " + b"x" * 9_000_000], ProviderProtocol, id="an event without end"),
        pytest.param([b"x" * 9_000_000], ProviderProtocol, id="a line without end"),
        pytest.param([b'data: {"choices":[{"de'], ProviderFailed, id="half an event"),
        pytest.param([], ProviderFailed, id="the end"),
        pytest.param([DONE], ProviderFailed, id="the end mark without a reason"),
        pytest.param([Cut()], ProviderFailed, id="a cut"),
        pytest.param([Reset()], ProviderFailed, id="a reset"),
        pytest.param([Send(b"5\r\ndata:"), Cut()], ProviderFailed, id="a cut in a chunk"),
        pytest.param([Send(b"zz\r\nno size\r\n")], ProviderFailed, id="a chunk without size"),
        pytest.param([Send(b"-5\r\nhello\r\n")], ProviderFailed, id="a chunk of size -5"),
    ],
)
def test_the_text_before_a_fault_is_kept_and_the_connection_is_not(
    upstream: ScriptedUpstream, model: OpenAIChatModel, after: list[bytes | Step], meant: type[ChatError]
) -> None:
    upstream.script(*stream(HALF, *after))

    heard = ask(model)

    assert (heard.text, heard.reason) == ("half", None)
    assert isinstance(heard.error, meant)
    assert ask(model).text == "Hello world"


@pytest.mark.parametrize(
    "last",
    [
        pytest.param([FINISH], id="no usage, no end mark"),
        pytest.param([FINISH, DONE], id="no usage"),
        pytest.param([FINISH, COUNTS], id="no end mark"),
        pytest.param([FINISH, Cut()], id="cut after the reason"),
        pytest.param([FINISH, COUNTS, Cut()], id="cut after the usage"),
        pytest.param([FINISH, Reset()], id="reset after the reason"),
        pytest.param([FINISH, DONE, b"data: {broken\n\n"], id="garbage after the end mark"),
        pytest.param([FINISH + COUNTS + b"data: {broken\n\n"], id="garbage right after the usage"),
        pytest.param([FINISH, COUNTS, b"data: {broken\n\n"], id="garbage after the usage"),
    ],
)
def test_an_answer_with_a_reason_is_whole(
    upstream: ScriptedUpstream, model: OpenAIChatModel, last: list[bytes | Step]
) -> None:
    upstream.script(*stream(HALF, *last))

    heard = ask(model)

    assert (heard.text, heard.reason, heard.error) == ("half", "stop", None)


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(b": a sign of life\n\n", id="a comment"),
        pytest.param(b"data: \n\n", id="an event without data"),
        pytest.param(b"data:\n\n", id="an event without data or space"),
        pytest.param(b"id: 7\nretry: 1000\n\n", id="an id"),
        pytest.param(b"event: ping\n\n", id="a name"),
        pytest.param(b"\n\n\n\n", id="empty lines"),
        pytest.param(b"data: {}\n\n", id="an empty object"),
        pytest.param(b'data: {"choices":[]}\n\n', id="no choices"),
        pytest.param(b'data: {"choices":null}\n\n', id="choices of null"),
        pytest.param(b'data: {"choices":[{}]}\n\n', id="an empty choice"),
        pytest.param(b'data: {"choices":[{"delta":null}]}\n\n', id="no delta"),
        pytest.param(b'data: {"choices":[{"delta":{},"finish_reason":""}]}\n\n', id="an empty reason"),
        pytest.param(b'data: {"choices":[{"delta":{"content":null,"tool_calls":[]}}],"new":1}\n\n', id="new fields"),
    ],
)
def test_what_says_nothing_changes_nothing(upstream: ScriptedUpstream, model: OpenAIChatModel, harmless: bytes) -> None:
    upstream.script(*stream(harmless, HALF, harmless, Cut()))
    upstream.script(*stream(harmless, HALF, harmless, FINISH, harmless, COUNTS, harmless, DONE))

    cut, whole = ask(model), ask(model)

    assert (cut.text, cut.reason, type(cut.error)) == ("half", None, ProviderFailed)
    assert (whole.text, whole.reason, whole.error, whole.usage) == ("half", "stop", None, Usage(9, 2, 0, None, 0))


@pytest.mark.parametrize("counts", [usage_of(-9, 2), usage_of(9, -2), usage_of(9, 2, cached=-1), {"prompt_tokens": 9}])
def test_impossible_counts_are_never_passed_on(
    upstream: ScriptedUpstream, model: OpenAIChatModel, counts: dict[str, object]
) -> None:
    upstream.script(*sse(["Hello"], usage=counts))

    heard = ask(model)

    assert (heard.text, heard.usage) == ("Hello", None)
    assert isinstance(heard.error, ProviderProtocol)


def test_the_last_word_on_usage_counts(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    early = event(chunk({"content": "Hello"}, usage=usage_of(9, 0)))
    for parts in ([early, FINISH, COUNTS, DONE], [early + FINISH + COUNTS + DONE]):
        upstream.script(*stream(*parts))

    assert [ask(model).usage, ask(model).usage] == [Usage(9, 2, 0, None, 0)] * 2


def test_a_refusal_is_the_text_and_the_reason(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*sse([chunk({"refusal": "I "}), chunk({"content": None, "refusal": "cannot."})]))

    heard = ask(model)

    assert (heard.text, heard.reason) == ("I cannot.", "refusal")


def test_no_text_holds_a_nul(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    upstream.script(*sse(["a\0b", "\0"]))

    assert ask(model).text == "ab"


@pytest.mark.parametrize("size", [1, 7, 64])
def test_bytes_may_come_in_any_pieces(upstream: ScriptedUpstream, model: OpenAIChatModel, size: int) -> None:
    body = b"".join(part for part in events(["żółć ", "🙂"]) if isinstance(part, bytes))
    upstream.script(*stream(*(body[place : place + size] for place in range(0, len(body), size))))

    heard = ask(model)

    assert (heard.text, heard.reason, heard.usage) == ("żółć 🙂", "stop", Usage(9, 2, 0, None, 0))


def test_one_byte_a_send_is_an_answer_too(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    whole = b"".join(step.data for step in sse(["żółć 🙂"]) if isinstance(step, Send))
    upstream.script(*(Send(whole[place : place + 1]) for place in range(len(whole))))

    assert ask(model).text == "żółć 🙂"


def test_a_huge_event_is_one_answer(upstream: ScriptedUpstream, model: OpenAIChatModel) -> None:
    text = "x" * 5_000_000
    upstream.script(*sse([text]))

    assert ask(model).text == text


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}, {"Content-Length": str(len(WHOLE))}])
def test_an_answer_need_not_be_chunked(
    upstream: ScriptedUpstream, model: OpenAIChatModel, headers: dict[str, str]
) -> None:
    first, rest = WHOLE.split(b"\n\n", 1)
    gate = Gate()
    upstream.script(
        head(200, {"Content-Type": "text/event-stream", **headers}), Send(first + b"\n\n"), Send(rest[:200]),
        gate, Send(rest[200:]), Cut(),
    )  # fmt: skip
    gate.open()

    heard = ask(model)

    assert (heard.text, heard.reason, heard.error) == ("Hello world", "stop", None)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000000"}, STREAM_HEADERS])
def test_words_come_live_however_the_answer_is_framed(
    upstream: ScriptedUpstream, model: OpenAIChatModel, headers: dict[str, str]
) -> None:
    gate = Gate()
    one = framed(HALF) if headers is STREAM_HEADERS else Send(HALF)
    upstream.script(head(200, {"Content-Type": "text/event-stream", **headers}), one, gate, LAST_CHUNK, Cut())
    reading = Reading(model.open(question()))
    reading.wait_for_events(2)
    gate.open()
    reading.wait_until_over()

    assert reading.events[1] == Delta("half")
