"""No unit test opens a connection, nor waits for one."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

FORBIDDEN = frozenset({"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto"})


class _Guard:
    """An audit hook; Python never lets go of one, so it is armed and disarmed."""

    armed = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.armed and event in FORBIDDEN and not _is_local(arguments[0]):
            # Not an Exception: the code under test must not take it for a network that is down.
            pytest.fail(f"A unit test asked the network: {event} {arguments[1]}")


def _is_local(peer: object) -> bool:
    return isinstance(peer, socket.socket) and peer.family == getattr(socket, "AF_UNIX", None)


_guard = _Guard()
sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    _guard.armed = True
    yield
    _guard.armed = False
