"""Puts what a file brings into the archive, batch by batch, and leaves what is there already as it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chatapp.domain.entities import Conversation
from chatapp.domain.errors import Conflict
from chatapp.domain.kept import Batch, KeptMessage
from chatapp.domain.stores import Archive
from chatapp.domain.transfer.limits import Limits
from chatapp.domain.transfer.report import Report

TAKEN = "You have a message with this id in another conversation."
NO_PARENT = "What it stands under is neither before it in this file nor among your messages of this conversation."
GONE = "It was deleted while the file was read; the rest is left out."
TWICE = "Another message with this id stands before it in this file. That one counts."
NO_LEAF = "The end of the branch that was shown is missing. The last message is shown instead."

TRIES = 5
WORDS_REMEMBERED = 10_000
"""Of so many messages, what they say is remembered (as a hash), to tell of others with the same ids."""


@dataclass(slots=True)
class _Coming:
    """A conversation on its way in, as far as the file has been read.

    ``messages`` wait for the next batch. Once it has begun to be stored, ``is_new`` tells whether it was not there
    before, ``leaf_id`` is its leaf in the archive, and ``has_grown`` that something new stands right under that.
    """

    conversation: Conversation
    path: str
    messages: list[tuple[str, KeptMessage]] = field(default_factory=list)
    has_ended: bool = False
    is_cut: bool = False
    wanted_leaf_id: str | None = None
    wanted_path: str = ""
    has_begun: bool = False
    is_new: bool = False
    leaf_id: str | None = None
    has_grown: bool = False
    last_id: str | None = None
    is_gone: bool = False


class Writer:
    """Takes conversations one after the other: ``begin``, ``add`` each message, ``end``; and ``close`` at last.

    A new conversation has no leaf before all of it is stored. So an import that was cut short can be repeated, and
    ends as if nothing had happened. One that was there keeps its leaf, unless new messages stand right under it.
    """

    def __init__(self, archive: Archive, visitor_id: str, limits: Limits, report: Report) -> None:
        self._archive = archive
        self._visitor_id = visitor_id
        self._limits = limits
        self._report = report
        self._coming: list[_Coming] = []
        self._words: dict[str, int] = {}
        self._count = 0
        self._characters = 0

    @property
    def open_id(self) -> str | None:
        """Return which conversation has begun and not ended."""
        coming = self._open
        return coming.conversation.id if coming else None

    def begin(self, conversation: Conversation, path: str) -> None:
        """Begin a conversation; the one before must have ended."""
        self._make_room(len(conversation.title) + len(conversation.system or ""))
        self._coming.append(_Coming(conversation, path))

    def add(self, message: KeptMessage, path: str) -> None:
        """Add a message to the conversation that has begun.

        Raises:
            NotFound: there is no such visitor (any more).
            Conflict: something else is being kept under the same ids all the time.
        """
        self._make_room(len(message.text))
        self._coming[-1].messages.append((path, message))
        if self._characters > self._limits.batch_characters:
            self._flush()  # a very long one, which must not wait in memory for what comes next

    def end(self, leaf_id: str | None, path: str) -> None:
        """End the conversation that has begun; the branch that leads to ``leaf_id`` is shown."""
        coming = self._coming[-1]
        coming.has_ended = True
        coming.wanted_leaf_id = leaf_id
        coming.wanted_path = path

    def cut(self) -> None:
        """End the conversation that has begun where nobody knows its leaf: the last message is."""
        coming = self._coming[-1]
        coming.has_ended = coming.is_cut = True

    def close(self) -> None:
        """Store what is left."""
        if self._coming:
            self._flush()

    @property
    def _open(self) -> _Coming | None:
        return self._coming[-1] if self._coming and not self._coming[-1].has_ended else None

    def _make_room(self, characters: int) -> None:
        # Before something is added, not after: so the last messages of a conversation are stored with its leaf.
        limits = self._limits
        if self._count and (
            self._count >= limits.batch_messages or self._characters + characters > limits.batch_characters
        ):
            self._flush()
        self._count += 1
        self._characters += characters

    def _flush(self) -> None:
        # Where the same file is imported twice at once, both may find something missing; one of them then comes too
        # late, looks again, and finds it there.
        for tries in range(1, TRIES + 1):
            mark = self._report.mark()
            try:
                self._store()
            except Conflict:
                self._report.undo(mark)
                if tries == TRIES:
                    raise
            else:
                return

    def _store(self) -> None:
        """Look up what is known, and add the rest; where that fails, what is coming is as it was.

        Raises:
            Conflict: what was looked up is no longer true.
        """
        coming = [replace(each, messages=each.messages.copy()) for each in self._coming]
        leaves = dict(self._archive.known_conversations(self._visitor_id, {each.conversation.id for each in coming}))
        places = dict(self._archive.known_messages(self._visitor_id, _ids(coming)))
        batches = [batch for each in coming if (batch := self._batch(each, leaves, places))]
        if batches:
            self._archive.add(self._visitor_id, batches)
        self._coming = [each for each in coming if not each.has_ended]
        self._count = self._characters = 0

    def _batch(self, coming: _Coming, leaves: dict[str, str | None], places: dict[str, str]) -> Batch | None:
        """Return what is to be stored of a conversation now.

        ``leaves`` are those of the conversations that are there, ``places`` tells in which of them a message is; what
        is to be stored counts as there from here on.
        """
        is_first = not coming.has_begun
        if is_first:
            self._look_up(coming, leaves)
        elif coming.is_gone or coming.conversation.id not in leaves:
            if not coming.is_gone:
                self._report.leave_out(coming.path, GONE)
            coming.is_gone = True
            coming.messages.clear()
            return None
        messages = tuple(message for path, message in coming.messages if self._is_new(message, path, coming, places))
        coming.messages.clear()
        leaf_id = self._new_leaf(coming, places) if coming.has_ended else None
        leaves[coming.conversation.id] = coming.leaf_id = leaf_id or coming.leaf_id
        self._report.messages += len(messages)
        if is_first and coming.is_new:
            return Batch(coming.conversation.id, replace(coming.conversation, leaf_id=leaf_id), messages)
        return Batch(coming.conversation.id, None, messages, leaf_id) if messages or leaf_id else None

    def _look_up(self, coming: _Coming, leaves: dict[str, str | None]) -> None:
        coming.has_begun = True
        coming.is_new = coming.conversation.id not in leaves
        coming.leaf_id = leaves.get(coming.conversation.id)
        if coming.is_new:
            self._report.conversations += 1
        else:
            self._report.known += 1

    def _is_new(self, message: KeptMessage, path: str, coming: _Coming, places: dict[str, str]) -> bool:
        place = places.get(message.id)
        words = hash((message.parent_id, message.role, message.text))
        if place is None and (message.parent_id is None or places.get(message.parent_id) == message.conversation_id):
            places[message.id] = message.conversation_id
            coming.last_id = message.id
            coming.has_grown |= message.parent_id == coming.leaf_id
            self._remember(message.id, words)
            return True
        if place is None:
            self._report.leave_out(f"{path}, parent_id", NO_PARENT)
        elif place != message.conversation_id:
            self._report.leave_out(f"{path}, id", TAKEN)
        elif self._words.get(message.id, words) != words:
            self._report.leave_out(f"{path}, id", TWICE)
        else:
            coming.last_id = message.id
            self._report.known += 1
            self._remember(message.id, words)
        return False

    def _remember(self, message_id: str, words: int) -> None:
        self._words[message_id] = words
        if len(self._words) > WORDS_REMEMBERED:
            del self._words[next(iter(self._words))]

    def _new_leaf(self, coming: _Coming, places: dict[str, str]) -> str | None:
        """Return what becomes the leaf of a conversation that has ended; None if that stays as it is."""
        if not (coming.is_new or coming.has_grown or coming.leaf_id is None):
            return None
        wanted = coming.last_id if coming.is_cut else coming.wanted_leaf_id
        if wanted is not None and places.get(wanted) != coming.conversation.id:
            self._report.leave_out(coming.wanted_path, NO_LEAF)
            wanted = coming.last_id
        return wanted


def _ids(coming: list[_Coming]) -> set[str]:
    """Return all ids of messages that must be looked up: of the new ones, of their parents, and of leaves."""
    ids = {message.id for each in coming for _, message in each.messages}
    ids |= {message.parent_id for each in coming for _, message in each.messages if message.parent_id}
    ids |= {each.wanted_leaf_id for each in coming if each.wanted_leaf_id}
    ids |= {each.last_id for each in coming if each.last_id}
    return ids
