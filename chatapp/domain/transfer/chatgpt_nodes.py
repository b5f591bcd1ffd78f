"""The nodes of one conversation in ChatGPT's export, in an order in which a tree can be made of them.

Each names its parent and its children. Where the two disagree, as in no real export, what a node says of its parent
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

Nodes = dict[str, dict[str, Any]]
Pause = Callable[[], None]
Item = TypeVar("Item")

ITEMS_AT_ONCE = 50
"""A conversation may have very many nodes, and a message very many parts; between so many of them others may run."""


def in_turns(items: Iterable[Item], pause: Pause) -> Iterator[Item]:
    """Yield all of these, and pause now and then."""
    for place, item in enumerate(items, 1):
        yield item
        if place % ITEMS_AT_ONCE == 0:
            pause()


def parents_of(nodes: Nodes, pause: Pause) -> dict[str, str]:
    """Return the parent of each node that has one: the one it names, or the one that names it."""
    named = {child: node_id for node_id, node in in_turns(nodes.items(), pause) for child in _children(node)}
    parents: dict[str, str] = {}
    for node_id, node in in_turns(nodes.items(), pause):
        parent = node.get("parent")
        if not isinstance(parent, str) or parent not in nodes:
            parent = named.get(node_id)
        if parent is not None:
            parents[node_id] = parent
    return parents


def missing_of(nodes: Nodes, pause: Pause) -> int:
    """Return how many children are named that are not there."""
    return len({child for node in in_turns(nodes.values(), pause) for child in _children(node)} - nodes.keys())


def in_order(nodes: Nodes, parents: dict[str, str], pause: Pause) -> Iterator[str]:
    """Yield all nodes, parents before their children, and these as their parent lists them.

    What goes round in a circle, as in no real export, begins with the node that comes first in the file.
    """
    below: dict[str, list[str]] = {}
    for node_id, parent in in_turns(parents.items(), pause):
        below.setdefault(parent, []).append(node_id)
    seen: set[str] = set()
    for first in in_turns([*(node_id for node_id in nodes if node_id not in parents), *nodes], pause):
        waiting = [first]
        while waiting:
            node_id = waiting.pop()
            if node_id not in seen:
                seen.add(node_id)
                waiting.extend(reversed(_ranked(below.get(node_id, ()), _children(nodes[node_id]))))
                yield node_id


def _ranked(children: Sequence[str], listed: Sequence[str]) -> Sequence[str]:
    """Return children in the order in which their parent lists them; those that it does not list come last."""
    rank = {child: place for place, child in enumerate(listed)}
    return sorted(children, key=lambda child: rank.get(child, len(rank)))


def _children(node: dict[str, Any]) -> list[str]:
    children = node.get("children")
    return [child for child in children if isinstance(child, str)] if isinstance(children, list) else []
