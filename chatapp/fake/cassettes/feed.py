"""An answer that another thread is still making."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from time import monotonic

from chatapp.fake.script import Gate
from chatapp.fake.server.sending import Sending


class Feed(Gate):
    """Hands steps from the thread that makes them to the connection that plays them.

    To the connection it is a gate between any two steps, open while there is a step to play. What a slow caller has
    not taken waits here, without a bound but the size of the answer: a recording is held in memory anyway.
    """

    def __init__(self) -> None:
        super().__init__()
        self._steps: SimpleQueue[Sending | None] = SimpleQueue()

    def put(self, step: Sending) -> None:
        """Add a step, from any thread."""
        self._steps.put(step)

    def end(self) -> None:
        """Let the answer be over once all its steps have been played."""
        self._steps.put(None)

    @property
    def is_open(self) -> bool:
        """Tell whether there is a step to play."""
        return not self._steps.empty()

    def steps(self) -> Iterator[tuple[float, Sending]]:
        """Yield the steps as they come."""
        while True:
            yield monotonic(), self
            step = self._steps.get_nowait()
            if step is None:
                return
            yield monotonic(), step
