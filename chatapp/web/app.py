"""The Flask application: blueprints, error handlers, security headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, render_template
from flask.json.provider import DefaultJSONProvider

from chatapp import __version__
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer
from chatapp.domain.conversation import ConversationService
from chatapp.domain.passes import Passes
from chatapp.domain.replies import ReplyService
from chatapp.domain.stores import Archive
from chatapp.domain.usage import UsageService
from chatapp.domain.usage_access import UsageAccess
from chatapp.domain.visitors import VisitorService
from chatapp.web import app_shell, chat, delivery, door, errors, info, pages, security, widget
from chatapp.web.arguments import BODY_READER, Api
from chatapp.web.assets import Assets
from chatapp.web.body import BodyReader
from chatapp.web.chat_body import BodyLimits
from chatapp.web.client_socket import ClientWatch
from chatapp.web.delivery import Pseudonyms
from chatapp.web.kept import conversations, ids, replies, transfer
from chatapp.web.kept import visitors as kept_visitors
from chatapp.web.pages import STATIC, Site
from chatapp.web.proxies import Proxies
from chatapp.web.texts import preferences
from chatapp.web.usage import page as usage_page
from chatapp.web.visitors import Visitors


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call; ``passes`` only where the server has a password."""

    catalog: ModelCatalog
    composer: Composer
    replies: ReplyService
    conversations: ConversationService
    visitors: VisitorService
    passes: Passes | None
    archive: Archive
    usage: UsageService
    usage_access: UsageAccess
    watch: ClientWatch


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the owner decides about the web side."""

    site: Site
    body_limits: BodyLimits
    allowed_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    provider_name: str
    log_key: bytes


class _Json(DefaultJSONProvider):
    ensure_ascii = False
    sort_keys = False


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``func``: nothing here is a coroutine, and Flask would look for one sixty times a request."""
        return func


def create_app(services: Services, options: WebOptions) -> Flask:
    """Return the application; several of them live side by side in one process.

    Raises:
        AssetsMissing: the pages are not built.
    """
    app = _App("chatapp.web", static_folder=None)
    app.json = _Json(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True  # lines that only steer the template stay here
    app.wsgi_app = Proxies(options.trusted_proxies).in_front_of(app.wsgi_app)  # type: ignore[assignment,method-assign]
    limits = options.body_limits
    app.extensions[BODY_READER] = BodyReader(services.watch, limits.body_bytes, limits.values, limits.body_seconds)
    app.url_map.converters["id"] = ids.IdConverter
    delivery.register(app, services.watch, Pseudonyms(options.log_key))
    errors.register(app)
    security.share(app, options.allowed_origins)
    preferences.register(app)
    security.protect(app, allowed_hosts=options.allowed_hosts, provider_name=options.provider_name)
    if services.passes is not None:
        door.Door(services.passes).guard(app)
    api = _described(app)
    _add_stateless(api, services, options)
    _add_kept(api, services, options, app.extensions[BODY_READER])
    assets = Assets(STATIC)
    app.register_blueprint(pages.blueprint(services.catalog, options.site, assets))
    app.register_blueprint(app_shell.blueprint(assets))
    app.register_blueprint(widget.files(assets, services.catalog, is_closed=services.passes is not None))
    app.register_blueprint(usage_page.blueprint(services.usage, services.usage_access))
    app.add_url_rule("/api/docs", "docs", lambda: render_template("docs.html"))
    return app


def _described(app: Flask) -> Api:
    app.config.update(
        API_TITLE="chatapp",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = Api(app, spec_kwargs={"info": {"description": info.DESCRIPTION}})
    api.register_converter(ids.IdConverter, ids.described)
    return api


def _add_stateless(api: Api, services: Services, options: WebOptions) -> None:
    api.register_blueprint(chat.blueprint(services.composer, services.replies, services.visitors, options.body_limits))
    api.register_blueprint(info.blueprint(services.catalog, services.replies, options.provider_name))
    api.register_blueprint(widget.embedding(options.allowed_origins))


def _add_kept(api: Api, services: Services, options: WebOptions, reader: BodyReader) -> None:
    visitors, limits = Visitors(services.visitors), options.body_limits
    for blueprint in (
        conversations.blueprint(services.conversations, visitors, limits),
        replies.blueprint(services.conversations, services.replies, visitors, limits),
        transfer.blueprint(services.conversations, services.archive, visitors, reader, limits),
        kept_visitors.blueprint(visitors, services.visitors),
        kept_visitors.tokens(services.visitors, services.passes),
        door.blueprint(services.passes),
    ):
        api.register_blueprint(blueprint)
