"""Which cassette answers which request, and what is said where none does."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.fake.cassettes.cassette import Cassette, Request, Response, as_body
from chatapp.fake.cassettes.difference import MOST_LINES, Differences
from chatapp.fake.cassettes.matching import Shelf


def asking(body: Any, method: str = "POST", path: str = "/chat/completions") -> Request:
    return Request(method=method, path=path, body=body)


def cassette(body: Any, *, said: str = "x") -> Cassette:
    response = Response(
        status=200,
        headers={},
        head_milliseconds=0.0,
        pieces=[(1.0, said)],
        ended="whole",
        ended_milliseconds=1.0,
    )
    return Cassette(request=asking(body), response=response)


@pytest.mark.parametrize(
    ("recorded", "asked", "fits"),
    [
        (b'{"a": 1, "b": [true]}', b'{"b":[true],"a":1}', True),
        (b'{"temperature": 1}', b'{"temperature": 1.0}', True),
        (b'{"stream": true}', b'{"stream": 1}', False),
        (b'{"seed": 9007199254740993}', b'{"seed": 9007199254740992}', False),
        (b"[1, 2]", b"[2, 1]", False),
        (b'{"a": null}', b"{}", False),
        (b"a=b", b"a=b", True),
        (b"\xff", b"\xff", True),
        (b"\xff", b"\xfe", False),
        (b"", b"", True),
    ],
)
def test_bodies_are_compared_as_values(recorded: bytes, asked: bytes, fits: bool) -> None:
    shelf = Shelf({"0001.json": cassette(as_body(recorded))})

    assert (shelf.take(asking(as_body(asked))) is not None) == fits


def test_another_method_or_path_is_another_request() -> None:
    shelf = Shelf({"0001.json": cassette({"n": 1})})

    assert shelf.take(asking({"n": 1}, method="PUT")) is None
    assert shelf.take(asking({"n": 1}, path="/completions")) is None


def test_several_for_the_same_request_come_in_turn_and_the_last_again_and_again() -> None:
    other = cassette({"n": 2}, said="other")
    first, second = cassette({"n": 1}, said="first"), cassette({"n": 1}, said="second")
    shelf = Shelf({"1.json": first, "2.json": other, "3.json": second})

    assert [shelf.take(asking({"n": 1})) for _ in range(4)] == [first, second, second, second]
    assert shelf.take(asking({"n": 2})) == other


def question(text: str) -> dict[str, Any]:
    return {"model": "gpt-5", "messages": [{"role": "user", "content": text}], "stream": True}


def test_the_difference_is_that_to_the_nearest_one() -> None:
    cassettes = {
        "0001-a.json": cassette(question("Tell me a joke.")),
        "0002-b.json": cassette(question("What is the capital of France?")),
        "0003-c.json": cassette(question("Count to ten.")),
    }

    said = Differences(cassettes).from_nearest(asking(question("What is the capital of Spain?")))

    assert "No cassette holds this request: POST /chat/completions" in said
    assert "The nearest is 0002-b.json." in said
    assert '-      "content": "What is the capital of France?",' in said
    assert '+      "content": "What is the capital of Spain?",' in said


def test_the_difference_of_long_prompts_stays_short() -> None:
    recorded, asked = question("word " * 100_000), question("word " * 50_000 + "other " + "word " * 50_000)

    said = Differences({"0001-a.json": cassette(recorded)}).from_nearest(asking(asked))

    assert "other" in said
    assert said.endswith("… (there is more)")
    assert len(said) < 200 * MOST_LINES


def test_a_difference_at_the_end_of_a_very_long_prompt_is_still_found() -> None:
    recorded, asked = question("word " * 200_000 + "France"), question("word " * 200_000 + "Spain")

    said = Differences({"0001-a.json": cassette(recorded)}).from_nearest(asking(asked))

    assert "France" in said
    assert "Spain" in said


def test_a_place_that_no_cassette_is_for_is_named_with_those_there_are() -> None:
    said = Differences({"0001-a.json": cassette({"n": 1})}).from_nearest(asking(None, "GET", "/models"))

    assert said == "No cassette is for GET /models. There are cassettes for: POST /chat/completions."
