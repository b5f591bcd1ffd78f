"""One HTTP request to the server, and what became of its answer."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from chatapp.fake.call import PATIENCE_SECONDS


@dataclass(eq=False)
class Exchange:
    """A request, and how its answer ended.

    ``connection`` counts from 1; two requests on the same one mean that it was kept alive. ``peer_left_at`` is the
    monotonic time at which the peer was seen to leave in mid-answer.
    """

    connection: int
    method: str
    path: str
    headers: Message
    body: bytes
    peer_left_at: float | None = None
    _over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)

    @property
    def is_over(self) -> bool:
        """Tell whether the answer has been played, or nobody was there to hear the rest."""
        return self._over.is_set()

    def wait_until_over(self, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Return as soon as it ``is_over``.

        Raises:
            TimeoutError: it still goes on.
        """
        if not self._over.wait(timeout_seconds):
            raise TimeoutError(f"{self.path} is still being answered.")

    def wait_until_left(self, timeout_seconds: float = PATIENCE_SECONDS) -> float:
        """Return the monotonic time at which the peer left in mid-answer, as soon as it has.

        Raises:
            TimeoutError: the answer still goes on.
            AssertionError: the peer stayed to the end.
        """
        self.wait_until_over(timeout_seconds)
        if self.peer_left_at is None:
            raise AssertionError(f"{self.path} was answered to the end.")
        return self.peer_left_at

    def end(self) -> None:
        """Let those go on who wait for its end."""
        self._over.set()
