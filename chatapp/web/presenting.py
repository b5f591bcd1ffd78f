"""How values look in JSON. Money is decimal strings, never floats."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chatapp.domain.catalog import ListedModel
from chatapp.domain.entities import NANO_USD_PER_USD, Allowance, Cost, Price, Usage


def usage(value: Usage | None) -> dict[str, Any] | None:
    """Return the tokens of an answer, with the details that the provider gave, named as the provider names them."""
    if value is None:
        return None
    shown: dict[str, Any] = {
        "prompt_tokens": value.prompt_tokens,
        "completion_tokens": value.completion_tokens,
        "total_tokens": value.total_tokens,
    }
    prompt = {"cached_tokens": value.cached_tokens, "cache_write_tokens": value.cache_write_tokens}
    if prompt := {name: count for name, count in prompt.items() if count is not None}:
        shown["prompt_tokens_details"] = prompt
    if value.reasoning_tokens is not None:
        shown["completion_tokens_details"] = {"reasoning_tokens": value.reasoning_tokens}
    return shown


def cost(value: Cost | None) -> dict[str, Any] | None:
    """Return what an answer cost, in US dollars; null where nobody knows."""
    if value is None:
        return None
    return {
        "usd": None if value.nano_usd is None else usd(value.nano_usd),
        "source": value.source.value,
        "price_as_of": value.price_as_of.isoformat() if value.price_as_of else None,
    }


def allowance(value: Allowance | None) -> dict[str, Any]:
    """Return the field that tells how much of a day's budget is used up; none while there is enough."""
    if value is None:
        return {}
    whose = "everybody" if value.used_percent is None else "visitor"
    told = {"of": whose, "used_percent": value.used_percent, "returns_at": moment(value.returns_at)}
    return {"allowance": told}


def moment(value: datetime) -> str:
    """Return a time, cut off behind its milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def usd(nano_usd: int, *, decimals: int = 0) -> str:
    """Return nano-dollars as dollars, exactly, with at least ``decimals`` places."""
    whole, rest = divmod(nano_usd, NANO_USD_PER_USD)
    places = f"{rest:09}".rstrip("0").ljust(decimals, "0")
    return f"{whole}.{places}" if places else str(whole)


def model(listed: ListedModel) -> dict[str, Any]:
    """Return one model of the catalogue."""
    card = listed.card
    return {
        "id": card.id,
        "status": listed.status.value,
        "shutdown_date": card.shutdown_date.isoformat() if card.shutdown_date else None,
        "replacement": card.replacement,
        "context_tokens": card.context_tokens,
        "max_output_tokens": card.max_output_tokens,
        "price": price(card.price),
    }


def price(value: Price | None) -> dict[str, Any] | None:
    """Return a price in US dollars per million tokens; null where the catalogue has none."""
    if value is None:
        return None
    cached, write = value.cached_input_nano_usd, value.cache_write_nano_usd
    shown: dict[str, Any] = {
        "input_usd_per_million": usd(value.input_nano_usd, decimals=2),
        "cached_input_usd_per_million": None if cached is None else usd(cached, decimals=2),
        "output_usd_per_million": usd(value.output_nano_usd, decimals=2),
    }
    if write is not None:
        shown["cache_write_usd_per_million"] = usd(write, decimals=2)
    if value.long_prompt is not None:
        shown["long_prompt"] = {
            "above_tokens": value.long_prompt.above_tokens,
            "input_factor": _factor(value.long_prompt.input_factor_percent),
            "output_factor": _factor(value.long_prompt.output_factor_percent),
        }
    return shown | {"as_of": value.as_of.isoformat()}


def _factor(percent: int) -> str:
    return f"{Decimal(percent) / 100:f}"
