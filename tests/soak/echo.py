"""A provider for crowds: it says back what it was asked, a few letters at a time."""

from __future__ import annotations

from chatapp.fake.model import ScriptedModel
from chatapp.fake.script import Rule, Script
from chatapp.fake.server import FakeServer

TIMES = 4
PIECES_A_SECOND = 1_000.0


def echo() -> FakeServer:
    """Return a server that answers "Hi" with "HiHiHiHi"."""
    rule = Rule(template="{message}" * TIMES, first_token_seconds=0.002, tokens_per_second=PIECES_A_SECOND)
    return FakeServer(ScriptedModel(Script(rules=[rule])))
