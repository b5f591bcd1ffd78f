"""Bounds of an import."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the parts of a file may be, and how much is stored in one go.

    ``element_bytes`` bounds one line of ours and one conversation of ChatGPT's: it is what an import holds in memory,
    several times over. A message as long as ``message_characters`` should fit in. ``line_values`` and
    ``conversation_values`` bound how many values of JSON stand in it, as each of them needs memory and time: our lines
    have less than 40; a conversation of ChatGPT's has one for every 50 bytes or so.
    """

    element_bytes: int = 8 * MEGABYTE
    line_values: int = 1000
    conversation_values: int = 200_000
    message_characters: int = 4_000_000
    batch_messages: int = 50
    batch_characters: int = 1_000_000
    left_out: int = 100


DEFAULT = Limits()
