"""Everything that can be refused or go wrong, as one tree. HTTP is not known here.

ChatError                     code, one plain sentence, what the caller may do about it
├── InvalidRequest            the caller's fault: nothing was asked, nothing was paid
│   ├── UnknownModel
│   ├── ModelRetired
│   └── ContextTooLong
├── NotFound
├── Conflict                  it does not go together with what is already there
├── Unauthorized              the caller's token is not, or no longer, good
├── RateLimited
├── BudgetSpent               what may be spent today is used up
├── TooManyReplies            as many answers are being made for this visitor as may be
├── AtCapacity
├── ShuttingDown
├── ProviderError             the provider's side
│   ├── ProviderAuth          it does not accept the owner's key
│   ├── ProviderRefused       it will not do this
│   ├── ProviderRateLimited
│   ├── ProviderQuota         the owner's account is used up
│   ├── ProviderFailed        it broke, or cannot be reached
│   ├── ProviderProtocol      it said something that is no answer
│   └── ProviderTimeout       it is silent
├── StorageUnavailable        nothing can be kept, or read, at the moment
├── Interrupted               the server shut down
├── Lost                      the process that made the answer died
├── Abandoned                 its reader left
└── InternalError             our own fault
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong with a request: where (``messages.0.role``) and why."""

    path: str
    reason: str


class ProviderWork(Enum):
    """What the provider may have done, and charged, before an error came."""

    NOTHING = 0
    """It was not asked, or would not do it."""

    PROMPT = 1
    """It failed by itself before it said a word; it may have read the prompt."""

    ANYTHING = 2
    """Nobody knows."""


class ChatError(Exception):
    """Base of the tree. ``str(error)`` is the sentence for the person; it never holds a secret.

    ``sentence`` is what it says where it is raised without one. ``provider_request_id`` is the provider's name for
    its answer, where an error was that answer; ``provider_work`` tells what may have been paid for.
    """

    code: ClassVar[str] = "internal"
    sentence: ClassVar[str] = "Something went wrong on this server. Please try again."
    provider_work: ProviderWork = ProviderWork.NOTHING

    def __init__(
        self, message: str | None = None, *, retry_after_seconds: int | None = None, details: tuple[Detail, ...] = ()
    ) -> None:
        self.message = self.sentence if message is None else message
        super().__init__(self.message)
        self.retry_after_seconds = retry_after_seconds
        self.details = details
        self.provider_request_id: str | None = None


class InvalidRequest(ChatError):
    """A field is missing, wrong or too large."""

    code = "invalid_request"


class UnknownModel(InvalidRequest):
    """The catalogue does not know the model."""

    code = "unknown_model"


class ModelRetired(InvalidRequest):
    """The provider no longer serves the model."""

    code = "model_retired"


class ContextTooLong(InvalidRequest):
    """Prompt, history and message do not fit into the model's window."""

    code = "context_too_long"


class NotFound(ChatError):
    """There is no such thing, or it belongs to somebody else."""

    code = "not_found"


class Conflict(ChatError):
    """It does not go together with something that is already there; ``details`` may name it."""

    code = "conflict"


class Unauthorized(ChatError):
    """The caller's token is not good, or no longer."""

    code = "unauthorized"
    sentence = "This token is not valid (any more). Please get a new one."


class RateLimited(ChatError):
    """Too many requests of that kind came from the same place."""

    code = "rate_limited"


class BudgetSpent(ChatError):
    """What may be spent today is used up, or too little is left for this."""

    code = "budget_spent"


class TooManyReplies(ChatError):
    """As many answers are being made for this visitor, or this address, as may be at once."""

    code = "too_many_replies"


class AtCapacity(ChatError):
    """As many answers are being made as this server can carry."""

    code = "at_capacity"


class ShuttingDown(ChatError):
    """The server is on its way out and begins nothing new."""

    code = "shutting_down"


class ProviderError(ChatError):
    """Base of what goes wrong on the provider's side."""

    code = "provider_failed"
    provider_work = ProviderWork.ANYTHING


class ProviderAuth(ProviderError):
    """The provider does not accept the owner's key."""

    code = "provider_auth"


class ProviderRefused(ProviderError):
    """The provider will not answer this request."""

    code = "provider_refused"


class ProviderRateLimited(ProviderError):
    """The provider asks for slower requests."""

    code = "provider_rate_limited"


class ProviderQuota(ProviderError):
    """The owner's account with the provider is used up."""

    code = "provider_quota"


class ProviderFailed(ProviderError):
    """The provider broke, cut the answer off, or cannot be reached."""

    code = "provider_failed"


class ProviderProtocol(ProviderError):
    """The provider said something that is no chat answer."""

    code = "provider_protocol"


class ProviderTimeout(ProviderError):
    """The provider was silent for too long."""

    code = "provider_timeout"
    sentence = "The model was silent for too long. Please try again."


class StorageUnavailable(ChatError):
    """The database cannot be reached, is locked for too long, or is full."""

    code = "storage_unavailable"
    sentence = "The server cannot reach its storage at the moment. Please try again soon."


class Interrupted(ChatError):
    """The server shut down while the answer was made."""

    code = "interrupted"


class Lost(ChatError):
    """The process that made the answer died."""

    code = "lost"
    sentence = "The server lost this answer before it was finished. Please try again."


class Abandoned(ChatError):
    """The reader left, and nobody else could ever read the rest."""

    code = "abandoned"
    sentence = "Nobody was reading the answer any more."


class InternalError(ChatError):
    """Something that must not happen did."""

    code = "internal"
    provider_work = ProviderWork.ANYTHING


def error_named(code: str, message: str, retry_after_seconds: int | None = None) -> ChatError:
    """Return the error of that code, as it was raised once; an internal one where the code is not known (any more)."""
    return _kinds().get(code, InternalError)(message, retry_after_seconds=retry_after_seconds)


@cache
def _kinds() -> dict[str, type[ChatError]]:
    return {kind.code: kind for kind in _below(ChatError)}


def _below(kind: type[ChatError]) -> Iterator[type[ChatError]]:
    for each in kind.__subclasses__():
        yield from _below(each)
        if "code" in vars(each) and each is not ProviderError:
            yield each
