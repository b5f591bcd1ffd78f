"""What is kept of conversations, as the services and the stores hand it to each other. Times are in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from chatapp.domain.entities import Conversation, Cost, Role, Usage
from chatapp.domain.errors import ChatError
from chatapp.domain.reply import ReplyRecord, ReplyState

if TYPE_CHECKING:
    from chatapp.domain.ledger import Settlement


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One message of a conversation's tree; ``parent_id`` is None for a first one.

    What comes after ``created_at`` belongs to an answer: a user's message is complete and has none of it.
    ``left_out`` is how many messages the model was not told, None where nobody knows. ``siblings`` are the ids of its
    parent's children in their order, itself among them; filled in where a branch is read.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    created_at: datetime
    model_id: str | None = None
    state: ReplyState = ReplyState.COMPLETE
    finish_reason: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    error: ChatError | None = None
    request_id: str | None = None
    left_out: int | None = None
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked under a caller's own id (``client_id``): ``digest`` stands for the request's body."""

    client_id: str
    digest: str
    reply_id: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A kept reply that is about to begin.

    ``question`` is the new user message; None for another answer to ``parent_id``, which then is the user message that
    is answered. ``title`` is what the conversation is called if it has no title yet; it
    is made of the question, by which it is found. ``left_out`` is how many messages before it the model is not told.
    """

    visitor_id: str
    conversation_id: str
    reply_id: str
    parent_id: str | None
    model_id: str
    created_at: datetime
    question: KeptMessage | None = None
    title: str = ""
    request_id: str | None = None
    asked: Asked | None = None
    left_out: int = 0

    @property
    def user_message_id(self) -> str | None:
        """Return the message that is answered."""
        return self.parent_id if self.question is None else self.question.id


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a running reply that is to be stored; it begins after ``begin`` characters."""

    begin: int
    text: str


@dataclass(frozen=True, slots=True)
class News:
    """What has been stored of a reply since it was last looked at: ``text`` that is new, and ``ending`` if it ended."""

    text: str
    ending: ReplyRecord | None = None


SIGNS_APART_SECONDS = 0.5
"""Signs of life of one process that come closer together count as one: its threads may show them at the same moment."""


@dataclass(frozen=True, slots=True)
class Silence:
    """For how many seconds a process shows no sign of life until it is silent, and how old a witness's sign may be.

    While the storage takes no writes, the living are silent too. A witness is a sign of life that somebody else gave
    when the process had been silent for so long: not just now, so that a living one would have followed with its own,
    and not long ago, as nobody gives any while the machine sleeps.
    """

    seconds: float
    witness_from_seconds: float
    witness_to_seconds: float


@dataclass(frozen=True, slots=True)
class Orphan:
    """A running reply whose process (``owner``) is silent; its text is that of the last checkpoint."""

    record: ReplyRecord
    owner: str
    has_witness: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """How a reply is closed that was lost with its process (``owner``).

    ``record`` is its end, and None where it is not kept (any more); ``settlement`` is None where nobody knows what was
    reserved.
    """

    reply_id: str
    owner: str
    record: ReplyRecord | None
    settlement: Settlement | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change about a conversation; None leaves it as it is. ``model_id`` and ``system`` may be cleared."""

    title: str | None = None
    pinned: bool | None = None
    leaf_id: str | None = None
    model_id: str | None = None
    system: str | None = None
    clear: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that a search found. ``text`` is what matched: a message, or the title.

    ``position`` tells where in the order of results it stands: larger is newer.
    """

    conversation: Conversation
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are to be kept, parents before their children, and their conversation, if it is new.

    ``leaf_id`` becomes the leaf of a conversation that is there already; None leaves it as it is.
    """

    conversation_id: str
    conversation: Conversation | None
    messages: tuple[KeptMessage, ...]
    leaf_id: str | None = None
