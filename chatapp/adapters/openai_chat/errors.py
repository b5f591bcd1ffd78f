"""What the SDK, its transport and the provider's own error objects mean in the domain's words.

The provider's sentences are never passed on: they can hold a piece of the key or of somebody's message.
"""

from __future__ import annotations

from typing import Any

import httpx2
import openai

from chatapp.adapters.openai_chat.transport import NotConnected
from chatapp.domain.catalog import retired
from chatapp.domain.entities import ModelCard
from chatapp.domain.errors import (
    ChatError,
    ContextTooLong,
    ProviderAuth,
    ProviderFailed,
    ProviderProtocol,
    ProviderQuota,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
)

QUOTA_CODES = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
GONE_CODES = frozenset({"model_not_found", "model_not_available"})

LONGEST_RETRY_WAIT_SECONDS = 2
"""A person waits that long without noticing much; what takes longer is theirs to decide."""


def unintelligible() -> ProviderProtocol:
    """Return the error for something that is no chat answer."""
    return ProviderProtocol("The model's answer could not be understood. Please try again.")


def reported_error(report: Any, retry_after_seconds: int | None = None) -> ChatError:
    """Return what the provider's error object means: ``{"message", "type", "param", "code"}``, any of them missing."""
    fields = report if isinstance(report, dict) else {}
    code, kind = str(fields.get("code")), str(fields.get("type"))  # whatever a server puts there
    if code in QUOTA_CODES or kind in QUOTA_CODES:
        return ProviderQuota("The owner's account with the model provider is used up. Please tell the owner.")
    if code == "context_length_exceeded":
        return ContextTooLong("This conversation is too long for the model. Shorten it, or start a new chat.")
    if code == "rate_limit_exceeded":
        return _too_fast(retry_after_seconds)
    return ProviderFailed("The model provider had a problem. Please try again in a moment.")


def translated(error: Exception, card: ModelCard | None = None) -> ChatError:
    """Return the domain's error for whatever was raised on the way to the provider or back."""
    if isinstance(error, ChatError):
        return error
    if isinstance(error, openai.APIStatusError):
        meant = _by_status(error, card)
        meant.provider_request_id = error.request_id
        return meant
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ProviderTimeout("The model was silent for too long. Please try again.")
    if isinstance(error, openai.APIConnectionError | httpx2.ConnectError):
        return ProviderFailed("The model provider cannot be reached at the moment. Please try again soon.")
    return ProviderFailed("The connection to the model broke. Please try again.")


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


def _by_status(error: openai.APIStatusError, card: ModelCard | None) -> ChatError:
    status = error.status_code
    fields = error.body if isinstance(error.body, dict) else {}
    meant = reported_error(fields, retry_after_seconds(error))
    if isinstance(meant, ProviderQuota | ContextTooLong):
        return meant
    if status == 404 and card is not None and str(fields.get("code")) in GONE_CODES:
        return retired(card)
    if status == 429:
        return _too_fast(retry_after_seconds(error))
    if status == 401:
        return ProviderAuth("The model provider did not accept this server's key. Please tell the owner.")
    if 300 <= status < 400:
        return ProviderProtocol("The model provider answered from another address. Please tell the owner.")
    if status == 408:
        return ProviderTimeout("The model was silent for too long. Please try again.")
    if status in (400, 422):
        return ProviderRefused("The model provider refused this request. Changing the message may help.")
    if 400 <= status < 500:
        return ProviderRefused("The model provider does not let this server do that. Please tell the owner.")
    return ProviderFailed("The model provider had a problem. Please try again in a moment.")


def _too_fast(wait_seconds: int | None) -> ProviderRateLimited:
    return ProviderRateLimited(
        "The model provider gets too many requests at the moment. Please try again soon.",
        retry_after_seconds=wait_seconds,
    )
