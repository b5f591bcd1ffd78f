"""The pages that people see, what they prefer there, and the files that all pages are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template
from flask.sansio.blueprints import BlueprintSetupState

from chatapp.domain.catalog import ModelCatalog
from chatapp.web.assets import Assets
from chatapp.web.texts import preferences

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Site:
    """What the owner says on every page, and whether the fake model answers there, though there may be a key.

    ``sets_instructions``: they are the owner's, and callers bring none; ``instruction_tokens`` is an estimate of what
    they come to. ``max_output_tokens`` caps every answer, ``message_characters`` every message.
    """

    fake_provider: bool
    has_key: bool
    sets_instructions: bool
    instruction_tokens: int
    max_output_tokens: int
    message_characters: int
    contact_phone: str
    contact_email: str


def blueprint(catalog: ModelCatalog, site: Site, assets: Assets) -> Blueprint:
    """Make the routes of the pages, and give their templates what they need."""
    pages = Blueprint("pages", __name__)

    def home() -> Response:
        return _page("home.html")

    def chat() -> Response:
        return _page("chat.html", models=catalog.listed(), default_id=catalog.default_id())

    def widget() -> Response:
        return _page("widget.html")

    def favicon() -> Response:
        return assets.send("favicon.svg")

    def robots() -> Response:
        return assets.send("robots.txt")

    @pages.record
    def furnish(state: BlueprintSetupState) -> None:
        state.app.jinja_env.globals.update(asset=assets.address, site=site)

    # Without rules for OPTIONS of their own: those of /chat belong to the API, which shares the path.
    for path, view in (
        ("/", home),
        ("/chat", chat),
        ("/widget", widget),
        (preferences.PREFERENCES, preferences.keep),
        ("/robots.txt", robots),
    ):
        pages.add_url_rule(path, view_func=view, provide_automatic_options=False)
    for path in ("/favicon.ico", "/favicon.svg"):
        pages.add_url_rule(path, view_func=favicon, provide_automatic_options=False)
    pages.add_url_rule("/static/<name>", "static", assets.send, provide_automatic_options=False)
    return pages


def _page(template: str, **context: object) -> Response:
    response = make_response(render_template(template, **context))
    response.cache_control.no_cache = True
    return response
