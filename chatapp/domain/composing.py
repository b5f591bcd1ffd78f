"""Puts together what a model is asked: instructions, history and the new message."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ChatRequest, Message, Role
from chatapp.domain.errors import Detail, InvalidRequest


@dataclass(frozen=True, slots=True)
class Turn:
    """What a caller says: the new message, what was said before it, and how to answer."""

    message: str
    history: tuple[Message, ...] = ()
    model_id: str | None = None
    system: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None


class Composer:
    """Joins the owner's prompt, the history and the new message, and refuses what cannot fit.

    ``system_prompt`` is the owner's; where there is one, a caller brings none. ``max_output_tokens`` caps every
    answer.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        accountant: TokenAccountant,
        *,
        system_prompt: str | None,
        max_output_tokens: int,
    ) -> None:
        self._catalog = catalog
        self._accountant = accountant
        self._system_prompt = system_prompt
        self._max_output_tokens = max_output_tokens

    @property
    def has_system_prompt(self) -> bool:
        """Tell whether the owner has set the instructions."""
        return self._system_prompt is not None

    def require_own_instructions(self) -> None:
        """Refuse instructions of a caller where the owner has set them.

        Raises:
            InvalidRequest: the owner has.
        """
        if self._system_prompt is not None:
            raise _system_refused("system")

    def compose(self, turn: Turn) -> ChatRequest:
        """Return what to ask the model for one turn.

        Raises:
            UnknownModel, ModelRetired: nobody can be asked.
            InvalidRequest: the caller brought a system prompt where the owner has set one.
            ContextTooLong: it cannot fit into the model's window.
        """
        card = self._catalog.require(turn.model_id)
        messages = (*self._system_messages(turn), *turn.history, Message(Role.USER, turn.message))
        prompt_tokens = self._accountant.prompt_tokens(card, messages)
        self._accountant.require_fit(card, prompt_tokens)
        cap = min(self._max_output_tokens, card.max_output_tokens)
        wanted = cap if turn.max_output_tokens is None else min(cap, turn.max_output_tokens)
        return ChatRequest(card, messages, prompt_tokens, wanted, turn.temperature)

    def _system_messages(self, turn: Turn) -> tuple[Message, ...]:
        if self._system_prompt is None:
            return () if turn.system is None else (Message(Role.SYSTEM, turn.system),)
        if turn.system is not None:
            raise _system_refused("system")
        for place, message in enumerate(turn.history):
            if message.role is Role.SYSTEM:
                raise _system_refused(f"messages.{place}.role")
        return (Message(Role.SYSTEM, self._system_prompt),)


def _system_refused(path: str) -> InvalidRequest:
    reason = "The owner of this server has set the instructions; a caller cannot add to them."
    return InvalidRequest(reason, details=(Detail(path, reason),))
