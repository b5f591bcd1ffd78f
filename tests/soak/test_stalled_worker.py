"""A worker that is stalled in mid-answer, and wakes up.

After a moment it goes on. With ``--soak`` it is stalled for so long, too, that another worker takes it for dead: then
nothing that it does to its replies counts any more.
"""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from time import sleep

import pytest

from tests.integration.kept_processes.teller import Pace, Teller
from tests.integration.kept_processes.visitor import EVENTS, Reading, Visitor, replies_of, text_of
from tests.integration.kept_processes.workers import Workers, kept_server
from tests.processes import stalled

PACE = Pace(tokens=40, seconds=0.05)
LONG_PACE = Pace(tokens=2_000, seconds=0.05)
A_MOMENT_SECONDS = 1.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    soak = metafunc.config.getoption("--soak")
    metafunc.parametrize("ending", ["complete", "lost"] if soak else ["complete"])


def test_a_worker_that_wakes_up_changes_nothing_that_others_have_ended(tmp_path: Path, ending: str) -> None:
    with ExitStack() as stack:
        teller = stack.enter_context(Teller())
        server = stack.enter_context(kept_server(tmp_path, teller))
        alice, workers = Visitor.new(server.port), Workers(server)
        talk, here, there = alice.begins(), *workers.running
        teller.pace("Why?", LONG_PACE if ending == "lost" else PACE)
        one, other = stack.enter_context(alice.line()), stack.enter_context(alice.line())
        with workers.only(here):
            reading = one.reads("POST", replies_of(talk), {"message": "Why?"})
        events = f"/api/replies/{reading.reply['id']}/events"
        for _ in range(10):  # one that was stopped in mid-write holds SQLite's lock
            with workers.only(there):
                response = other.opens("GET", events, None, {"Accept": EVENTS})
            if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            response.read()
        reading_elsewhere = Reading(response)
        with stalled(here):
            told_elsewhere = reading_elsewhere.rest() if ending == "lost" else []
            closed = alice.reply(reading.reply["id"])
            sleep(A_MOMENT_SECONDS)
        told = reading.rest()
        told_elsewhere = told_elsewhere or reading_elsewhere.rest()
        telling = teller.wait_for_telling("Why?")
        if ending == "lost":
            telling.exchange.wait_until_left()
            sleep(A_MOMENT_SECONDS)
        reply = alice.waits_for(reading.reply["id"])

    assert [events[-1].data["state"] for events in (told, told_elsewhere)] == [ending, ending]
    assert text_of(told_elsewhere) == reply["text"]
    assert telling.text.startswith(reply["text"])
    assert reply == closed if ending == "lost" else reply["text"] == telling.whole
