"""Where the catalogue of models and the provider's own list differ, and which prices are old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ModelCard, Price, ProviderModel

OLD_PRICE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class OtherDate:
    """A model whose end the provider dates otherwise."""

    card: ModelCard
    told: date


@dataclass(frozen=True, slots=True)
class Differences:
    """What the provider serves and the catalogue lacks (``new``), the other way round (``gone``), and other dates.

    A model past its date is not gone: nobody expects it to be served.
    """

    new: Sequence[str]
    gone: Sequence[ModelCard]
    other_dates: Sequence[OtherDate]


def differences(catalog: ModelCatalog, served: Sequence[ProviderModel]) -> Differences:
    """Compare the catalogue with what the provider serves."""
    told = {model.id: model for model in served}
    listed = catalog.listed()
    known = {model.card.id for model in listed}
    return Differences(
        new=sorted(told.keys() - known),
        gone=[model.card for model in listed if model.available and model.card.id not in told],
        other_dates=[
            OtherDate(model.card, day)
            for model in listed
            if (found := told.get(model.card.id)) and (day := found.shutdown_date) and day != model.card.shutdown_date
        ],
    )


def old_prices(catalog: ModelCatalog, today: date) -> Sequence[tuple[ModelCard, Price]]:
    """Return the models that can be asked and whose price was looked up more than 90 days ago, with that price."""
    cards = [model.card for model in catalog.listed() if model.available]
    return [(card, price) for card in cards if (price := card.price) and today - price.as_of > OLD_PRICE]
