"""Dress graphs of workflows, runs and lineage for drawing.

Colours are those of the RunManager demonstration: steps green, data yellow,
parameters white, files orange, runs black with white text.
"""

from __future__ import annotations

from provkit.drawing.diagram import Diagram, Edge, Node, Style
from provkit.query.workflow import WorkflowGraph, WorkflowNode

STYLES = {
    "step": Style(shape="box", fill="#CCFFCC", font="Courier"),
    "data": Style(shape="rounded", fill="#FFFFCC"),
    "data_value": Style(shape="record", fill="#FFE4B5"),
    "param": Style(shape="rounded", fill="#FCFCFC"),
    "inflow": Style(shape="circle", fill="#FFFFFF"),
    "outflow": Style(shape="circle", fill="#FFFFFF"),
    "file": Style(shape="rounded", fill="#FFE4B5"),
    "run": Style(shape="record", fill="#000000", text="#FFFFFF", font="Courier-Bold"),
}
"""Look of each kind of node."""

_MOST_FILES = 12


def draw_workflow(graph: WorkflowGraph) -> Diagram:
    """A workflow, or a part of it, from top to bottom as in figure 1 of the paper."""
    return Diagram(
        nodes=tuple(_workflow_node(node) for node in graph.nodes),
        edges=tuple(Edge(source=source, target=target) for source, target in graph.edges),
        styles=STYLES,
        title=graph.title,
    )


def _workflow_node(node: WorkflowNode) -> Node:
    if node.kind in ("inflow", "outflow"):
        return Node(id=node.id, lines=(), style=node.kind, tooltip=node.id)
    lines = (node.id, *few(node.uris or ()))
    return Node(id=node.id, lines=lines, style=node.kind)


def few(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names for a box: when there are many, the first ones and how many more."""
    if len(names) <= _MOST_FILES:
        return names
    return (*names[: _MOST_FILES - 1], f"and {len(names) - _MOST_FILES + 1} more")
