"""Two processes over one storage, which each of them may fail to reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from chatapp.adapters.memory import MemoryDatabase, MemoryLedger, MemoryReplyStore
from chatapp.domain.errors import StorageUnavailable
from chatapp.domain.keeping import SIGN_OF_LIFE_SECONDS
from chatapp.domain.live import Follower
from chatapp.domain.upkeep import ReplyLimits
from chatapp.fake import Rule
from tests.samples import PLENTY
from tests.unit.deterministic import FakeClock, SteppedRunner
from tests.unit.making_replies import Stage


class ShakyStore(MemoryReplyStore):
    """A store of which these methods fail while they are ``down``; ``deeds`` are done once, after the one they name.

    ``uses`` counts how often each method was used.
    """

    def __init__(self, database: MemoryDatabase) -> None:
        """Begin with everything up."""
        super().__init__(database, MemoryLedger(database, PLENTY))
        self.down: frozenset[str] = frozenset()
        self.deeds: dict[str, Callable[[], object]] = {}
        self.uses: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        """Return a method that fails, or that does something else besides."""
        method = super().__getattribute__(name)
        if name.startswith("_") or not callable(method):
            return method

        def use(*arguments: Any) -> Any:
            self.uses[name] += 1
            if name in self.down:
                raise StorageUnavailable
            result = method(*arguments)
            self.deeds.pop(name, lambda: None)()
            return result

        return use


class Pair:
    """Two processes over one storage, ``here`` and ``there``; their clock is the storage's too."""

    def __init__(self, *rules: Rule, limits: ReplyLimits | None = None) -> None:
        """Put both together; what ``here`` is to answer waits in ``runner``."""
        self.clock = FakeClock()
        self.runner = SteppedRunner()
        database = MemoryDatabase(self.clock.monotonic)
        limits = limits or ReplyLimits()
        self.store_here, self.store_there = ShakyStore(database), ShakyStore(database)
        self.here = Stage(rules, self.runner, self.store_here, limits, clock=self.clock, database=database)
        self.there = Stage(store=self.store_there, limits=limits, clock=self.clock, database=database, owner="p2")

    def pass_time(self, seconds: float, *stages: Stage) -> None:
        """Let time pass while these processes live."""
        for _ in range(round(seconds / SIGN_OF_LIFE_SECONDS)):
            self.clock.advance(SIGN_OF_LIFE_SECONDS)
            for stage in stages:
                stage.replies.beat()
                stage.mirrors.beat()


def heard(follower: Follower) -> str:
    """Return what a follower can read without waiting."""
    text = ""
    while follower.has_news() and follower.outcome is None:
        text += follower.read()
    return text
