"""What a conversation is called before somebody names it: by its first message."""

from __future__ import annotations

LONGEST_CHARACTERS = 80
LONGEST_LOOK_CHARACTERS = 1000


def title_of(message: str) -> str:
    """Return the first line of a message, or as much of it as makes a title."""
    lines = (" ".join(line.split()) for line in message[:LONGEST_LOOK_CHARACTERS].splitlines())
    line = next((line for line in lines if line), "")
    if len(line) <= LONGEST_CHARACTERS:
        return line
    head = line[: LONGEST_CHARACTERS - 1]
    return (head.rpartition(" ")[0] or head) + "…"
