"""Runs in the notations of others: RDF, PROV and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from provkit.app.folder import ProjectFolder
from provkit.app.ingest import open_index
from provkit.app.project import Project
from provkit.app.tables import run_tables, write_sql
from provkit.errors import NotRecordedError, UsageError
from provkit.model.identifiers import run_iri
from provkit.model.run import Run
from provkit.query.catalog import catalog
from provkit.rdf.documents import FORMATS, Format, write_document
from provkit.rdf.graphs import INFERRED, Graphs
from provkit.rdf.provdm_write import NOTATIONS, write_prov
from provkit.rdf.retrospective import decode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import PROVKIT
from provkit.vocab.terms import IRI
from provkit.yw.relations import write_csv, write_prolog

TABLES = ("prolog", "sql", "csv")

KINDS = (*NOTATIONS, *(f for f in FORMATS if f != "ntriples"), *TABLES)
"""What ``--as`` takes."""


def export(project: Project, runs: Sequence[str] = (), *, to: str, inferred: bool = False) -> str:
    """Runs, what belongs to them and what was said about them, as one document.

    Args:
        project: Whose runs.
        runs: RUNs as users name them; all by default.
        to: One of :data:`KINDS`.
        inferred: What the graph implies, too, if it was worked out.

    Raises:
        NotRecordedError: There is no such run.
        UsageError: No such notation.
    """
    if to not in KINDS:
        raise UsageError(f"cannot export as {to!r}", hint=f"one of {', '.join(KINDS)}")
    wanted = [run_iri(project.resolve(run)) for run in runs]
    with open_index(project) as store:
        graphs = _graphs(store, wanted)
        if inferred:
            graphs[INFERRED] = store.triples(INFERRED)
    if to in TABLES:
        return _write_tables(project, graphs, to)
    for notation in NOTATIONS:
        if to == notation:
            return write_prov(graphs, notation)
    kind: Format = next(each for each in get_args(Format) if each == to)
    return write_document(graphs, kind)


def _graphs(store: OxigraphStore, wanted: Sequence[IRI]) -> Graphs:
    """Graphs of runs, and those that they lean on; of all runs, every graph made from records."""
    records = store.values(PROVKIT.record)
    missing = [name for name in wanted if name not in records]
    if missing:
        raise NotRecordedError(
            f"{missing[0]} is not in the index", hint="its record cannot be read: `provkit fsck`"
        )
    rows = store.select(catalog["store/leans-on"].text).rows
    leans = [(row[0], row[1]) for row in rows]
    names = set(wanted or records)
    names |= {graph for run, graph in leans if run in names and isinstance(graph, IRI)}
    return {name: store.triples(name) for name in sorted(names)}


def _write_tables(project: ProjectFolder, graphs: Graphs, to: str) -> str:
    facts = run_tables(project, _runs(graphs))
    if to == "sql":
        return write_sql(facts)
    return write_prolog(facts) if to == "prolog" else write_csv(facts)


def _runs(graphs: Graphs) -> Iterator[Run]:
    surroundings = [
        t for name, triples in graphs.items() if "/environment/" in name for t in triples
    ]
    for name, triples in graphs.items():
        if any(t.subject == name and t.predicate == PROVKIT.sequence for t in triples):
            yield decode_run(name, [*triples, *surroundings])
