"""Calls as CSV (RFC 4180): a line for each, money in US dollars, exactly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from chatapp.domain.books import Call, short_id
from chatapp.web import presenting

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes what begins with one of these for a formula, and may do what it says."""

COLUMNS = (
    "reserved_at",
    "settled_at",
    "model",
    "answered_by",
    "purpose",
    "visitor",
    "address",
    "ending",
    "source",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_usd",
    "charged_usd",
    "price_as_of",
    "reply_id",
    "request_id",
    "provider_request_id",
)


def lines(calls: Iterable[Call]) -> Iterator[str]:
    """Yield the line with the names of the columns, then one for each call."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for call in calls:
        yield written.getvalue()
        written.seek(0)
        written.truncate()
        writer.writerow([_safe(cell) if isinstance(cell, str) else cell for cell in _cells(call)])
    yield written.getvalue()


def _cells(call: Call) -> tuple[str | int | None, ...]:
    return (
        presenting.moment(call.reserved_at),
        presenting.moment(call.settled_at) if call.settled_at else None,
        call.model_id,
        call.answered_by,
        call.purpose,
        short_id(call.visitor_id) if call.visitor_id else None,
        call.address,
        call.state,
        call.source,
        call.prompt_tokens,
        call.cached_tokens,
        call.cache_write_tokens,
        call.completion_tokens,
        call.reasoning_tokens,
        None if call.cost_nano_usd is None else presenting.usd(call.cost_nano_usd),
        presenting.usd(call.charged_nano_usd),
        call.price_as_of,
        call.id,
        call.request_id,
        call.provider_request_id,
    )


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
