"""The steps that a scripted answer is made of. A script is a sequence of them, played from first to last."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes that go out as they stand, in one write."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence for a while."""

    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Silence until the test opens the gate."""

    _opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Let the script go on."""
        self._opened.set()

    @property
    def is_open(self) -> bool:
        """Tell whether the test has opened it."""
        return self._opened.is_set()


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence until the peer leaves."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection in an orderly way (FIN), wherever the answer stands."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection (RST), wherever the answer stands."""


Step = Send | Pause | Gate | Stall | Cut | Reset
