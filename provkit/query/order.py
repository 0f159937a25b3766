"""Strongly connected components, for "can these events have happened in any order at all?".

PROV-CONSTRAINTS orders events by "precedes" and "strictly precedes". A set of
events that all precede each other happened at once; a strict arrow inside
such a set is a contradiction (section 6.2 of the Recommendation, "cycle").
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(edges: Mapping[Node, Sequence[Node]]) -> list[list[Node]]:
    """Strongly connected components of a directed graph (Tarjan, 1972), without recursion.

    Args:
        edges: Targets of each node that has any.

    Returns:
        Each component once; a node without a cycle is one of its own.
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    waiting: list[Node] = []
    is_waiting: set[Node] = set()
    found: list[list[Node]] = []
    for root in edges:
        if root in number:
            continue
        path: list[tuple[Node, int]] = [(root, 0)]
        while path:
            node, position = path.pop()
            if position == 0:
                number[node] = lowest[node] = len(number)
                waiting.append(node)
                is_waiting.add(node)
            targets = edges.get(node, ())
            if position and targets[position - 1] in is_waiting:
                lowest[node] = min(lowest[node], lowest[targets[position - 1]])
            while position < len(targets):
                target = targets[position]
                position += 1
                if target not in number:
                    path.append((node, position))
                    path.append((target, 0))
                    break
                if target in is_waiting:
                    lowest[node] = min(lowest[node], number[target])
            else:
                if lowest[node] == number[node]:
                    found.append(_close(node, waiting, is_waiting))
    return found


def _close(node: Node, waiting: list[Node], is_waiting: set[Node]) -> list[Node]:
    component = []
    while True:
        last = waiting.pop()
        is_waiting.discard(last)
        component.append(last)
        if last == node:
            return component


def contradictions(
    precedes: Iterable[tuple[Node, Node]], strictly: Iterable[tuple[Node, Node]]
) -> list[tuple[Node, Node]]:
    """Strict arrows that cannot hold, because their ends must have happened at once.

    Args:
        precedes: (earlier or at once, later).
        strictly: (earlier, later).
    """
    strict = sorted(set(strictly), key=repr)
    edges: dict[Node, list[Node]] = {}
    for earlier, later in (*precedes, *strict):
        edges.setdefault(earlier, []).append(later)
    place = {node: n for n, group in enumerate(components(edges)) for node in group}
    return [(a, b) for a, b in strict if place[a] == place[b]]
