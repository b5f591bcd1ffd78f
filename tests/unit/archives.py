"""Archives in memory, and conversations of any shape to put into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from chatapp.adapters.memory import MemoryArchive, MemoryDatabase, MemoryVisitorStore
from chatapp.domain.entities import Conversation, Cost, Role, Source, Usage
from chatapp.domain.errors import ChatError, Lost, ProviderFailed, ProviderRateLimited
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer import export_jsonl

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ME = "me"


def archive_of(*parts: Batch, visitors: Sequence[str] = (ME,)) -> MemoryArchive:
    """Return an archive in which the first of these visitors has these conversations."""
    database = MemoryDatabase()
    for visitor_id in visitors:
        MemoryVisitorStore(database).add(visitor_id, NOON)
    archive = MemoryArchive(database)
    archive.add(visitors[0], parts)
    return archive


def talk(*messages: KeptMessage, leaf_id: str | None = None, **fields: object) -> Batch:
    """Return the conversation ``c1`` with these messages; the last one is its leaf unless another is named."""
    conversation = Conversation("c1", NOON, NOON, "Bread", leaf_id=leaf_id or messages[-1].id, **fields)  # type: ignore[arg-type]  # any field
    return Batch("c1", conversation, messages)


def asked(
    message_id: str, parent_id: str | None = None, text: str = "How?", conversation_id: str = "c1"
) -> KeptMessage:
    """Return a user's message."""
    return KeptMessage(message_id, conversation_id, parent_id, Role.USER, text, NOON)


def answered(message_id: str, parent_id: str, text: str = "So.", **fields: object) -> KeptMessage:
    """Return an answer with all that belongs to one."""
    told = {
        "model_id": "gpt-4o-mini",
        "finish_reason": "stop",
        "usage": Usage(10, 20, reasoning_tokens=3),
        "cost": Cost(13_500, Source.PROVIDER, date(2026, 11, 22)),
        "request_id": "req-1",
        "left_out": 2,
    } | fields
    return KeptMessage(message_id, "c1", parent_id, Role.ASSISTANT, text, NOON, **told)  # type: ignore[arg-type]  # any field


def file_of(archive: MemoryArchive, visitor_id: str = ME) -> bytes:
    """Return everything that a visitor has, as a file."""
    return b"".join(export_jsonl(archive, visitor_id))


def chunked(content: bytes, size: int = 7) -> Iterator[bytes]:
    """Yield bytes as a socket might: in pieces of no meaning."""
    return (content[place : place + size] for place in range(0, len(content), size))


def kept(archive: MemoryArchive, visitor_id: str = ME) -> list[tuple[Conversation, list[KeptMessage]]]:
    """Return all conversations with their messages."""
    return [(each, list(archive.messages(visitor_id, each.id))) for each in archive.conversations(visitor_id)]


def texts(archive: MemoryArchive) -> list[str]:
    """Return what all messages say."""
    return [message.text for _, messages in kept(archive) for message in messages]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
IDS = st.text("abcXYZ019_-", min_size=1, max_size=64)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
COUNTS = st.integers(0, 1 << 40)
USAGES = st.builds(Usage, COUNTS, COUNTS, st.none() | COUNTS, st.none() | COUNTS, st.none() | COUNTS)
COSTS = st.builds(Cost, st.none() | COUNTS, st.sampled_from(Source), st.none() | st.dates())
ERRORS: st.SearchStrategy[ChatError] = st.one_of(
    st.builds(ProviderFailed, TEXTS),
    st.builds(lambda text, wait: ProviderRateLimited(text, retry_after_seconds=wait), TEXTS, st.none() | COUNTS),
    st.builds(Lost),
)


@st.composite
def trees(draw: st.DrawFn, conversation_id: str) -> Batch:
    """Return a conversation of any shape, as an archive may hold one; replies may still be running."""
    messages: list[KeptMessage] = []
    for number in range(draw(st.integers(0, 6))):
        finished = [message.id for message in messages if message.state.is_final]
        parent_id = draw(st.none() | st.sampled_from(finished)) if finished else None
        message_id = f"{conversation_id[:60]}-{number}"
        messages.append(draw(_messages(conversation_id, message_id, parent_id)))
    conversation = Conversation(
        conversation_id,
        draw(MOMENTS),
        draw(MOMENTS),
        draw(TEXTS),
        draw(st.booleans()),
        draw(st.none() | TEXTS),
        draw(st.none() | TEXTS),
        draw(st.sampled_from([message.id for message in messages])) if messages else None,
    )
    return Batch(conversation_id, conversation, tuple(messages))


@st.composite
def _messages(draw: st.DrawFn, conversation_id: str, message_id: str, parent_id: str | None) -> KeptMessage:
    moment, text = draw(MOMENTS), draw(TEXTS)
    if draw(st.booleans()):
        return KeptMessage(message_id, conversation_id, parent_id, Role.USER, text, moment)
    return KeptMessage(
        message_id,
        conversation_id,
        parent_id,
        Role.ASSISTANT,
        text,
        moment,
        draw(st.none() | TEXTS),
        draw(st.sampled_from(ReplyState)),
        draw(st.none() | TEXTS),
        draw(st.none() | USAGES),
        draw(st.none() | COSTS),
        draw(st.none() | ERRORS),
        draw(st.none() | TEXTS),
        draw(st.none() | st.integers(0, (1 << 31) - 1)),
    )


@st.composite
def archives(draw: st.DrawFn) -> MemoryArchive:
    """Return an archive with a few conversations of any shape."""
    ids = draw(st.lists(IDS, max_size=3, unique_by=lambda each: each[:60]))
    return archive_of(*[draw(trees(conversation_id)) for conversation_id in ids])
