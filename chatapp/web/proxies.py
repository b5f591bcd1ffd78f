"""Who asks, where proxies of the owner's stand between them and us."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EVERYBODY = "*"

NETWORK_BITS = 64
"""So much of an address of IPv6 stands for one household, which can use any of the others."""

Address = IPv4Address | IPv6Address


class Proxies:
    """Proxies that are believed when they say for whom they ask (``X-Forwarded-For``).

    ``trusted`` holds addresses and networks; or ``*`` alone: whoever connects. What they say of the scheme, gunicorn
    reads by itself, for the same proxies (``gunicorn_conf``).
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusts_everybody = EVERYBODY in trusted
        self._networks = [ip_network(each) for each in trusted if each != EVERYBODY]

    def in_front_of(self, application: WSGIApplication) -> WSGIApplication:
        """Return the application, told the address of who asks instead of the proxy's."""
        if not (self._trusts_everybody or self._networks):
            return application

        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            peer, forwarded = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
            environ["REMOTE_ADDR"] = self.caller(peer, forwarded)
            return application(environ, start_response)

        return answer

    def caller(self, peer: str, forwarded_for: str) -> str:
        """Return the address of who asks: the last one that is not a trusted proxy's.

        Each proxy adds the address of who has connected to it; what stands before that, anybody may have written.
        """
        if not (self._trusts_everybody or self._trusts(_address(peer))):
            return peer
        caller = peer
        for entry in reversed(forwarded_for.split(",")):
            address = _address(entry.strip())
            if address is None:
                break
            caller = str(address)
            if not self._trusts(address):
                break
        return caller

    def _trusts(self, address: Address | None) -> bool:
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address is not None and any(address in network for network in self._networks)


def _address(entry: str) -> Address | None:
    """Return the address in an entry, where some proxies add a port; None if it holds none."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return ip_address(entry)
    except ValueError:
        return None


@lru_cache(maxsize=1_000)
def network(address: str | None) -> str:
    """Return what stands for all addresses that one caller has at hand."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, NETWORK_BITS), strict=False))
