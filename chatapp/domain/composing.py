"""Puts together what a model is asked: instructions, history and the new message."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.entities import ChatRequest, Message, ModelCard, Role
from chatapp.domain.errors import Detail, InvalidRequest

TOKENS_AT_ONCE = 4_000
A_BREATH_SECONDS = 0.0001


@dataclass(frozen=True, slots=True)
class Turn:
    """What a caller says: the new message, what was said before it, and how to answer.

    ``may_leave_out`` tells whether the oldest of ``history`` may be left out where not all of it fits.
    """

    message: str
    history: tuple[Message, ...] = ()
    model_id: str | None = None
    system: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    may_leave_out: bool = False


class Composer:
    """Joins the owner's prompt, the history and the new message, and leaves out or refuses what cannot fit.

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
            ContextTooLong: it cannot fit into the model's window, whatever may be left out.
        """
        card = self._catalog.require(turn.model_id)
        cap = min(self._max_output_tokens, card.max_output_tokens)
        wanted = cap if turn.max_output_tokens is None else min(cap, turn.max_output_tokens)
        instructions, new = self._system_messages(turn), Message(Role.USER, turn.message)
        history = turn.history
        if turn.may_leave_out:
            history, prompt_tokens = self._newest(card, history, (*instructions, new), _room(card, wanted))
        else:
            prompt_tokens = self._accountant.prompt_tokens(card, (*instructions, *history, new))
        self._accountant.require_fit(card, prompt_tokens)
        left_out = len(turn.history) - len(history)
        messages = (*instructions, *history, new)
        return ChatRequest(card, messages, prompt_tokens, wanted, turn.temperature, left_out)

    def _newest(
        self, card: ModelCard, history: Sequence[Message], others: Sequence[Message], room: int
    ) -> tuple[tuple[Message, ...], int]:
        """Return the newest of ``history`` that fit beside ``others``, and the tokens of all these together.

        Instructions always stay, and what is cut is cut before a message of the user: an answer without its question
        says little. To go by an estimate is safe, as it errs on the high side. For ordinary text that is up to 2 times:
        then more is left out than had to be, and that is better than a question the provider refuses.

        Each message is counted once, the newest first, and none older than the first that does not fit.
        """
        instructions = [message for message in history if message.role is Role.SYSTEM]
        tokens = self._accountant.prompt_tokens(card, (*others, *instructions))
        begin, tokens_from_begin = len(history), tokens
        breathed_at = tokens
        for place in reversed(range(len(history))):
            if history[place].role is Role.SYSTEM:
                continue
            tokens += self._accountant.message_tokens(card, history[place])
            if tokens > room:
                instructions = [message for message in history[:begin] if message.role is Role.SYSTEM]
                return (*instructions, *history[begin:]), tokens_from_begin
            if history[place].role is Role.USER:
                begin, tokens_from_begin = place, tokens
            if tokens - breathed_at >= TOKENS_AT_ONCE:
                time.sleep(A_BREATH_SECONDS)  # a large window takes many messages: others go on meanwhile
                breathed_at = tokens
        return tuple(history), tokens

    def _system_messages(self, turn: Turn) -> tuple[Message, ...]:
        if self._system_prompt is None:
            return () if turn.system is None else (Message(Role.SYSTEM, turn.system),)
        if turn.system is not None:
            raise _system_refused("system")
        for place, message in enumerate(turn.history):
            if message.role is Role.SYSTEM:
                raise _system_refused(f"messages.{place}.role")
        return (Message(Role.SYSTEM, self._system_prompt),)


def _room(card: ModelCard, answer_tokens: int) -> int:
    """Return how many tokens a prompt may have beside an answer of at most so many.

    A cap that takes the whole window does not tell how long answers get: then half of it is for the prompt.
    """
    room = card.context_tokens - answer_tokens
    return room if room > 0 else card.context_tokens // 2


def _system_refused(path: str) -> InvalidRequest:
    reason = "The owner of this server has set the instructions; a caller cannot add to them."
    return InvalidRequest(reason, details=(Detail(path, reason),))
