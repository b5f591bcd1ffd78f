"""What a reader prefers: the language and the look of the pages.

Who has chosen keeps that in two cookies that say nothing else about them; nobody gets one before. For all others the
browser says which languages they read.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, redirect, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.wrappers import Response as AnyResponse

from chatapp.web.cookies import Cookie
from chatapp.web.texts.language import CODES, Language, languages

PREFERENCES = "/preferences"
THEMES = ("system", "light", "dark")
LIFE = timedelta(days=365)
LANGUAGE_COOKIE = Cookie("chatapp_language", "__Host-chatapp_language", LIFE)
THEME_COOKIE = Cookie("chatapp_theme", "__Host-chatapp_theme", LIFE)


def current_language() -> Language:
    """Return the language of whoever asks."""
    if "language" not in g:
        kept = LANGUAGE_COOKIE.read()
        g.language = languages()[kept if kept in CODES else _best(request.accept_languages)]
    language: Language = g.language
    return language


def speak_to_other_sites(code: str) -> Language:
    """Answer in the language ``code``, else in the browser's, and not in what was chosen on our own pages."""
    g.language = languages()[code if code in CODES else _best(request.accept_languages)]
    g.language_varies_by = ("Accept-Language",)
    return current_language()


def current_theme() -> str:
    """Return the look that whoever asks has chosen; ``system`` where they have not."""
    kept = THEME_COOKIE.read()
    return kept if kept in THEMES else THEMES[0]


def register(app: Flask) -> None:
    """Give the templates their words, and tell caches and browsers in which language an answer is."""
    app.jinja_env.globals.update(
        text=_text,
        language=current_language,
        languages=languages().values(),
        theme=current_theme,
        themes=THEMES,
        preferences=PREFERENCES,
    )

    @app.after_request
    def tell_language(response: Response) -> Response:
        if "language" in g:
            response.headers["Content-Language"] = current_language().code
            response.vary.update(g.get("language_varies_by", ("Accept-Language", "Cookie")))
        return response


def keep() -> AnyResponse:
    """Keep a choice, and lead back. This is what a link leads to, so that it needs no script."""
    response = redirect(_local(request.args.get("to", "/")), 303)
    for name, cookie, known in (("language", LANGUAGE_COOKIE, CODES), ("theme", THEME_COOKIE, THEMES)):
        if (chosen := request.args.get(name, "")) in known:
            cookie.send(response, chosen)
    return response


def _text(name: str, /, *, count: int | None = None, **values: object) -> Markup:
    return current_language().text(name, count=count, **values)


def _best(accepted: LanguageAccept) -> str:
    """Return the language of ours that is liked best: ``de-AT`` is German, and who reads none of ours gets English.

    Not werkzeug's ``best_match``: it looks for all the exact names first, so that ``en-GB, de;q=0.9`` would be German.
    """
    liked = (value.replace("_", "-").partition("-")[0].lower() for value, quality in accepted if quality > 0)
    return next((code for code in liked if code in CODES), CODES[0])


def _local(address: str) -> str:
    """Return an address of this server, whatever somebody made of the link."""
    is_local = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return address if is_local else "/"
