"""Parts of an answer: what lies on a way through something, and the shortest ways."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from heapq import heappop, heappush

from provkit.lineage.answer import Lineage

_MOST_STEPS = 200_000
"""A graph of strangers may have cycles without number; then fewer ways are given."""

Adjacency = Mapping[str, tuple[str, ...]]


def through(answer: Lineage, nodes: Collection[str]) -> Lineage:
    """The part of an answer that lies on ways through some of these nodes.

    Args:
        answer: An answer.
        nodes: Ids of files and runs of it.
    """
    forward, backward = _adjacency(answer)
    kept = _reachable(forward, nodes) | _reachable(backward, nodes)
    return answer._replace(
        files=tuple(file for file in answer.files if file.id in kept),
        runs=tuple(run for run in answer.runs if run.id in kept),
        edges=tuple(edge for edge in answer.edges if edge.source in kept and edge.target in kept),
    )


def shortest_paths(
    answer: Lineage, most: int, *, via: Collection[str] | None = None
) -> tuple[tuple[str, ...], ...]:
    """The shortest ways between the target and the ends of the answer, along the flow of data.

    Ends upstream are what nothing leads to, ends downstream what leads to nothing.

    Args:
        answer: An answer.
        most: How many ways.
        via: When given, each way passes one of these nodes.

    Returns:
        Node ids of each way, shortest first, then by name.
    """
    forward, backward = _adjacency(answer)
    ways = {way[::-1] for way in _ways(answer.target, backward, most, via)}
    ways.update(_ways(answer.target, forward, most, via))
    ordered = sorted((way for way in ways if len(way) > 1), key=lambda way: (len(way), way))
    return tuple(ordered[:most])


def _adjacency(answer: Lineage) -> tuple[Adjacency, Adjacency]:
    forward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for edge in answer.edges:
        forward.setdefault(edge.source, set()).add(edge.target)
        backward.setdefault(edge.target, set()).add(edge.source)
    return (
        {node: tuple(sorted(found)) for node, found in forward.items()},
        {node: tuple(sorted(found)) for node, found in backward.items()},
    )


def _reachable(edges: Adjacency, start: Iterable[str]) -> set[str]:
    found = set(start)
    waiting = list(found)
    while waiting:
        for node in edges.get(waiting.pop(), ()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found


def _ways(
    start: str, edges: Adjacency, most: int, via: Collection[str] | None
) -> list[tuple[str, ...]]:
    """Shortest simple ways from the start to ends, nearest first (best-first, exact distance)."""
    met = _reachable(edges, [start])
    left = _distances(edges, met)
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[int, tuple[str, ...]]] = [(left.get(start, 0), (start,))]
    for _ in range(_MOST_STEPS):
        if not waiting or len(found) == most:
            break
        _, way = heappop(waiting)
        following = edges.get(way[-1], ())
        if not following:
            if via is None or not set(via).isdisjoint(way):
                found.append(way)
            continue
        for node in following:
            if node not in way and node in left:
                longer = (*way, node)
                heappush(waiting, (len(longer) - 1 + left[node], longer))
    return found


def _distances(edges: Adjacency, met: set[str]) -> dict[str, int]:
    """How far each node is from the nearest end; a node that leads to none is left out."""
    back: dict[str, list[str]] = {}
    for node in met:
        for following in edges.get(node, ()):
            back.setdefault(following, []).append(node)
    found = {node: 0 for node in met if not edges.get(node)}
    waiting = deque(found)
    while waiting:
        node = waiting.popleft()
        for before in back.get(node, ()):
            if before not in found:
                found[before] = found[node] + 1
                waiting.append(before)
    return found
