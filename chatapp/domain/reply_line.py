"""The line that the log gets for every reply: what it cost, how long it took, how it ended. Never a word of it."""

from __future__ import annotations

import logging

from chatapp.domain.errors import ChatError
from chatapp.domain.live import LiveReply
from chatapp.domain.reply import ReplyRecord, provider_request_id

log = logging.getLogger(__name__)

FOR_THE_OWNER = frozenset(
    {"internal", "model_retired", "provider_auth", "provider_protocol", "provider_quota", "provider_refused"}
)
"""Codes of what does not pass by itself."""

FOR_THE_CALLER = frozenset({"context_too_long", "abandoned"})
"""Codes of what is nobody's fault here."""


def write(live: LiveReply, outcome: ReplyRecord, now: float) -> None:
    """Log how a reply ended at ``now`` seconds."""
    error, usage, cost = outcome.error, outcome.usage, outcome.cost
    fields = {
        "request_id": outcome.request_id,
        "reply_id": outcome.id,
        "model": outcome.model_id,
        "state": outcome.state.value,
        "finish_reason": outcome.finish_reason,
        "code": error.code if error else None,
        "cause": _cause(error),
        "characters": len(outcome.text),
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "cost_nano_usd": cost.nano_usd if cost else None,
        "cost_source": cost.source.value if cost else None,
        "first_token_ms": _milliseconds(live.opened_at, live.spoke_at),
        "duration_ms": _milliseconds(live.opened_at, now),
        "provider_request_id": provider_request_id(live.reply),
    }
    log.log(_level(outcome), "reply", extra={"fields": fields})


def _level(outcome: ReplyRecord) -> int:
    code = outcome.error.code if outcome.error else None
    if code in FOR_THE_OWNER:
        return logging.ERROR
    return logging.INFO if code is None or code in FOR_THE_CALLER else logging.WARNING


def _cause(error: BaseException | None) -> str | None:
    """Return the kind of what went wrong first; its own words may hold a piece of the answer."""
    while error is not None and error.__cause__ not in (None, error):
        error = error.__cause__
    return None if error is None or isinstance(error, ChatError) else type(error).__name__


def _milliseconds(begin: float, end: float | None) -> int | None:
    return None if end is None else round((end - begin) * 1000)
