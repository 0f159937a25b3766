"""Dress graphs of workflows, runs and lineage for drawing.

Colours are those of the RunManager demonstration: steps green, data yellow,
parameters white, files orange, runs black with white text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provkit.drawing.diagram import Diagram, Edge, Node, Style
from provkit.drawing.fold import common_pattern, fold_alike

if TYPE_CHECKING:
    from provkit.app.run_graphs import RunGraph
    from provkit.lineage.answer import Lineage
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
    "asked_file": Style(shape="rounded", fill="#FFE4B5", peripheries=2),
    "asked_run": Style(
        shape="record", fill="#000000", text="#FFFFFF", font="Courier-Bold", peripheries=2
    ),
}
"""Look of each kind of node."""

_MOST_FILES = 6
_PLAIN = ("exact", "observed")
_DASHED = ("path", "assumed")


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
    """Names for a box: when there are many, what they have in common and how many there are."""
    if len(names) <= _MOST_FILES:
        return names
    return common_pattern(names), f"{len(names)} files"


def draw_lineage(found: Lineage) -> Diagram:
    """A lineage, from top to bottom; what was asked about has a double line."""
    nodes = [
        Node(
            id=file.id,
            lines=(file.path, *((file.sha256[:12],) if file.sha256 else ())),
            style="asked_file" if file.id == found.target else "file",
            tooltip=file.sha256 or "",
        )
        for file in found.files
    ]
    nodes += [
        Node(
            id=run.id,
            lines=(f"run {run.seq}" if run.seq is not None else run.id, run.program),
            style="asked_run" if run.id == found.target else "run",
            tooltip=run.id,
        )
        for run in found.runs
    ]
    edges = {
        (edge.source, edge.target): edge.carrier
        for edge in sorted(found.edges, key=lambda edge: edge.carrier)
    }
    diagram = Diagram(
        nodes=tuple(nodes),
        edges=tuple(
            Edge(
                source=source,
                target=target,
                label="" if carrier in _PLAIN else carrier,
                dashed=carrier in _DASHED,
            )
            for (source, target), carrier in sorted(edges.items())
        ),
        styles=STYLES,
        title="",
    )
    return fold_alike(diagram, "file")


def draw_runs(graph: RunGraph) -> Diagram:
    """The multi-run graph as in figures 2 to 4 of the paper: runs with tags, program and id."""
    nodes = []
    for node in graph.nodes:
        if node.kind == "run":
            lines = (*((", ".join(node.tags),) if node.tags else ()), *node.paths, node.id)
        else:
            lines = (
                few(node.paths)
                if node.id not in node.contents
                else (*few(node.paths), node.id[:12])
            )
        nodes.append(Node(id=node.id, lines=lines or (node.id,), style=node.kind))
    edges = tuple(Edge(source=source, target=target) for source, target in graph.edges)
    diagram = Diagram(nodes=tuple(nodes), edges=edges, styles=STYLES, title=graph.title)
    return fold_alike(diagram, "file")
