"""The values that the services talk about: frozen, and impossible to make wrong.

Money is counted in whole nano-dollars (1e-9 USD), text in characters (code points), time in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

NANO_USD_PER_USD = 1_000_000_000


class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class LongPrompt:
    """The dearer rates of a model for a prompt of more than ``above_tokens``."""

    above_tokens: int
    input_factor_percent: int
    output_factor_percent: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in nano-dollars per million tokens, as the provider's price page said on ``as_of``."""

    input_nano_usd: int
    output_nano_usd: int
    as_of: date
    cached_input_nano_usd: int | None = None
    cache_write_nano_usd: int | None = None
    long_prompt: LongPrompt | None = None

    def __post_init__(self) -> None:
        """Refuse a price below zero: it would pay the caller."""
        rates = (
            self.input_nano_usd,
            self.output_nano_usd,
            self.cached_input_nano_usd,
            self.cache_write_nano_usd,
        )
        if any(rate is not None and rate < 0 for rate in rates):
            raise ValueError("A price cannot be below zero.")


ENCODINGS = ("o200k_base", "cl100k_base")
"""How OpenAI's models make tokens of text, as far as it is published; named as by OpenAI."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the catalogue.

    ``context_tokens`` bounds prompt and answer together. ``old_token_cap`` marks a server that knows the cap of
    an answer only as ``max_tokens``. ``shutdown_date`` is the first day on which OpenAI no longer serves it.
    ``encoding`` is one of ``ENCODINGS``, or None where nobody knows.
    """

    id: str
    context_tokens: int
    max_output_tokens: int
    price: Price | None = None
    shutdown_date: date | None = None
    replacement: str | None = None
    reasoning: bool = False
    old_token_cap: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer. Details are ``None`` where the provider gave none; they are parts of the first two."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def total_tokens(self) -> int:
        """Return what prompt and answer come to together."""
        return self.prompt_tokens + self.completion_tokens


class Source(StrEnum):
    """Where a number about money comes from. Zero is never written for "don't know"."""

    PROVIDER = "provider"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer cost; ``nano_usd`` is ``None`` where nobody can know."""

    nano_usd: int | None
    source: Source
    price_as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a visitor is told when most of a day's budget is used up: how much of their own (None where it is
    everybody's), and when it comes back.
    """

    used_percent: int | None
    returns_at: datetime


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a chat model is asked: the whole conversation, ending with the new user message.

    ``prompt_tokens`` is our own count of it. So many of its oldest messages are ``left_out`` as they no longer fit.
    """

    model: ModelCard
    messages: tuple[Message, ...]
    prompt_tokens: int
    max_output_tokens: int
    temperature: float | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A kept conversation. ``leaf_id`` is the last message of the branch that is shown; ``title`` is "" until there
    is one; ``updated_at`` is when the last message was sent.
    """

    id: str
    created_at: datetime
    updated_at: datetime
    title: str = ""
    pinned: bool = False
    model_id: str | None = None
    system: str | None = None
    leaf_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderModel:
    """A model as the provider lists it."""

    id: str
    shutdown_date: date | None = None
