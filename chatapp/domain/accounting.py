"""What fits into a model, and what an answer costs. Whole numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatapp.domain.entities import ChatRequest, Cost, Message, ModelCard, Price, Source, Usage
from chatapp.domain.errors import ContextTooLong
from chatapp.domain.ports import Tokenizer

TOKENS_PER_MESSAGE = 4
"""What OpenAI's chat format adds to each message: 3 around it and 1 for its role.

Source: the provider's cookbook on counting tokens with its tokenizer.
"""

TOKENS_PER_ANSWER = 3
"""What the same format adds to the prompt for the answer's first words."""

TOKENS_PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Bill:
    """Tokens and money of one answer."""

    usage: Usage
    cost: Cost


class TokenAccountant:
    """Says what fits, and what an answer cost."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def prompt_tokens(self, card: ModelCard, messages: Iterable[Message]) -> int:
        """Count, or estimate from above, what ``messages`` come to as a prompt."""
        count, encoding = self._tokenizer.count, card.encoding
        return TOKENS_PER_ANSWER + sum(TOKENS_PER_MESSAGE + count(message.content, encoding) for message in messages)

    def require_fit(self, card: ModelCard, prompt_tokens: int) -> None:
        """Refuse a prompt that cannot fit into the model's window, however wrong an estimate is.

        Raises:
            ContextTooLong: it cannot.
        """
        if prompt_tokens / self._tokenizer.overcount(card.encoding) >= card.context_tokens:
            raise ContextTooLong(
                f"This conversation is too long for “{card.id}”: about {prompt_tokens:,} tokens, where it can take "
                f"{card.context_tokens:,}. Shorten it, or start a new chat."
            )

    def bill(self, request: ChatRequest, text: str, reported: Usage | None) -> Bill:
        """Settle one answer: by the provider's count, else by our own of the prompt and of ``text``, from above.

        The hidden tokens of a reasoning model cannot be counted: without the provider's word its answer counts
        as long as it was allowed to be.
        """
        if reported is not None:
            return Bill(reported, cost_of(request.model.price, reported, Source.PROVIDER))
        card = request.model
        completion = request.max_output_tokens if card.reasoning else self._tokenizer.count(text, card.encoding)
        usage = Usage(request.prompt_tokens, completion)
        return Bill(usage, cost_of(card.price, usage, Source.ESTIMATED))

    def bill_orphan(self, card: ModelCard, prompt_tokens: int, text: str) -> Bill | None:
        """Estimate what an answer cost whose process died; None where nobody can know."""
        if card.reasoning:
            return None
        usage = Usage(prompt_tokens, self._tokenizer.count(text, card.encoding))
        return Bill(usage, cost_of(card.price, usage, Source.ESTIMATED))


def cost_of(price: Price | None, usage: Usage, source: Source) -> Cost:
    """Return what an answer cost; unknown where the model has no price."""
    if price is None:
        return Cost(None, Source.UNKNOWN)
    return Cost(cost_nano_usd(price, usage), source, price.as_of)


def cost_nano_usd(price: Price, usage: Usage) -> int:
    """Return what one answer cost, in nano-dollars (1e-9 USD), rounded up.

    Cached prompt tokens, and those written to the cache, have prices of their own, or the prompt's where the table
    has none. Reasoning tokens are already inside ``usage.completion_tokens``. A long prompt raises both sides.

    Source: the provider's price page; ``price.as_of`` says of which day.
    """
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    fresh = max(0, usage.prompt_tokens - cached - written)
    prompt = (
        fresh * price.input_nano_usd
        + cached * _or(price.cached_input_nano_usd, price.input_nano_usd)
        + written * _or(price.cache_write_nano_usd, price.input_nano_usd)
    )
    completion = usage.completion_tokens * price.output_nano_usd
    long_prompt = price.long_prompt
    if long_prompt is None or usage.prompt_tokens <= long_prompt.above_tokens:
        return -(-(prompt + completion) // TOKENS_PER_MILLION)
    percent = prompt * long_prompt.input_factor_percent + completion * long_prompt.output_factor_percent
    return -(-percent // (100 * TOKENS_PER_MILLION))


def _or(rate: int | None, fallback: int) -> int:
    return fallback if rate is None else rate
