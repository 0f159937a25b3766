"""Regular path queries: the ways through runs and files that fit an expression."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from provkit.app.network import open_network
from provkit.app.project import Project
from provkit.app.targets import find_target
from provkit.lineage.answer import FileVersion, RunNode
from provkit.lineage.expression import Automaton, Condition, compile_expression
from provkit.lineage.network import Adjacency, By
from provkit.lineage.witness import Graph, find_ways

_OF_STORE = ("user", "status", "tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathQuestion:
    """Which ways are asked for.

    Attributes:
        expression: See :mod:`provkit.lineage.expression`.
        begin: Target where a way begins; None for anywhere.
        end: Target where it ends; None for anywhere.
        by: The weakest join of runs.
        most: How many ways, the shortest first.
    """

    expression: str
    begin: str | None = None
    end: str | None = None
    by: By = "content"
    most: int = 10


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """Ways that fit.

    Attributes:
        ways: Ids of files and runs, shortest way first.
        files: Files that are named.
        runs: Runs that are named.
    """

    ways: tuple[tuple[str, ...], ...]
    files: tuple[FileVersion, ...]
    runs: tuple[RunNode, ...]

    def to_json(self) -> dict[str, Any]:
        """The object that ``paths --json`` prints."""
        return {
            "paths": [list(way) for way in self.ways],
            "files": [{"id": f.id, "path": f.path, "sha256": f.sha256} for f in self.files],
            "runs": [{"id": r.id, "seq": r.seq, "program": r.program} for r in self.runs],
        }


def find_paths(project: Project, question: PathQuestion) -> PathAnswer:
    """The shortest ways that fit an expression.

    Raises:
        UsageError: The expression cannot be read.
        NotRecordedError: A target was never recorded.
    """
    automaton = compile_expression(question.expression)
    network = open_network(project)
    told = _told(project, network, automaton)

    def holds(node: int, test: Condition) -> bool:
        return any(_fits(value, test.glob) for value in _values(network, told, node, test))

    graph = Graph(network, question.by, holds)
    starts = _nodes(project, network, graph, question.begin)
    ends = None if question.end is None else set(_nodes(project, network, graph, question.end))
    ways = find_ways(graph, automaton, starts, ends, question.most)
    return _answer(network, ways)


def _nodes(project: Project, network: Adjacency, graph: Graph, text: str | None) -> list[int]:
    """Nodes that a target means; without one, every run and file."""
    if text is None:
        states = [state for _, found in network.below("") for state in found]
        return sorted({graph.node(state) for state in states} | set(network.runs()))
    target = find_target(project, network, text)
    if target.run is not None:
        return [target.run]
    return [graph.node(state) for state in target.states]


def _told(
    project: Project, network: Adjacency, automaton: Automaton
) -> dict[tuple[int, str], list[str]]:
    """What only the store knows of runs, when the expression tests for it."""
    asked = {test.attribute for row in automaton.steps for step, _ in row for test in step.tests}
    found: dict[tuple[int, str], list[str]] = {}
    if asked.isdisjoint(_OF_STORE):
        return found
    # Lazy: most expressions are answered from the index alone.
    from provkit.query.catalog import catalog  # noqa: PLC0415
    from provkit.rdf.graphs import read_text  # noqa: PLC0415

    with project.store() as store:
        rows = store.select(catalog["lineage/about-runs"].text).rows
    for run, attribute, value in rows:
        node = network.find(str(run))
        if node is not None and value is not None:
            found.setdefault((node, str(attribute)), []).append(read_text(value))
    return found


def _values(
    network: Adjacency, told: dict[tuple[int, str], list[str]], node: int, test: Condition
) -> Iterable[str]:
    """Values of an attribute of a node; none when it has no such attribute."""
    if test.attribute in _OF_STORE:
        return told.get((node, test.attribute), ())
    facts = network.run(node)
    if facts is not None:
        return {"program": (facts.program,), "run": (facts.id, str(facts.seq))}.get(
            test.attribute, ()
        )
    value = {"path": network.path, "sha256": network.content}.get(test.attribute)
    known = None if value is None else value(node)
    return () if known is None else (known,)


def _fits(value: str, glob: str) -> bool:
    return value == glob or fnmatchcase(value, glob) or fnmatchcase(value, f"*/{glob}")


def _answer(network: Adjacency, ways: list[tuple[int, ...]]) -> PathAnswer:
    files: dict[int, FileVersion] = {}
    runs: dict[int, RunNode] = {}
    for node in sorted({node for way in ways for node in way}):
        facts, name = network.run(node), network.name(node)
        if facts is not None:
            runs[node] = RunNode(seq=facts.seq, id=facts.id, program=facts.program)
        elif network.inputs(node) or network.outputs(node):
            runs[node] = RunNode(seq=None, id=name, program="")
        else:
            path = network.path(node) or name
            files[node] = FileVersion(path=path, sha256=network.content(node), id=name)
    ids = {node: each.id for node, each in (files | runs).items()}
    return PathAnswer(
        ways=tuple(tuple(ids[node] for node in way) for way in ways),
        files=tuple(sorted(files.values(), key=lambda f: (f.path, f.sha256 or "", f.id))),
        runs=tuple(sorted(runs.values(), key=lambda r: (r.seq is None, r.seq or 0, r.id))),
    )
