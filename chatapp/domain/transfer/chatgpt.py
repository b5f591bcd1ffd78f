"""Imports ChatGPT's own export, ``conversations.json``: one large list, one conversation after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chatapp.domain.errors import InvalidRequest
from chatapp.domain.stores import Archive
from chatapp.domain.transfer.chatgpt_message import USUAL, Losses, Lost
from chatapp.domain.transfer.chatgpt_nodes import in_turns
from chatapp.domain.transfer.chatgpt_tree import Carried, NoConversation, carried, title_in, wrong_title_in
from chatapp.domain.transfer.elements import STRAY, elements
from chatapp.domain.transfer.limits import DEFAULT, Limits
from chatapp.domain.transfer.pieces import Meter, Part, Progress, pieces, silent
from chatapp.domain.transfer.report import Imported, Report, Wrong
from chatapp.domain.transfer.strict_json import Parser
from chatapp.domain.transfer.writing import Writer
from chatapp.domain.transfer.written import FORMAT

OURS = "This is a file that chatapp has exported. Please import it as JSON Lines, not as JSON."
NOT_CHATGPT = (
    "This is not ChatGPT's export: none of its parts is a conversation. The file is called conversations.json."
)
EMPTY = "It has no message that can be taken over."


def import_chatgpt(
    archive: Archive,
    visitor_id: str,
    chunks: Iterable[bytes],
    limits: Limits = DEFAULT,
    progress: Progress = silent,
) -> Imported:
    """Take over the conversations of ChatGPT's export, with all branches, as far as this visitor does not have them.

    Raises:
        InvalidRequest: it is not such a file.
        NotFound: there is no such visitor (any more).
        StorageUnavailable: what was stored before stays; the same file may be imported again.
    """
    report = Report(limits.left_out)
    meter = Meter(progress)
    reader = _Reader(Writer(archive, visitor_id, limits, report), report, limits, meter)
    for element in elements(pieces(chunks, meter, _refuse_ours), limits.element_bytes):
        reader.read(element)
    reader.close()
    return report.result()


class _Reader:
    """Hands each conversation to the writer, and notes what is lost of it."""

    def __init__(self, writer: Writer, report: Report, limits: Limits, meter: Meter) -> None:
        self._writer = writer
        self._meter = meter
        self._report = report
        self._longest_characters = limits.message_characters
        self._parser = Parser(limits.conversation_values, meter.pause)
        self._has_conversation = False
        self._has_stranger = False
        self._losses: Losses = Counter()

    def read(self, element: Part) -> None:
        """Take over one conversation, or note what is wrong with it."""
        path = f"conversation {element.number}"
        if element.wrong:
            self._has_stranger |= element.wrong == STRAY
            self._has_conversation |= element.wrong != STRAY
            self._report.leave_out(path, element.wrong)
            return
        try:
            values = self._parser.parse(element.release())
            path = title_in(values) or path
            self._take(carried(values, self._longest_characters, self._meter.pause), path)
            if reason := wrong_title_in(values):
                self._report.leave_out(f"{path}, title", reason)
        except NoConversation as wrong:
            self._has_stranger = True
            self._report.leave_out_wrong(path, wrong)
        except Wrong as wrong:
            self._has_conversation = True  # as far as anybody can tell
            self._report.leave_out_wrong(path, wrong)

    def close(self) -> None:
        """Store what is left.

        Raises:
            InvalidRequest: not one conversation stood in the file.
        """
        if self._has_stranger and not self._has_conversation:
            raise InvalidRequest(NOT_CHATGPT, details=self._report.result().left_out)
        if lost := _in_words(self._losses):
            self._report.sum_up("all conversations together", lost)
        self._writer.close()

    def _take(self, found: Carried, path: str) -> None:
        self._has_conversation = True
        self._losses.update(found.losses)
        if lost := _in_words(Counter({lost: count for lost, count in found.losses.items() if lost not in USUAL})):
            self._report.leave_out(path, lost)
        if not found.messages:
            self._report.leave_out(path, EMPTY)
            return
        self._writer.begin(found.conversation, path)
        for message in in_turns(found.messages, self._meter.pause):
            self._writer.add(message, path)
        self._writer.end(found.conversation.leaf_id, path)


def _refuse_ours(head: bytes) -> None:
    if head.startswith(b"{") and FORMAT.encode() in head:
        raise InvalidRequest(OURS)


def _in_words(losses: Losses) -> str:
    """Return what is lost, like “Not taken over: 2 images, 1 tool call.”"""
    counts = [(lost.value, losses[lost]) for lost in Lost if losses[lost]]
    words = [f"{count:,} {one if count == 1 else many}" for (one, many), count in counts]
    return f"Not taken over: {', '.join(words)}." if words else ""
