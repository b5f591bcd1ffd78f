"""What the page sees of the calls, as JSON: bounded, so that one call of a megabyte does not hide the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chatapp.fake.asked import text_of
from chatapp.fake.call import Call, Ending
from chatapp.fake.faults import Error
from chatapp.fake.model import ScriptedModel

MOST_CALLS_SHOWN = 200
LONGEST_NAME_CHARACTERS = 200
LONGEST_MESSAGE_CHARACTERS = 600
LONGEST_TEXT_CHARACTERS = 600
MOST_MESSAGES_IN_DETAIL = 100
LONGEST_TEXT_IN_DETAIL_CHARACTERS = 50_000

View = dict[str, Any]


class CallsView:
    """Looks at the calls of ``model``, and waits for none of them."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    def everything(self) -> View:
        """Return the totals and the newest calls, oldest first."""
        return {"totals": self.totals(), "calls": [in_short(call) for call in self.newest()]}

    def newest(self) -> Sequence[Call]:
        """Return the calls that are shown, oldest first."""
        return self._model.calls[-MOST_CALLS_SHOWN:]

    def totals(self) -> View:
        """Return what all calls came to. ``usd`` is of those that have a price."""
        totals = self._model.totals
        return {
            "calls": totals.calls,
            "running": totals.running,
            "without_price": totals.without_price,
            "prompt_tokens": totals.prompt_tokens,
            "completion_tokens": totals.completion_tokens,
            "usd": totals.money.usd,
        }

    def detail(self, number: int) -> View | None:
        """Return one call with its messages and its whole text; None if it is not there, or not any more."""
        calls = self._model.calls
        call = next((call for call in reversed(calls) if call.number == number), None)
        return None if call is None else in_detail(call)


def mark(call: Call) -> tuple[Any, ...]:
    """Return what differs once there is something new to show of a call."""
    state = call.state
    # A call that is over changes no more, and most are: they are not reckoned up again at every look.
    return (call.came_at, state) if call.is_over else (call.came_at, state, call.usage, call.bill)


def in_short(call: Call) -> View:
    """Return a call for the list: the beginning of its question, and the newest part of its answer."""
    state = call.state  # first: what is read later may be newer, and the next look shows the rest
    text, message, bill, usage, fault = call.text, call.message, call.bill, call.usage, call.plan.fault
    return {
        "number": call.number,
        "time": call.came_at.isoformat(timespec="milliseconds"),
        "model": _beginning(call.model, LONGEST_NAME_CHARACTERS),
        "turn": call.turn,
        "message": _beginning(message, LONGEST_MESSAGE_CHARACTERS),
        "rule": call.rule,
        "fault": None if fault is None else fault.__struct_config__.tag,
        "status": fault.status if isinstance(fault, Error) else None,
        "state": state,
        "characters": len(text),
        "text": text if len(text) <= LONGEST_TEXT_CHARACTERS else "…" + text[-LONGEST_TEXT_CHARACTERS:],
        "usage": None if usage is None else msgspec.to_builtins(usage),
        "bill": {
            "prompt_tokens": bill.prompt_tokens,
            "completion_tokens": bill.completion_tokens,
            "usd": bill.usd,
        },
        "cancelled_after_characters": call.cancelled_after_characters if call.is_over else None,
    }


def in_detail(call: Call) -> View:
    """Return all of a call, but for what is longer than anybody reads."""
    said = call.messages[-MOST_MESSAGES_IN_DETAIL:]
    fault = call.plan.fault
    return {
        "number": call.number,
        "id": call.id,
        "messages_before": len(call.messages) - len(said),
        "messages": [_message(message) for message in said],
        "text": _beginning(call.text, LONGEST_TEXT_IN_DETAIL_CHARACTERS),
        "answered_by": _beginning(call.plan.answered_by, LONGEST_NAME_CHARACTERS),
        "finish": call.plan.finish if call.state is Ending.FINISHED else None,
        "rule": call.rule,
        "fault": None if fault is None else msgspec.to_builtins(fault),
    }


def _message(message: Mapping[str, Any]) -> View:
    return {
        "role": str(message.get("role", "")),
        "text": _beginning(text_of(message), LONGEST_TEXT_IN_DETAIL_CHARACTERS),
    }


def _beginning(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[:characters] + "…"
