"""Records become graphs: whoever holds the index puts in what is new.

Records are the truth and the store is an index (docs/explanation/architecture.md,
decision 1): recording never opens it. Each record is one transaction, and its
graph holds the digest of the record, so that nothing is put in twice and a
crash half-way costs nothing. What comes out does not depend on the order in
which records arrived.
"""

# Plain os: pathlib costs 5 ms, and every question passes here.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from provkit.app.folder import ProjectFolder, is_run_id, recorder_is_alive
from provkit.app.foreign_documents import document_triples
from provkit.app.program_models import Models
from provkit.app.statements import Said, read_statement, what_was_said
from provkit.capture.journal import read_record
from provkit.errors import ModelError, ProvkitError
from provkit.model.events import RunStarted, decode_event
from provkit.model.identifiers import run_iri
from provkit.model.run import Run, fold
from provkit.model.statement import Statement
from provkit.query import hybrid
from provkit.query.catalog import catalog
from provkit.rdf.graphs import INFERRED, Graphs, integer
from provkit.rdf.retrospective import encode_run
from provkit.rdf.statements import encode_statement
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import BASE, PROVKIT, RDF
from provkit.vocab.terms import IRI, Literal, Triple

GRAPH_VERSION = 1
"""Raise it when records map to other graphs than before: every index is then made anew."""

_INDEX = IRI(f"{BASE}id/index")
_FEW_PATHS = 20
"""So many paths are joined one by one even in a small index."""


@dataclass(slots=True)
class Ingested:
    """What changed in the index.

    Attributes:
        runs: Runs put in, or put in anew.
        statements: Later statements put in.
        removed: Names of graphs taken out, because their record is gone.
        damaged: Records that cannot be read, with the reason; ``provkit fsck`` tells more.
    """

    runs: list[IRI] = field(default_factory=list)
    statements: list[IRI] = field(default_factory=list)
    removed: list[IRI] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether answers may differ from before."""
        return bool(self.runs or self.statements or self.removed)


@dataclass(frozen=True, slots=True)
class _Record:
    """A record on disk; its name in the graph, and whether it can still grow."""

    name: IRI
    path: str
    sealed: bool
    is_run: bool


@contextmanager
def open_index(project: ProjectFolder, *, wait_s: float = 5.0) -> Iterator[OxigraphStore]:
    """The index of a project, up to date with every record.

    Raises:
        StoreLockedError: Another process held it all the time.
        StoreError: It is damaged.
    """
    store = OxigraphStore(project.path("store"), wait_s=wait_s)
    try:
        ingest(project, store)
        yield store
    finally:
        store.close()


def ingest(project: ProjectFolder, store: OxigraphStore) -> Ingested:
    """Put into the index what is new, take out what is gone, join what it touches."""
    done = Ingested()
    on_disk = _records(project)
    known = store.values(PROVKIT.record)
    if store.values(PROVKIT.graphVersion).get(_INDEX) != integer(GRAPH_VERSION):
        store.remove(store.graphs())
        known = {}
    gone = [name for name in known if name not in on_disk]
    whole = not known or bool(gone) or not hybrid.is_fresh(store)
    if gone:
        hybrid.mark_stale(store)
    touched = _remove(store, gone, done)
    fresh = [record for name, record in on_disk.items() if name not in known or not record.sealed]
    states: dict[IRI, Literal] = {}
    if fresh or touched:
        said = what_was_said(project)
        touched |= {iri for record in fresh for iri in _about(record) if iri in known}
        again = [on_disk[iri] for iri in sorted(touched) if iri in on_disk]
        todo = {record.name: record for record in (*fresh, *again)}
        graphs = _encode_all(todo.values(), said, known, Models(project, store), touched, done)
        states = _put_in(store, graphs) if known else _fill(store, graphs)
        whole |= any(not record.sealed and record.name in known for record in fresh)
    if done.changed and store.has_graph(INFERRED):
        store.remove([INFERRED])  # its reasons changed
    if not known:
        store.replace({_INDEX: [Triple(_INDEX, PROVKIT.graphVersion, integer(GRAPH_VERSION))]})
    if whole or len(set(states.values())) > max(_FEW_PATHS, len(known) // 4):
        if not hybrid.is_fresh(store):
            hybrid.refresh(store)
    elif done.changed:
        hybrid.refresh_states(store, states, None if done.statements else done.runs)
    return done


def _put_in(store: OxigraphStore, graphs: Iterable[Graphs]) -> dict[IRI, Literal]:
    """Put in graphs, one transaction a record; tell the states of files that came, with paths."""
    states: dict[IRI, Literal] = {}
    for each in graphs:
        hybrid.mark_stale(store)  # until all are in, and joined again
        states |= _states(each)
        store.replace(_without_shared(store, each))
    return states


def _fill(store: OxigraphStore, graphs: Iterable[Graphs]) -> dict[IRI, Literal]:
    """Fill an empty index; one that was filled half-way is thrown away next time."""
    store.load(_once(graphs))
    return {}


def _states(graphs: Graphs) -> dict[IRI, Literal]:
    """States of files that some graphs tell of, and where the files were."""
    found: dict[IRI, Literal] = {}
    for triples in graphs.values():
        states = {triple.subject for triple in triples if triple.predicate == PROVKIT.moment}
        for subject, predicate, value in triples:
            if predicate == PROVKIT.path and subject in states and isinstance(value, Literal):
                found[subject] = value
    return found


def _records(project: ProjectFolder) -> dict[IRI, _Record]:
    """Every record that can be put in: sealed ones, and those whose recorder died."""
    found = {}
    runs = project.path("runs")
    for name in sorted(os.listdir(runs)):
        run, _, kind = name.partition(".")
        if not is_run_id(run):
            continue
        path = f"{runs}/{name}"
        if kind == "jsonl":
            found[run_iri(run)] = _Record(run_iri(run), path, True, True)
        elif kind == "jsonl.open" and run_iri(run) not in found and not recorder_is_alive(path):
            found[run_iri(run)] = _Record(run_iri(run), path, False, True)
    records = project.path("records")
    for name in sorted(os.listdir(records)):
        statement, _, kind = name.partition(".")
        if kind == "jsonl" and is_run_id(statement):
            iri = run_iri(statement)
            found[iri] = _Record(iri, f"{records}/{name}", True, False)
    return found


def _about(record: _Record) -> set[IRI]:
    """Runs whose graph a record changes: of a statement of tags, those it is about."""
    if record.is_run:
        return set()
    try:
        statement = read_statement(record.path)
    except (ProvkitError, OSError):
        return set()
    return {IRI(iri) for iri in statement.about} if statement.kind == "tag" else set()


def _remove(store: OxigraphStore, gone: list[IRI], done: Ingested) -> set[IRI]:
    """Take out graphs whose record is gone, and tell which runs other words were about."""
    if not gone:
        return set()
    touched = {
        triple.object
        for name in gone
        for triple in store.triples(name)
        if triple.predicate == PROVKIT.about and isinstance(triple.object, IRI)
    }
    store.remove(gone)
    orphans = [row[0] for row in store.select(catalog["store/orphans"].text).rows]
    store.remove([name for name in orphans if isinstance(name, IRI)])
    done.removed = sorted(gone)
    return touched


def _encode_all(
    records: Iterable[_Record],
    said: Mapping[str, Said],
    known: Mapping[IRI, object],
    models: Models,
    touched: set[IRI],
    done: Ingested,
) -> Iterator[Graphs]:
    """Graphs of each record that can be read and is not in yet."""
    for record in records:
        try:
            with open(record.path, "rb") as file:
                digest = Literal(hashlib.sha256(file.read()).hexdigest())
            if known.get(record.name) == digest and record.name not in touched:
                continue
            graphs = _encode(record, said, models)
        except (ProvkitError, OSError, ValueError, TypeError, AttributeError) as error:
            done.damaged.append(f"{record.path}: {error}")  # hostile or half-written
            continue
        graphs[record.name].append(Triple(record.name, PROVKIT.record, digest))
        (done.runs if record.is_run else done.statements).append(record.name)
        yield graphs


def _encode(record: _Record, said: Mapping[str, Said], models: Models) -> Graphs:
    if record.is_run:
        run = fold(read_record(record.path))
        if run_iri(run.id) != record.name:
            raise ModelError(f"the record is about another run: {run.id}")
        heard = said.get(record.name, Said())
        tags = (set(run.tags) | set(heard.tags_added)) - set(heard.tags_removed)
        return encode_run(replace(run, tags=tuple(sorted(tags)))) | models.of_program(run)
    statement = read_statement(record.path)
    graphs = encode_statement(statement)
    if statement.kind == "tombstone":
        graphs[record.name] += _encode_tombstone(statement)
    elif statement.kind == "import":
        graphs[record.name] += document_triples(models.project, statement)
    elif statement.kind == "model":
        graphs |= models.of_statement(statement)
    return graphs


def _encode_tombstone(statement: Statement) -> list[Triple]:
    """What is left of a deleted run, so that lineage stays joined."""
    events = [decode_event(row) for row in statement.data.get("record", ())]
    if not events or not isinstance(events[0], RunStarted):
        return []
    run: Run = fold(events)
    name = run_iri(run.id)
    return [*encode_run(run)[name], Triple(name, RDF.type, PROVKIT.Tombstone)]


def _is_shared(name: IRI) -> bool:
    """A graph named by what it holds: it never changes, and many records may bring it."""
    return name.startswith((f"{BASE}id/environment/", f"{BASE}id/model/"))


def _without_shared(store: OxigraphStore, graphs: Graphs) -> Graphs:
    return {
        name: triples
        for name, triples in graphs.items()
        if not _is_shared(name) or not store.has_graph(name)
    }


def _once(graphs: Iterable[Graphs]) -> Iterator[Graphs]:
    seen: set[IRI] = set()
    for each in graphs:
        yield {name: triples for name, triples in each.items() if name not in seen}
        seen.update(name for name in each if _is_shared(name))
