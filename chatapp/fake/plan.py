"""From a rule and a request to the steps of the answer. Chance has its seed: the same call, the same steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import inf
from random import Random

from chatapp.domain.entities import Usage
from chatapp.fake.asked import Asked
from chatapp.fake.faults import Cut, Endless, Error, Fault, Malformed, Reset, SlowHead, Stall, WrongType
from chatapp.fake.pieces import pieces_of
from chatapp.fake.script import MOST_ENDLESS_TOKENS_PER_SECOND, PLACEHOLDER, Chaos, Gate, Part, Rule, Script, Tokens
from chatapp.fake.steps import Begin, Break, Finish, Piece, Silence, Step

ENDLESS_TOKENS_PER_SECOND = 1_000.0
"""The pace of an endless answer that has none: without one, nobody could say how much of it was made."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an answer comes. ``jitter`` is by which share each pause may differ, as ``chance`` has it."""

    first_token_seconds: float
    tokens_per_second: float | None
    jitter: float
    chance: Random

    def before_the_first(self) -> float:
        """Return the seconds of silence before the first token."""
        return self._shaken(self.first_token_seconds)

    def before_the_next(self) -> float:
        """Return the seconds of silence between two tokens."""
        return self._shaken(1 / self.tokens_per_second) if self.tokens_per_second else 0.0

    def _shaken(self, seconds: float) -> float:
        return seconds * (1 + self.jitter * (2 * self.chance.random() - 1)) if self.jitter else seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """One answer as it is to be: ``parts`` with a pace, a fault if any, and what is reported at its end.

    ``usage`` is what the whole answer comes to, ``reported`` whether that is told. ``answered_by`` is a model.
    ``has_text`` tells an empty text from none.
    """

    parts: Sequence[Part]
    pace: Pace
    finish: str
    usage: Usage
    answered_by: str
    reported: bool = True
    refuses: bool = False
    has_text: bool = True
    fault: Fault | None = None

    def steps(self) -> Iterator[Step]:
        """Yield the answer's steps, from the head to the end, or for ever."""
        fault = self.fault
        if isinstance(fault, SlowHead):
            yield Silence(fault.seconds)
        if isinstance(fault, WrongType) or (isinstance(fault, Error) and fault.after_characters is None):
            yield Break(fault)
            return
        if isinstance(fault, Reset | Cut | Stall) and not self.has_text:
            yield Silence(inf) if isinstance(fault, Stall) else Break(fault)
            return
        yield Begin()
        pieces = self._pieces()
        if isinstance(fault, Reset | Cut | Stall | Malformed | Error):
            yield from _beginning(pieces, fault.after_characters)
            yield Silence(inf) if isinstance(fault, Stall) else Break(fault)
        if isinstance(fault, Error):  # the provider itself has given up
            return
        yield from pieces  # after a broken line these are what the provider makes in vain
        yield Finish(self.finish, self.usage if self.reported else None)

    def _pieces(self) -> Iterator[Step]:
        yield Silence(self.pace.before_the_first())
        pause = 0.0
        for part in cycle(self.parts) if isinstance(self.fault, Endless) else self.parts:
            if isinstance(part, Gate):
                yield part
            elif isinstance(part, str):
                yield Silence(pause)
                yield Piece(part)
                pause = self.pace.before_the_next()
            else:
                yield Silence(part)


def plan_for(script: Script, rule: Rule, asked: Asked, call_number: int) -> Plan:
    """Return what ``rule`` answers to the ``call_number``-th request, and chance with it."""
    chance = Random(f"{script.seed}/{call_number}")  # noqa: S311 - it is to be foreseen
    parts = _parts(rule, asked)
    fault = rule.fault or _struck(script.chaos, chance, sum(len(part) for part in parts if isinstance(part, str)))
    if isinstance(fault, Endless):
        parts = parts if any(isinstance(part, str) for part in parts) else ["again "]
        kept = parts
    else:
        kept = _capped(parts, asked.max_tokens)
    return Plan(
        kept,
        _pace(script, rule, chance, endless=isinstance(fault, Endless)),
        finish=rule.finish if len(kept) == len(parts) else "length",
        usage=_usage(rule.usage, asked, sum(isinstance(part, str) for part in kept)),
        answered_by=rule.model_answered or asked.model,
        reported=rule.usage is not False,
        refuses=bool(rule.refusal),  # without a word of it nobody could tell
        has_text=not (rule.reply is None and rule.template is None and rule.refusal is None),
        fault=fault,
    )


def _parts(rule: Rule, asked: Asked) -> list[Part]:
    if rule.template is not None:
        return [*pieces_of(_filled(rule.template, rule.when.pattern, asked))]
    reply = rule.reply or rule.refusal or ""
    return [*pieces_of(reply)] if isinstance(reply, str) else [part for part in reply if part != ""]


def _filled(template: str, pattern: str | None, asked: Asked) -> str:
    found = re.search(pattern, asked.message) if pattern else None
    groups = found.groupdict(default="") if found else {}
    values = {"message": asked.message, "model": asked.model, "turn": str(asked.turn), **groups}
    return PLACEHOLDER.sub(lambda place: values.get(place[1], place[0]), template)


def _capped(parts: Sequence[Part], max_tokens: int | None) -> list[Part]:
    """Return the parts up to the last token that the caller wants: behind it there is nothing to wait for."""
    tokens = [place for place, part in enumerate(parts) if isinstance(part, str)]
    if max_tokens is None or len(tokens) <= max_tokens:
        return [*parts]
    return [*parts[: tokens[max_tokens - 1] + 1]] if max_tokens > 0 else []


def _pace(script: Script, rule: Rule, chance: Random, *, endless: bool) -> Pace:
    def own(rules: float | None, scripts: float | None) -> float | None:
        return scripts if rules is None else rules

    tokens_per_second = own(rule.tokens_per_second, script.tokens_per_second)
    if endless:  # a rule that is added to a script does not know its pace
        tokens_per_second = min(tokens_per_second or ENDLESS_TOKENS_PER_SECOND, MOST_ENDLESS_TOKENS_PER_SECOND)
    return Pace(
        own(rule.first_token_seconds, script.first_token_seconds) or 0.0,
        tokens_per_second,
        own(rule.jitter, script.jitter) or 0.0,
        chance,
    )


def _usage(given: bool | Tokens, asked: Asked, completion_tokens: int) -> Usage:
    tokens = given if isinstance(given, Tokens) else Tokens()
    return Usage(
        asked.prompt_tokens if tokens.prompt_tokens is None else tokens.prompt_tokens,
        completion_tokens if tokens.completion_tokens is None else tokens.completion_tokens,
        cached_tokens=tokens.cached_tokens,
        cache_write_tokens=tokens.cache_write_tokens,
        reasoning_tokens=tokens.reasoning_tokens,
    )


def _struck(chaos: Chaos, chance: Random, characters: int) -> Fault | None:
    """Return what chance does to an answer of so many characters."""
    place, dice = chance.randint(0, characters), chance.random()
    for share, fault in (
        (chaos.rate_limited, Error(status=429, code="rate_limit_exceeded")),
        (chaos.failed, Error(status=500)),
        (chaos.reset, Reset(after_characters=place)),
        (chaos.cut, Cut(after_characters=place)),
        (chaos.stall, Stall(after_characters=place)),
        (chaos.malformed, Malformed(after_characters=place)),
    ):
        if dice < share:
            return fault
        dice -= share
    return None


def _beginning(steps: Iterator[Step], characters: int | None) -> Iterable[Step]:
    """Yield the steps up to that many characters of text; ``None``: all of them."""
    if characters is None:
        yield from steps
        return
    while characters > 0 and (step := next(steps, None)) is not None:
        if isinstance(step, Piece):
            step = Piece(step.text[:characters])
            characters -= len(step.text)
        yield step
