"""The language in which the fake model is told what to answer. The same words in Python and in TOML.

    Script(rules=[Rule(when=When(message="hi"), reply="Hello there.", tokens_per_second=20)])

    [[rules]]
    when = { message = "hi" }
    reply = "Hello there."
    tokens_per_second = 20

The first rule that fits a request, and is not used up, answers it. A rule without ``when`` fits every request.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from typing import Any

import msgspec

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}", re.IGNORECASE)
PLACES = frozenset({"message", "model", "turn"})
MOST_SECONDS = 86_400.0
MOST_TOKENS_PER_SECOND = 1_000_000.0


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


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of the language have in common: they know no other words than their own."""


class When(_Words, frozen=True, kw_only=True):
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
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"“pattern” is no regular expression: {error}") from error
        if self.turn is not None and self.turn < 1:
            raise ValueError("“turn” counts from 1")


class Tokens(_Words, frozen=True, kw_only=True):
    """The token counts that an answer reports. What is not given is counted; details are reported where given."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __post_init__(self) -> None:
        """Refuse less than nothing."""
        if any(value is not None and value < 0 for value in msgspec.structs.astuple(self)):
            raise ValueError("no number of tokens is below zero")


class Error(_Words, frozen=True, kw_only=True, tag_field="kind", tag="error"):
    """The provider answers with an HTTP status and an error object in place of an answer.

    With ``after_characters`` the answer begins, and the error comes as an event in its middle. ``body`` takes the
    place of the error object. ``retry_after_seconds`` is sent as ``Retry-After``, and in milliseconds too.
    ``should_retry`` is sent as ``x-should-retry``, which the provider's own SDKs obey.
    """

    status: int = 500
    code: str | None = None
    type: str | None = None
    message: str = "The fake model was told to fail."
    body: str | dict[str, Any] | None = None
    retry_after_seconds: float | None = None
    should_retry: bool | None = None
    after_characters: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no error."""
        if not 300 <= self.status <= 599:
            raise ValueError("“status” must be from 300 to 599")
        _require_seconds("retry_after_seconds", self.retry_after_seconds)
        _require_place(self.after_characters)


class _Break(_Words, frozen=True, kw_only=True, tag_field="kind"):
    """A fault in the middle of an answer; without ``after_characters`` it comes after all its text.

    In a rule that has no text at all, a reset, a cut and a stall come in place of an answer, before its head.
    """

    after_characters: int | None = None

    def __post_init__(self) -> None:
        """Refuse a place before the beginning."""
        _require_place(self.after_characters)


class Reset(_Break, frozen=True, kw_only=True, tag="reset"):
    """The connection is torn down (RST)."""


class Cut(_Break, frozen=True, kw_only=True, tag="cut"):
    """The answer just ends, in an orderly way and without a finish reason."""


class Stall(_Break, frozen=True, kw_only=True, tag="stall"):
    """Nothing more is said, and the connection stays open until the caller leaves."""


class Malformed(_Break, frozen=True, kw_only=True, tag="malformed"):
    """A chunk comes that is no JSON."""


class WrongType(_Words, frozen=True, kw_only=True, tag_field="kind", tag="wrong_type"):
    """A page comes in place of an answer, as from a proxy in between."""

    content_type: str = "text/html"
    body: str = "<html><body>Please log in.</body></html>"


class SlowHead(_Words, frozen=True, kw_only=True, tag_field="kind", tag="slow_head"):
    """Not even the head of the answer comes before so many seconds are over."""

    seconds: float

    def __post_init__(self) -> None:
        """Refuse times that never were."""
        _require_seconds("seconds", self.seconds)


class Endless(_Words, frozen=True, kw_only=True, tag_field="kind", tag="endless"):
    """The reply is said again and again, without end, whatever cap the caller has set."""


Fault = Error | Reset | Cut | Stall | Malformed | WrongType | SlowHead | Endless
"""What goes wrong with an answer."""


class Rule(_Words, frozen=True, kw_only=True):
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
        said = [value for value in (self.reply, self.template, self.refusal) if value is not None]
        if len(said) > 1:
            raise ValueError("a rule has one of “reply”, “template” and “refusal”")
        if not said and self.fault is None:
            raise ValueError("a rule needs a “reply”, a “template”, a “refusal” or a “fault”")
        _require_parts(self.reply)
        _require_seconds("first_token_seconds", self.first_token_seconds)
        _require_pace(self.tokens_per_second, self.jitter)
        _require_placeholders(self.template, self.when.pattern)
        if self.times is not None and self.times < 1:
            raise ValueError("“times” counts from 1")

    def for_requests(self, when: When) -> Rule:
        """Return the same rule for other requests."""
        return msgspec.structs.replace(self, when=when)


class Chaos(_Words, frozen=True, kw_only=True):
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


class Script(_Words, frozen=True, kw_only=True):
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
        """Refuse a pace that is none."""
        _require_seconds("first_token_seconds", self.first_token_seconds)
        _require_pace(self.tokens_per_second, self.jitter)


def _require_seconds(name: str, seconds: float | None) -> None:
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"“{name}” must be seconds from 0 to {MOST_SECONDS:,.0f}")


def _require_place(after_characters: int | None) -> None:
    if after_characters is not None and after_characters < 0:
        raise ValueError("“after_characters” counts from 0")


def _require_pace(tokens_per_second: float | None, jitter: float | None) -> None:
    if tokens_per_second is not None and not 0 < tokens_per_second <= MOST_TOKENS_PER_SECOND:
        raise ValueError(f"“tokens_per_second” must be above 0, and at most {MOST_TOKENS_PER_SECOND:,.0f}")
    if jitter is not None and not 0 <= jitter <= 1:
        raise ValueError("“jitter” must be from 0 to 1")


def _require_parts(reply: str | Sequence[Any] | None) -> None:
    for part in () if isinstance(reply, str) else reply or ():
        is_silence = isinstance(part, int | float) and not isinstance(part, bool) and math.isfinite(part)
        if not isinstance(part, str | Gate) and not (is_silence and 0 <= part <= MOST_SECONDS):
            raise ValueError("a list in “reply” holds texts, and seconds of silence from 0 on")


def _require_placeholders(template: str | None, pattern: str | None) -> None:
    known = PLACES | (re.compile(pattern).groupindex.keys() if pattern else set())
    for name in PLACEHOLDER.findall(template or ""):
        if name not in known:
            raise ValueError(f"“template” has {{{name}}}, but there are only: {', '.join(sorted(known))}")
