"""Files of any size pass through in flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress

import pytest

from chatapp.domain.entities import Conversation
from chatapp.domain.errors import InvalidRequest
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.transfer import Imported, Limits, export_jsonl, import_chatgpt, import_jsonl
from tests.chatgpt_files import exported
from tests.unit.archives import ME, NOON, asked

MESSAGES = 2000
TEXT = "x" * 2000
MOST_BYTES = 1_500_000
"""Far less than the files, which have more than 4 MB."""


class EndlessArchive:
    """An archive of one long conversation that is made while it is read, and that keeps ids alone of what is added."""

    def __init__(self) -> None:
        self.leaves: dict[str, str | None] = {}
        self.places: dict[str, str] = {}

    def conversations(self, visitor_id: str) -> Iterator[Conversation]:
        yield Conversation("c1", NOON, NOON, leaf_id=f"m{MESSAGES - 1}")

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        for number in range(MESSAGES):
            yield asked(f"m{number}", f"m{number - 1}" if number else None, TEXT)

    def known_conversations(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str | None]:
        return {each: self.leaves[each] for each in ids if each in self.leaves}

    def known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        return {each: self.places[each] for each in ids if each in self.places}

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        self.leaves.update({part.conversation_id: part.leaf_id for part in batch})
        self.places.update({message.id: part.conversation_id for part in batch for message in part.messages})


MEGABYTE = 1 << 20
HEADER = b'{"type":"header","format":"chatapp-conversations","version":1}\n'
LONGEST = Limits(element_bytes=MEGABYTE // 2, conversation_values=12_500, message_characters=250_000)
"""A sixteenth of what is usual."""

MOST_BYTES_AT_ALL = 72 * MEGABYTE // 16
"""Text in which one character needs four bytes, and what is parsed from it."""


def of(content: bytes) -> Iterator[bytes]:
    """Yield this as it may come over a connection."""
    return (content[place : place + 65_536] for place in range(0, len(content), 65_536))


def lines_of(text: bytes) -> bytes:
    return HEADER + (text + b"\n") * 2


def conversation_of(parts: bytes) -> bytes:
    """Return a file with a conversation twice, in which the parts of a message are these."""
    content = b'{"content_type":"text","parts":[' + parts + b"]}"
    talk = b'{"mapping":{"a":{"message":{"author":{"role":"user"},"content":' + content + b"}}}}"
    return b"[" + talk + b"," + talk + b"]"


@pytest.mark.parametrize(
    ("content", "take"),
    [
        pytest.param(lambda: lines_of(b'{"a":0},' * 60_000), import_jsonl, id="a line of objects"),
        pytest.param(lambda: lines_of(b"[" + b"[]," * 160_000), import_jsonl, id="a line of lists"),
        pytest.param(lambda: lines_of(b'{"a":0},' * 240_000), import_jsonl, id="a line that is too long"),
        pytest.param(lambda: conversation_of(b'{"a":0},' * 60_000 + b"0"), import_chatgpt, id="objects"),
        pytest.param(lambda: conversation_of(b"[]," * 160_000 + b"0"), import_chatgpt, id="lists"),
        pytest.param(lambda: conversation_of(b'{"a":0},' * 6_000 + b"0"), import_chatgpt, id="objects that fit"),
        pytest.param(lambda: conversation_of(b"[]," * 6_000 + b"0"), import_chatgpt, id="lists that fit"),
        pytest.param(lambda: conversation_of(b'"' + b"x" * 500_000 + "🙂".encode() + b'"'), import_chatgpt, id="wide"),
        pytest.param(lambda: b"[" + b"[]," * 20_000 + b"0]", import_chatgpt, id="no conversations"),
    ],
)
def test_no_file_takes_much_more_memory_than_another(
    content: Callable[[], bytes], take: Callable[[EndlessArchive, str, Iterator[bytes], Limits], Imported]
) -> None:
    file = content()

    tracemalloc.start()
    with suppress(InvalidRequest):
        take(EndlessArchive(), ME, of(file), LONGEST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MOST_BYTES_AT_ALL


@pytest.mark.parametrize(
    ("content", "take"),
    [
        pytest.param(lambda: export_jsonl(EndlessArchive(), ME), import_jsonl, id="one long conversation of ours"),
        pytest.param(lambda: exported(300, messages=5), import_chatgpt, id="many of ChatGPT's"),
    ],
)
def test_an_import_takes_no_more_memory_than_its_parts_need(
    content: Callable[[], Iterator[bytes]], take: Callable[[EndlessArchive, str, Iterator[bytes], Limits], Imported]
) -> None:
    tracemalloc.start()
    result = take(EndlessArchive(), ME, content(), Limits(batch_characters=100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert result.messages > MESSAGES / 2
    assert peak < MOST_BYTES
