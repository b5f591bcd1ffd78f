"""Puts the application together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from flask import Flask

from chatapp.adapters.catalog_file import BadCatalog
from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.preparing import Upgrade, prepare
from chatapp.adapters.sql.revisions import BadDatabase
from chatapp.adapters.sql.tools import StorageTools
from chatapp.adapters.system import Beat, Pulse
from chatapp.container import Container
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.errors import StorageUnavailable, UnknownModel
from chatapp.domain.replies import ReplyService
from chatapp.domain.usage import UsageService
from chatapp.domain.visitors import new_key
from chatapp.fake.script_file import BadScript
from chatapp.settings import BadSettings, Settings
from chatapp.web.app import Services, WebOptions, create_app
from chatapp.web.assets import Assets
from chatapp.web.chat_body import BodyLimits
from chatapp.web.client_socket import ClientWatch
from chatapp.web.pages import STATIC, Site
from chatapp.web.usage.page import OPEN

LONGEST_LOG_KEY_BYTES = 64

MIRRORS_EVERY_SECONDS = 0.1
HOUSEKEEPING_EVERY_SECONDS = 0.5

LIFE = "chatapp_life"
"""The key of the application's ``Life`` among its extensions."""


@dataclass(frozen=True, slots=True)
class Life:
    """What lives beside the requests of one process: its pulses, the replies that a shutdown must end, and the
    database, which may be lent threads.
    """

    pulses: tuple[Pulse, ...]
    replies: ReplyService
    database: Database

    def start(self) -> None:
        """Begin to beat; after the fork, as threads do not survive one.

        What died before is found here already: among callers that would take long, and processes that are killed soon
        after they began would never come to it.
        """
        Beat(self.replies.close_orphans)()
        for pulse in self.pulses:
            pulse.start()

    def stop(self) -> None:
        """End after the current beats."""
        for pulse in self.pulses:
            pulse.stop()


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


def prepare_storage(settings: Settings) -> Upgrade | None:
    """Make the database or bring it up to date; return None where there was nothing to do, which is found out quickly.

    Raises:
        BadSettings: it cannot be used.
    """
    try:
        return prepare(settings.database_address)
    except BadDatabase as error:
        raise BadSettings(str(error)) from error


def close_storage(settings: Settings) -> None:
    """Have SQLite write its log back into the file and remove it, as it does when the last one closes the file."""
    database = Database(settings.database_address)
    with suppress(StorageUnavailable):
        database.write_back()
    database.close()


def storage_tools(settings: Settings) -> StorageTools:
    """Return what looks after the database."""
    return StorageTools(settings.database_address)


@contextmanager
def _beside_the_server(settings: Settings) -> Iterator[Container]:
    """Give the parts to a command, and close the database behind it.

    Raises:
        BadDatabase: the database cannot be used, is not there yet or not up to date.
    """
    storage_tools(settings).require_current()
    container = build_container(settings)
    try:
        yield container
    finally:
        container.database().close()


def rotate_key(settings: Settings, *, forget_old: bool) -> None:
    """Have tokens signed with a new key; what older keys have signed stays good, unless they are forgotten.

    Raises:
        BadDatabase: the database cannot be used, is not there yet or not up to date.
        StorageUnavailable: it cannot be written now.
    """
    with _beside_the_server(settings) as container:
        container.visitor_store().add_key(*new_key(), forget_others=forget_old)


@contextmanager
def usage_service(settings: Settings) -> Iterator[UsageService]:
    """Give what reads the ledger.

    Raises:
        BadDatabase: the database cannot be used, is not there yet or not up to date.
        StorageUnavailable: it cannot be read now.
    """
    with _beside_the_server(settings) as container:
        yield container.usage()


def new_usage_link(settings: Settings) -> str:
    """Return the address of a new link to the usage page, which works once.

    Raises:
        BadDatabase: the database cannot be used, is not there yet or not up to date.
        StorageUnavailable: it cannot be written now.
    """
    with _beside_the_server(settings) as container:
        return f"{settings.address}{OPEN}?secret={container.usage_access().new_link()}"


def build_app(settings: Settings, container: Container | None = None) -> Flask:
    """Return the application. Its ``Life`` does not beat yet: start it in the process that serves.

    The database is made or brought up to date, unless a container of the caller's own has another ledger than that.

    Raises:
        BadSettings: the catalogue cannot be read, or lacks the default model; or the database cannot be used.
    """
    if container is None:
        container = build_container(settings)
    if container.ledger.last_overriding is None:
        prepare_storage(settings)
    catalog = require_catalog(container)
    replies, visitors = container.replies(), container.visitors()
    watch = ClientWatch(settings.write_seconds)
    services = Services(
        catalog=catalog,
        composer=container.composer(),
        replies=replies,
        conversations=container.conversations(),
        visitors=visitors,
        passes=container.passes(),
        archive=container.archive(),
        usage=container.usage(),
        usage_access=container.usage_access(),
        watch=watch,
    )
    app = create_app(services, _options(settings))
    # What takes longer, or must come sooner, does not wait for the others.
    pulses = (
        Pulse([replies.look_after, watch.sweep]),
        Pulse([replies.save]),
        Pulse([replies.close_orphans]),
        Pulse([container.mirrors().beat], MIRRORS_EVERY_SECONDS),
        Pulse([container.housekeeping().beat, visitors.beat], HOUSEKEEPING_EVERY_SECONDS),
    )
    app.extensions[LIFE] = Life(pulses, replies, container.database())
    return app


def _options(settings: Settings) -> WebOptions:
    return WebOptions(
        site=Site(
            fake_provider=settings.is_fake,
            has_key=bool(settings.api_key),
            sets_instructions=settings.system_prompt is not None,
            instruction_tokens=TokenEstimator().count(settings.system_prompt or "", None),
            max_output_tokens=settings.max_output_tokens,
            message_characters=settings.max_message_characters,
            contact_phone=settings.contact_phone,
            contact_email=settings.contact_email,
        ),
        body_limits=BodyLimits(
            body_bytes=settings.max_body_bytes,
            body_seconds=settings.body_seconds,
            message_characters=settings.max_message_characters,
            messages=settings.max_messages,
            import_bytes=settings.max_import_bytes,
            import_seconds=settings.import_seconds,
        ),
        allowed_origins=settings.allowed_origins,
        allowed_hosts=settings.allowed_hosts,
        trusted_proxies=settings.trusted_proxies,
        provider_name=settings.provider_name,
        log_key=settings.log_key.encode()[:LONGEST_LOG_KEY_BYTES] if settings.log_key else secrets.token_bytes(16),
    )
