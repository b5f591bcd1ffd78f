"""Which models there are, which one answers when nobody chose, and which are no longer served."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chatapp.domain.entities import ModelCard, Price
from chatapp.domain.errors import ModelRetired, UnknownModel

SNAPSHOT_DATE = re.compile(r"-\d{4}(-\d{2}-\d{2})?$")
"""What a snapshot's name has behind its family's: ``gpt-4o-mini-2024-07-18``, ``gpt-3.5-turbo-0125``."""


class ModelStatus(StrEnum):
    """Where a model stands in its life."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as it stands today."""

    card: ModelCard
    status: ModelStatus

    @property
    def available(self) -> bool:
        """Tell whether it can be asked."""
        return self.status is not ModelStatus.RETIRED


class ModelCatalog:
    """The models that may be asked, and no others.

    ``dates_apply`` says whether shutdown dates count: they are OpenAI's, so with any other provider every model
    is active.
    """

    def __init__(
        self, cards: Iterable[ModelCard], default_id: str, today: Callable[[], date], *, dates_apply: bool
    ) -> None:
        self._cards = {card.id: card for card in cards}
        self._default_id = default_id
        self._today = today
        self._dates_apply = dates_apply
        self._check()

    def listed(self) -> tuple[ListedModel, ...]:
        """Return all models in the catalogue's order, each with its status of today."""
        return tuple(ListedModel(card, self._status(card)) for card in self._cards.values())

    def default_id(self) -> str:
        """Return the model that answers when none is asked for; a retired one passes the turn on."""
        return self._successor(self._cards[self._default_id]).id

    def require(self, model_id: str | None) -> ModelCard:
        """Return the card of ``model_id``, or of the default.

        Raises:
            UnknownModel: it is not in the catalogue.
            ModelRetired: its shutdown date has come; the sentence names the replacement.
        """
        card = self._cards.get(self.default_id() if model_id is None else model_id)
        if card is None:
            raise UnknownModel(f"There is no model “{model_id}” here. GET /models lists the ones there are.")
        if self._status(card) is ModelStatus.RETIRED:
            raise retired(card)
        return card

    def find(self, model_id: str) -> ModelCard | None:
        """Return the card of a model, also of one that can no longer be asked."""
        return self._cards.get(model_id)

    def answering(self, model_id: str) -> ModelCard | None:
        """Return the card of a model as the provider names it in its answers; a dated snapshot is one of its family."""
        return self._cards.get(model_id) or self._cards.get(SNAPSHOT_DATE.sub("", model_id))

    def prices(self) -> tuple[Price, ...]:
        """Return all prices that are known."""
        return tuple(card.price for card in self._cards.values() if card.price is not None)

    def _status(self, card: ModelCard) -> ModelStatus:
        if card.shutdown_date is None or not self._dates_apply:
            return ModelStatus.ACTIVE
        return ModelStatus.RETIRED if card.shutdown_date <= self._today() else ModelStatus.DEPRECATED

    def _successor(self, card: ModelCard) -> ModelCard:
        seen = {card.id}
        while self._status(card) is ModelStatus.RETIRED and card.replacement and card.replacement not in seen:
            seen.add(card.replacement)
            card = self._cards[card.replacement]
        return card

    def _check(self) -> None:
        if self._default_id not in self._cards:
            raise UnknownModel(f"The default model “{self._default_id}” is not in the catalogue.")
        for card in self._cards.values():
            if card.replacement is not None and card.replacement not in self._cards:
                raise UnknownModel(f"“{card.replacement}”, the replacement of “{card.id}”, is not in the catalogue.")


def retired(card: ModelCard) -> ModelRetired:
    """Say that a model is gone, and what to ask instead."""
    advice = f" Please choose “{card.replacement}” instead." if card.replacement else " Please choose another one."
    return ModelRetired(f"The model “{card.id}” is no longer offered by the provider.{advice}")
