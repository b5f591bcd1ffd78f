"""The tree of one conversation in ChatGPT's export: a ``mapping`` of nodes that name their parent and children.

Nodes without a text for people are taken out, and what stands under them then stands under the nearest one above that
has such a text. Answers in several steps (a text, a tool, another text) stay several messages, one under the other: so
they keep their times, their models and their branches, and an export of the same conversation when it has grown only
adds to it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chatapp.domain.entities import Conversation, Role
from chatapp.domain.kept import KeptMessage
from chatapp.domain.moments import EPOCH
from chatapp.domain.transfer.chatgpt_message import Losses, Lost, Said, moment_of, said
from chatapp.domain.transfer.chatgpt_nodes import Nodes, in_order, in_turns, missing_of, parents_of
from chatapp.domain.transfer.fields import SHORT_CHARACTERS, is_id, unfit
from chatapp.domain.transfer.report import Wrong


class NoConversation(Wrong):
    """It may be good JSON, but is not a conversation of ChatGPT's."""


@dataclass(slots=True)
class Carried:
    """A conversation with its messages, parents before their children, and what is lost of it."""

    conversation: Conversation
    messages: Sequence[KeptMessage]
    losses: Losses


@dataclass(slots=True)
class _Tree:
    """The messages so far, and by each node the message that stands for it: its own, or the nearest one above.

    ``times`` has the time of each node, or that of the nearest one above; ``begin`` is the conversation's.
    """

    conversation_id: str
    begin: datetime | None
    messages: list[KeptMessage] = field(default_factory=list)
    places: dict[str | None, str | None] = field(default_factory=dict)
    times: dict[str | None, datetime | None] = field(default_factory=dict)
    newest_children: dict[str | None, str] = field(default_factory=dict)
    system: str | None = None
    losses: Losses = field(default_factory=Counter)

    def grow(self, node_id: str, parent: str | None, words: Said | None) -> None:
        """Add a node, and what it says, if anything."""
        time = (words.created_at if words else None) or self.times.get(parent) or self.begin
        self.times[node_id] = time
        self.places[node_id] = above = self.places.get(parent)
        if words is None:
            return
        if words.role is not Role.SYSTEM:
            self.places[node_id] = self._add(node_id, above, words, time or EPOCH)
        elif self.system is None:
            self.system = words.text
        else:
            self.losses[Lost.INSTRUCTIONS] += 1

    def end_of_branch(self, node_id: Any) -> str | None:
        """Return the last message of the branch through a node, or of the last one."""
        leaf_id = self.places.get(node_id) if isinstance(node_id, str) else None
        while leaf_id in self.newest_children:
            leaf_id = self.newest_children[leaf_id]
        return leaf_id

    def _add(self, node_id: str, above: str | None, words: Said, created_at: datetime) -> str:
        message_id = _hashed(self.conversation_id, node_id)
        self.newest_children[above] = message_id
        self.messages.append(
            KeptMessage(
                message_id,
                self.conversation_id,
                above,
                words.role,
                words.text,
                created_at,
                words.model_id,
                words.state,
                words.finish_reason,
            )
        )
        return message_id


def carried(values: Any, longest_characters: int, pause: Callable[[], None]) -> Carried:
    """Return what can be carried over of a conversation; ``pause`` is called now and then.

    Raises:
        NoConversation: it is none.
    """
    mapping = values.get("mapping") if isinstance(values, dict) else None
    if not isinstance(mapping, dict):
        raise NoConversation("It is not a conversation of ChatGPT's: it has no “mapping”.")
    nodes: Nodes = {node_id: node for node_id, node in mapping.items() if isinstance(node, dict)}
    parents = parents_of(nodes, pause)
    tree = _Tree(_conversation_id(values, mapping), moment_of(values.get("create_time")))
    tree.losses[Lost.MISSING] = missing_of(nodes, pause)
    tree.losses[Lost.OTHER] = len(mapping) - len(nodes)
    for node_id in in_turns(in_order(nodes, parents, pause), pause):
        words = said(nodes[node_id].get("message"), tree.losses, longest_characters, pause)
        tree.grow(node_id, parents.get(node_id), words)
    times = [message.created_at for message in tree.messages]
    created_at = tree.begin or min(times, default=EPOCH)
    conversation = Conversation(
        id=tree.conversation_id,
        created_at=created_at,
        updated_at=moment_of(values.get("update_time")) or max(times, default=created_at),
        title=title_in(values) or "",
        system=tree.system,
        leaf_id=tree.end_of_branch(values.get("current_node")),
    )
    return Carried(conversation, tree.messages, tree.losses)


def title_in(values: Any) -> str | None:
    """Return the title of a conversation, if it has one that can be kept."""
    title = values.get("title") if isinstance(values, dict) else None
    return title if isinstance(title, str) and title.strip() and wrong_title_in(values) is None else None


def wrong_title_in(values: dict[str, Any]) -> str | None:
    """Return why the title of a conversation cannot be kept; None if it can, or if there is none."""
    title = values.get("title")
    if title is None:
        return None
    return unfit(title, SHORT_CHARACTERS) if isinstance(title, str) else "This must be text."


def _conversation_id(values: dict[str, Any], mapping: dict[str, Any]) -> str:
    for name in ("conversation_id", "id"):
        if is_id(values.get(name)):
            return str(values[name])
    return _hashed(title_in(values) or "", str(moment_of(values.get("create_time"))), next(iter(mapping), ""))


def _hashed(*words: str) -> str:
    """Return an id that is always the same for the same words. Node ids of branched conversations come again in others.

    A key in JSON may hold half a character, which has no UTF-8.
    """
    return hashlib.blake2b("/".join(words).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
