"""``chatapp catalog``: the commands for the catalogue of models and prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import click

from chatapp.bootstrap import build_container, require_catalog
from chatapp.cli.start import settings
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.catalog_check import Differences, differences, old_prices
from chatapp.domain.entities import ModelCard
from chatapp.domain.errors import ProviderError
from chatapp.domain.ports import ModelDirectory
from chatapp.settings import BadSettings

ADVICE = "Correct it in a file of your own, named by CHATAPP_CATALOG."


@click.group()
def catalog() -> None:
    """Look after the catalogue of models and prices."""


@catalog.command()
def check() -> None:
    """Compare the catalogue with what the provider serves, which is not billed, and look for old prices."""
    chosen = settings()
    container = build_container(chosen)
    try:
        models = require_catalog(container)
    except BadSettings as error:
        raise click.ClickException(str(error)) from error
    if chosen.is_fake:
        click.echo("note   The fake model answers: there is no provider to compare with.")
        wrong = []
    else:
        wrong = list(_compared(container.model_directory(), models))
    wrong += _aged(models, container.clock().now().date())
    for sentence in wrong:
        click.echo(f"WRONG  {sentence}")
    if wrong:
        click.echo(" " * 7 + ADVICE)
        raise SystemExit(1)
    click.echo("ok     Nothing is wrong.")


def _compared(directory: ModelDirectory, models: ModelCatalog) -> Iterator[str]:
    try:
        served = directory.models()
    except ProviderError as error:
        raise click.ClickException(str(error)) from error
    found = differences(models, served)
    click.echo(f"The provider serves {len(served)} models; the catalogue has {len(models.listed())}.")
    if found.new:
        click.echo(f"new    {', '.join(found.new)}")
    return _told(found)


def _told(found: Differences) -> Iterator[str]:
    for card in found.gone:
        yield f"{card.id}: the provider does not serve it{_instead(card)}."
    for other in found.other_dates:
        yield f"{other.card.id}: it ends on {other.told}, says the provider; the catalogue says {_day(other.card)}."


def _aged(models: ModelCatalog, today: date) -> Iterator[str]:
    for card, price in old_prices(models, today):
        yield f"{card.id}: its price is of {price.as_of}, {(today - price.as_of).days} days ago."


def _instead(card: ModelCard) -> str:
    return f" (use {card.replacement})" if card.replacement else ""


def _day(card: ModelCard) -> str:
    return "nothing of an end" if card.shutdown_date is None else str(card.shutdown_date)
