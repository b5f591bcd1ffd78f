"""The nodes of one conversation in ChatGPT's export, in an order in which a tree can be made of them.

Each names its parent and its children. Where the two disagree, as in no real export, what a node says of its parent
counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Nodes = dict[str, dict[str, Any]]


def parents_of(nodes: Nodes) -> dict[str, str]:
    """Return the parent of each node that has one: the one it names, or the one that names it."""
    named = {child: node_id for node_id, node in nodes.items() for child in _children(node)}
    parents: dict[str, str] = {}
    for node_id, node in nodes.items():
        parent = node.get("parent")
        if not isinstance(parent, str) or parent not in nodes:
            parent = named.get(node_id)
        if parent is not None:
            parents[node_id] = parent
    return parents


def missing_of(nodes: Nodes) -> int:
    """Return how many children are named that are not there."""
    return len({child for node in nodes.values() for child in _children(node)} - nodes.keys())


def in_order(nodes: Nodes, parents: dict[str, str]) -> Iterator[str]:
    """Yield all nodes, parents before their children, and these as their parent lists them.

    What goes round in a circle, as in no real export, begins with the node that comes first in the file.
    """
    below: dict[str, list[str]] = {}
    for node_id, parent in parents.items():
        below.setdefault(parent, []).append(node_id)
    seen: set[str] = set()
    for first in [*(node_id for node_id in nodes if node_id not in parents), *nodes]:
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
