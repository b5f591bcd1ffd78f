"""What a server does on a socket, step by step; ``Silence`` and ``Gate`` are those of the script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.fake.script import Gate
from chatapp.fake.steps import Silence


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes that go out as they stand, in one write."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection in an orderly way (FIN), wherever the answer stands."""


@dataclass(frozen=True, slots=True)
class TearDown:
    """Break the connection (RST), wherever the answer stands."""


Sending = Gate | Send | HangUp | TearDown
WireStep = Silence | Sending
Sendings = Iterator[tuple[float, Sending]]
"""An answer: its steps, each with the monotonic time from which on it is due."""
