"""A model that raises what nobody foresaw, at any moment: the caller is told, the owner finds it, nobody is quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatapp.adapters.log_lines import JsonLines
from chatapp.domain.entities import ChatRequest
from chatapp.domain.events import Delta, Event, Started
from tests.integration.app_under_test import app_with, events_in
from tests.integration.fault import HALF, LEAK, MESSAGE
from tests.integration.tellings import secrets_in


@dataclass(frozen=True, slots=True)
class Failing:
    """A model with a bug that nobody foresaw: it raises in the place of its event number ``place``."""

    place: int

    def open(self, request: ChatRequest) -> Failing:
        return self

    def stop(self) -> None:
        """Do nothing."""

    def __iter__(self) -> Iterator[Event]:
        yield from (Started("req_fake"), Delta(HALF), Delta(HALF))[: self.place]
        raise LookupError(LEAK)


@pytest.mark.parametrize("place", range(4), ids=lambda place: f"54 raises at event {place}")
def test_a_bug_of_ours_ends_the_answer_in_words(place: int, caplog: pytest.LogCaptureFixture) -> None:
    app, text = app_with(model=Failing(place)), HALF * max(place - 1, 0)

    streamed, whole = app.streamed(MESSAGE), app.ask(MESSAGE)

    assert (whole.status, whole.code, whole.json.get("partial")) == (500, "internal", text if place else None)
    if place:
        *pieces, last = events_in(streamed.text)
        assert ("".join(piece["content"] for piece in pieces), last["code"]) == (text, "internal")
    else:
        assert (streamed.status, streamed.code) == (500, "internal")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert {line["cause"] for line in lines if line["event"] == "reply"} == {"LookupError"}
    assert {line["level"] for line in lines if line["event"] != "request"} == {"error"}
    assert secrets_in(json.dumps(lines)) == []
    assert LEAK not in streamed.text + whole.text
