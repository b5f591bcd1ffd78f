"""Values that many tests need and none is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chatapp.domain.budgets import Budgets
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ChatRequest, Cost, Message, ModelCard, Price, Role, Source, Usage
from chatapp.domain.ledger import Bill, Purpose, Reservation, Settlement, Spender
from chatapp.domain.reply import ReplyState
from chatapp.fake import Rule
from chatapp.fake.script import Part

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)

PRICE = Price(
    input_nano_usd=150_000_000,
    output_nano_usd=600_000_000,
    as_of=date(2026, 11, 22),
    cached_input_nano_usd=75_000_000,
)
"""15 cents for a million tokens in, 7.5 where they are cached, 60 for a million out."""

CARD = ModelCard("gpt-4o-mini", context_tokens=128_000, max_output_tokens=16_384, price=PRICE)
CATALOG = ModelCatalog([CARD], CARD.id, lambda: PRICE.as_of, dates_apply=False)

NARROW = """\
as_of = 2026-11-22

[models.narrow]
context_tokens = 350
max_output_tokens = 50
"""
"""A catalogue with a model of a small window: three messages that are ``LONG`` do not fit."""

LONG = "blue " * 60

SPENDER = Spender("here")
PLENTY = Budgets(10**15, 10**15, 10**6, 10**6)
"""Budgets that nothing in a test uses up."""

NO_LIMITS: dict[str, Any] = {
    "daily_budget": PLENTY.daily_nano_usd,
    "visitor_daily_budget": PLENTY.visitor_daily_nano_usd,
    "visitor_requests_per_minute": PLENTY.visitor_requests_per_minute,
    "visitor_open_replies": PLENTY.visitor_open_replies,
}
"""The same as settings."""


def card(model_id: str = CARD.id, **fields: Any) -> ModelCard:
    """Return a model that differs from the ordinary one in these fields."""
    return replace(CARD, id=model_id, **fields)


def question(text: str = "Hi", *, model: ModelCard = CARD, **fields: Any) -> ChatRequest:
    """Return what a model is asked when somebody says ``text``."""
    request = ChatRequest(model, (Message(Role.USER, text),), prompt_tokens=8, max_output_tokens=1000)
    return replace(request, **fields)


def reservation(reply_id: str = "r1", at: datetime = NOON, spender: Spender = SPENDER, **fields: Any) -> Reservation:
    """Return the reservation of a call that may cost a million nano-dollars, or what differs."""
    plain = Reservation(reply_id, at, spender, Purpose.CHAT, CARD.id, 8, 1000, 1_000_000, PRICE.as_of)
    return replace(plain, **fields)


def settlement(
    reserved: Reservation, nano_usd: int = 2550, state: ReplyState = ReplyState.COMPLETE, **fields: Any
) -> Settlement:
    """Return how a reserved call ended: with the provider's count, or what differs."""
    bill = Bill(Usage(9, 2), Cost(nano_usd, Source.PROVIDER, PRICE.as_of), nano_usd)
    return replace(Settlement(reserved, state, bill, reserved.at), **fields)


def once(*parts: Part, **fields: Any) -> Rule:
    """Return a rule of the fake's script for one request: a text in words, or parts that are sent as they stand."""
    reply = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts
    return Rule(reply=reply, times=1, **fields)
