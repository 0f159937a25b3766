"""Dress a view of a workflow for drawing: YesWorkflow's shapes and colours.

Green boxes are steps, double ones can be opened; yellow rounded boxes are
data, white ones parameters; circles are the ports of the workflow.
"""

from __future__ import annotations

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.yw.views import GraphOptions, View

STYLES = {
    "step": Style(shape="box", fill="#CCFFCC", font="Courier"),
    "subworkflow": Style(shape="box", fill="#CCFFCC", font="Courier", peripheries=2),
    "data": Style(shape="rounded", fill="#FFFFCC"),
    "param": Style(shape="rounded", fill="#FCFCFC"),
    "input_port": Style(shape="circle", fill="#FFFFFF"),
    "output_port": Style(shape="circle", fill="#FFFFFF"),
}
"""Look of each kind of node (YesWorkflow 0.2.1.2; figure 1 of the RunManager paper)."""

_FRAME = "workflow"
_GROUPS = {"input_port": "inputs", "output_port": "outputs"}


def draw_view(view: View, options: GraphOptions) -> Diagram:
    """Diagram of a view: the block in a frame, its ports beside it."""
    grouped = options.ports == "group"
    nodes = []
    for node in view.nodes:
        beside = _GROUPS.get(node.kind)
        nodes.append(
            Node(
                id=node.id,
                lines=node.lines,
                style=node.kind,
                group=_FRAME if beside is None else beside if grouped else None,
                tooltip=node.name if beside else "",
            )
        )
    kinds = dict.fromkeys(_GROUPS[n.kind] for n in view.nodes if n.kind in _GROUPS)
    return Diagram(
        nodes=tuple(nodes),
        edges=tuple(Edge(source=a, target=b, label=label) for a, b, label in view.edges),
        styles=STYLES,
        title=view.title or "",
        title_position=options.title_position,
        direction=options.layout,
        groups=(
            Group(id=_FRAME, frame=options.box == "show"),
            *(Group(id=kind, frame=False) for kind in kinds if grouped),
        ),
    )
