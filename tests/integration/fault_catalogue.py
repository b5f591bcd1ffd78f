"""What can go wrong with a provider, as a table. Each name begins with the number of its kind."""

from __future__ import annotations

import json

from tests.integration.fault import (
    FIRST_TOKEN_SECONDS,
    HALF,
    LEAK,
    MOST_CHARACTERS,
    NEXT_TOKEN_SECONDS,
    Fault,
    after_half,
    broken,
    ended,
    error_status,
    in_pieces,
    refused,
    spelled,
)
from tests.upstream import Cut, Pause, Reset, Send, Stall
from tests.upstream.wire import STREAM_HEADERS, answer, chunk, event, events, framed, head, sse, stream

MARKS = "\u0301" * 1000
STRANGE = f'halibut \u202e\u200f\u200b\u2028\u0085 שלום e{MARKS} 👩\u200d👩\u200d👧 "\\</script>\r\n\n\tdata: {{}}'
"""Text that editors, logs and layouts stumble over; it goes through untouched."""

HTML = f"<html>{LEAK}</html>".encode()
ROLE = event(chunk({"role": "assistant", "content": ""}))
HEAD = head(200, STREAM_HEADERS)
WORDS = "".join(f"halibut{number} zażółć 🙂 " for number in range(10))
WHOLE = b"".join(part for part in events([WORDS]) if isinstance(part, bytes))
WIRE = b"".join(step.data for step in sse([HALF + " żółć 🙂"]) if isinstance(step, Send))
FINISH = event(chunk({}, "stop"))
TOOL = {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "x", "arguments": LEAK}}]}
REPORT = {"error": {"message": LEAK, "type": "server_error", "param": None, "code": None}}
SPENT = {"error": {"message": LEAK, "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}
WRONG = f'data: {{"choices": [{{"delta": {{"content": "{LEAK}'.encode()

BEFORE_THE_BEGINNING = {
    "01 wrong key": refused(error_status(401, "invalid_api_key"), 502, "provider_auth", "AuthenticationError", "error"),
    "02 no rights": refused(
        error_status(403, "unsupported_country_region_territory"), 502, "provider_refused", "PermissionDeniedError",
        "error",
    ),
    "03 model is gone": refused(error_status(404, "model_not_found"), 400, "model_retired", "NotFoundError", "error"),
    "03 no such address": refused(error_status(404, None), 502, "provider_refused", "NotFoundError", "error"),
    "04 prompt too long": refused(
        error_status(400, "context_length_exceeded"), 400, "context_too_long", "BadRequestError", "info"
    ),
    "05 too many requests": refused(
        error_status(429, "rate_limit_exceeded", Retry_After="7"), 429, "provider_rate_limited", "RateLimitError",
        wait="7",
    ),
    "06 no money left": refused(
        error_status(429, "insufficient_quota", Retry_After="1"), 503, "provider_quota", "RateLimitError", "error"
    ),
    "07 status 500": refused(error_status(500, None), 502, "provider_failed", "InternalServerError", source="unknown"),
    "07 status 502": refused(error_status(502, None), 502, "provider_failed", "InternalServerError", source="unknown"),
    "07 status 503": refused(error_status(503, None), 502, "provider_failed", "InternalServerError", source="unknown"),
    "07 status 503, much later": refused(
        error_status(503, None, Retry_After="60"), 502, "provider_failed", "InternalServerError"
    ),
    "07 status 529": refused(
        error_status(529, "overloaded_error"), 502, "provider_failed", "InternalServerError", source="unknown"
    ),
    "07 status 500, words without end": refused(
        [head(500, {"Content-Length": "100000000"}), Send(HTML * 5000), Stall()], 502, "provider_failed",
        "InternalServerError", connection="left", source="unknown",
    ),
    "07 hanging up": refused(
        [Cut()], 502, "provider_failed", "ProtocolError", connection=None, source="estimated"
    ),
    "07 breaking off": refused(
        [Reset()], 502, "provider_failed", "ProtocolError", connection=None, source="estimated"
    ),
    "30 web page": refused(
        answer(HTML, content_type="text/html"), 502, "provider_protocol", None, "error", connection=None,
        source="estimated",
    ),
    "30 whole answer": refused(
        answer(json.dumps(REPORT).encode()), 502, "provider_protocol", None, "error", connection=None,
        source="estimated",
    ),
    "31 redirect": refused(
        answer(b"", status=302, headers={"Location": "/v1/elsewhere"}), 502, "provider_protocol", "APIStatusError",
        "error",
    ),
    "31 redirect of a POST": refused(
        answer(b"", status=307, headers={"Location": "/v1/elsewhere"}), 502, "provider_protocol", "APIStatusError",
        "error",
    ),
}  # fmt: skip
"""What has an HTTP status on both routes."""

IN_MID_ANSWER = {
    "12 reset": broken(after_half(Reset()), cause="ConnectionResetError"),
    "12 reset before the first word": broken(stream(ROLE, Reset()), cause="ConnectionResetError", text=""),
    "13 end without reason": broken(after_half()),
    "13 end mark without reason": broken(after_half(b"data: [DONE]\n\n")),
    "13 cut between chunks": broken(after_half(Cut()), cause="IncompleteRead"),
    "13 cut in a chunk": broken(after_half(Send(b"5\r\ndat"), Cut()), cause="IncompleteRead"),
    "13 reason in half an event": broken(after_half(FINISH.removesuffix(b"\n"))),
    "13 empty": broken(stream(), text=""),
    "16 error event": broken(after_half(event(REPORT), Stall()), connection="left"),
    "16 error event about money": broken(
        after_half(event(SPENT), Stall()), "provider_quota", level="error", status=503, connection="left"
    ),
    "17 broken JSON": broken(
        after_half(WRONG + b"\n\n", Stall()), "provider_protocol", "DecodeError", "error", connection="left"
    ),
    "17 no object": broken(
        after_half(b"data: null\n\n", Stall()), "provider_protocol", "ValidationError", "error", connection="left"
    ),
    "17 half a character": broken(
        after_half(b'data: {"choices":[{"delta":{"content":"barracuda \\ud800"}}]}\n\n', Stall()),
        "provider_protocol", "DecodeError", "error", connection="left",
    ),
    "17 bad chunk size": broken(after_half(Send(b"barracuda\r\n"), Stall()), cause="BadChunk", connection="left"),
    "17 chunk longer than it says": broken(
        after_half(Send(b"2\r\nbarracuda\r\n"), Stall()), cause="BadChunk", connection="left"
    ),
    "18 no UTF-8": broken(
        after_half(b'data: {"choices":[{"delta":{"content":"barracuda \xff"}}]}\n\n', Stall()),
        "provider_protocol", "UnicodeDecodeError", "error", connection="left",
    ),
    "23 event without end": broken(
        after_half(WRONG + b"x" * 9_000_000, Stall()), "provider_protocol", None, "error", connection="left"
    ),
    "28 tool call": broken(
        after_half(event(chunk(TOOL)), event(chunk({}, "tool_calls")), b"data: [DONE]\n\n"),
        "provider_protocol", None, "error", connection="kept", reason="tool_calls",
    ),
}  # fmt: skip
"""What ends a stream with an event, after the text so far."""

NO_FAILURES = {
    "14 no end mark": ended(sse([HALF], done=False)),
    "14 cut after the reason": ended(after_half(FINISH, Cut()), source="estimated", connection=None),
    "14 reset after the usage": ended([*sse([HALF], done=False)[:-1], Reset()], connection=None),
    "15 no usage": ended(sse([HALF], usage=None), source="estimated"),
    "19 one byte at a time": ended(
        [Send(WIRE[place : place + 1]) for place in range(len(WIRE))], HALF + " żółć 🙂"
    ),
    "20 in pieces of three bytes": ended(in_pieces(WHOLE, 3), WORDS),
    "20 split between CR and LF": ended(in_pieces(WHOLE.replace(b"\n", b"\r\n"), 1), WORDS),
    "21 lines end with CR LF": ended(spelled(b"\r\n")),
    "21 lines end with CR": ended(spelled(b"\r")),
    "21 comments, ids and names": ended(spelled(b"\n", b": barracuda\n\n", b"id: 7\nretry: 9\n\n", b"event: x\n\n")),
    "21 byte order mark": ended(stream(b"\xef\xbb\xbf" + WHOLE), WORDS),
    "22 the same chunk twice": ended(sse([HALF, HALF]), HALF + HALF),
    "23 huge chunk": ended(
        after_half(event(chunk({"content": "x" * 5_000_000})), Stall()), HALF + "x" * (MOST_CHARACTERS - len(HALF)),
        "truncated", "length", source="estimated", connection="left",
    ),
    "24 endless words": ended(
        after_half(*[event(chunk({"content": "x" * 1_000}))] * 100, Stall()),
        HALF + "x" * (MOST_CHARACTERS - len(HALF)),
        "truncated", "length", source="estimated", connection="left",
    ),
    "25 cut at its cap": ended(sse([HALF], finish="length"), HALF, "truncated", "length"),
    "26 filtered": ended(sse([HALF], finish="content_filter"), HALF, "filtered", "content_filter"),
    "27 refusal": ended(
        sse([chunk({"refusal": "No "}), chunk({"content": None, "refusal": "halibut"})]), "No halibut", "refused",
        "refusal",
    ),
    "29 no words": ended(sse([]), ""),
    "53 strange characters": ended(sse(list(STRANGE)), STRANGE),
    "53 NUL": ended(sse(["hali\0but", "\0"]), "halibut"),
}  # fmt: skip
"""What must not look like a failure, and what is cut off at a limit of ours."""

SILENCES = {
    "14 silence after the reason": ended(after_half(FINISH, Stall()), source="estimated", connection=None),
    "10 no first byte": Fault(
        steps=[Stall()], status=504, code="provider_timeout", begun=False, connection="left",
        silence_seconds=FIRST_TOKEN_SECONDS, provider_request_id=None,
    ),
    "10 no first word": broken(
        stream(ROLE, Stall()), "provider_timeout", status=504, text="", connection="left",
        silence_seconds=FIRST_TOKEN_SECONDS,
    ),
    "10 signs of life and no word": broken(
        [HEAD, *[part for _ in range(100) for part in (framed(b": barracuda\n\n"), Pause(0.1))]],
        "provider_timeout", status=504, text="", connection="left", silence_seconds=FIRST_TOKEN_SECONDS,
    ),
    "11 stall in mid-answer": broken(
        after_half(Stall()), "provider_timeout", status=504, connection="left", silence_seconds=NEXT_TOKEN_SECONDS
    ),
    "11 half an event, then a stall": broken(
        after_half(WRONG, Stall()), "provider_timeout", status=504, connection="left",
        silence_seconds=NEXT_TOKEN_SECONDS,
    ),
}  # fmt: skip
"""What takes as long as the server's patience lasts."""

UNREACHED = {
    "08 certificate that nobody vouches for": Fault(
        steps=[], status=502, code="provider_failed", cause="SSLError", source=None, begun=False,
        provider_request_id=None,
    ),
    "08 connection refused": Fault(
        steps=[], status=502, code="provider_failed", cause="ConnectionRefusedError", source=None, begun=False,
        provider_request_id=None,
    ),
    "09 connection not accepted": Fault(
        steps=[], status=504, code="provider_timeout", cause="TimeoutError", source=None, provider_request_id=None,
    ),
}  # fmt: skip
"""What happens where there is no provider."""

FAULTS: dict[str, Fault] = dict(sorted((BEFORE_THE_BEGINNING | IN_MID_ANSWER | NO_FAILURES | SILENCES).items()))
