"""One reply as a pure state machine: events go in, text and a final state come out. No thread, no clock."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from chatapp.domain.entities import Allowance, Cost, Usage
from chatapp.domain.errors import ChatError, ProviderProtocol
from chatapp.domain.events import Delta, Event, Finished, UsageReported


class ReplyState(StrEnum):
    """Where a reply stands. All but ``running`` are final."""

    RUNNING = "running"
    COMPLETE = "complete"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    REFUSED = "refused"
    STOPPED = "stopped"
    ABANDONED = "abandoned"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can change any more."""
        return self is not ReplyState.RUNNING


STATE_BY_FINISH_REASON = {
    "length": ReplyState.TRUNCATED,
    "content_filter": ReplyState.FILTERED,
    "refusal": ReplyState.REFUSED,
    "tool_calls": ReplyState.FAILED,
    "function_call": ReplyState.FAILED,
}
"""What a provider's finish reason makes of a reply; any other makes it complete."""


LONGEST_PROVIDER_NAME_CHARACTERS = 100


class OnDisconnect(StrEnum):
    """What becomes of a reply when its last follower has gone."""

    CONTINUE = "continue"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """A reply as it is stored and shown.

    A kept one answers ``user_message_id`` in a conversation, and its id is that of its message there; ``left_out`` is
    how many messages before that the model was not told, None where nobody knows. ``request_id`` names the request that
    asked for it. ``allowance`` is not stored: whoever waits for the end is told.
    """

    id: str
    model_id: str
    state: ReplyState = ReplyState.RUNNING
    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    error: ChatError | None = None
    conversation_id: str | None = None
    user_message_id: str | None = None
    request_id: str | None = None
    left_out: int | None = None
    allowance: Allowance | None = None


class Reply:
    """Collects an answer, of ``characters`` so far. It ends once; whatever comes after its end is ignored.

    Text beyond ``max_characters`` is cut off, and ends the reply as truncated. ``is_whole`` tells that the provider
    has said its last word.
    """

    __slots__ = (
        "_ends",
        "_max_characters",
        "_pieces",
        "answered_by",
        "characters",
        "error",
        "finish_reason",
        "id",
        "is_whole",
        "provider_request_id",
        "started",
        "state",
        "usage",
    )

    def __init__(self, reply_id: str, max_characters: int) -> None:
        self.id = reply_id
        self._max_characters = max_characters
        self.state = ReplyState.RUNNING
        self.started = False
        self.is_whole = False
        self.characters = 0
        self.provider_request_id: str | None = None
        self.usage: Usage | None = None
        self.answered_by: str | None = None
        self.finish_reason: str | None = None
        self.error: ChatError | None = None
        self._pieces: list[str] = []
        self._ends: list[int] = []

    @property
    def text(self) -> str:
        """Return the text so far."""
        return "".join(self._pieces)

    def text_since(self, offset: int) -> str:
        """Return what comes after the first ``offset`` characters."""
        first = bisect_right(self._ends, offset)
        pieces = self._pieces[first:]
        if pieces:
            begin = self._ends[first - 1] if first else 0
            pieces[0] = pieces[0][offset - begin :]
        return "".join(pieces)

    def apply(self, event: Event) -> bool:
        """Take in what the model says; return True if that ended the reply."""
        if self.state is not ReplyState.RUNNING:
            return False
        if isinstance(event, Delta):
            return self._add(event.text)
        if isinstance(event, Finished):
            return self._finish(event.reason)
        if isinstance(event, UsageReported):
            self.usage = event.usage
            self.answered_by = _plain(event.answered_by)
        else:
            self.started = True
            self.provider_request_id = event.provider_request_id
        return False

    def end(self, state: ReplyState, *, error: ChatError | None = None, finish_reason: str | None = None) -> bool:
        """End the reply from outside; return False, changing nothing, if it had ended already."""
        if self.state.is_final:
            return False
        self.error = error
        self.finish_reason = finish_reason
        self.state = state
        return True

    def _add(self, text: str) -> bool:
        self.started = True
        if "\0" in text:  # PostgreSQL keeps none, and nobody can see it
            text = text.replace("\0", "")
        end = self.characters + len(text)
        excess = end - self._max_characters
        if excess > 0:
            end -= excess
            text = text[:-excess]
        self._pieces.append(text)
        self._ends.append(end)
        self.characters = end  # last: a reader on another thread trusts it
        return excess > 0 and self.end(ReplyState.TRUNCATED, finish_reason="length")

    def _finish(self, reason: str) -> bool:
        self.is_whole = True
        state = STATE_BY_FINISH_REASON.get(reason, ReplyState.COMPLETE)
        error = None
        if state is ReplyState.FAILED:
            error = ProviderProtocol("The model asked for a tool, but it was offered none. Please try again.")
        return self.end(state, error=error, finish_reason=reason.replace("\0", ""))


def provider_request_id(reply: Reply) -> str | None:
    """Return the provider's name for its answer, also where that was an error."""
    return _plain(reply.provider_request_id or (reply.error.provider_request_id if reply.error else None))


def _plain(name: str | None) -> str | None:
    """Return a provider's name for something as it can be kept anywhere."""
    return name.replace("\0", "")[:LONGEST_PROVIDER_NAME_CHARACTERS] if name else None
