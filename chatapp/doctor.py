"""Looks at the settings and the world around them, and says in plain words what to do. Nothing it does is billed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import requests

from chatapp.adapters.sql.revisions import BadDatabase
from chatapp.adapters.system import port_trouble
from chatapp.bootstrap import build_container, require_catalog, storage_tools
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.catalog_check import differences
from chatapp.domain.entities import NANO_USD_PER_USD, ModelCard
from chatapp.domain.errors import ProviderAuth, ProviderError
from chatapp.domain.ports import ModelDirectory
from chatapp.settings import BadSettings, Settings
from chatapp.web.info import SERVICE_NAME
from chatapp.web.texts.language import english

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
TIGHT_BUDGET_NANO_USD = 10 * NANO_USD_PER_USD
MANY_VISITORS = 5
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - only compared


class Verdict(StrEnum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    verdict: Verdict
    sentence: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; asks the provider for its list of models where a real one is in use."""
    container = build_container(settings)
    key = _key(settings)
    findings = [key]
    try:
        catalog = require_catalog(container)
    except BadSettings as error:
        findings.append(Finding(Verdict.WRONG, str(error), "Mend CHATAPP_CATALOG or CHATAPP_DEFAULT_MODEL."))
    else:
        findings += _models(catalog, settings)
        if key.verdict is Verdict.GOOD:
            findings += _provider(container.model_directory(), catalog)
    return [*findings, *_storage(settings), _port(settings), *_exposure(settings)]


def _key(settings: Settings) -> Finding:
    key = settings.api_key or ""
    if not settings.is_fake:
        if key.isascii() and key.isprintable():
            return Finding(Verdict.GOOD, "There is an OpenAI key.")
        return Finding(
            Verdict.WRONG,
            "OPENAI_API_KEY_CYB_SEC holds something that no key has, like a line break or a letter with an accent.",
            "Copy the key once more; in a file named .env it stands on one line.",
        )
    if key:
        return Finding(Verdict.NOTE, "CHATAPP_LLM is “fake”: the fake model answers, though there is an OpenAI key.")
    return Finding(
        Verdict.NOTE,
        "There is no OpenAI key: the fake model answers, as a demo.",
        "Set OPENAI_API_KEY_CYB_SEC, in the environment or in a file named .env, to talk to OpenAI.",
    )


def _models(catalog: ModelCatalog, settings: Settings) -> Iterator[Finding]:
    gone = [model for model in catalog.listed() if not model.available]
    if gone:
        names = ", ".join(_gone(model.card) for model in gone)
        yield Finding(Verdict.NOTE, f"OpenAI no longer serves: {names}. Nobody can choose them any more.")
    default_id = catalog.default_id()
    if default_id != settings.default_model:
        yield Finding(
            Verdict.NOTE,
            f"The default model {settings.default_model} is retired; {default_id} answers in its place.",
            f"Set CHATAPP_DEFAULT_MODEL={default_id}.",
        )


def _gone(card: ModelCard) -> str:
    return f"{card.id} (use {card.replacement})" if card.replacement else card.id


def _provider(directory: ModelDirectory, catalog: ModelCatalog) -> Iterator[Finding]:
    try:
        served = directory.models()
    except ProviderAuth:
        yield Finding(
            Verdict.WRONG,
            "The provider does not accept the key.",
            "Check OPENAI_API_KEY_CYB_SEC: it may be mistyped, revoked, or of another provider.",
        )
        return
    except ProviderError as error:
        yield Finding(Verdict.WRONG, str(error), "Check the network, a proxy, and OPENAI_BASE_URL.")
        return
    yield Finding(Verdict.GOOD, f"The provider accepts the key and serves {len(served)} models.")
    default_id = catalog.default_id()
    if all(model.id != default_id for model in served):
        yield Finding(
            Verdict.WRONG,
            f"The provider does not serve the default model {default_id}: whoever chooses no other gets an error.",
            "Set CHATAPP_DEFAULT_MODEL to one that it serves, or add its models in a file named by CHATAPP_CATALOG.",
        )
    found = differences(catalog, served)
    if others := [card.id for card in found.gone if card.id != default_id]:
        yield Finding(
            Verdict.NOTE, f"The provider does not serve {', '.join(others)}: who asks for them gets an error."
        )
    for other in found.other_dates:
        yield Finding(
            Verdict.NOTE,
            f"The provider says that {other.card.id} ends on {other.told}, the catalogue {other.card.shutdown_date}.",
            "Correct it in a file of your own, named by CHATAPP_CATALOG.",
        )


def _storage(settings: Settings) -> Iterator[Finding]:
    try:
        found = storage_tools(settings).look()
    except BadDatabase as error:
        yield Finding(Verdict.WRONG, str(error))
        return
    place = settings.database_place
    for problem in found.problems:
        yield Finding(Verdict.WRONG, f"{place}: {problem}", "Stop the server, and put a backup in the file's place.")
    if found.revision is None:
        yield Finding(Verdict.GOOD, f"Conversations will be kept in {place}; the first start makes it.")
    elif not found.is_current:
        yield Finding(
            Verdict.NOTE,
            f"Conversations are kept in {place}, which is of an earlier version (revision {found.revision}).",
            "The next start brings it up to date, and copies it before if it is a file.",
        )
    elif not found.problems:
        size = "" if found.size_bytes is None else f", {found.size_bytes / 1_000_000:,.1f} MB"
        yield Finding(Verdict.GOOD, f"Conversations are kept in {place}: revision {found.revision}{size}.")
        yield from _callers(settings)


def _port(settings: Settings) -> Finding:
    trouble = port_trouble(settings.host, settings.port)
    if trouble is None:
        return Finding(Verdict.GOOD, f"Port {settings.port} on {settings.host} is free.")
    if _is_running(settings):
        return Finding(Verdict.GOOD, f"The server is running at {settings.address}.")
    return Finding(Verdict.WRONG, trouble, "Set CHATAPP_PORT to another one, or end what uses it.")


def _is_running(settings: Settings) -> bool:
    with requests.Session() as here:
        here.trust_env = False  # a proxy is not asked for what is on this machine
        return _says_who_it_is(here, settings)


def _says_who_it_is(here: requests.Session, settings: Settings) -> bool:
    try:
        told = here.get(f"{settings.address}/health", timeout=2).json()
    except (requests.RequestException, ValueError):
        return False
    return isinstance(told, dict) and told.get("service") == SERVICE_NAME


def _budget(settings: Settings) -> Iterator[Finding]:
    """Look at what everybody who reaches this machine may spend."""
    budget = settings.daily_budget
    a_day = english().dollars(budget)
    if budget > TIGHT_BUDGET_NANO_USD:
        yield Finding(
            Verdict.NOTE,
            f"It listens on {settings.host}, and whoever reaches it can chat for {a_day} a day, which you pay.",
            "Set CHATAPP_DAILY_BUDGET_USD to what you would not mind losing in a day.",
        )
    elif settings.visitor_daily_budget >= budget:
        yield Finding(
            Verdict.NOTE,
            f"One visitor can use up what everybody may spend in a day, {a_day}.",
            "Set CHATAPP_VISITOR_DAILY_BUDGET_USD to a part of CHATAPP_DAILY_BUDGET_USD.",
        )


def _callers(settings: Settings) -> Iterator[Finding]:
    """Look whether all visitors seem to have one address: then a proxy's is taken for theirs."""
    found = storage_tools(settings).callers()
    if found.visitors >= MANY_VISITORS and found.addresses == 1:
        yield Finding(
            Verdict.NOTE,
            f"{found.visitors} visitors of one day came from the same address: they share one visitor's budget.",
            "If a proxy stands before this server, name it in CHATAPP_TRUSTED_PROXIES.",
        )


def _exposure(settings: Settings) -> Iterator[Finding]:
    if settings.is_fake:
        return
    if settings.host in EVERYWHERE and settings.password is None:
        yield Finding(
            Verdict.NOTE,
            "Everybody who reaches this machine can come in: there is no password.",
            "Set CHATAPP_PASSWORD, and pages and API ask for it once.",
        )
    if settings.host not in LOCAL_HOSTS and settings.password is None:
        yield from _budget(settings)
    if settings.allowed_origins == ("*",):
        yield Finding(
            Verdict.NOTE,
            "Every web site may call the API from its visitors' browsers (CHATAPP_ALLOWED_ORIGINS is *).",
            "Name the sites that may, like https://shop.example; SECURITY.md says what * means for your money.",
        )
