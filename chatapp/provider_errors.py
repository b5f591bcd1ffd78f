"""What the errors of a provider mean in the domain's words: for the adapter that asks one, and the fake that plays one.

The provider's sentences are never passed on: they can hold a piece of the key or of somebody's message.

Source: the error codes of the provider's API reference, and answers that it sent.
"""

from __future__ import annotations

from typing import Any

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
    ProviderWork,
)

SERVER_FAULT = 500
OVERLOADED = 503

QUOTA_CODES = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
GONE_CODES = frozenset({"model_not_found", "model_not_available"})


def unintelligible() -> ProviderProtocol:
    """Return the error for something that is no chat answer."""
    return ProviderProtocol("The model's answer could not be understood. Please try again.")


def cut_off() -> ProviderFailed:
    """Return the error for an answer that ends before the provider said why."""
    return ProviderFailed("The answer was cut off on its way from the model. Please try again.")


def unreachable() -> ProviderFailed:
    """Return the error for a connection that could not be made, or broke before an answer began."""
    return ProviderFailed("The model provider cannot be reached at the moment. Please try again soon.")


def broken_off() -> ProviderFailed:
    """Return the error for a connection that broke."""
    return ProviderFailed("The connection to the model broke. Please try again.")


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


def refusal(status: int, report: Any, retry_after_seconds: int | None, card: ModelCard | None) -> ChatError:
    """Return what an answer with an HTTP status other than 200 means; ``report`` is its error object, if it has one."""
    meant = _meaning(status, report, retry_after_seconds, card)
    # Who says when to come back says that instead of working.
    is_put_off = status == OVERLOADED and retry_after_seconds is not None
    meant.provider_work = ProviderWork.PROMPT if status >= SERVER_FAULT and not is_put_off else ProviderWork.NOTHING
    return meant


def _meaning(status: int, report: Any, retry_after_seconds: int | None, card: ModelCard | None) -> ChatError:
    meant = reported_error(report, retry_after_seconds)
    if isinstance(meant, ProviderQuota | ContextTooLong):
        return meant
    if status == 404 and card is not None and isinstance(report, dict) and str(report.get("code")) in GONE_CODES:
        return retired(card)
    if status == 429:
        return _too_fast(retry_after_seconds)
    if status == 401:
        return ProviderAuth("The model provider did not accept this server's key. Please tell the owner.")
    if 300 <= status < 400:
        return ProviderProtocol("The model provider answered from another address. Please tell the owner.")
    if status == 408:
        return ProviderTimeout()
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
