"""Reads the JSON Lines that ``export`` writes, in flat memory, and checks every word of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chatapp.domain.errors import InvalidRequest
from chatapp.domain.stores import Archive
from chatapp.domain.transfer.limits import DEFAULT, Limits
from chatapp.domain.transfer.lines import lines
from chatapp.domain.transfer.pieces import Meter, Part, Progress, pieces, silent
from chatapp.domain.transfer.reading import complete_in, conversation_in, end_in, message_in, require_plain_header
from chatapp.domain.transfer.report import Imported, Report, Wrong
from chatapp.domain.transfer.strict_json import Parser
from chatapp.domain.transfer.writing import Writer
from chatapp.domain.transfer.written import COMPLETE, CONVERSATION, END, FORMAT, HEADER, MESSAGE, VERSION

NOT_OURS = "This is not a file that chatapp has exported: its first line is not the one that such files begin with."
CHATGPT = "This looks like ChatGPT's conversations.json. Please import it as JSON, not as JSON Lines."
NEWER = "This file was exported by a newer version of chatapp. Please upgrade this one first."
NO_END = "The file ends before its conversation does. What is there is taken over; please get the whole file."
NOT_WHOLE = "The file has no last line: it is not whole. What is there is taken over."
TOO_FEW = "Something is missing; please get the whole file."
TOO_MANY = "It was put together from others."
OF_ANSWERS = "Only an answer can have this. The message is taken over without it."
NO_CONVERSATION = "The conversation that it belongs to does not stand before it."


def import_jsonl(
    archive: Archive,
    visitor_id: str,
    chunks: Iterable[bytes],
    limits: Limits = DEFAULT,
    progress: Progress = silent,
) -> Imported:
    """Take over what a file of ours holds, as far as this visitor does not have it yet.

    Raises:
        InvalidRequest: it is not such a file, or one of a newer version.
        NotFound: there is no such visitor (any more).
        StorageUnavailable: what was stored before stays; the same file may be imported again.
    """
    report = Report(limits.left_out)
    meter = Meter(progress)
    reader = _Reader(
        Writer(archive, visitor_id, limits, report), report, limits, Parser(limits.line_values, meter.pause)
    )
    found = lines(pieces(chunks, meter, _refuse_chatgpt), limits.element_bytes)
    reader.read_header(next(found, None))
    for line in found:
        reader.read(line)
    reader.close()
    return report.result()


class _Reader:
    """Hands each line to the writer, as what it is."""

    def __init__(self, writer: Writer, report: Report, limits: Limits, parser: Parser) -> None:
        self._writer = writer
        self._report = report
        self._longest_characters = limits.message_characters
        self._parser = parser
        self._conversations = 0
        self._is_complete = False
        self._path = ""

    def read_header(self, line: Part | None) -> None:
        """Look whether the first line is that of such a file, and note what else stands in it.

        Raises:
            InvalidRequest: it is not, or the file is of a newer version.
        """
        try:
            values = self._parser.parse(line.release()) if line else None
        except Wrong:
            values = None
        _require_header(values)
        self._path = f"line {line.number}" if line else ""
        try:
            require_plain_header(values)
        except Wrong as wrong:
            self._report.leave_out_wrong(self._path, wrong)

    def read(self, line: Part) -> None:
        """Take over what a line says, or note what is wrong with it."""
        self._path = f"line {line.number}"
        if line.wrong:
            self._report.leave_out(self._path, line.wrong)
            return
        try:
            self._take(self._parser.parse(line.release()))
        except Wrong as wrong:
            self._report.leave_out_wrong(self._path, wrong)

    def close(self) -> None:
        """Store what is left, and note what is missing at the end."""
        self._require_ended()
        if not self._is_complete:
            self._report.leave_out("end of the file", NOT_WHOLE)
        self._writer.close()

    def _take(self, values: Any) -> None:
        kind = values.get("type") if isinstance(values, dict) else None
        if self._is_complete:
            raise Wrong("It stands behind the last line.")
        if kind == MESSAGE:
            message, strange = message_in(values, self._longest_characters)
            self._require_open(message.conversation_id)
            for name in strange:
                self._report.leave_out(f"{self._path}, {name}", OF_ANSWERS)
            self._writer.add(message, self._path)
        elif kind == CONVERSATION:
            self._require_ended()
            self._conversations += 1
            self._writer.begin(conversation_in(values, self._longest_characters), self._path)
        elif kind == END:
            conversation_id, leaf_id = end_in(values)
            self._require_open(conversation_id)
            self._writer.end(leaf_id, f"{self._path}, leaf_id")
        elif kind == COMPLETE:
            self._is_complete = True
            self._require_all(complete_in(values))
        else:
            raise Wrong("There is no such kind of line.", "type")

    def _require_open(self, conversation_id: str) -> None:
        if conversation_id != self._writer.open_id:
            raise Wrong(NO_CONVERSATION, "conversation_id")

    def _require_all(self, conversations: int) -> None:
        if conversations != self._conversations:
            counts = f"The file should hold {conversations:,} conversations, but {self._conversations:,} came."
            why = TOO_FEW if conversations > self._conversations else TOO_MANY
            raise Wrong(f"{counts} {why}", "conversations")

    def _require_ended(self) -> None:
        if self._writer.open_id is not None:
            self._report.leave_out(self._path, NO_END)
            self._writer.cut()


def _refuse_chatgpt(head: bytes) -> None:
    if head.startswith(b"["):
        raise InvalidRequest(CHATGPT)


def _require_header(values: Any) -> None:
    if not isinstance(values, dict) or (values.get("type"), values.get("format")) != (HEADER, FORMAT):
        raise InvalidRequest(NOT_OURS)
    version = values.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidRequest(NOT_OURS)
    if version > VERSION:
        raise InvalidRequest(NEWER)
