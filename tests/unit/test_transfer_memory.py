"""Files of any size pass through in flat memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import pytest

from chatapp.domain.entities import Conversation
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
        self.places: dict[str, str] = {}

    def conversations(self, visitor_id: str) -> Iterator[Conversation]:
        yield Conversation("c1", NOON, NOON, leaf_id=f"m{MESSAGES - 1}")

    def messages(self, visitor_id: str, conversation_id: str) -> Iterator[KeptMessage]:
        for number in range(MESSAGES):
            yield asked(f"m{number}", f"m{number - 1}" if number else None, TEXT)

    def known_conversations(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str | None]:
        return {}

    def known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        return {each: self.places[each] for each in ids if each in self.places}

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        self.places.update({message.id: part.conversation_id for part in batch for message in part.messages})


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
