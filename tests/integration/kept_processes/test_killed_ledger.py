"""Workers are killed in mid-answer, at every door: what they had reserved is soon settled, for its cost or more."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from chatapp.adapters.catalog_file import read_catalog
from chatapp.fake import Gate, Rule, Script
from chatapp.fake.model import ScriptedModel
from chatapp.fake.server import FakeServer
from tests.integration.caller import Heard
from tests.integration.kept_processes.visitor import CUT_OFF, Visitor, replies_of
from tests.integration.kept_processes.workers import Workers
from tests.ledger import settled_at, wrong_with
from tests.server import serving

LONGEST_OPEN_SECONDS = 30.0
REPLIES = 12


def test_half_a_minute_after_a_kill_nothing_is_reserved(tmp_path: Path, database_url: str) -> None:
    gate = Gate()
    model = ScriptedModel(Script(rules=[Rule(reply=["One ", "two ", gate, "three."])]))
    with FakeServer(model, read_catalog()) as fake:
        settings = {
            "OPENAI_API_KEY_CYB_SEC": "sk-canary-5f0e1c2d",
            "OPENAI_BASE_URL": fake.url,
            "CHATAPP_DATABASE_URL": database_url,
            "CHATAPP_WORKERS": "2",
            "CHATAPP_VISITOR_OPEN_REPLIES": f"{REPLIES}",
        }
        with serving(tmp_path, **settings) as server, ThreadPoolExecutor(REPLIES) as pool:
            workers, alice = Workers(server), Visitor.new(server.port)
            asks = [ask_in(alice, number) for number in range(REPLIES)]
            for ask in asks:
                pool.submit(ask)
            model.wait_for_call(REPLIES, LONGEST_OPEN_SECONDS)
            killed = workers.running
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            for pid in killed:
                workers.wait_for_the_end_of(pid)
            gate.open()
            rows = settled_at(database_url, LONGEST_OPEN_SECONDS)
            again = alice.sends("POST", "/chat", {"message": "Hi"})

    assert wrong_with(rows, model.calls[:REPLIES]) == []
    assert [(row.state, row.source) for row in rows] == [("lost", "estimated")] * REPLIES
    assert again.status == 200, again.body  # nobody waits for answers that are no longer made


def ask_in(visitor: Visitor, number: int) -> Callable[[], Heard | None]:
    """Return what asks at one of the doors, each in turn."""
    path = ("/chat", "/chat/stream", "")[number % 3] or replies_of(visitor.begins())

    def ask() -> Heard | None:
        with suppress(*CUT_OFF):
            return visitor.sends("POST", path, {"message": "Hi"})
        return None

    return ask
