"""The steps that a scripted answer is made of: those of the package's server, by the names that the tests use."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from chatapp.fake.script import Gate
from chatapp.fake.server.sending import HangUp, Send, TearDown, WireStep
from chatapp.fake.steps import Silence

__all__ = ["Cut", "Gate", "Pause", "Reset", "Send", "Stall", "Step"]

Step = WireStep
Pause = Silence
Cut = HangUp
Reset = TearDown


@dataclass(frozen=True, slots=True)
class Stall(Silence):
    """Silence until the peer leaves."""

    seconds: float = inf
