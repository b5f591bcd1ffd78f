"""Kept conversations: made, listed, searched, changed, branched, and asked on in."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer, Turn
from chatapp.domain.cursors import after_cursor, below_cursor, cursor_after, cursor_below
from chatapp.domain.entities import ChatRequest, Conversation, Message, Role
from chatapp.domain.errors import Detail, InvalidRequest, NotFound
from chatapp.domain.kept import Asked, Changes, Found, KeptMessage, Opening
from chatapp.domain.ledger import Spender
from chatapp.domain.live import Follower
from chatapp.domain.ports import Clock
from chatapp.domain.replies import ReplyService
from chatapp.domain.reply import OnDisconnect
from chatapp.domain.search import Query, snippet
from chatapp.domain.stores import ConversationStore, ReplyStore
from chatapp.domain.titles import title_of

LONG_TEXT_CHARACTERS = 5_000
A_BREATH_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked in a conversation: a new ``message``, or another answer to the message ``answer_to``.

    The message stands under ``parent_id``, or under the leaf where ``under_leaf``; without either it is a new root.
    ``client_id`` is the caller's own name for this question: the same one again attaches to the same reply.
    """

    message: str | None = None
    answer_to: str | None = None
    parent_id: str | None = None
    under_leaf: bool = True
    model_id: str | None = None
    client_id: str | None = None
    on_disconnect: OnDisconnect = OnDisconnect.CONTINUE


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation of a list; ``snippet`` shows what a search found in it."""

    conversation: Conversation
    snippet: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and the cursor with which the next part is asked for."""

    entries: Sequence[Listed]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """The newest messages of a branch, oldest first; ``before`` is given to get the ones before them."""

    messages: Sequence[KeptMessage]
    before: str | None


class ConversationService:
    """Keeps conversations for visitors; nobody sees another one's."""

    def __init__(
        self,
        store: ConversationStore,
        reply_store: ReplyStore,
        replies: ReplyService,
        catalog: ModelCatalog,
        composer: Composer,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._reply_store = reply_store
        self._replies = replies
        self._catalog = catalog
        self._composer = composer
        self._clock = clock
        self._new_id = new_id

    def create(
        self, visitor_id: str, *, title: str = "", model_id: str | None = None, system: str | None = None
    ) -> Conversation:
        """Keep a new, empty conversation.

        Raises:
            UnknownModel, ModelRetired: its model cannot be asked.
            InvalidRequest: it brings instructions where the owner has set them.
        """
        self._require_allowed(model_id, system)
        now = self._clock.now()
        conversation = Conversation(self._new_id(), now, now, title, model_id=model_id, system=system)
        self._store.create(visitor_id, conversation)
        return conversation

    def get(self, visitor_id: str, conversation_id: str) -> Conversation:
        """Return a conversation.

        Raises:
            NotFound: this visitor has no such conversation.
        """
        conversation = self._store.find(visitor_id, conversation_id)
        if conversation is None:
            raise _not_found()
        return conversation

    def listed(self, visitor_id: str, search: str | None, cursor: str | None, limit: int) -> Page:
        """Return conversations, pinned ones first, then newest first; or those that are found, newest match first.

        Raises:
            InvalidRequest: the cursor is none.
        """
        if search is not None:
            return self._found(visitor_id, Query.parse(search), cursor, limit)
        found = self._store.listed(visitor_id, after_cursor(cursor), limit + 1)
        more = len(found) > limit
        shown = found[:limit]
        return Page([Listed(each) for each in shown], cursor_after(shown[-1]) if more else None)

    def branch(self, visitor_id: str, conversation: Conversation, before: str | None, limit: int) -> Branch:
        """Return the newest messages of the branch that is shown, or those before the message ``before``.

        Raises:
            NotFound: there is no such message in this conversation.
        """
        leaf_id = conversation.leaf_id
        if before is not None:
            leaf_id = self._require_message(visitor_id, conversation.id, before).parent_id
        if leaf_id is None:
            return Branch((), None)
        messages = self._store.branch(visitor_id, leaf_id, limit)
        return Branch(messages, messages[0].id if messages and messages[0].parent_id else None)

    def change(self, visitor_id: str, conversation_id: str, changes: Changes) -> Conversation:
        """Change what is to be changed. A leaf may be any message: the branch goes on from it to its newest end.

        Raises:
            NotFound: there is no such conversation, or no such message in it.
            UnknownModel, ModelRetired, InvalidRequest: as for a new one.
        """
        self._require_allowed(changes.model_id, changes.system)
        if changes.leaf_id is not None:
            self._require_message(visitor_id, conversation_id, changes.leaf_id)
            changes = replace(changes, leaf_id=self._store.newest_leaf(visitor_id, changes.leaf_id))
        conversation = self._store.change(visitor_id, conversation_id, changes)
        if conversation is None:
            raise _not_found()
        return conversation

    def delete(self, visitor_id: str, conversation_id: str) -> None:
        """Stop what runs in a conversation, and remove it with all that belongs to it.

        Raises:
            NotFound: this visitor has no such conversation.
        """
        self._replies.stop_all(visitor_id, conversation_id)
        if not self._store.delete(visitor_id, conversation_id):
            raise _not_found()

    def ask(
        self, visitor_id: str, conversation_id: str, ask: Ask, *, address: str, request_id: str | None = None
    ) -> Follower:
        """Keep a question, begin its reply, and return the reply's first follower. ``address`` names who asks, besides.

        Raises:
            NotFound: there is no such conversation, or no such message in it.
            Conflict: the message it would stand under is still being made, or the client id was used for another one.
            InvalidRequest, UnknownModel, ModelRetired, ContextTooLong, AtCapacity, ShuttingDown: it cannot be asked.
            BudgetSpent, RateLimited, TooManyReplies: the owner's budgets do not allow it.
        """
        asked = None
        if ask.client_id is not None:
            asked = Asked(ask.client_id, _digest(conversation_id, ask), self._new_id())
            before = self._reply_store.find_asked(visitor_id, ask.client_id)
            if before is not None:
                return self._replies.follow_asked(visitor_id, before, asked.digest)
        conversation = self.get(visitor_id, conversation_id)
        parent_id, history = self._context(visitor_id, conversation, ask)
        request = self._request(conversation, ask, history)
        reply_id = asked.reply_id if asked else self._new_id()
        opening = self._opening(visitor_id, conversation, ask, request, parent_id, reply_id)
        opening = replace(opening, asked=asked, request_id=request_id)
        spender = Spender(address, visitor_id)
        return self._replies.open(
            request, spender, opening=opening, on_disconnect=ask.on_disconnect, request_id=request_id
        )

    def _found(self, visitor_id: str, query: Query, cursor: str | None, limit: int) -> Page:
        if not query.phrases:
            return Page((), None)
        found = self._store.search(visitor_id, query, below_cursor(cursor), limit + 1)
        more = len(found) > limit
        shown = found[:limit]
        return Page([_listed(each, query) for each in shown], cursor_below(shown[-1].position) if more else None)

    def _context(self, visitor_id: str, conversation: Conversation, ask: Ask) -> tuple[str | None, Sequence[Message]]:
        """Return under which message the new one stands (or which one is answered again), and all that was said."""
        if ask.answer_to is not None:
            answered = self._require_message(visitor_id, conversation.id, ask.answer_to)
            if answered.role is not Role.USER:
                reason = "Only a message of a person can be answered."
                raise InvalidRequest(reason, details=(Detail("answer_to", reason),))
            return answered.id, self._store.history(visitor_id, answered.id)
        parent_id = conversation.leaf_id if ask.under_leaf else ask.parent_id
        return parent_id, () if parent_id is None else self._store.history(visitor_id, parent_id)

    def _request(self, conversation: Conversation, ask: Ask, said: Sequence[Message]) -> ChatRequest:
        has_own_prompt = self._composer.has_system_prompt
        message = ask.message
        if message is None:
            if not said:
                raise NotFound("There is no such message in this conversation.")
            message, said = said[-1].content, said[:-1]
        history = [
            earlier
            for earlier in said
            # An answer without a word is none; and what the owner has set cannot be added to by an import.
            if earlier.content and not (has_own_prompt and earlier.role is Role.SYSTEM)
        ]
        return self._composer.compose(
            Turn(
                message,
                tuple(history),
                model_id=ask.model_id or conversation.model_id,
                system=None if has_own_prompt else conversation.system,
                may_leave_out=True,
            )
        )

    def _opening(
        self,
        visitor_id: str,
        conversation: Conversation,
        ask: Ask,
        request: ChatRequest,
        parent_id: str | None,
        reply_id: str,
    ) -> Opening:
        now = self._clock.now()
        question = None
        if ask.message is not None:
            question = KeptMessage(self._new_id(), conversation.id, parent_id, Role.USER, ask.message, now)
        return Opening(
            visitor_id,
            conversation.id,
            reply_id,
            parent_id,
            request.model.id,
            now,
            question,
            "" if conversation.title or ask.message is None else title_of(ask.message),
            left_out=request.left_out,
        )

    def _require_allowed(self, model_id: str | None, system: str | None) -> None:
        if model_id is not None:
            self._catalog.require(model_id)
        if system is not None:
            self._composer.require_own_instructions()

    def _require_message(self, visitor_id: str, conversation_id: str, message_id: str) -> KeptMessage:
        message = self._store.message(visitor_id, message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound("There is no such message in this conversation.")
        return message


def _listed(found: Found, query: Query) -> Listed:
    if len(found.text) > LONG_TEXT_CHARACTERS:
        time.sleep(A_BREATH_SECONDS)  # a page may have many of them: whoever waits for the processor goes first
    return Listed(found.conversation, snippet(found.text, query))


def _not_found() -> NotFound:
    return NotFound("There is no such conversation.")


def _digest(conversation_id: str, ask: Ask) -> str:
    place = ask.under_leaf or ask.parent_id
    said = (conversation_id, ask.message, ask.answer_to, place, ask.model_id, ask.on_disconnect.value)
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()
