"""What became of a file that was imported."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.domain.errors import Detail

LONGEST_PATH_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Imported:
    """How many conversations and messages are new, and how many of both together were ``known`` already.

    ``left_out`` tells what was not taken over: where it stood in the file, and why.
    """

    conversations: int
    messages: int
    known: int
    left_out: tuple[Detail, ...]


class Wrong(Exception):
    """A part of a file cannot be taken over. ``field`` is where in it, if that is known."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Report:
    """Counts, and collects what is left out: at most ``most`` entries of it, so that a broken file stays cheap."""

    def __init__(self, most: int) -> None:
        self.conversations = 0
        self.messages = 0
        self.known = 0
        self._most = most
        self._left_out: list[Detail] = []
        self._more = 0
        self._summary: list[Detail] = []

    def leave_out(self, path: str, reason: str) -> None:
        """Note that something is not taken over."""
        if len(self._left_out) < self._most:
            self._left_out.append(Detail(_shortened(path), reason))
        else:
            self._more += 1

    def leave_out_wrong(self, path: str, wrong: Wrong) -> None:
        """Note what is wrong with a part of the file, and in which of its fields."""
        self.leave_out(f"{path}, {wrong.field}" if wrong.field else path, wrong.reason)

    def mark(self) -> tuple[int, int, int, int, int]:
        """Return where the report is now, for ``undo``."""
        return self.conversations, self.messages, self.known, len(self._left_out), self._more

    def undo(self, mark: tuple[int, int, int, int, int]) -> None:
        """Forget all that was noted since then."""
        self.conversations, self.messages, self.known, left_out, self._more = mark
        del self._left_out[left_out:]

    def sum_up(self, path: str, reason: str) -> None:
        """Note what is left out of many parts, behind all other entries and however many they are."""
        self._summary.append(Detail(path, reason))

    def result(self) -> Imported:
        """Return what became of everything so far."""
        left_out = tuple(self._left_out)
        if self._more:
            left_out += (Detail("…", f"{self._more:,} more were left out."),)
        return Imported(self.conversations, self.messages, self.known, left_out + tuple(self._summary))


def _shortened(path: str) -> str:
    return path if len(path) <= LONGEST_PATH_CHARACTERS else f"{path[: LONGEST_PATH_CHARACTERS - 1]}…"
