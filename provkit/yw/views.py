"""The three views of a workflow: its steps, its data, or both.

A view is what is seen of one block: its direct steps, the data that flows
between them, and the block's own ports. Nested blocks are drawn by naming them.
Data that no flow carries is not seen; ``yw check`` tells of it.

Rules: YesWorkflow 0.2.1.2, graphs, with its known errors mended: steps, data
and ports never share an identity, every end of an edge is a node, and several
writers of one name are all seen in every view.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from provkit.drawing.diagram import Direction
from provkit.errors import UsageError
from provkit.model.workflow import Channel, Port, Program, Workflow

NodeKind = Literal["step", "subworkflow", "data", "param", "input_port", "output_port"]
ViewName = Literal["process", "data", "combined"]


class GraphOptions(NamedTuple):
    """What to draw, and how; the defaults are YesWorkflow's.

    Attributes:
        params: ``reduce`` draws parameters paler, ``show`` as other data, ``hide`` not at all.
        ports: ``group`` keeps the block's ports together, ``hide`` leaves them out.
        title: Instead of the qualified name of the block.
        box: ``show`` draws a frame around the block.
        subworkflow: Qualified name of the block to draw; the top one if None.
    """

    view: ViewName = "process"
    params: Literal["reduce", "show", "hide"] = "reduce"
    layout: Direction = "LR"
    ports: Literal["group", "relax", "hide"] = "group"
    edge_labels: Literal["show", "hide"] = "show"
    data_labels: Literal["name", "uri", "both"] = "both"
    program_labels: Literal["name", "description", "both"] = "both"
    title: str | None = None
    title_position: Literal["top", "bottom", "hide"] = "top"
    box: Literal["show", "hide"] = "show"
    subworkflow: str | None = None


class ViewNode(NamedTuple):
    """A step, a data item or a port of the block.

    Attributes:
        id: ``step:NAME``, ``data:NAME``, ``in:NAME``, ``out:NAME``; a second step of
            one name is ``step:NAME#2``.
        name: Name of the block, or alias or name of the port.
        lines: What a reader sees.
    """

    id: str
    name: str
    kind: NodeKind
    lines: tuple[str, ...] = ()


class View(NamedTuple):
    """Nodes in the order of the script, and labelled edges, each once."""

    title: str | None
    nodes: tuple[ViewNode, ...]
    edges: tuple[tuple[str, str, str], ...]


def view_workflow(workflow: Workflow, options: GraphOptions) -> View:
    """What one of the three views shows of a block.

    Raises:
        UsageError: There is no block of the name asked for.
    """
    block = find_block(workflow, options.subworkflow)
    scope = _Scope(workflow, block, options)
    draw = {"process": _process, "data": _data, "combined": _combined}[options.view]
    nodes, edges = draw(scope)
    if options.edge_labels == "hide":
        edges = [(source, target, "") for source, target, _ in edges]
    hidden = options.title_position == "hide"
    title = block.qualified_name if options.title is None else options.title
    return View(
        title=None if hidden else title,
        nodes=tuple(nodes),
        edges=tuple(dict.fromkeys(edges)),
    )


def find_block(workflow: Workflow, qualified_name: str | None) -> Program:
    """The top block, or the one of that qualified name.

    Raises:
        UsageError: There is none.
    """
    if qualified_name is None:
        return workflow.program_by_id[workflow.top]
    for program in workflow.programs:
        if program.qualified_name == qualified_name:
            return program
    near = [p.qualified_name for p in workflow.programs if p.name == qualified_name]
    within = workflow.program_by_id[workflow.top].qualified_name
    raise UsageError(
        f"no block named {qualified_name!r}",
        hint=f"did you mean {near[0]!r}?" if near else f"write its qualified name, {within}.NAME",
    )


def graph_json(view: View, layout: Direction) -> dict[str, Any]:
    """The JSON of ``yw graph``; nodes and edges sorted."""
    nodes = [
        {"id": node.id, "name": node.name, "label": "\n".join(node.lines), "kind": node.kind}
        for node in view.nodes
    ]
    return {
        "title": view.title,
        "rankdir": layout,
        "nodes": sorted(nodes, key=lambda node: node["id"]),
        "edges": sorted(list(edge) for edge in view.edges),
    }


class _Scope:
    """One block from inside: its steps, the names that flow there, its own ports."""

    def __init__(self, workflow: Workflow, block: Program, options: GraphOptions) -> None:
        self.options = options
        self.port = workflow.port_by_id
        self.ports_of = workflow.ports_of
        self.own = workflow.ports_of[block.id]
        self.block = block
        self.steps = [
            program
            for program in workflow.programs
            if program.parent == block.id and not program.is_function
        ]
        self.step_id = _step_ids(self.steps)
        seen = {block.id, *self.step_id}
        self.channels = [
            channel
            for channel in workflow.channels
            if self.port[channel.source].program in seen
            and self.port[channel.sink].program in seen
            and not self._is_loop_outside(channel)
        ]
        self.is_param = self._params()
        if options.params == "hide":
            self.channels = [c for c in self.channels if not self.is_param[self.flow(c)]]
        self.names = dict.fromkeys(self.flow(channel) for channel in self.channels)

    def _is_loop_outside(self, channel: Channel) -> bool:
        """It leads from the block back to itself through the block around it."""
        source, sink = self.port[channel.source], self.port[channel.sink]
        return (
            source.program == sink.program == self.block.id
            and sink.is_input
            and not source.is_input
        )

    def flow(self, channel: Channel) -> str:
        """Name under which a channel carries data."""
        return self.port[channel.source].binding

    def _params(self) -> dict[str, bool]:
        """A name is a parameter when everything that reads it declares it with ``@param``."""
        found: dict[str, bool] = {}
        for channel in self.channels:
            name = self.flow(channel)
            found[name] = found.get(name, True) and self.port[channel.sink].tag == "param"
        return found

    def step_nodes(self) -> Iterator[ViewNode]:
        """Steps, then sub-workflows, each in the order of the script."""
        for program in sorted(self.steps, key=lambda step: step.is_workflow):
            yield ViewNode(
                id=self.step_id[program.id],
                name=program.name,
                kind="subworkflow" if program.is_workflow else "step",
                lines=self._lines(
                    self.options.program_labels, "description", program.name, program.description
                ),
            )

    def data_nodes(self) -> Iterator[ViewNode]:
        """Data, then parameters, each by its name."""
        uris: dict[str, str] = {}
        for channel in self.channels:
            uri = self.port[channel.source].uri
            if uri:
                uris.setdefault(self.flow(channel), uri)
        reduced = self.options.params == "reduce"
        for name in sorted(self.names, key=lambda name: reduced and self.is_param[name]):
            yield ViewNode(
                id=f"data:{name}",
                name=name,
                kind="param" if reduced and self.is_param[name] else "data",
                lines=self._lines(self.options.data_labels, "uri", name, uris.get(name)),
            )

    @staticmethod
    def _lines(wanted: str, second: str, name: str, more: str | None) -> tuple[str, ...]:
        if not more or wanted == "name":
            return (name,)
        return (more,) if wanted == second else (name, more)

    def outer_ports(self, used: Iterable[str]) -> tuple[list[str], list[str]]:
        """Names of the block's own inputs and outputs that are used inside."""
        if self.options.ports == "hide":
            return [], []
        names = set(used)
        ins = dict.fromkeys(p.binding for p in self.own if p.is_input and p.binding in names)
        outs = dict.fromkeys(p.binding for p in self.own if not p.is_input and p.binding in names)
        return list(ins), list(outs)

    def visible_ports(self, program: Program, *, inputs: bool) -> list[Port]:
        """Ports of a step whose data is seen in this view."""
        return [
            port
            for port in self.ports_of[program.id]
            if port.is_input == inputs and port.binding in self.names
        ]


def _step_ids(steps: list[Program]) -> dict[int, str]:
    """An id of its own for each step; a name that comes again is counted."""
    taken: set[str] = set()
    count: dict[str, int] = {}
    found = {}
    for step in steps:
        wanted = f"step:{step.name}"
        while wanted in taken:
            count[step.name] = count.get(step.name, 1) + 1
            wanted = f"step:{step.name}#{count[step.name]}"
        taken.add(wanted)
        found[step.id] = wanted
    return found


def _port_nodes(ins: list[str], outs: list[str]) -> list[ViewNode]:
    return [
        *(ViewNode(id=f"in:{name}", name=name, kind="input_port") for name in ins),
        *(ViewNode(id=f"out:{name}", name=name, kind="output_port") for name in outs),
    ]


Drawn = tuple[list[ViewNode], list[tuple[str, str, str]]]


def _process(scope: _Scope) -> Drawn:
    """Steps, with an edge for each flow between two of them."""
    readers: dict[str, list[str]] = {}
    writers: dict[str, list[str]] = {}
    edges = []
    step = scope.step_id
    for channel in scope.channels:
        source, sink = scope.port[channel.source], scope.port[channel.sink]
        if source.program in step and sink.program in step:
            edges.append((step[source.program], step[sink.program], source.binding))
    for program in scope.steps:
        for port in scope.visible_ports(program, inputs=True):
            readers.setdefault(port.binding, []).append(step[program.id])
        for port in scope.visible_ports(program, inputs=False):
            writers.setdefault(port.binding, []).append(step[program.id])
    ins, outs = scope.outer_ports(scope.names)
    ins = [name for name in ins if name in readers]
    outs = [name for name in outs if name in writers]
    edges += [(f"in:{name}", reader, name) for name in ins for reader in readers[name]]
    edges += [(writer, f"out:{name}", name) for name in outs for writer in writers[name]]
    return [*scope.step_nodes(), *_port_nodes(ins, outs)], edges


def _data(scope: _Scope) -> Drawn:
    """Data, with an edge for each step that makes one item from another."""
    edges = []
    for program in scope.steps:
        outs = scope.visible_ports(program, inputs=False)
        for source in scope.visible_ports(program, inputs=True):
            edges += [
                (f"data:{source.binding}", f"data:{sink.binding}", program.name) for sink in outs
            ]
    nodes, more = _port_edges(scope)
    return [*scope.data_nodes(), *nodes], edges + more


def _combined(scope: _Scope) -> Drawn:
    """Steps and data, with an edge for each port."""
    edges = []
    for program in scope.steps:
        step = scope.step_id[program.id]
        outs = scope.visible_ports(program, inputs=False)
        edges += [(step, f"data:{port.binding}", "") for port in outs]
        ins = scope.visible_ports(program, inputs=True)
        edges += [(f"data:{port.binding}", step, "") for port in ins]
    nodes, more = _port_edges(scope)
    return [*scope.step_nodes(), *scope.data_nodes(), *nodes], edges + more


def _port_edges(scope: _Scope) -> Drawn:
    """The block's own ports, each beside the data it brings in or takes out."""
    ins, outs = scope.outer_ports(scope.names)
    edges = [(f"in:{name}", f"data:{name}", "") for name in ins]
    edges += [(f"data:{name}", f"out:{name}", "") for name in outs]
    return _port_nodes(ins, outs), edges
