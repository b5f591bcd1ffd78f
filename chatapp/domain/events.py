"""What a chat model says while it makes an answer, in the order in which it may say it.

``Started`` once, ``Delta`` any number of times, ``UsageReported`` at most once, ``Finished`` once.
What comes after ``Finished`` says nothing about the answer any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.domain.entities import Usage


@dataclass(frozen=True, slots=True)
class Started:
    """The provider has taken the request and begun to answer."""

    provider_request_id: str | None = None


@dataclass(slots=True)  # not frozen: made once per token, and freezing doubles what that costs
class Delta:
    """More text of the answer, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The provider's own count of tokens, and the model that it says has answered: often a dated snapshot."""

    usage: Usage
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider says that the answer is whole, and why it ended: ``stop``, ``length``, ``content_filter``,
    ``refusal`` (the model declined; its words are the text) or a reason of the provider's own.
    """

    reason: str


Event = Started | Delta | UsageReported | Finished
