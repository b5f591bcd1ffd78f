"""Which page sent a request: one of ours, or one of another site that uses a visitor's cookie behind their back?"""

from __future__ import annotations

from flask import Request

from chatapp.domain.errors import ChatError

OWN_SITES = frozenset({"same-origin", "none"})
"""What a browser says of requests that our own pages sent, and of those that a person made with their own hands."""


class ForeignOrigin(ChatError):
    """A page of another site sent a request that changes something, without a token of its own."""

    code = "foreign_origin"
    sentence = "Pages of other sites may do this only with a token of their own, from POST /api/visitors."


def require_own_page(request: Request) -> None:
    """Refuse what a browser says that another site's page has sent; programs say neither and may go on.

    Raises:
        ForeignOrigin: it did.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own_site = site is None or site in OWN_SITES
    is_own_origin = origin is None or origin.lower() in own_origins(request)
    if not (is_own_site and is_own_origin):
        raise ForeignOrigin


def is_allowed(request: Request, allowed: tuple[str, ...]) -> bool:
    """Tell whether pages of the site that sent a request may call the API; our own always may."""
    origin = request.headers.get("Origin")
    if origin is None or allowed == ("*",):
        return True
    return origin.lower() in own_origins(request) | {one.lower() for one in allowed}


def origins_of(request: Request) -> set[str]:
    """Return what may be the origin of the page that sent a request: where our own pages read, browsers say none."""
    origin = request.headers.get("Origin")
    return own_origins(request) if origin is None else {origin}


def own_origins(request: Request) -> set[str]:
    """Return what may be the origin of our own pages."""
    host = request.host.lower()
    origins = {f"{request.scheme}://{host}"}
    if request.scheme == "http":
        # A proxy that ends TLS may not tell; its pages have this host's name all the same.
        origins.add(f"https://{host.removesuffix(':443')}")
    return origins
