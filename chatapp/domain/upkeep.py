"""What open replies need from time to time: an end when their time is up, a sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chatapp.domain.errors import ChatError, InternalError, ProviderTimeout
from chatapp.domain.live import FollowedReply, LiveReply
from chatapp.domain.reply import ReplyState


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Bounds of one process and of one reply.

    Silence is counted apart before the first word and between words, as a model may think long before it speaks.
    """

    open_replies: int = 1500
    followers: int = 50
    answer_characters: int = 400_000
    first_token_seconds: float = 120
    next_token_seconds: float = 60
    total_seconds: float = 900
    sign_of_life_seconds: float = 14  # with the beat's own delay, it comes before 15 are over


class Ending(NamedTuple):
    """How a reply is to end that has not come to its own end."""

    state: ReplyState
    error: ChatError | None = None
    finish_reason: str | None = None


def overdue(live: LiveReply, limits: ReplyLimits, now: float) -> Ending | None:
    """Return how a reply must end at ``now`` seconds because nothing more, or too much, is to come; else None."""
    if live.task is not None and not live.task.is_alive():
        return Ending(ReplyState.FAILED, InternalError("The answer was cut off on this server. Please try again."))
    if now - live.opened_at > limits.total_seconds:
        return Ending(ReplyState.TRUNCATED, finish_reason="length")
    silence, longest = (
        (now - live.heard_at, limits.next_token_seconds)
        if live.reply.characters
        else (now - live.opened_at, limits.first_token_seconds)
    )
    if silence > longest:
        return Ending(ReplyState.FAILED, ProviderTimeout())
    return None


def nudge(live: FollowedReply, limits: ReplyLimits, now: float) -> None:
    """Wake the readers of a reply that has been silent for a while: they show that they are still there."""
    if now - max(live.heard_at, live.nudged_at) >= limits.sign_of_life_seconds:
        live.nudged_at = now
        live.wake()
