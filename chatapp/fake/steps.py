"""What an answer of the fake is made of, whichever door it leaves through: steps, each due at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from chatapp.domain.entities import Usage
from chatapp.fake.faults import Cut, Error, Malformed, Reset, WrongType
from chatapp.fake.script import Gate


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing, for so many seconds; ``inf`` is for good."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Begin:
    """The head of an answer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of the text, or the half of one before a fault."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a whole answer; ``usage`` is None where none is reported."""

    reason: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a broken answer. Steps after it are not played: they are what the provider made in vain."""

    fault: Reset | Cut | Malformed | Error | WrongType


Played = Gate | Begin | Piece | Finish | Break
Step = Silence | Played

T = TypeVar("T")


def timed(steps: Iterable[Silence | T], clock: Callable[[], float]) -> Iterator[tuple[float, T]]:
    """Yield each step with the moment at which it is due, on ``clock``; silences are in these moments.

    A step that is played late does not make the next one late. A gate that was shut does: ask for the step behind it
    only when the gate is open.
    """
    due = clock()
    for step in steps:
        if isinstance(step, Silence):
            due += step.seconds
            continue
        is_shut = isinstance(step, Gate) and not step.is_open
        yield due, step
        if is_shut:
            due = max(due, clock())


def made_by(rest: Iterable[tuple[float, Played]], moment: float) -> int:
    """Return how many more pieces of an answer were made by that moment, though nobody took them."""
    made = 0
    for due, step in rest:
        if due > moment or (isinstance(step, Gate) and not step.is_open):
            break
        made += isinstance(step, Piece)
    return made
