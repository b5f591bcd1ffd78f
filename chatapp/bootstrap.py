"""Puts the application together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Flask

from chatapp.adapters.catalog_file import BadCatalog
from chatapp.adapters.system import Pulse
from chatapp.container import Container
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.errors import UnknownModel
from chatapp.domain.replies import ReplyService
from chatapp.fake.script_file import BadScript
from chatapp.settings import BadSettings, Settings
from chatapp.web.app import Services, WebOptions, create_app
from chatapp.web.assets import Assets
from chatapp.web.chat_body import BodyLimits
from chatapp.web.client_socket import ClientWatch
from chatapp.web.pages import STATIC, Site

LONGEST_LOG_KEY_BYTES = 64

LIFE = "chatapp_life"
"""The key of the application's ``Life`` among its extensions."""


@dataclass(frozen=True, slots=True)
class Life:
    """What lives beside the requests of one process: the pulse, and the replies that a shutdown must end."""

    pulse: Pulse
    replies: ReplyService


def build_container(settings: Settings) -> Container:
    """Return the parts, wired but not yet made."""
    return Container(settings=settings)


def require_catalog(container: Container) -> ModelCatalog:
    """Return the catalogue.

    Raises:
        BadSettings: it cannot be read, or lacks the default model.
    """
    try:
        return container.catalog()
    except (BadCatalog, UnknownModel) as error:
        raise BadSettings(str(error)) from error


def require_startable(settings: Settings) -> None:
    """Look at what would fail in every worker process, where it would end in a traceback.

    Raises:
        BadSettings: the catalogue, or the fake's script, cannot be used.
        AssetsMissing: the pages are not built.
    """
    container = build_container(settings)
    require_catalog(container)
    try:
        container.fake_chat_model()
    except BadScript as error:
        raise BadSettings(str(error)) from error
    Assets(STATIC)


def build_app(settings: Settings, container: Container | None = None) -> Flask:
    """Return the application. Its ``Life`` does not beat yet: start it in the process that serves.

    Raises:
        BadSettings: the catalogue cannot be read, or lacks the default model.
    """
    container = container or build_container(settings)
    catalog = require_catalog(container)
    replies, watch = container.replies(), ClientWatch(settings.write_seconds)
    app = create_app(Services(catalog, container.composer(), replies, watch), _options(settings))
    app.extensions[LIFE] = Life(Pulse([replies.beat, watch.sweep]), replies)
    return app


def _options(settings: Settings) -> WebOptions:
    return WebOptions(
        site=Site(settings.is_fake, bool(settings.api_key), settings.contact_phone, settings.contact_email),
        body_limits=BodyLimits(
            body_bytes=settings.max_body_bytes,
            body_seconds=settings.body_seconds,
            message_characters=settings.max_message_characters,
            messages=settings.max_messages,
        ),
        allowed_origins=settings.allowed_origins,
        allowed_hosts=settings.allowed_hosts,
        provider_name=settings.provider_name,
        log_key=settings.log_key.encode()[:LONGEST_LOG_KEY_BYTES] if settings.log_key else secrets.token_bytes(16),
    )
