"""The language in which the fake model is told what to answer. The same words in Python and in TOML.

    Script(rules=[Rule(when=When(message="hi"), reply="Hello there.", tokens_per_second=20)])

    [[rules]]
    when = { message = "hi" }
    reply = "Hello there."
    tokens_per_second = 20

The first rule that fits a request, and is not used up, answers it. A rule without ``when`` fits every request.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from chatapp.fake.faults import Endless, Fault
from chatapp.fake.words import MOST_SECONDS, Words, require_seconds

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}", re.IGNORECASE)
PLACES = frozenset({"message", "model", "turn"})
MOST_TOKENS_PER_SECOND = 1_000_000.0
MOST_ENDLESS_TOKENS_PER_SECOND = 10_000.0
"""What was made in vain is counted token by token when the caller has left, and meanwhile nobody else is answered."""

MOST_TOKENS = 1_000_000_000_000


class Gate:
    """Silence in the middle of a reply, until the test opens it. In Python alone: TOML has nobody to open it."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        """Let the answer go on."""
        self._opened.set()

    @property
    def is_open(self) -> bool:
        """Tell whether it has been opened."""
        return self._opened.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than ``seconds``; return whether it is open."""
        return self._opened.wait(seconds)


Part = str | float | Gate
"""A piece of a reply: text that is sent as it stands, seconds of silence, or a gate."""


class When(Words, frozen=True, kw_only=True):
    """Which requests a rule is for; every field that is given must fit.

    ``message`` is the whole last message of the user, but for blanks around it; ``pattern`` is a regular expression
    that is found in it. ``turn`` counts the user's messages: 1 is the first question of a conversation.
    """

    message: str | None = None
    pattern: str | None = None
    model: str | None = None
    turn: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could never fit."""
        super().__post_init__()
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"“pattern” is no regular expression: {error}") from error
            except OverflowError as error:
                raise ValueError("“pattern” has a number that is too large") from error
            except RecursionError as error:
                raise ValueError("“pattern” is nested too deeply") from error
        if self.turn is not None and self.turn < 1:
            raise ValueError("“turn” counts from 1")


class Tokens(Words, frozen=True, kw_only=True):
    """The token counts that an answer reports. What is not given is counted; details are reported where given."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __post_init__(self) -> None:
        """Refuse less than nothing, and a part that is more than the whole."""
        if any(value is not None and value < 0 for value in msgspec.structs.astuple(self)):
            raise ValueError("no number of tokens is below zero")
        if any(value is not None and value > MOST_TOKENS for value in msgspec.structs.astuple(self)):
            raise ValueError(f"no number of tokens is above {MOST_TOKENS:,}")
        _require_part("cached_tokens", self.cached_tokens, "prompt_tokens", self.prompt_tokens)
        _require_part("reasoning_tokens", self.reasoning_tokens, "completion_tokens", self.completion_tokens)


class Rule(Words, frozen=True, kw_only=True):
    """What is answered to the requests that it is for.

    One of three says what: ``reply`` is text, sent word by word at the pace, or a list of texts that are sent as
    they stand, with seconds of silence (and gates) between them; ``template`` is text in which ``{message}``,
    ``{model}``, ``{turn}`` and the named groups of the pattern stand for themselves; ``refusal`` is text with which
    the model declines.

    ``first_token_seconds`` is the silence before the first word, ``tokens_per_second`` the pace, and ``jitter`` how
    much each pause may differ from it: 0.5 is by half. ``usage`` gives token counts, or is false where none are to
    be reported. ``finish`` is the finish reason. ``model_answered`` is the model's name in the answer, where it is
    another than the one asked for. ``times`` is how often the rule can be used.
    """

    when: When = When()
    reply: str | Sequence[Any] | None = None
    template: str | None = None
    refusal: str | None = None
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    jitter: float | None = None
    usage: bool | Tokens = True
    finish: str = "stop"
    fault: Fault | None = None
    model_answered: str | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse what says nothing clear."""
        super().__post_init__()
        said = [value for value in (self.reply, self.template, self.refusal) if value is not None]
        if len(said) > 1:
            raise ValueError("a rule has one of “reply”, “template” and “refusal”")
        if not said and self.fault is None:
            raise ValueError("a rule needs a “reply”, a “template”, a “refusal” or a “fault”")
        _require_parts(self.reply)
        require_seconds("first_token_seconds", self.first_token_seconds)
        _require_pace(self.tokens_per_second, self.jitter)
        _require_finite(self.fault, self.tokens_per_second)
        if not self.finish:
            raise ValueError("“finish” must not be empty")
        if self.times is not None and self.times < 1:
            raise ValueError("“times” counts from 1")
        if self.when != When():  # else it may still be told for which requests it is
            self.require_placeholders()

    def for_requests(self, when: When) -> Rule:
        """Return the same rule for other requests."""
        rule = msgspec.structs.replace(self, when=when)
        rule.require_placeholders()
        return rule

    def require_placeholders(self) -> None:
        """Refuse a template with a placeholder that nothing stands for.

        Raises:
            ValueError: it has one.
        """
        known = PLACES | (re.compile(self.when.pattern).groupindex.keys() if self.when.pattern else set())
        for name in PLACEHOLDER.findall(self.template or ""):
            if name not in known:
                raise ValueError(f"“template” has {{{name}}}, but there are only: {', '.join(sorted(known))}")


class Chaos(Words, frozen=True, kw_only=True):
    """Faults by chance: each number is the share of requests, from 0 to 1, that end so. The same seed, the same end.

    What goes wrong in mid-answer goes wrong somewhere in its text.
    """

    rate_limited: float = 0.0
    failed: float = 0.0
    reset: float = 0.0
    cut: float = 0.0
    stall: float = 0.0
    malformed: float = 0.0

    def __post_init__(self) -> None:
        """Refuse more than everything."""
        shares = msgspec.structs.astuple(self)
        if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1:
            raise ValueError("each share is from 0 to 1, and all together are at most 1")


class Script(Words, frozen=True, kw_only=True):
    """Everything that the fake is told. ``strict`` makes a request that no rule fits an error.

    Else the fake answers such a request by itself. The pace here is for answers whose rule has none.
    ``seed`` decides what is left to chance: the jitter and the chaos.
    """

    rules: Sequence[Rule] = ()
    strict: bool = False
    seed: int = 0
    first_token_seconds: float = 0.0
    tokens_per_second: float | None = None
    jitter: float = 0.0
    chaos: Chaos = Chaos()

    def __post_init__(self) -> None:
        """Refuse a pace that is none, and rules that do not go with the rest."""
        super().__post_init__()
        require_seconds("first_token_seconds", self.first_token_seconds)
        _require_pace(self.tokens_per_second, self.jitter)
        for number, rule in enumerate(self.rules, 1):
            try:
                rule.require_placeholders()
                _require_finite(rule.fault, rule.tokens_per_second or self.tokens_per_second)
            except ValueError as error:
                raise ValueError(f"rule {number}: {error}") from error


def _require_part(name: str, part: int | None, of: str, whole: int | None) -> None:
    if part is not None and whole is not None and part > whole:
        raise ValueError(f"“{name}” is more than “{of}”")


def _require_finite(fault: Fault | None, tokens_per_second: float | None) -> None:
    if isinstance(fault, Endless) and (tokens_per_second or 0) > MOST_ENDLESS_TOKENS_PER_SECOND:
        most = f"{MOST_ENDLESS_TOKENS_PER_SECOND:,.0f}"
        raise ValueError(f"“tokens_per_second” must be at most {most} where the answer is endless")


def _require_pace(tokens_per_second: float | None, jitter: float | None) -> None:
    if tokens_per_second is not None and not 0 < tokens_per_second <= MOST_TOKENS_PER_SECOND:
        raise ValueError(f"“tokens_per_second” must be above 0, and at most {MOST_TOKENS_PER_SECOND:,.0f}")
    if jitter is not None and not 0 <= jitter <= 1:
        raise ValueError("“jitter” must be from 0 to 1")


def _require_parts(reply: str | Sequence[Any] | None) -> None:
    for part in () if isinstance(reply, str) else reply or ():
        is_silence = isinstance(part, int | float) and not isinstance(part, bool)
        if not isinstance(part, str | Gate) and not (is_silence and 0 <= part <= MOST_SECONDS):
            raise ValueError("a list in “reply” holds texts, and seconds of silence from 0 on")
