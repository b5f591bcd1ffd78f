"""Bad requests: each gets its 4xx in the one shape of errors, and none of them reaches the model."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.integration.app_under_test import JSON, AppUnderTest, app_with

PATHS = ["/chat", "/chat/stream"]
HI = b'{"message": "Hi"}'
PYTHON = re.compile(r"\b(None|dict|str|int|sys|error|exception|traceback|utf-8-sig|at at)\b", re.IGNORECASE)
"""Words of the program; no caller can do anything with them."""


@pytest.fixture(scope="module")
def app() -> AppUnderTest:
    return app_with(max_message_characters=10, max_messages=3, max_body_bytes=2_000_000)


@pytest.fixture(autouse=True)
def _nothing_was_asked(app: AppUnderTest) -> None:
    app.calls.clear()


def assert_refused(app: AppUnderTest, answer: Any, status: int, code: str) -> None:
    body = answer.json
    assert (answer.status, body["code"]) == (status, code), body
    assert set(body) - {"details"} == {"error", "code", "request_id"}
    assert ("details" in body) == (code == "invalid_request")
    assert body["error"].endswith(".")
    assert not PYTHON.search(body["error"]), body["error"]
    assert app.calls == []


NOT_STRICT_JSON: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "broken off": b"{",
    "two values": b"{} {}",
    "a comma too many": b'{"message": "Hi",}',
    "single quotes": b"{'message': 'Hi'}",
    "a raw line break in a text": b'{"message": "H\ni"}',
    "no UTF-8": b'{"message": "\xff"}',
    "an overlong character": b'{"message": "\xc0\xaf"}',
    "half a character in UTF-8": b'{"message": "\xed\xa0\x80"}',
    "UTF-16": HI.decode().encode("utf-16"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + HI,
    "NaN": b'{"message": "Hi", "temperature": NaN}',
    "Infinity": b'{"message": "Hi", "temperature": Infinity}',
    "-Infinity": b'{"message": "Hi", "temperature": -Infinity}',
    "1e999": b'{"message": "Hi", "temperature": 1e999}',
    "-1e999": b'{"message": "Hi", "temperature": -1e999}',
    "5000 digits": b'{"message": "Hi", "max_tokens": %b}' % (b"9" * 5000),
    "a key twice": b'{"message": "a", "message": "b"}',
    "a key twice, once escaped": b'{"message": "a", "m\\u0065ssage": "b"}',
    "a key twice, deep inside": b'{"message": "a", "messages": [{"role": "user", "role": "user", "content": "x"}]}',
    "2,000 brackets": b"[" * 2000,
    "99,000 brackets": b"[" * 99_000,
    "20,000 objects": b'{"a":' * 20_000,
    "half a character": b'{"message": "\\ud800"}',
    "the other half": b'{"message": "\\udc00"}',
    "halves in the wrong order": b'{"message": "\\udc00\\ud800"}',
    "half a character in a key": b'{"message": "Hi", "\\ud800": 1}',
    "half a character in the history": b'{"message": "Hi", "messages": [{"role": "user", "content": "\\ud800"}]}',
    "a flood of values": b"[%b]" % b",".join([b"[]"] * 300_000),
    "a flood of keys": b"{%b}" % b",".join(b'"%d":1' % number for number in range(100_000)),
    "a flood, and a text without end": b'[%b"%b' % (b"1," * 300_000, b'\\"' * 300_000),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", NOT_STRICT_JSON.values(), ids=NOT_STRICT_JSON)
def test_what_is_not_strict_json_is_refused(app: AppUnderTest, path: str, body: bytes) -> None:
    assert_refused(app, app.post(path, body), 400, "invalid_json")


BLANK = ("", "  \n\t\u3000")
WRONG_VALUES: dict[str, tuple[Any, ...]] = {
    "message": (*BLANK, None, 5, True, [], {}, "a\0b"),
    "system": (*BLANK, None, 5, "a\0b"),
    "model": (*BLANK, None, 5, ["gpt-4o"], "a\0b"),
    "temperature": (9, -1, -0.01, 2.0001, "1", True, None, [], 10**400, -(10**400)),
    "max_tokens": (0, -1, 1.5, 1.0, "5", True, False, None, []),
    "messages": (None, "x", {}, {"0": {}}, 5),
    **dict.fromkeys(("owner", "n", "stream", "tools", "logprobs", "Message"), (1,)),
}
WRONG_MESSAGES: dict[str, tuple[Any, ...]] = {
    "role": ("root", "developer", "tool", "User", "", None, 5, ["user"], {}),
    "content": (*BLANK, None, 5, [], [{"type": "text", "text": "x"}], "a\0b"),
    "name": ("x",),
    "": ("x", None, 5, []),
}


def wrong_bodies() -> Iterator[tuple[Any, str]]:
    """Yield bodies with one fault each, and where it is."""
    yield from [([], ""), (5, ""), ("Hi", ""), (None, ""), ({}, "message")]
    for field, values in WRONG_VALUES.items():
        yield from (({"message": "Hi", field: value}, field) for value in values)
    good = {"role": "user", "content": "x"}
    for field, values in WRONG_MESSAGES.items():
        for value in values:
            path = f"messages.1.{field}".removesuffix(".")
            yield {"message": "Hi", "messages": [good, good | {field: value} if field else value]}, path


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("body", "field"), list(wrong_bodies()), ids=lambda case: repr(case)[:60])
def test_a_wrong_field_is_named(app: AppUnderTest, path: str, body: Any, field: str) -> None:
    answer = app.post(path, json.dumps(body))

    assert_refused(app, answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.json["details"]] == [field]
    assert field in answer.json["error"]


@pytest.mark.parametrize("missing", ["role", "content"])
def test_a_message_needs_role_and_content(app: AppUnderTest, missing: str) -> None:
    item = {"role": "user", "content": "x", "name": "x"}
    del item[missing]

    answer = app.ask("Hi", messages=[item])

    assert_refused(app, answer, 400, "invalid_request")
    assert answer.json["details"][0]["path"] == f"messages.0.{missing}"


def test_all_wrong_fields_are_told_at_once(app: AppUnderTest) -> None:
    answer = app.ask("", temperature=9, owner="me")

    assert {detail["path"] for detail in answer.json["details"]} == {"message", "temperature", "owner"}


def test_an_answer_about_wrong_fields_stays_small(app: AppUnderTest) -> None:
    answer = app.post("/chat", json.dumps({f"{number:x<500}": 1 for number in range(1000)}))

    assert_refused(app, answer, 400, "invalid_request")
    assert len(answer.json["details"]) == 20
    assert len(answer.text) < 5000


OTHER_TYPES = {
    "none": {},
    "text": {"Content-Type": "text/plain"},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "a form with files": {"Content-Type": "multipart/form-data; boundary=x"},
    "nearly JSON": {"Content-Type": "application/json5"},
    "JSON of some kind": {"Content-Type": "application/problem+json"},
    "JSON lines": {"Content-Type": "application/x-ndjson"},
    "UTF-16": {"Content-Type": "application/json; charset=utf-16"},
    "Latin-1": {"Content-Type": "application/json; charset=iso-8859-1"},
    "gzip": {"Content-Type": JSON, "Content-Encoding": "gzip"},
    "brotli": {"Content-Type": JSON, "Content-Encoding": "br"},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_only_plain_json_is_read(app: AppUnderTest, path: str, headers: dict[str, str]) -> None:
    body = gzip.compress(HI) if "Content-Encoding" in headers else HI

    assert_refused(app, app.send("POST", path, body, headers), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=UTF-8", 'application/json;charset="utf-8"', "Application/JSON"]
)
def test_json_may_say_that_it_is_utf_8(app: AppUnderTest, kind: str) -> None:
    assert app.send("POST", "/chat", HI, {"Content-Type": kind}).status == 200


def nested(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth - 1):
        value = [value]
    return {"message": "Hi", "x": value}


@pytest.mark.parametrize(("depth", "code"), [(19, "invalid_request"), (20, "invalid_request"), (21, "invalid_json")])
def test_nesting_has_a_bound(app: AppUnderTest, depth: int, code: str) -> None:
    assert_refused(app, app.post("/chat", json.dumps(nested(depth))), 400, code)


@pytest.mark.parametrize(("extra", "status"), [(-1, 200), (0, 200), (1, 400)])
def test_texts_and_lists_have_bounds(app: AppUnderTest, extra: int, status: int) -> None:
    text = "😀" * (10 + extra)
    history = [{"role": "user", "content": "x"}] * (3 + extra)
    bodies = [
        {"message": text},
        {"message": "Hi", "system": text},
        {"message": "Hi", "messages": [{"role": "assistant", "content": text}]},
        {"message": "Hi", "messages": history},
    ]

    assert [app.post("/chat", json.dumps(body)).status for body in bodies] == [status] * len(bodies)


@pytest.mark.parametrize(("length", "code"), [(199, "unknown_model"), (200, "unknown_model"), (201, "invalid_request")])
def test_a_models_name_has_a_bound(app: AppUnderTest, length: int, code: str) -> None:
    assert_refused(app, app.ask(model="x" * length), 400, code)


@pytest.mark.parametrize(("extra", "status"), [(-1, 200), (0, 200), (1, 413)])
@pytest.mark.parametrize("path", PATHS)
def test_the_body_has_a_bound(path: str, extra: int, status: int) -> None:
    app = app_with(max_body_bytes=1000)

    answer = app.post(path, HI.ljust(1000 + extra))

    assert answer.status == status
    assert (len(app.calls), "body_too_large" in answer.text) == ((1, False) if status == 200 else (0, True))


@pytest.mark.parametrize(("count", "code"), [(3, None), (4, "invalid_request"), (10_001, "invalid_json")])
def test_a_history_that_is_too_long_is_told_as_such(app: AppUnderTest, count: int, code: str | None) -> None:
    answer = app.ask("Hi", messages=[{"role": "user", "content": "x"}] * count)

    assert answer.json.get("code") == code


def test_commas_and_brackets_in_a_text_are_no_values() -> None:
    app = app_with(max_messages=1)

    assert app.ask('[{,"\\' * 15_000).status == 200


@pytest.mark.parametrize("values", [{"temperature": 0, "max_tokens": 1}, {"temperature": 2}, {"temperature": 2.0}])
def test_numbers_may_reach_their_bounds(app: AppUnderTest, values: dict[str, Any]) -> None:
    assert app.ask("Hi", **values).status == 200


OTHERS = ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")


@pytest.mark.parametrize(
    ("path", "method"), [*product(PATHS, OTHERS), ("/chat/stream", "GET"), ("/chat/stream", "HEAD")]
)
def test_other_methods_are_refused_with_those_allowed(app: AppUnderTest, path: str, method: str) -> None:
    answer = app.send(method, path, HI, {"Content-Type": JSON})

    assert answer.status == 405
    assert "POST" in answer.headers["Allow"].split(", ")
    assert app.calls == []
