"""What a model is told of a kept conversation that has outgrown its window."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from chatapp.domain.accounting import TOKENS_PER_ANSWER, TOKENS_PER_MESSAGE, TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer, Turn
from chatapp.domain.entities import ChatRequest, Message, ModelCard, Role
from chatapp.domain.errors import ContextTooLong
from tests.samples import card

ANSWER = 10
WINDOW = ANSWER + TOKENS_PER_ANSWER + 5 * (TOKENS_PER_MESSAGE + 1)
SMALL = card("small", context_tokens=WINDOW, max_output_tokens=ANSWER)
"""Takes five messages of one word, and an answer."""


@dataclass(slots=True)
class WordTokenizer:
    """A ``Tokenizer`` for which each word is a token; ``counted`` is what it was given."""

    counted: list[str] = field(default_factory=list)
    times_the_truth: float = 1.0

    def overcount(self, _: str | None) -> float:
        return self.times_the_truth

    def count(self, text: str, _: str | None) -> int:
        self.counted.append(text)
        return len(text.split())


def said(roles: str, first: int = 1) -> tuple[Message, ...]:
    """Return messages of one word: ``u`` from the user, ``a`` from the model, ``s`` for instructions."""
    named = {"u": Role.USER, "a": Role.ASSISTANT, "s": Role.SYSTEM}
    return tuple(Message(named[role], f"{role}{number}") for number, role in enumerate(roles, first))


def compose(
    history: Sequence[Message],
    message: str = "new",
    *,
    model: ModelCard = SMALL,
    tokenizer: WordTokenizer | None = None,
    may_leave_out: bool = True,
    system: str | None = None,
    owners: str | None = None,
) -> ChatRequest:
    catalog = ModelCatalog((model,), model.id, lambda: None, dates_apply=False)  # type: ignore[arg-type,return-value]  # no date counts
    accountant = TokenAccountant(tokenizer or WordTokenizer(), catalog)
    composer = Composer(catalog, accountant, system_prompt=owners, max_output_tokens=4096)
    return composer.compose(Turn(message, tuple(history), system=system, may_leave_out=may_leave_out))


def told(request: ChatRequest) -> str:
    return " ".join(message.content for message in request.messages)


@pytest.mark.parametrize(
    ("roles", "left"),
    [
        pytest.param("", "new", id="nothing was said before"),
        pytest.param("uaua", "u1 a2 u3 a4 new", id="just fits"),
        pytest.param("auau", "a1 u2 a3 u4 new", id="fits, and begins with an answer"),
        pytest.param("uauau", "u3 a4 u5 new", id="one too many, and its answer with it"),
        pytest.param("uuaua", "u2 a3 u4 a5 new", id="one too many, without an answer"),
        pytest.param("uauaua", "u3 a4 u5 a6 new", id="a turn too many"),
        pytest.param("uaaaaa", "new", id="answers whose question does not fit"),
        pytest.param("aaaaaa", "new", id="answers without a question"),
        pytest.param("ua" * 20, "u37 a38 u39 a40 new", id="many too many"),
    ],
)
def test_the_newest_turns_that_fit_are_told(roles: str, left: str) -> None:
    request = compose(said(roles))

    assert told(request) == left
    assert request.left_out == len(roles) + 1 - len(left.split())
    assert request.prompt_tokens == TOKENS_PER_ANSWER + len(left.split()) * (TOKENS_PER_MESSAGE + 1)


def test_prompt_and_answer_fit_into_the_window_to_the_last_token() -> None:
    fits, by_one = SMALL, card("small", context_tokens=SMALL.context_tokens - 1, max_output_tokens=ANSWER)

    full = compose(said("uaua"), model=fits)

    assert full.prompt_tokens + full.max_output_tokens == fits.context_tokens
    assert [compose(said("uaua"), model=each).left_out for each in (fits, by_one)] == [0, 2]


@pytest.mark.parametrize(
    ("roles", "system", "owners", "left"),
    [
        pytest.param("ua" * 9, "Mine", None, "Mine u17 a18 new", id="the conversation's own"),
        pytest.param("ua" * 9, None, "Ours", "Ours u17 a18 new", id="the owner's"),
        pytest.param("s" + "ua" * 9, None, None, "s1 u18 a19 new", id="imported ones"),
        pytest.param("us" + "au" * 9, None, None, "s2 u18 a19 u20 new", id="imported ones among messages"),
        pytest.param("uauasu", None, None, "u3 a4 s5 u6 new", id="imported ones among what stays"),
        pytest.param("suaus", "Mine", None, "Mine s1 u4 s5 new", id="several"),
    ],
)
def test_instructions_always_stay(roles: str, system: str | None, owners: str | None, left: str) -> None:
    request = compose(said(roles), system=system, owners=owners)

    assert told(request) == left
    assert request.left_out == len(roles) + (1 if system or owners else 0) + 1 - len(left.split())


def test_a_long_message_takes_the_place_of_many() -> None:
    history = (*said("uaua"), Message(Role.USER, "long " * 40), *said("au", 6))

    assert told(compose(history)) == "u7 new"


def test_where_the_new_message_leaves_no_room_it_is_asked_alone() -> None:
    message = "long " * 24

    request = compose(said("uaua"), message)

    assert request.prompt_tokens + ANSWER > SMALL.context_tokens > request.prompt_tokens
    assert (told(request), request.left_out) == (message, 4)


@pytest.mark.parametrize(
    ("message", "system"),
    [pytest.param("long " * 40, None, id="the message"), pytest.param("new", "long " * 40, id="with instructions")],
)
def test_what_cannot_fit_alone_is_refused(message: str, system: str | None) -> None:
    with pytest.raises(ContextTooLong):
        compose(said("ua"), message, system=system)


def test_an_estimate_leaves_out_but_refuses_only_what_surely_cannot_fit() -> None:
    request = compose(said("ua"), "long " * 40, tokenizer=WordTokenizer(times_the_truth=7.0))

    assert (request.left_out, len(request.messages)) == (2, 1)


def test_a_cap_as_large_as_the_window_leaves_half_of_it_for_the_prompt() -> None:
    request = compose(said("ua" * 9), model=card("local", context_tokens=56, max_output_tokens=56))

    assert (told(request), request.max_output_tokens) == ("u15 a16 u17 a18 new", 56)


def test_where_nothing_may_be_left_out_the_same_is_refused() -> None:
    assert compose(said("uaua"), may_leave_out=False).left_out == 0

    with pytest.raises(ContextTooLong):
        compose(said("ua" * 20), may_leave_out=False)


def test_a_very_long_history_is_counted_no_further_than_it_fits() -> None:
    tokenizer = WordTokenizer()

    request = compose(said("ua" * 100_000), tokenizer=tokenizer)

    assert (len(request.messages), request.left_out) == (5, 199_996)
    assert tokenizer.counted == ["new", "a200000", "u199999", "a199998", "u199997", "a199996"]


def test_each_message_is_counted_once() -> None:
    tokenizer = WordTokenizer()
    history = said("s" + "ua" * 20_000)

    request = compose(history, model=card("large", context_tokens=1_000_000), tokenizer=tokenizer)

    assert request.left_out == 0
    assert sorted(tokenizer.counted) == sorted(message.content for message in request.messages)
