"""Doing something at an exact moment of a connection's life, by Python's own audit events."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_deeds: dict[str, Callable[..., object]] = {}


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event in _deeds:
        _deeds[event](*arguments)


@contextmanager
def whenever(event: str, deed: Callable[..., object]) -> Iterator[None]:
    """Do ``deed`` with the arguments of ``event``, on the thread that raises it, right before what it announces."""
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
