"""Which models there are on which day."""

from datetime import date, timedelta

import pytest

from chatapp.domain.catalog import ModelCatalog, ModelStatus
from chatapp.domain.entities import ModelCard
from chatapp.domain.errors import ModelRetired, UnknownModel
from tests.samples import card

SHUTDOWN = date(2027, 1, 14)
OLD = card("old", shutdown_date=SHUTDOWN, replacement="new")
NEW = card("new")


def catalog_on(day: date, *cards: ModelCard, default: str = "old", dates_apply: bool = True) -> ModelCatalog:
    return ModelCatalog(cards or (OLD, NEW), default, lambda: day, dates_apply=dates_apply)


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (SHUTDOWN - timedelta(days=1), ModelStatus.DEPRECATED),
        (SHUTDOWN, ModelStatus.RETIRED),
        (SHUTDOWN + timedelta(days=1), ModelStatus.RETIRED),
    ],
)
def test_a_model_is_retired_from_its_shutdown_date_on(day: date, status: ModelStatus) -> None:
    old, new = catalog_on(day).listed()

    assert old.status is status
    assert old.available is (status is not ModelStatus.RETIRED)
    assert new.status is ModelStatus.ACTIVE


def test_all_models_are_listed_in_the_order_of_the_catalogue() -> None:
    cards = [card(name) for name in ("c", "a", "b")]

    listed = catalog_on(SHUTDOWN, *cards, default="b").listed()

    assert [model.card for model in listed] == cards


def test_a_model_becomes_retired_while_the_process_runs() -> None:
    days = iter([SHUTDOWN - timedelta(days=1), SHUTDOWN])
    catalog = ModelCatalog((NEW, OLD), "new", lambda: next(days), dates_apply=True)

    assert catalog.require("old") is OLD
    with pytest.raises(ModelRetired):
        catalog.require("old")


def test_the_refusal_of_a_retired_model_names_its_replacement() -> None:
    with pytest.raises(ModelRetired, match="choose “new” instead"):
        catalog_on(SHUTDOWN).require("old")


def test_the_refusal_of_a_retired_model_without_replacement_names_none() -> None:
    gone = card("gone", shutdown_date=SHUTDOWN)

    with pytest.raises(ModelRetired, match="choose another one"):
        catalog_on(SHUTDOWN, gone, NEW, default="new").require("gone")


def test_with_another_provider_shutdown_dates_mean_nothing() -> None:
    catalog = catalog_on(SHUTDOWN, dates_apply=False)

    assert catalog.require("old") is OLD
    assert catalog.default_id() == "old"
    assert {model.status for model in catalog.listed()} == {ModelStatus.ACTIVE}


@pytest.mark.parametrize("model_id", ["", "OLD", "gpt-5", "new ", "old\n"])
def test_a_model_outside_the_catalogue_is_refused(model_id: str) -> None:
    with pytest.raises(UnknownModel, match="There is no model"):
        catalog_on(SHUTDOWN).require(model_id)


def test_no_choice_means_the_default() -> None:
    assert catalog_on(SHUTDOWN - timedelta(days=1)).require(None) is OLD


def test_a_retired_default_passes_the_turn_to_its_replacement() -> None:
    catalog = catalog_on(SHUTDOWN)

    assert catalog.default_id() == "new"
    assert catalog.require(None) is NEW


def test_the_turn_passes_along_a_chain_of_retired_models() -> None:
    older = card("older", shutdown_date=SHUTDOWN, replacement="old")

    assert catalog_on(SHUTDOWN, older, OLD, NEW, default="older").default_id() == "new"


def test_retired_models_that_replace_each_other_are_refused() -> None:
    ring = [
        card("ying", shutdown_date=SHUTDOWN, replacement="yang"),
        card("yang", shutdown_date=SHUTDOWN, replacement="ying"),
    ]

    with pytest.raises(ModelRetired):
        catalog_on(SHUTDOWN, *ring, default="ying").require(None)


def test_a_retired_default_without_replacement_is_refused() -> None:
    gone = card("gone", shutdown_date=SHUTDOWN)

    with pytest.raises(ModelRetired):
        catalog_on(SHUTDOWN, gone, default="gone").require(None)


def test_a_default_outside_the_catalogue_is_refused_at_once() -> None:
    with pytest.raises(UnknownModel, match="default model “absent”"):
        catalog_on(SHUTDOWN, default="absent")


def test_a_replacement_outside_the_catalogue_is_refused_at_once() -> None:
    with pytest.raises(UnknownModel, match="“new”, the replacement of “old”"):
        catalog_on(SHUTDOWN, OLD)
