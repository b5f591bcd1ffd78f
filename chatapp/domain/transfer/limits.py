"""Bounds of an import."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the parts of a file may be, and how much is stored in one go.

    ``element_bytes`` bounds one line of ours and one conversation of ChatGPT's: it is what an import holds in memory,
    several times over, and what it parses without a pause. A message as long as ``message_characters`` should fit in.
    """

    element_bytes: int = 32 * MEGABYTE
    message_characters: int = 10_000_000
    batch_messages: int = 50
    batch_characters: int = 1_000_000
    left_out: int = 100


DEFAULT = Limits()
