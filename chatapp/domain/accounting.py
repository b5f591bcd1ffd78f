"""What fits into a model, and what an answer costs. Whole numbers only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil

from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ChatRequest, Cost, Message, ModelCard, Price, Source, Usage
from chatapp.domain.errors import ContextTooLong, ProviderWork
from chatapp.domain.ledger import Bill, Purpose, Reservation, Spender
from chatapp.domain.ports import Tokenizer
from chatapp.domain.reply import Reply, ReplyState

TOKENS_PER_MESSAGE = 4
"""What OpenAI's chat format adds to each message: 3 around it and 1 for its role.

Source: the provider's cookbook on counting tokens with its tokenizer.
"""

TOKENS_PER_ANSWER = 3
"""What the same format adds to the prompt for the answer's first words."""

TOKENS_PER_MILLION = 1_000_000

MARGIN_PERCENT = 10
TOKENS_PER_SECOND = 200
"""As fast as a model makes them, at most."""

IN_FLIGHT_TOKENS = 100
"""Tokens of an unfinished answer that the provider has made, and charges, but that never came: half a second's."""


class TokenAccountant:
    """Says what fits, what an answer may cost at most, and what it did cost."""

    def __init__(self, tokenizer: Tokenizer, catalog: ModelCatalog) -> None:
        self._tokenizer = tokenizer
        self._catalog = catalog

    def prompt_tokens(self, card: ModelCard, messages: Iterable[Message]) -> int:
        """Count, or estimate from above, what ``messages`` come to as a prompt."""
        return TOKENS_PER_ANSWER + sum(self.message_tokens(card, message) for message in messages)

    def message_tokens(self, card: ModelCard, message: Message) -> int:
        """Count, or estimate from above, what one message adds to a prompt."""
        return TOKENS_PER_MESSAGE + self._tokenizer.count(message.content, card.encoding)

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

    def reservation(
        self,
        reply_id: str,
        request: ChatRequest,
        spender: Spender,
        purpose: Purpose,
        at: datetime,
        request_id: str | None,
    ) -> Reservation:
        """Return the most that an answer can cost: the longest one, and a prompt of which nothing is cached."""
        price, prompt_tokens = request.model.price, self._most_prompt_tokens(request)
        return Reservation(
            reply_id,
            at,
            spender,
            purpose,
            request.model.id,
            prompt_tokens,
            request.max_output_tokens,
            self._most(price, prompt_tokens, request.max_output_tokens),
            price.as_of if price else None,
            request_id,
        )

    def bill(self, reservation: Reservation, request: ChatRequest, reply: Reply, silent_seconds: float = 0) -> Bill:
        """Settle one answer: by the provider's count, else by our own of the prompt and of the text, from above.

        ``silent_seconds`` is for how long nothing had come when it ended: the provider may have worked on.

        The hidden tokens of a reasoning model cannot be counted: without the provider's word its answer counts
        as long as it was allowed to be. So does one of which nobody knows how far it came.
        """
        card = request.model
        if reply.usage is not None:
            return self._bill(self._price_of(card, reply.answered_by), reply.usage, Source.PROVIDER)
        if reply.state is ReplyState.FAILED:
            work = reply.error.provider_work if reply.error else ProviderWork.ANYTHING
            if work is ProviderWork.ANYTHING:  # it may have worked on while nobody heard it
                return reserved_bill(reservation)
            if not reply.started:
                return self._unanswered(reservation, card, work)
        if card.reasoning:
            return reserved_bill(reservation)
        return self._bill(card.price, self._counted(reservation, request, reply, silent_seconds), Source.ESTIMATED)

    def _price_of(self, card: ModelCard, answered_by: str | None) -> Price | None:
        """Return the price of the model that answered, where the catalogue knows it."""
        answering = self._catalog.answering(answered_by) if answered_by else None
        return card.price if answering is None or answering.id == card.id else answering.price

    def _unanswered(self, reservation: Reservation, card: ModelCard, work: ProviderWork) -> Bill:
        """Return the bill of what failed before a word, where the provider has read the prompt at most."""
        if work is ProviderWork.NOTHING:
            return nothing_billed(reservation)
        return Bill(None, Cost(None, Source.UNKNOWN), self._most(card.price, reservation.prompt_tokens, 0))

    def _counted(self, reservation: Reservation, request: ChatRequest, reply: Reply, silent_seconds: float) -> Usage:
        came = self._most_tokens(reply.text, request.model)
        margin = -(-came * MARGIN_PERCENT // 100)
        if not reply.is_whole:
            margin += IN_FLIGHT_TOKENS + ceil(silent_seconds * TOKENS_PER_SECOND)
        # No more than the cap, but all that came: there are servers that know no cap.
        return Usage(reservation.prompt_tokens, max(came, min(came + margin, request.max_output_tokens)))

    def _most_prompt_tokens(self, request: ChatRequest) -> int:
        card = request.model
        if self._is_exact(card):
            return request.prompt_tokens
        return TOKENS_PER_ANSWER + sum(
            TOKENS_PER_MESSAGE + self._most_tokens(message.content, card) for message in request.messages
        )

    def _most_tokens(self, text: str, card: ModelCard) -> int:
        """Count ``text``, or return what no count of it can exceed: a token stands for one byte at least."""
        if self._is_exact(card):
            return self._tokenizer.count(text, card.encoding)
        return len(text.encode("utf-8", "surrogatepass"))

    def _is_exact(self, card: ModelCard) -> bool:
        return self._tokenizer.overcount(card.encoding) == 1

    def _bill(self, price: Price | None, usage: Usage, source: Source) -> Bill:
        """Return the bill of some tokens; without a price they count at the dearest one known."""
        if price is None:
            return Bill(usage, Cost(None, Source.UNKNOWN), self._dearest(usage))
        nano_usd = cost_nano_usd(price, usage)
        return Bill(usage, Cost(nano_usd, source, price.as_of), nano_usd)

    def _most(self, price: Price | None, prompt_tokens: int, completion_tokens: int) -> int:
        usages = (Usage(prompt_tokens, completion_tokens), Usage(prompt_tokens, completion_tokens, 0, prompt_tokens))
        if price is None:
            return max(map(self._dearest, usages))
        return max(cost_nano_usd(price, usage) for usage in usages)

    def _dearest(self, usage: Usage) -> int:
        return max((cost_nano_usd(price, usage) for price in self._catalog.prices()), default=0)


def nothing_billed(reservation: Reservation) -> Bill:
    """Return the bill of what the provider never began."""
    return Bill(Usage(0, 0), Cost(0, Source.PROVIDER, reservation.price_as_of), 0)


def reserved_bill(reservation: Reservation) -> Bill:
    """Return the bill of an answer of which nobody knows how far it came: all that was reserved."""
    usage = Usage(reservation.prompt_tokens, reservation.completion_tokens)
    if reservation.price_as_of is None:
        return Bill(usage, Cost(None, Source.UNKNOWN), reservation.nano_usd)
    cost = Cost(reservation.nano_usd, Source.ESTIMATED, reservation.price_as_of)
    return Bill(usage, cost, reservation.nano_usd)


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
