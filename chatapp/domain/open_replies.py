"""The replies that one process is making."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from chatapp.domain.errors import AtCapacity, ShuttingDown
from chatapp.domain.live import LiveReply

TRY_AGAIN_SECONDS = 5


class OpenReplies:
    """As many as the process can carry, and no more of them once it shuts down."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._live: dict[str, LiveReply] = {}
        self._door = threading.Lock()
        self._closed = False

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[LiveReply]:
        return iter(list(self._live.values()))

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing new is admitted any more."""
        return self._closed

    def close(self) -> None:
        """Admit no more: the server is shutting down."""
        with self._door:
            self._closed = True

    def admit(self, live: LiveReply) -> None:
        """Let a reply in.

        Raises:
            ShuttingDown: nothing new is begun any more.
            AtCapacity: as many are open as this process can carry.
        """
        with self._door:  # to look and to enter are one
            if self._closed:
                sentence = "The server is restarting. Please try again in a moment."
                raise ShuttingDown(sentence, retry_after_seconds=TRY_AGAIN_SECONDS)
            if len(self._live) >= self._most:
                raise busy()
            self._live[live.reply.id] = live

    def remove(self, live: LiveReply) -> None:
        """Let a reply go."""
        self._live.pop(live.reply.id, None)

    def kept(self, visitor_id: str, reply_id: str) -> LiveReply | None:
        """Return a reply of this visitor that is made here and stored."""
        live = self._live.get(reply_id)
        if live is None or live.opening is None or live.opening.visitor_id != visitor_id or not live.is_stored:
            return None
        return live


def busy() -> AtCapacity:
    """Return what to say where there is no room for one more."""
    sentence = "The server is busy with other answers. Please try again soon."
    return AtCapacity(sentence, retry_after_seconds=TRY_AGAIN_SECONDS)
