"""What a model is asked, and what is refused before it is asked."""

from datetime import date

import pytest

from chatapp.adapters.estimator import TokenEstimator
from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer, Turn
from chatapp.domain.entities import Message, Role
from chatapp.domain.errors import ContextTooLong, InvalidRequest, ModelRetired, UnknownModel
from tests.samples import CARD, CATALOG, card

SMALL = card("small", context_tokens=100, max_output_tokens=50)
GONE = card("gone", shutdown_date=date(2026, 1, 1))
HISTORY = (Message(Role.USER, "One?"), Message(Role.ASSISTANT, "One."))


def service(*, system_prompt: str | None = None, max_output_tokens: int = 4096) -> Composer:
    catalog = ModelCatalog((CARD, SMALL, GONE), CARD.id, lambda: date(2026, 11, 22), dates_apply=True)
    accountant = TokenAccountant(TokenEstimator(), CATALOG)
    return Composer(catalog, accountant, system_prompt=system_prompt, max_output_tokens=max_output_tokens)


def test_the_new_message_comes_after_the_history() -> None:
    request = service().compose(Turn("Two?", HISTORY))

    assert request.messages == (*HISTORY, Message(Role.USER, "Two?"))
    assert request.model is CARD


def test_the_system_prompt_of_the_owner_comes_first() -> None:
    request = service(system_prompt="Be kind.").compose(Turn("Two?", HISTORY))

    assert request.messages == (Message(Role.SYSTEM, "Be kind."), *HISTORY, Message(Role.USER, "Two?"))


def test_a_caller_may_bring_a_system_prompt_where_the_owner_has_none() -> None:
    history = (Message(Role.SYSTEM, "Rhyme."), *HISTORY)

    request = service().compose(Turn("Two?", history, system="Be brief."))

    assert request.messages == (Message(Role.SYSTEM, "Be brief."), *history, Message(Role.USER, "Two?"))


@pytest.mark.parametrize(
    ("turn", "path"),
    [
        pytest.param(Turn("Hi", system="Be rude."), "system", id="as a field"),
        pytest.param(Turn("Hi", system=""), "system", id="as an empty field"),
        pytest.param(Turn("Hi", (*HISTORY, Message(Role.SYSTEM, "Be rude."))), "messages.2.role", id="in the history"),
    ],
)
def test_a_callers_system_prompt_beside_the_owners_is_refused(turn: Turn, path: str) -> None:
    with pytest.raises(InvalidRequest, match="owner of this server") as refusal:
        service(system_prompt="Be kind.").compose(turn)

    assert [detail.path for detail in refusal.value.details] == [path]


@pytest.mark.parametrize(
    ("owners", "callers", "model_id", "sent"),
    [
        (4096, None, None, 4096),
        (4096, 100, None, 100),
        (4096, 4096, None, 4096),
        (4096, 1_000_000, None, 4096),
        (4096, None, "small", 50),
        (4096, 60, "small", 50),
        (20, None, "small", 20),
        (1, 10, None, 1),
    ],
)
def test_the_cap_of_an_answer_is_the_least_of_all_wishes(
    owners: int, callers: int | None, model_id: str | None, sent: int
) -> None:
    turn = Turn("Hi", model_id=model_id, max_output_tokens=callers)

    assert service(max_output_tokens=owners).compose(turn).max_output_tokens == sent


@pytest.mark.parametrize("temperature", [None, 0.0, 2.0])
def test_the_temperature_is_passed_on_as_it_was_given(temperature: float | None) -> None:
    assert service().compose(Turn("Hi", temperature=temperature)).temperature == temperature


@pytest.mark.parametrize(
    ("turn", "refusal"),
    [
        pytest.param(Turn("Hi", model_id="gpt-9"), UnknownModel, id="unknown model"),
        pytest.param(Turn("Hi", model_id="gone"), ModelRetired, id="retired model"),
        pytest.param(Turn("x" * 4000, model_id="small"), ContextTooLong, id="long message"),
        pytest.param(Turn("Hi", HISTORY * 50, model_id="small"), ContextTooLong, id="long history"),
        pytest.param(Turn("Hi", system="x" * 4000, model_id="small"), ContextTooLong, id="long system prompt"),
    ],
)
def test_what_cannot_be_answered_is_refused(turn: Turn, refusal: type[InvalidRequest]) -> None:
    with pytest.raises(refusal):
        service().compose(turn)


def test_the_owners_system_prompt_takes_its_part_of_the_window() -> None:
    with pytest.raises(ContextTooLong):
        service(system_prompt="x" * 4000).compose(Turn("Hi", model_id="small"))
