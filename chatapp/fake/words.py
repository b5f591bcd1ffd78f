"""What all parts of the fake's language have in common."""

from __future__ import annotations

import msgspec

MOST_SECONDS = 86_400.0
LARGEST_NUMBER = 2**63 - 1


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of the language have in common: they know no other words than their own."""

    def __post_init__(self) -> None:
        """Refuse what no wire can carry."""
        for name, value in zip(self.__struct_fields__, msgspec.structs.astuple(self), strict=True):
            for part in value if isinstance(value, list | tuple) else (value,):
                if isinstance(part, str) and not is_whole(part):
                    raise ValueError(f"“{name}” has half of a character in it")
            if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
                raise ValueError(f"“{name}” is too large")


def is_whole(text: str) -> bool:
    """Tell whether a text has only whole characters, and no halves of those that UTF-16 spells as two."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_seconds(name: str, seconds: float | None) -> None:
    """Refuse times that never were, or last for ever."""
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"“{name}” must be seconds from 0 to {MOST_SECONDS:,.0f}")
