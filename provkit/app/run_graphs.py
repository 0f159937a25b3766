"""The multi-run graph: all runs and files, or what leads to or from a target.

The rules are those of the paper's listing 3 and of its Prolog queries
(rm_complete, rm_q1), with their flaws mended: files are joined by content
whatever the label, every input of a run counts for every output, a program is
a node without edges, and a run without a tag stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from typing import Literal as OneOf

from provkit.app.lineage import Way, walk_target
from provkit.app.network import open_network
from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import RunFilter
from provkit.app.targets import Target, find_target
from provkit.lineage.network import Adjacency, By
from provkit.lineage.walk import Rules
from provkit.model.identifiers import run_iri
from provkit.query.catalog import catalog
from provkit.rdf.graphs import read_text
from provkit.vocab.terms import IRI, Literal, Term

Label = OneOf["path", "content"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RunGraphNode:
    """A run, or files under one label.

    Attributes:
        id: Of a run its id; of files their path or SHA-256, as the label says.
        kind: ``run`` or ``file``.
        paths: Of a run its program; of files every path.
        contents: Every SHA-256 of files.
        seq: Number of a run.
        tags: Labels of a run.
    """

    id: str
    kind: str
    paths: tuple[str, ...]
    contents: tuple[str, ...] = ()
    seq: int | None = None
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A node as ``graph runs --json`` prints it: path and hash where there is just one."""
        row: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "path": self.paths[0] if self.paths else None,
            "sha256": self.contents[0] if len(self.contents) == 1 else None,
        }
        if self.kind == "run":
            return {**row, "seq": self.seq, "tags": list(self.tags)}
        if len(self.paths) > 1:
            row["paths"] = list(self.paths)
        if len(self.contents) > 1:
            row["contents"] = list(self.contents)
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGraph:
    """Nodes and edges along the flow of data, both sorted.

    Attributes:
        title: What is shown.
    """

    title: str
    nodes: tuple[RunGraphNode, ...]
    edges: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """The object that ``graph runs --json`` prints."""
        return {
            "nodes": [node.to_json() for node in self.nodes],
            "edges": [list(edge) for edge in self.edges],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGraphQuestion:
    """Which part of the multi-run graph.

    Attributes:
        way: ``up`` or ``down`` of the target; None for everything.
        target: As a user writes it; see :mod:`provkit.app.targets`.
        by: The weakest join of runs.
        label: What files are one node by.
        runs: Only these runs.
    """

    way: Way | None = None
    target: str | None = None
    by: By = "content"
    label: Label = "path"
    runs: RunFilter | None = None


class _Part(NamedTuple):
    """What is shown, by number."""

    runs: set[int]
    states: set[int]
    used: set[tuple[int, int]]
    generated: set[tuple[int, int]]


def run_graph(project: Project, question: RunGraphQuestion) -> RunGraph:
    """The multi-run graph.

    Raises:
        NotRecordedError: The target was never recorded.
    """
    network = open_network(project)
    with project.store() as store:
        tags = _grouped(network, store.select(catalog["lineage/tags"].text).rows)
        plans = _grouped(network, store.select(catalog["lineage/programs"].text).rows)
    programs = {
        run: number for run, plan in plans.items() if (number := network.find(plan[0])) is not None
    }
    if question.way is None or question.target is None:
        title, part = "Runs and files", _everything(network, programs)
    else:
        title = f"{'Upstream' if question.way == 'up' else 'Downstream'} of {question.target}"
        target = find_target(project, network, question.target)
        part = _around(network, target, question.way, question.by)
    if question.runs is not None and not question.runs.is_empty:
        chosen = {network.find(run_iri(run.id)) for run in list_runs(project, question.runs)}
        part = _only(part, {run for run in chosen if run is not None}, programs)
    return _labelled(network, question.label, title, part, tags)


def _grouped(network: Adjacency, rows: Iterable[Sequence[Term | None]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for run, value in rows:
        text = str(value) if isinstance(value, IRI) else read_text(cast(Literal, value))
        number = network.find(str(run))
        if number is not None:
            found.setdefault(number, []).append(text)
    return found


def _everything(network: Adjacency, programs: dict[int, int]) -> _Part:
    """Every run and file; programs are nodes without edges (trap T12)."""
    runs = set(network.runs())
    used = {(state, run) for run in runs for state in network.inputs(run)}
    generated = {(run, state) for run in runs for state in network.outputs(run)}
    return _part(runs, used, generated, set(programs.values()))


def _around(network: Adjacency, target: Target, way: Way, by: By) -> _Part:
    met = walk_target(network, target, way, Rules(by=by, evidence="assumed"))
    return _part(set(met.runs), met.used, set(met.generated), set(target.states))


def _part(
    runs: set[int], used: set[tuple[int, int]], generated: set[tuple[int, int]], more: set[int]
) -> _Part:
    states = {state for state, _ in used} | {state for _, state in generated} | more
    return _Part(runs, states, used, generated)


def _only(part: _Part, chosen: set[int], programs: dict[int, int]) -> _Part:
    """What belongs to the chosen runs."""
    runs = part.runs & chosen
    more = {programs[run] for run in runs if run in programs} & part.states
    used = {pair for pair in part.used if pair[1] in runs}
    return _part(runs, used, {pair for pair in part.generated if pair[0] in runs}, more)


def _labelled(
    network: Adjacency, label: Label, title: str, part: _Part, tags: dict[int, list[str]]
) -> RunGraph:
    """Files under one label are one node; repeated edges are one edge (trap T13)."""

    def file(state: int) -> str:
        path = network.path(state) or network.name(state)
        return path if label == "path" else network.content(state) or path

    def run(node: int) -> str:
        known = network.run(node)
        return network.name(node) if known is None else known.id

    edges = {(file(state), run(node)) for state, node in part.used}
    edges |= {(run(node), file(state)) for node, state in part.generated}
    nodes = [_run_node(network, node, run(node), tags.get(node, ())) for node in part.runs]
    groups: dict[str, list[int]] = {}
    for state in part.states:
        groups.setdefault(file(state), []).append(state)
    nodes += [_file_node(network, name, states) for name, states in groups.items()]
    ordered = sorted(nodes, key=lambda node: (node.kind, node.id))
    return RunGraph(title=title, nodes=tuple(ordered), edges=tuple(sorted(edges)))


def _run_node(network: Adjacency, node: int, name: str, tags: Iterable[str]) -> RunGraphNode:
    known = network.run(node)
    return RunGraphNode(
        id=name,
        kind="run",
        paths=() if known is None else (known.program,),
        seq=None if known is None else known.seq,
        tags=tuple(sorted(tags)),
    )


def _file_node(network: Adjacency, name: str, states: list[int]) -> RunGraphNode:
    return RunGraphNode(
        id=name,
        kind="file",
        paths=tuple(sorted({path for state in states if (path := network.path(state))})),
        contents=tuple(sorted({known for state in states if (known := network.content(state))})),
    )
