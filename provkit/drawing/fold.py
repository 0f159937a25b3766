"""Fold alike nodes into one, so that a picture stays readable.

Twelve monthly files that one run read say no more as twelve boxes than as one
that tells their pattern and their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provkit.drawing.diagram import Diagram, Edge, Node


def fold_alike(diagram: Diagram, style: str, *, alike: int = 6) -> Diagram:
    """The diagram with every group of at least ``alike`` like files drawn as one.

    Files are alike when they have the same neighbours by the same kind of edge, and
    names (their first lines) in the same folder.

    Args:
        diagram: Any.
        style: That of the nodes that are files.
        alike: How many make a group.
    """
    arrows: dict[str, list[tuple[object, ...]]] = {node.id: [] for node in diagram.nodes}
    for edge in diagram.edges:
        arrows[edge.source].append(("to", edge.target, edge.label, edge.dashed))
        arrows[edge.target].append(("from", edge.source, edge.label, edge.dashed))
    groups: dict[tuple[object, ...], list[Node]] = {}
    for node in diagram.nodes:
        folder = node.lines[0].rpartition("/")[0] if node.lines else ""
        key = (node.style, node.group, folder, frozenset(arrows[node.id]))
        groups.setdefault(key, []).append(node)
    folded = {
        node.id: group[0].id
        for group in groups.values()
        if len(group) >= alike and group[0].style == style and group[0].lines
        for node in group
    }
    if not folded:
        return diagram
    first = {group[0].id: group for group in groups.values()}
    nodes = [
        _together(first[node.id]) if node.id in folded else node
        for node in diagram.nodes
        if folded.get(node.id, node.id) == node.id
    ]
    return diagram._replace(nodes=tuple(nodes), edges=tuple(_edges(diagram.edges, folded)))


def _together(nodes: Sequence[Node]) -> Node:
    names = [node.lines[0] for node in nodes]
    return nodes[0]._replace(
        lines=(common_pattern(names), f"{len(nodes)} files"), tooltip="\n".join(names)
    )


def _edges(edges: Iterable[Edge], folded: dict[str, str]) -> list[Edge]:
    moved = (
        edge._replace(
            source=folded.get(edge.source, edge.source), target=folded.get(edge.target, edge.target)
        )
        for edge in edges
    )
    return list(dict.fromkeys(moved))


def common_pattern(names: Sequence[str]) -> str:
    """What names have in common at both ends, with ``*`` between."""
    first, last = min(names), max(names)
    start = 0
    while start < len(first) and first[start] == last[start]:
        start += 1
    backward = sorted(name[start:][::-1] for name in names)
    end = 0
    while end < len(backward[0]) and backward[0][end] == backward[-1][end]:
        end += 1
    return f"{first[:start]}*{backward[0][:end][::-1]}"
