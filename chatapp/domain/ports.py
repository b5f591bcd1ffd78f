"""What the services need from the world, each as narrow as its use. Adapters stand behind them.

What is kept has ports of its own, in ``stores``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatapp.domain.entities import ChatRequest, ProviderModel
    from chatapp.domain.events import Event


class ModelStream(Protocol):
    """One answer on its way. Iterating it does the work; ``stop`` may come from any thread at any moment."""

    def __iter__(self) -> Iterator[Event]:
        """Yield ``Started``, ``Delta``…, ``UsageReported`` at most once, then ``Finished``; once only.

        The iterator may do some housekeeping after ``Finished``; whoever stops reading there costs a connection.

        Raises:
            ModelRetired: the provider no longer serves the model.
            ContextTooLong: the provider found the prompt too long.
            ProviderRateLimited: with ``retry_after_seconds`` where the provider gave it.
            ProviderError: anything else; a stream that ends without ``Finished`` too.
        """

    def stop(self) -> None:
        """End the answer and its bill: close the provider's connection. Idempotent, returns at once.

        The iterator then ends, with or without an exception; which of the two says nothing.
        """


class ChatModel(Protocol):
    """Somebody who answers."""

    def open(self, request: ChatRequest) -> ModelStream:
        """Prepare an answer without waiting for anybody; the work begins with the first ``next``."""


class ModelDirectory(Protocol):
    """The provider's own list of models."""

    def models(self) -> tuple[ProviderModel, ...]:
        """Ask for the list. Costs nothing, and proves that the key is accepted.

        Raises:
            ProviderError: no list could be had, and why.
        """


class Tokenizer(Protocol):
    """Counts tokens as a model's encoding makes them, or estimates them from above.

    An ``encoding`` is named as by OpenAI, like ``o200k_base``; None stands for one that nobody knows.
    """

    def overcount(self, encoding: str | None, /) -> float:
        """Return how many times the truth a count of ordinary text may be at most; 1.0 where it is exact."""

    def count(self, text: str, encoding: str | None, /) -> int:
        """Return how many tokens ``text`` has; an estimate errs on the high side."""


class Task(Protocol):
    """Work that a runner began."""

    def is_alive(self) -> bool:
        """Tell whether the work still goes on."""


class Runner(Protocol):
    """Begins work that belongs to no request."""

    def start(self, name: str, work: Callable[[], None]) -> Task:
        """Begin ``work``; it may outlive the caller.

        Raises:
            RuntimeError: this machine can begin nothing more.
        """


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
