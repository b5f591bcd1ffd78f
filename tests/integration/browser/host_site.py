"""A small web site of somebody else, on an origin of its own: each test says what stands on its pages.

host.put("/", f'<h1>Shop</h1>{host.widget()}')
page.goto(host.url)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class HostSite:
    """The site at ``url``, whose pages embed the widget of ``chat``."""

    url: str
    chat: str
    pages: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)

    def put(self, path: str, body: str, headers: Mapping[str, str] | None = None) -> str:
        """Put a page there; return its address."""
        whole = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><body>{body}</body></html>'
        self.pages[path] = (whole.encode(), dict(headers or {}))
        return self.url + path

    def widget(self, chat: str | None = None, **data: str) -> str:
        """Return the tag that embeds the widget."""
        attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
        return f'<script src="{chat or self.chat}/widget.js" async{attributes}></script>'


@contextmanager
def hosting(chat: str) -> Iterator[HostSite]:
    """Run a site until the block ends."""
    pages: dict[str, tuple[bytes, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = pages.get(self.path, (b"", {}))
            self.send_response(200 if body else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield HostSite(f"http://127.0.0.1:{server.server_port}", chat, pages)
        server.shutdown()
