"""A guard that refuses every connection that would leave this machine, whichever library opens it."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
LOOK_UPS_OF_ADDRESSES = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
"""Which name an address has: that is asked elsewhere. Python does not tell whether ``getnameinfo`` is to ask nobody."""


class LoopbackGuard:
    """Watches what Python does with sockets while it is armed, in every thread.

    It is an audit hook, and Python never lets go of one: make one per process, and arm it when it is needed.
    ``refuse`` is called with a sentence, in the thread that wanted out, and must raise.
    """

    def __init__(self, refuse: Callable[[str], None]) -> None:
        self._refuse = refuse
        self._armed = 0
        self._refused: list[str] = []
        sys.addaudithook(self._look)

    @contextmanager
    def armed(self) -> Iterator[list[str]]:
        """Refuse what leaves this machine, until the block ends. The list has all that was refused.

        Nobody may have heard of it: what is raised in another thread, or in a task, is easily swallowed.
        """
        self._armed += 1
        self._refused = []
        try:
            yield self._refused
        finally:
            self._armed -= 1

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._armed or not event.startswith("socket."):
            return
        if event in CONNECTIONS:
            peer, address = arguments[0], arguments[1]
            is_inet = getattr(peer, "family", None) in (socket.AF_INET, socket.AF_INET6)
            if is_inet and isinstance(address, tuple) and not is_loopback(address[0]):
                self._stop(f"{_as_text(address[0])}:{address[1]}")
        elif event in LOOK_UPS:
            name = _as_text(arguments[0])
            if not _needs_no_server(name):
                self._stop(str(name))
        elif event in LOOK_UPS_OF_ADDRESSES:
            asked = arguments[0]
            address = _as_text(asked[0] if isinstance(asked, tuple) and asked else asked)
            if not is_loopback(address) and address != socket.gethostname():
                self._stop(str(address))

    def _stop(self, wanted: str) -> None:
        sentence = f"This test may only talk to this machine, but something asked for {wanted}."
        self._refused.append(sentence)
        self._refuse(sentence)


def is_loopback(host: object) -> bool:
    """Tell whether an address is this machine's own; "" and the unspecified ones are, as the system takes them so."""
    host = _as_text(host)
    if not isinstance(host, str):
        return False
    if host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    in_ipv4 = getattr(address, "ipv4_mapped", None)
    meant = in_ipv4 or address
    return meant.is_loopback or meant.is_unspecified


def _as_text(name: object) -> object:
    """Return a host's name as text; asynchronous libraries give it in bytes."""
    return name.decode("ascii", "replace") if isinstance(name, bytes | bytearray) else name


def _needs_no_server(name: object) -> bool:
    """Tell whether a name can be looked up without asking anybody; an address is no name, and not yet a connection."""
    if name is None or is_loopback(name) or name == socket.gethostname():
        return True
    try:
        ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return True
