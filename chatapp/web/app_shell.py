"""What makes an app of the chat page: a manifest, by which it can be installed, and a script that opens it offline."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, request

from chatapp.web.assets import Assets
from chatapp.web.texts.language import Language, english
from chatapp.web.texts.preferences import current_language

MANIFEST, WORKER = "/manifest.webmanifest", "/service-worker.js"
START = "/chat"
COLOR = "#0f766e"

ICONS = (
    ("favicon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
)
"""File, size, kind and purpose: a maskable one may be cut into any shape."""

SHELL = ("chat.css", "chat.js", "favicon.svg")
"""Without these the chat page is none; what it loads later is kept when it is loaded."""


def blueprint(assets: Assets) -> Blueprint:
    """Return the routes of both.

    Raises:
        AssetsMissing: their files are not built.
    """
    shell = Blueprint("app_shell", __name__)
    code = assets.text("service_worker.js").rstrip()

    def manifest() -> Response:
        language = current_language()
        told = {
            "id": START,
            "name": "Chatapp",
            "short_name": "Chatapp",
            "description": language.text("description"),
            "lang": language.code,
            "dir": language.direction,
            "start_url": START,
            "scope": "/",
            "display": "standalone",
            "theme_color": COLOR,
            "background_color": COLOR,
            "icons": [
                {"src": assets.address(name), "sizes": sizes, "type": kind, "purpose": purpose}
                for name, sizes, kind, purpose in ICONS
            ],
        }
        return _checked(Response(json.dumps(told, ensure_ascii=False), mimetype="application/manifest+json"))

    def worker() -> Response:
        parts = json.dumps({"page": START, "files": [assets.address(name) for name in _files(current_language())]})
        return _checked(Response(f"({code})({parts});\n", mimetype="text/javascript"))

    for path, view in ((MANIFEST, manifest), (WORKER, worker)):
        shell.add_url_rule(path, view_func=view, provide_automatic_options=False)
    return shell


def _files(language: Language) -> tuple[str, ...]:
    return SHELL if language.code == english().code else (*SHELL, f"texts.{language.code}.js")


def _checked(response: Response) -> Response:
    """Have browsers ask each time whether it is still the same."""
    response.set_etag(hashlib.blake2b(response.get_data(), digest_size=8).hexdigest())
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
