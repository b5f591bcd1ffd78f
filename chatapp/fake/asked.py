"""What the fake was asked, whichever door the request came through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatapp.fake.pieces import count


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``messages`` are as they were sent: ``{"role": …, "content": …}``."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    max_tokens: int | None = None

    @property
    def message(self) -> str:
        """Return the text of the user's last message, or "" if there is none."""
        return next((text_of(said) for said in reversed(self.messages) if said.get("role") == "user"), "")

    @property
    def turn(self) -> int:
        """Return how many messages of the user there are."""
        return sum(said.get("role") == "user" for said in self.messages)

    @property
    def prompt_tokens(self) -> int:
        """Return what all messages come to, in the fake's tokens."""
        return sum(count(text_of(said)) for said in self.messages)


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's text, also of one whose content is a list of parts; what is no text is passed over."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))
