"""Requests and plans of the fake model, for the tests of each part of it. Nothing here waits for a pause."""

from __future__ import annotations

from collections.abc import Iterable

from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.domain.entities import ChatRequest
from chatapp.domain.events import Delta, Event
from chatapp.fake import Gate, Rule, Script
from chatapp.fake.asked import Asked
from chatapp.fake.call import Call
from chatapp.fake.model import ScriptedModel
from chatapp.fake.plan import Plan, plan_for
from chatapp.fake.steps import Break, Piece, Silence, Step
from tests.samples import CARD, PRICE, question

WORDS = "one two three four"
"""Four tokens."""


def fake_with(*rules: Rule, strict: bool = False) -> FakeChatModel:
    """Return a fake with these rules."""
    return FakeChatModel(Script(rules=rules, strict=strict))


def events_of(fake: FakeChatModel, request: ChatRequest | None = None) -> list[Event]:
    """Ask, and return all that the answer says."""
    return list(fake.open(request or question()))


def text_of(events: Iterable[Event]) -> str:
    """Return the text of an answer."""
    return "".join(event.text for event in events if isinstance(event, Delta))


def asked(*said: str, model: str = CARD.id, max_tokens: int | None = None) -> Asked:
    """Return a request in which a user and the model took turns; the user comes first."""
    roles = ("user", "assistant")
    messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(said or ["Hi"])]
    return Asked(model, messages, max_tokens)


def planned(rule: Rule, request: Asked | None = None, *, script: Script | None = None, number: int = 1) -> Plan:
    """Return what a rule answers."""
    return plan_for(script or Script(), rule, request or asked(), number)


def played(rule: Rule, max_tokens: int | None = None) -> list[Step]:
    """Return the steps of an answer, but for silences of no length."""
    return [step for step in planned(rule, asked(max_tokens=max_tokens)).steps() if step != Silence(0.0)]


def text_in(steps: Iterable[Step]) -> str:
    """Return the text in the steps of an answer."""
    return "".join(step.text for step in steps if isinstance(step, Piece))


def pieces_in(steps: Iterable[Step]) -> list[str]:
    """Return the same, piece by piece."""
    return [step.text for step in steps if isinstance(step, Piece)]


def silences_in(steps: Iterable[Step]) -> list[float]:
    """Return the seconds of all silences in the steps of an answer."""
    return [step.seconds for step in steps if isinstance(step, Silence)]


def taken(rule: Rule, request: Asked | None = None, *, has_price: bool = True, streamed: bool = True) -> Call:
    """Return a call that a rule answers, and that nobody has begun to play."""
    model = ScriptedModel(Script(rules=[rule]))
    return model.take(request or asked(), price=PRICE if has_price else None, streamed=streamed)


def play(call: Call, most_pieces: int | None = None) -> None:
    """Play a call as if no step had to be waited for: to its end, or until its reader leaves after so many pieces.

    At a gate that is shut the reader leaves too.
    """
    left = most_pieces
    for _, step in call.steps():
        if isinstance(step, Break):
            call.note_played()
            break
        if isinstance(step, Gate) and not step.is_open:
            call.end(cancelled=True)
            return
        if isinstance(step, Piece) and left is not None:
            left -= 1
            if left == 0:
                call.note_played()
                call.end(cancelled=True)
                return
    call.end(cancelled=False)
