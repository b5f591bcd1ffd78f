"""The catalogue of models as TOML: the built-in one, and the owner's, which adds to it or replaces entries."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any

from chatapp.domain.entities import ENCODINGS, NANO_USD_PER_USD, LongPrompt, ModelCard, Price

MODEL_FIELDS = {
    "context_tokens",
    "max_output_tokens",
    "shutdown_date",
    "replacement",
    "reasoning",
    "old_token_cap",
    "encoding",
    "price",
    "long_prompt",
}
PRICE_FIELDS = {"input", "cached_input", "cache_write", "output"}
LONG_PROMPT_FIELDS = {"above_tokens", "input_factor", "output_factor"}


class BadCatalog(ValueError):
    """A catalogue file cannot be read; the sentence names the line, the model, the field and the reason.

    ``path`` leads to what is wrong: a model, a table in it, a field.
    """

    def __init__(self, sentence: str, path: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.path = path


def read_catalog(owners_file: Path | None = None) -> tuple[ModelCard, ...]:
    """Return the built-in models, with those of the owner's file added or put in their place.

    Raises:
        BadCatalog: the owner's file is missing, or something in it is wrong.
    """
    cards = {card.id: card for card in _parse(_builtin())}
    if owners_file is not None:
        try:
            text = owners_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadCatalog(f"The catalogue {owners_file} cannot be read: {error}") from error
        try:
            cards |= {card.id: card for card in _parse(text)}
        except BadCatalog as error:
            line = f", line {_line(text, error.path)}" if error.path else ""
            raise BadCatalog(f"The catalogue {owners_file}{line}: {error}") from error
    return tuple(cards.values())


def _builtin() -> str:
    return files(__package__).joinpath("catalog.toml").read_text("utf-8")


def _parse(text: str) -> list[ModelCard]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCatalog(f"it is not TOML: {error}") from error
    as_of = _field(content, "as_of", date)
    models = _field(content, "models", dict)
    return [_card(model_id, fields, as_of) for model_id, fields in models.items()]


def _line(text: str, path: Sequence[str]) -> int:
    """Return the number of the line that ``path`` leads to, as far as it can be told without a parser."""
    lines = text.splitlines()
    found = 0
    for name in path:
        key = re.compile(rf"(?:^|[\s\[.{{,\"']){re.escape(name)}[\"']?\s*[=.\]]")
        found = next((number for number in range(found, len(lines)) if key.search(lines[number])), found)
    return found + 1


def _card(model_id: str, fields: Any, as_of: date) -> ModelCard:
    if not isinstance(fields, dict):
        raise _wrong((model_id,), "this must be a table of fields.")
    _refuse_unknown(fields, MODEL_FIELDS, model_id)
    return ModelCard(
        id=model_id,
        context_tokens=_tokens(fields, "context_tokens", model_id),
        max_output_tokens=_tokens(fields, "max_output_tokens", model_id),
        price=_price(fields, model_id, as_of),
        shutdown_date=_optional(fields, "shutdown_date", date, model_id),
        replacement=_optional(fields, "replacement", str, model_id),
        reasoning=_optional(fields, "reasoning", bool, model_id) or False,
        old_token_cap=_optional(fields, "old_token_cap", bool, model_id) or False,
        encoding=_encoding(fields, model_id),
    )


def _encoding(fields: Mapping[str, Any], model_id: str) -> str | None:
    encoding: str | None = _optional(fields, "encoding", str, model_id)
    if encoding is not None and encoding not in ENCODINGS:
        sentence = f"“encoding” must be one of: {', '.join(ENCODINGS)}. Leave it out for others."
        raise _wrong((model_id,), sentence, "encoding")
    return encoding


def _price(fields: Mapping[str, Any], model_id: str, as_of: date) -> Price | None:
    price = _optional(fields, "price", dict, model_id)
    if price is None:
        return None
    where = (model_id, "price")
    _refuse_unknown(price, PRICE_FIELDS, *where)
    return Price(
        input_nano_usd=_nano_usd(price, "input", *where),
        output_nano_usd=_nano_usd(price, "output", *where),
        as_of=as_of,
        cached_input_nano_usd=_nano_usd(price, "cached_input", *where) if "cached_input" in price else None,
        cache_write_nano_usd=_nano_usd(price, "cache_write", *where) if "cache_write" in price else None,
        long_prompt=_long_prompt(fields, model_id),
    )


def _long_prompt(fields: Mapping[str, Any], model_id: str) -> LongPrompt | None:
    rates = _optional(fields, "long_prompt", dict, model_id)
    if rates is None:
        return None
    where = (model_id, "long_prompt")
    _refuse_unknown(rates, LONG_PROMPT_FIELDS, *where)
    return LongPrompt(
        _tokens(rates, "above_tokens", *where),
        _at_least(_decimal(rates, "input_factor", *where) * 100),
        _at_least(_decimal(rates, "output_factor", *where) * 100),
    )


def _nano_usd(fields: Mapping[str, Any], name: str, *where: str) -> int:
    return _at_least(_decimal(fields, name, *where) * NANO_USD_PER_USD)


def _at_least(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def _decimal(fields: Mapping[str, Any], name: str, *where: str) -> Decimal:
    text = _field(fields, name, str, *where)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise _wrong(where, f'“{name}” must be a number in quotes, like "0.15".', name) from error
    if not value.is_finite() or value < 0:
        raise _wrong(where, f"“{name}” must not be below zero.", name)
    return value


def _tokens(fields: Mapping[str, Any], name: str, *where: str) -> int:
    value: int = _field(fields, name, int, *where)
    if value < 1 or isinstance(value, bool):
        raise _wrong(where, f"“{name}” must be a number of tokens, from 1.", name)
    return value


def _field(fields: Mapping[str, Any], name: str, kind: type, *where: str) -> Any:
    value = _optional(fields, name, kind, *where)
    if value is None:
        raise _wrong(where, f"“{name}” is missing.")
    return value


def _optional(fields: Mapping[str, Any], name: str, kind: type, *where: str) -> Any:
    value = fields.get(name)
    # Python counts a moment as a kind of date, but the two cannot be compared.
    if value is not None and (not isinstance(value, kind) or isinstance(value, datetime)):
        raise _wrong(where, f"“{name}” must be {_words_for(kind)}.", name)
    return value


def _refuse_unknown(fields: Mapping[str, Any], known: set[str], *where: str) -> None:
    for name in sorted(set(fields) - known):
        raise _wrong(where, f"there is no field “{name}”. There are: {', '.join(sorted(known))}.", name)


def _wrong(where: Sequence[str], sentence: str, *field: str) -> BadCatalog:
    """Say what is wrong in a table, and in which field of it."""
    return BadCatalog(": ".join((*where, sentence)), (*where, *field))


def _words_for(kind: type) -> str:
    words = {str: "text in quotes", int: "a whole number", bool: "true or false", date: "a date like 2027-01-14"}
    return words.get(kind, "a table of fields")
