"""Values that many tests need and none is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from chatapp.domain.entities import ChatRequest, Message, ModelCard, Price, Role
from chatapp.fake import Rule
from chatapp.fake.script import Part

PRICE = Price(
    input_nano_usd=150_000_000,
    output_nano_usd=600_000_000,
    as_of=date(2026, 11, 22),
    cached_input_nano_usd=75_000_000,
)
"""15 cents for a million tokens in, 7.5 where they are cached, 60 for a million out."""

CARD = ModelCard("gpt-4o-mini", context_tokens=128_000, max_output_tokens=16_384, price=PRICE)


def card(model_id: str = CARD.id, **fields: Any) -> ModelCard:
    """Return a model that differs from the ordinary one in these fields."""
    return replace(CARD, id=model_id, **fields)


def question(text: str = "Hi", *, model: ModelCard = CARD, **fields: Any) -> ChatRequest:
    """Return what a model is asked when somebody says ``text``."""
    request = ChatRequest(model, (Message(Role.USER, text),), prompt_tokens=8, max_output_tokens=1000)
    return replace(request, **fields)


def once(*parts: Part, **fields: Any) -> Rule:
    """Return a rule of the fake's script for one request: a text in words, or parts that are sent as they stand."""
    reply = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts
    return Rule(reply=reply, times=1, **fields)
