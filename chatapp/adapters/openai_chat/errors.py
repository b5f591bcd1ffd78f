"""What the SDK and its transport raise, in the domain's words."""

from __future__ import annotations

import httpx2
import openai

from chatapp.adapters.openai_chat.transport import NotConnected
from chatapp.domain.entities import ModelCard
from chatapp.domain.errors import ChatError, ProviderQuota, ProviderTimeout, ProviderWork
from chatapp.provider_errors import broken_off, refusal, unreachable

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)
"""What is raised before a request goes out."""

LONGEST_RETRY_WAIT_SECONDS = 2
"""A person waits that long without noticing much; what takes longer is theirs to decide."""


def translated(error: Exception, card: ModelCard | None = None) -> ChatError:
    """Return the domain's error for whatever was raised on the way to the provider or back."""
    if isinstance(error, ChatError):
        return error
    meant = _meaning(error, card)
    if any(isinstance(each, NEVER_SENT) for each in (error, error.__cause__)):
        meant.provider_work = ProviderWork.NOTHING
    return meant


def _meaning(error: Exception, card: ModelCard | None) -> ChatError:
    if isinstance(error, openai.APIStatusError):
        meant = refusal(error.status_code, error.body, retry_after_seconds(error), card)
        meant.provider_request_id = error.request_id
        return meant
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ProviderTimeout()
    if isinstance(error, openai.APIConnectionError | httpx2.ConnectError):
        return unreachable()
    return broken_off()


def retry_after_seconds(error: openai.APIStatusError) -> int | None:
    """Return how long the provider asks to wait, in whole seconds; None where it gives no number.

    The date form of the header is left aside: the provider sends seconds.
    """
    value = error.response.headers.get("retry-after", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else None


def was_not_taken(error: Exception) -> float | None:
    """Return after how many seconds the request may be sent again, at no risk of paying twice; else None.

    Only where the provider cannot have begun to work: nobody listened, or it said "too many" or "overloaded" and
    that it will not be long.
    """
    if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, NotConnected):
        return 0.2
    if isinstance(error, openai.APIStatusError) and error.status_code in (429, 503):
        wait = retry_after_seconds(error)
        if wait is not None and wait <= LONGEST_RETRY_WAIT_SECONDS and not isinstance(translated(error), ProviderQuota):
            return wait
    return None
