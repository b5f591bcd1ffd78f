"""The widget for any site: its script, what that loads later, and whether a site may use it."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import flask
from flask import Response, jsonify, render_template, request

from chatapp.domain.catalog import ModelCatalog
from chatapp.web.arguments import Blueprint
from chatapp.web.assets import Assets
from chatapp.web.origins import is_allowed
from chatapp.web.schemas import Admission
from chatapp.web.texts.language import CODES, english, words_of_widget
from chatapp.web.texts.preferences import speak_to_other_sites

KEPT_SECONDS = 300
"""For so long a browser goes on with the script that it has: its address never changes, what it loads later does."""

CHAT, MARKDOWN_STYLES = "widget_chat.js", "widget_markdown.css"

LINE_BREAK = re.compile(r"\s*\n\s*")
"""With what stands around it in a template, and means nothing."""

REM = re.compile(r"(@media[^{]*)|(-?\d*\.?\d+)rem\b")
"""A measure in rem, but in a media query, where it does not depend on the site."""


@dataclass(frozen=True, slots=True)
class Script:
    """The whole script, plain and packed; ``etag`` tells one from another."""

    plain: bytes
    packed: bytes
    etag: str


def files(assets: Assets, catalog: ModelCatalog, *, is_closed: bool) -> flask.Blueprint:
    """Return the routes of the widget's files. Of a server that is closed they tell nothing about its model.

    Raises:
        AssetsMissing: they are not built.
    """
    widget = flask.Blueprint("widget", __name__)
    script_in = _maker(assets)

    def script() -> Response:
        usual = None if is_closed else catalog.find(catalog.default_id())
        language = speak_to_other_sites(request.args.get("language", ""))
        made = script_in(language.code, LINE_BREAK.sub("\n", render_template("_widget.html", usual=usual)))
        is_packed = bool(request.accept_encodings["gzip"])
        response = Response(made.packed if is_packed else made.plain, mimetype="text/javascript")
        if is_packed:
            response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
        response.set_etag(f"{made.etag}-gzip" if is_packed else made.etag)
        response.cache_control.public = True
        response.cache_control.max_age = KEPT_SECONDS
        response.make_conditional(request)
        return response

    widget.add_url_rule("/widget.js", view_func=script, provide_automatic_options=False)
    # What the script loads later, and what that loads in turn, by addresses that are relative to its own.
    widget.add_url_rule("/widget/<name>", "later", assets.send, provide_automatic_options=False)
    return widget


def embedding(allowed_origins: tuple[str, ...]) -> Blueprint:
    """Return the route that the widget asks before it shows itself."""
    embedding = Blueprint("embedding", __name__, description="The widget on other sites.")

    @embedding.get("/api/widget")
    @embedding.response(200, Admission)
    def admit() -> Response:
        """Say whether the site that asks may use the chat, and else which setting forbids it."""
        response = jsonify(allowed=is_allowed(request, allowed_origins), setting="CHATAPP_ALLOWED_ORIGINS")
        response.vary.add("Origin")
        return response

    return embedding


def _maker(assets: Assets) -> Callable[[str, str], Script]:
    """Return what makes the script of a language and a markup: the built one is a function that wants these parts."""
    code = assets.text("widget.js").rstrip()
    parts = {
        "styles": REM.sub(_independent, assets.text("widget.css")),
        "chat": _later(assets, CHAT),
        "markdownStyles": _later(assets, MARKDOWN_STYLES),
    }

    @lru_cache(maxsize=len(CODES))
    def make(code_of_language: str, markup: str) -> Script:
        own = {
            "language": code_of_language,
            "words": words_of_widget(code_of_language),
            # The server itself speaks English.
            "problems": "" if code_of_language == english().code else _later(assets, f"problems.{code_of_language}.js"),
            "markup": markup,
        }
        told = json.dumps(parts | own, ensure_ascii=False, separators=(",", ":"))
        plain = f"({code})({told});\n".encode()
        return Script(plain, gzip.compress(plain, 9, mtime=0), hashlib.blake2b(plain, digest_size=8).hexdigest())

    return make


def _later(assets: Assets, name: str) -> str:
    """Return the address of a file that the script loads, as seen from where the script is."""
    return f"widget/{name}?v={assets.version(name)}"


def _independent(found: re.Match[str]) -> str:
    # What a rem is, the site decides; the widget's own measure is what its visitor has set in the browser.
    query, number = found.groups()
    return query or f"calc({number}*var(--rem))"
