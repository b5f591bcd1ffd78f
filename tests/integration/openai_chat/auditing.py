"""Doing something at an exact moment of a connection's life, by Python's own audit events."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_deeds: dict[str, Callable[[], object]] = {}


def _hook(event: str, arguments: object) -> None:
    if event in _deeds:
        _deeds[event]()


@contextmanager
def whenever(event: str, deed: Callable[[], object]) -> Iterator[None]:
    """Do ``deed`` on the thread that raises ``event``, right before what the event announces."""
    if not _installed:
        sys.addaudithook(_hook)
        _installed.append(True)
    _deeds[event] = deed
    try:
        yield
    finally:
        del _deeds[event]


_installed: list[bool] = []
"""Python never lets go of a hook, so there is just one, made when it is first needed."""
