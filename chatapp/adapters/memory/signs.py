"""The signs of life of processes: the last one of each, and the one before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from chatapp.domain.kept import SIGNS_APART_SECONDS, Silence


class Signs(NamedTuple):
    """When a process last showed life, and when before."""

    last: float
    before: float | None = None


class SignsOfLife:
    """Tells who is silent, by the clock ``now``."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._of: dict[str, Signs] = {}

    def show(self, owner: str) -> None:
        """Note that a process lives."""
        now, signs = self._now(), self._of.get(owner)
        if signs is None:
            self._of[owner] = Signs(now)
        else:
            is_another = signs.last <= now - SIGNS_APART_SECONDS
            self._of[owner] = Signs(now, signs.last if is_another else signs.before)

    def are_missing(self, owner: str, seconds: float) -> bool:
        """Tell whether a process has shown no sign for so long, or never."""
        return not self._has_shown_since(owner, self._now() - seconds)

    def have_witness(self, owner: str, silence: Silence) -> bool:
        """Tell whether a process was silent already when somebody showed life who is a witness."""
        now = self._now()
        earliest, latest = now - silence.witness_to_seconds, now - silence.witness_from_seconds
        moments = [moment for signs in self._of.values() for moment in signs if moment is not None]
        witness = max((moment for moment in moments if earliest <= moment <= latest), default=None)
        return witness is not None and not self._has_shown_since(owner, witness - silence.seconds)

    def forget(self, seconds: float, but: Collection[str]) -> None:
        """Forget the processes that have shown no sign for so long, but for some."""
        for owner in [owner for owner in self._of if owner not in but and self.are_missing(owner, seconds)]:
            del self._of[owner]

    def _has_shown_since(self, owner: str, moment: float) -> bool:
        signs = self._of.get(owner)
        return signs is not None and signs.last > moment
