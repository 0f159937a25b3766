"""What a file or run was made from, and what was made from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from provkit.app.network import open_network
from provkit.app.project import Project
from provkit.app.targets import Target, find_target
from provkit.errors import NotRecordedError
from provkit.files import fingerprint
from provkit.lineage.answer import Lineage, assemble
from provkit.lineage.network import EVIDENCE, Adjacency, run_of
from provkit.lineage.paths import shortest_paths, through
from provkit.lineage.walk import Met, Rules, walk_down, walk_up
from provkit.model.identifiers import content_iri, run_iri
from provkit.rdf.graphs import integer, text
from provkit.vocab.namespaces import BASE, DCTERMS, PROV, PROVKIT, PROVONE, RDF
from provkit.vocab.terms import IRI, Triple

_ANSWER = IRI(f"{BASE}id/answer")

_QUICK_BYTES = 32 << 20

Way = Literal["up", "down", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageQuestion:
    """A question about lineage.

    Attributes:
        target: As a user writes it; see :mod:`provkit.app.targets`.
        way: ``up``: what it was made from. ``down``: what was made from it.
        rules: How far to believe.
        through: Glob; only what lies on ways through a file or program that matches.
        paths: How many of the shortest ways to give, 0 for none.
    """

    target: str
    way: Way = "up"
    rules: Rules = field(default_factory=Rules)
    through: str | None = None
    paths: int = 0


@dataclass(frozen=True, slots=True)
class LineageAnswer:
    """The answer to a question about lineage.

    Attributes:
        question: What was asked.
        target: What was meant.
        lineage: Files, runs and edges.
        paths: The shortest ways, when they were asked for: ids of files and runs.
        remarks: What a reader should know besides, one sentence each.
    """

    question: LineageQuestion
    target: Target
    lineage: Lineage
    paths: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object that ``lineage --json`` prints."""
        found = self.lineage.to_json()
        if self.question.paths:
            found["paths"] = [list(way) for way in self.paths]
        return found

    def to_turtle(self) -> str:
        """The answer in PROV-O: what was used and generated, as the joins allowed."""
        from provkit.rdf.documents import write_document  # noqa: PLC0415 - brings the engine

        return write_document({_ANSWER: list(_triples(self.lineage))}, "turtle")


def ask_lineage(project: Project, question: LineageQuestion) -> LineageAnswer:
    """Answer a question about lineage.

    Raises:
        NotRecordedError: The target was never recorded, or nothing lies on a way through the glob.
        UsageError: The target could mean several things.
    """
    network = open_network(project)
    target = find_target(project, network, question.target)
    found = answer(network, target, question.way, question.rules)
    via = None
    if question.through is not None:
        via = _matching(found, question.through)
        if not via:
            raise NotRecordedError(
                f"nothing in this lineage matches {question.through!r}",
                hint="a glob is held against paths and programs; * also matches /",
            )
        found = through(found, via)
    ways = shortest_paths(found, question.paths, via=via) if question.paths else ()
    remarks = _remarks(project, network, target)
    return LineageAnswer(question, target, found, ways, remarks)


def _remarks(project: Project, network: Adjacency, target: Target) -> tuple[str, ...]:
    """That the file on disk is not the one whose lineage this is, as far as a quick look tells."""
    if target.path is None or "@" in target.text or len(target.states) != 1:
        return ()
    recorded = network.content(target.states[0])
    place = project.absolute(target.path)
    try:
        if recorded is None or os.stat(place).st_size > _QUICK_BYTES:  # noqa: PTH116
            return ()
        changed = fingerprint(place).sha256 != recorded
    except OSError:
        return ()
    if not changed:
        return ()
    run = run_of(network, target.states[0])
    known = network.run(run) if run is not None else None
    since = f"run {known.seq}" if known is not None else "it was recorded"
    return (f"{target.path} has changed since {since}; this is the lineage of the version then",)


def answer(network: Adjacency, target: Target, way: Way, rules: Rules) -> Lineage:
    """Walk, and say what was met."""
    met = walk_target(network, target, way, rules)
    node = target.run if target.run is not None else target.states[0]
    return assemble(network, rules.by, met, node, target.states)


def walk_target(network: Adjacency, target: Target, way: Way, rules: Rules) -> Met:
    """What a walk from a target meets."""
    met = Met()
    if way in ("up", "both"):
        met.add(_walk(network, target, rules, walk_up, network.inputs))
    if way in ("down", "both"):
        met.add(_walk(network, target, rules, walk_down, network.outputs))
    if target.run is not None:
        met.runs[target.run] = 0
        _around_run(network, met, target.run, way)
    return met


def _walk(
    network: Adjacency,
    target: Target,
    rules: Rules,
    walk: Callable[[Adjacency, Any, Rules], Met],
    around: Callable[[int], Any],
) -> Met:
    """From the states meant; from a run, one run fewer may be crossed."""
    if target.run is None:
        return walk(network, target.states, rules)
    if rules.depth is not None:
        rules = rules._replace(depth=max(0, rules.depth - 1))
    return walk(network, around(target.run), rules)


def _around_run(network: Adjacency, met: Met, run: int, way: Way) -> None:
    """The files of the run that was asked about."""
    if way in ("up", "both"):
        met.used.update((state, run) for state in network.inputs(run))
    if way in ("down", "both"):
        for state in network.outputs(run):
            ranks = network.sources(state, len(EVIDENCE)).values()
            fallback = EVIDENCE.index("assumed" if network.inputs(run) else "observed")
            met.generated.setdefault((run, state), min(ranks, default=fallback))


def _matching(found: Lineage, glob: str) -> set[str]:
    """Ids of files and runs whose path or program matches, from any folder on."""

    def matches(path: str) -> bool:
        return fnmatchcase(path, glob) or fnmatchcase(path, f"*/{glob}") or path == glob

    files = {file.id for file in found.files if matches(file.path)}
    return files | {run.id for run in found.runs if matches(run.program)}


def _triples(found: Lineage) -> Iterator[Triple]:
    for file in found.files:
        node = IRI(file.id)
        yield Triple(node, RDF.type, PROV.Entity)
        yield Triple(node, PROVKIT.path, text(file.path))
        if file.sha256 is not None:
            yield Triple(node, PROV.specializationOf, content_iri(file.sha256))
    for run in found.runs:
        node = run_iri(run.id)
        yield Triple(node, RDF.type, PROVONE.Execution)
        yield Triple(node, DCTERMS.identifier, text(run.id))
        if run.seq is not None:
            yield Triple(node, PROVKIT.sequence, integer(run.seq))
            yield Triple(node, PROVKIT.program, text(run.program))
    runs = {run.id for run in found.runs}
    for edge in found.edges:
        source, target = (
            run_iri(end) if end in runs else IRI(end) for end in (edge.source, edge.target)
        )
        if edge.kind == "used":
            yield Triple(target, PROV.used, source)
        else:
            predicate = PROV.wasGeneratedBy if edge.kind == "generated" else PROV.wasDerivedFrom
            yield Triple(target, predicate, source)
