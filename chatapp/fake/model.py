"""The scripted model: takes requests from every door, and remembers them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from chatapp.domain.entities import Price
from chatapp.fake.asked import Asked
from chatapp.fake.call import PATIENCE_SECONDS, Bill, Call
from chatapp.fake.choosing import explanation, fits
from chatapp.fake.faults import Error
from chatapp.fake.plan import plan_for
from chatapp.fake.script import Rule, Script
from chatapp.fake.tally import Tally, Totals

LONGEST_ECHO_CHARACTERS = 500
MOST_CALLS = 10_000
NO_RULE = "no_rule"


@dataclass(slots=True)
class _Turn:
    """A rule, and how often it can still be used."""

    rule: Rule
    left: int | None


class ScriptedModel:
    """Answers by a script. ``calls`` has the newest 10,000 requests, in the order in which they came."""

    def __init__(self, script: Script | None = None) -> None:
        self.calls: list[Call] = []
        self._taken = 0
        self._tally = Tally()
        self._script = script or Script()
        self._turns: list[_Turn] = []
        self._came = threading.Condition()
        self.load(self._script)

    @property
    def script(self) -> Script:
        """Return what it was told."""
        return self._script

    @property
    def bill(self) -> Bill:
        """Return what all calls together would have cost, also those of which nothing else is known any more."""
        return self.totals.bill

    @property
    def totals(self) -> Totals:
        """Return what all calls together come to, and how many of them there are."""
        with self._came:
            return self._tally.totals()

    def load(self, script: Script) -> None:
        """Answer by this script from now on; rules that were added are forgotten."""
        with self._came:
            self._script = script
            self._turns = [_Turn(rule, rule.times) for rule in script.rules]

    def add(self, rule: Rule) -> None:
        """Add a rule behind the others."""
        with self._came:
            self._turns.append(_Turn(rule, rule.times))

    def replace(self, old: Rule, new: Rule) -> None:
        """Put a rule in the place of one that was added.

        Raises:
            ValueError: a script was loaded since, and the rule is forgotten.
        """
        with self._came:
            place = next((place for place, turn in enumerate(self._turns) if turn.rule is old), None)
            if place is None:
                raise ValueError("This rule is not there any more: a script was loaded after it.")
            self._turns[place] = _Turn(new, new.times)

    def take(self, asked: Asked, *, price: Price | None, streamed: bool = True) -> Call:
        """Take a request, and decide what is answered; ``price`` is the model's, None where nobody knows it."""
        with self._came:
            self._taken += 1
            number = self._taken
            place = self._find(asked)
            rule = self._unscripted(asked) if place is None else self._used(self._turns[place])
            plan = plan_for(self._script, rule, asked, number)
            rule_number = None if place is None else place + 1
            call = Call(number, asked, plan, rule=rule_number, price=price, streamed=streamed)
            self._remember(call)
            self._came.notify_all()
        return call

    def wait_for_call(self, number: int = 1, timeout_seconds: float = PATIENCE_SECONDS) -> Call:
        """Return the ``number``-th call, as soon as it has come.

        Raises:
            TimeoutError: it did not.
            ValueError: there is no such number.
        """
        if number < 1:
            raise ValueError("Calls are counted from 1.")
        with self._came:
            if not self._came.wait_for(lambda: len(self.calls) >= number, timeout_seconds):
                raise TimeoutError(f"{len(self.calls)} calls came, not {number}.")
            return self.calls[number - 1]

    def _remember(self, call: Call) -> None:
        self._tally.add(call)
        self.calls.append(call)
        if len(self.calls) > MOST_CALLS:
            self.calls.pop(0)

    def _find(self, asked: Asked) -> int | None:
        for place, turn in enumerate(self._turns):
            if turn.left != 0 and fits(turn.rule.when, asked):
                return place
        return None

    def _used(self, turn: _Turn) -> Rule:
        if turn.left is not None:
            turn.left -= 1
        return turn.rule

    def _unscripted(self, asked: Asked) -> Rule:
        if self._script.strict:
            sentence = explanation([turn.rule for turn in self._turns], asked)
            return Rule(fault=Error(status=400, code=NO_RULE, type="invalid_request_error", message=sentence))
        return Rule(reply=own_answer(asked))


def own_answer(asked: Asked) -> str:
    """Return what the fake says of its own accord: the last message back, and what it is."""
    message = asked.message
    shown = message if len(message) <= LONGEST_ECHO_CHARACTERS else message[:LONGEST_ECHO_CHARACTERS] + "…"
    return (
        f"You wrote: “{shown}” I am the fake model: I make this answer up on this computer, "
        "word by word, and it costs nothing. With an OpenAI key, a real model would answer here."
    )
