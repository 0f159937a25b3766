"""The embedded store: an Oxigraph on disk or in memory.

One process only may open it, so a caller holds it shortly; whoever comes
meanwhile waits. The engine's own errors end here.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import pyoxigraph as ox

from provkit.errors import (
    QueryParameterError,
    QuerySyntaxError,
    StoreError,
    StoreLockedError,
)
from provkit.rdf.engine import Encoder, order, read_iri, read_term, read_triple
from provkit.resources import resource_folder
from provkit.store.base import GraphContent
from provkit.vocab.terms import IRI, Solutions, Term, Triple

_STAGE = "urn:x-provkit:staged:"
_PLAN = IRI("urn:x-provkit:plan")
_STAGED = IRI("https://w3id.org/provkit/ns#staged")
_RETRY_S = 0.02
_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_LOCKED = re.compile(r"While lock file:|lock hold by current process")
_BATCH = 200_000


class OxigraphStore:
    """Named graphs in an embedded Oxigraph; see :class:`provkit.store.base.Store`.

    Args:
        path: Folder; made when it is not there. None: in memory.
        wait_s: How long to wait for another process that holds it.

    Raises:
        StoreLockedError: Another process held it all the time.
        StoreError: It cannot be opened: damaged, or not writable.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, wait_s: float = 5.0) -> None:
        self._path = None if path is None else os.fspath(path)
        self._encoder = Encoder()
        self._open: ox.Store | None = ox.Store() if path is None else _wait_open(self._path, wait_s)
        if self._path is not None and self._engine.contains_named_graph(ox.NamedNode(_PLAN)):
            self._carry_out()  # a crash came between staging and replacing

    @property
    def _engine(self) -> ox.Store:
        if self._open is None:
            raise StoreError("the index was closed")
        return self._open

    def select(self, query: str, **values: Term) -> Solutions:
        """Rows of a SELECT query; see :meth:`provkit.store.base.Store.select`."""
        with _errors(query):
            found = self._ask_engine(query, values)
            if not isinstance(found, ox.QuerySolutions):
                raise QuerySyntaxError("not a SELECT query", hint="this place needs rows")
            names = tuple(variable.value for variable in found.variables)
            rows = [
                tuple(None if value is None else read_term(value) for value in row) for row in found
            ]
        return Solutions(names, rows)

    def ask(self, query: str, **values: Term) -> bool:
        """Answer of an ASK query."""
        with _errors(query):
            found = self._ask_engine(query, values)
            if not isinstance(found, ox.QueryBoolean):
                raise QuerySyntaxError("not an ASK query", hint="this place needs yes or no")
            return bool(found)

    def construct(self, query: str, **values: Term) -> list[Triple]:
        """Triples of a CONSTRUCT or DESCRIBE query, sorted, each once."""
        with _errors(query):
            found = self._ask_engine(query, values)
            if not isinstance(found, ox.QueryTriples):
                raise QuerySyntaxError("not a CONSTRUCT query", hint="this place needs triples")
            return sorted({read_triple(triple) for triple in found}, key=order)

    def _ask_engine(
        self, query: str, values: Mapping[str, Term]
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        bound: dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {
            ox.Variable(name): self._encoder.term(value) for name, value in values.items()
        }
        return self._engine.query(
            query, use_default_graph_as_union=True, substitutions=bound or None
        )

    def replace(self, graphs: Mapping[IRI, GraphContent]) -> None:
        """Put these graphs in place of what stood under their names: all of them or none.

        Adding is one transaction for the engine. When something must go too, the
        new graphs are staged first and take their places in a second one.
        """
        with _errors():
            engine = self._engine
            content = {name: list(triples) for name, triples in graphs.items()}
            wanted = {name: set(self._encoder.quads({name: content[name]})) for name in content}
            there = {
                name: set(engine.quads_for_pattern(None, None, None, self._encoder.node(name)))
                for name in graphs
            }
            if all(there[name] <= wanted[name] for name in graphs):
                engine.extend([quad for name in graphs for quad in wanted[name] - there[name]])
                return
            changed = [name for name in graphs if there[name] != wanted[name]]
            plan = [Triple(name, _STAGED, IRI(_STAGE + name)) for name in changed]
            staged = {IRI(_STAGE + name): content[name] for name in changed}
            engine.extend(self._encoder.quads({_PLAN: plan, **staged}))
            self._carry_out()

    def change(self, graph: IRI, *, add: Iterable[Triple], remove: Iterable[Triple]) -> None:
        """Change some triples of a graph that can be made anew: first some go, then some come."""
        with _errors():
            for quad in self._encoder.quads({graph: remove}):
                self._engine.remove(quad)
            self._engine.extend(self._encoder.quads({graph: add}))

    def remove(self, graphs: Iterable[IRI]) -> None:
        """Take graphs away: all of them or none."""
        plan = [Triple(name, _STAGED, IRI(_STAGE + name)) for name in graphs]
        if plan:
            with _errors():
                self._engine.extend(self._encoder.quads({_PLAN: plan}))
                self._carry_out()

    def _carry_out(self) -> None:
        """Do what the plan says: one transaction, after which it is gone."""
        engine = self._engine
        graph = ox.NamedNode(_PLAN)
        planned = [quad.subject for quad in engine.quads_for_pattern(None, None, None, graph)]
        with open(f"{resource_folder('sparql')}/store/replace.ru", encoding="utf-8") as file:  # noqa: PTH123
            engine.update(file.read())
        for old in planned:  # empty graphs keep their names until told
            engine.remove_graph(ox.NamedNode(_STAGE + read_iri(old)))
            if next(engine.quads_for_pattern(None, None, None, old), None) is None:  # type: ignore[arg-type]  # a graph's name
                engine.remove_graph(old)  # type: ignore[arg-type]  # likewise

    def load(self, graphs: Iterable[Mapping[IRI, GraphContent]]) -> None:
        """Add graphs fast, for a store that is thrown away when this fails half-way.

        A graph must come once only, and must not be there yet.
        """
        batch: list[ox.Quad] = []
        with _errors():
            for each in graphs:
                batch.extend(self._encoder.quads(each))
                if len(batch) >= _BATCH:
                    self._engine.bulk_extend(batch)
                    batch.clear()
            self._engine.bulk_extend(batch)

    def load_turtle(self, path: str, graph: IRI) -> None:
        """Add a Turtle file that ships with provkit; its blank nodes stay blank.

        Raises:
            StoreError: It cannot be read.
        """
        with _errors():
            place = self._encoder.node(graph)
            self._engine.load(path=path, format=ox.RdfFormat.TURTLE, to_graph=place)

    def copy(self) -> OxigraphStore:
        """Everything, in memory, to try things on."""
        other = OxigraphStore()
        with _errors():
            other._engine.bulk_extend(self._engine.quads_for_pattern(None, None, None, None))
        return other

    def derive(self, rule: str, graph: IRI) -> bool:
        """Add to a graph what a CONSTRUCT query says that no graph says yet.

        Returns:
            Whether anything was added.
        """
        with _errors(rule):
            engine, place = self._engine, self._encoder.node(graph)
            found = self._ask_engine(rule, {})
            if not isinstance(found, ox.QueryTriples):
                raise QuerySyntaxError("not a CONSTRUCT query", hint="a rule makes triples")
            fresh = [
                ox.Quad(each.subject, each.predicate, each.object, place)
                for each in set(found)
                if not _holds(engine, each)
            ]
            engine.bulk_extend(fresh)
            return bool(fresh)

    def remake(self, graph: IRI, rule: str) -> None:
        """Put what a CONSTRUCT query says in place of a graph that can be made anew.

        Nothing passes through Python values, which for large graphs is most of the time.
        """
        with _errors(rule):
            engine, place = self._engine, self._encoder.node(graph)
            found = self._ask_engine(rule, {})
            if not isinstance(found, ox.QueryTriples):
                raise QuerySyntaxError("not a CONSTRUCT query", hint="a rule makes triples")
            quads = [ox.Quad(each.subject, each.predicate, each.object, place) for each in found]
            engine.remove_graph(place)
            engine.bulk_extend(quads)

    def graphs(self) -> list[IRI]:
        """Names of all graphs, sorted."""
        with _errors():
            return sorted(read_iri(name) for name in self._engine.named_graphs())

    def has_graph(self, name: IRI) -> bool:
        """Whether there is a graph of that name."""
        with _errors():
            return self._engine.contains_named_graph(self._encoder.node(name))

    def triples(self, graph: IRI) -> list[Triple]:
        """Content of one graph, sorted."""
        with _errors():
            found = self._engine.quads_for_pattern(None, None, None, self._encoder.node(graph))
            return sorted((read_triple(quad) for quad in found), key=order)

    def said_of(self, subject: IRI, graph: IRI) -> list[Triple]:
        """What a graph says of one subject: fast, without SPARQL."""
        with _errors():
            node, place = self._encoder.node(subject), self._encoder.node(graph)
            return [
                read_triple(quad)
                for quad in self._engine.quads_for_pattern(node, None, None, place)
            ]

    def values(self, predicate: IRI) -> dict[IRI, Term]:
        """Subject to object of one functional property, over all graphs: fast, without SPARQL."""
        with _errors():
            found = self._engine.quads_for_pattern(None, self._encoder.node(predicate), None, None)
            return {read_iri(quad.subject): read_term(quad.object) for quad in found}

    def digest(self) -> str:
        """SHA-256 of the canonical (RDFC-1.0) N-Quads of everything stored.

        Without blank nodes, and there are none, that is the sorted lines of
        canonical N-Quads (https://www.w3.org/TR/rdf-canon/#canonical-quads).
        """
        with _errors():
            written = self._engine.dump(format=ox.RdfFormat.N_QUADS)
        digest = hashlib.sha256()
        for line in sorted((written or b"").splitlines(keepends=True)):
            digest.update(line)
        return digest.hexdigest()

    def size(self) -> int:
        """How many quads there are."""
        return len(self._engine)

    def optimize(self) -> None:
        """Pack what was loaded, for fast reading."""
        with _errors():
            self._engine.optimize()

    def backup(self, folder: str) -> None:
        """Snapshot into a new folder, made of hard links: 3 ms, whatever the size."""
        with _errors():
            self._engine.backup(folder)

    def close(self) -> None:
        """Give the store back; others may open it."""
        if self._open is not None:
            self._open = None  # the engine lets go of its lock when nobody names it
            if self._path is not None:
                _keep_private(self._path)

    def __enter__(self) -> OxigraphStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _holds(engine: ox.Store, triple: ox.Triple) -> bool:
    found = engine.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
    return next(found, None) is not None


def _wait_open(path: str | None, wait_s: float) -> ox.Store:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            os.makedirs(path or "", mode=0o700, exist_ok=True)  # noqa: PTH103
            return ox.Store(path)
        except (OSError, RuntimeError) as error:
            if not _LOCKED.search(str(error)):
                raise StoreError(
                    f"the index cannot be opened: {path}: {error}",
                    hint="`provkit reindex` makes it anew from the records",
                ) from error
            if time.monotonic() >= deadline:
                raise StoreLockedError(
                    f"another process holds the index: {path}",
                    hint="wait for it to end (`provkit serve` holds it while it runs)",
                ) from error
            time.sleep(_RETRY_S)


def _keep_private(path: str) -> None:
    """Files 0600 whatever the umask: the engine does not know how."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and entry.stat().st_mode & 0o077:
                os.chmod(entry.path, 0o600)  # noqa: PTH101


@contextmanager
def _errors(query: str = "") -> Iterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except SyntaxError as error:
        place = _PLACE.match(str(error))
        line, column, said = place.groups() if place else ("1", "1", str(error))
        raise QuerySyntaxError(
            f"{line}:{column}: {said}", hint=_line_of(query, int(line))
        ) from error
    except RuntimeError as error:
        if "projection" in str(error):
            raise QueryParameterError(
                str(error), hint="project a parameter in SELECT, so that it can be bound"
            ) from error
        raise StoreError(f"the query failed: {error}") from error
    except (OSError, ValueError) as error:
        raise StoreError(
            f"the index failed: {error}",
            hint="`provkit reindex` makes it anew from the records",
        ) from error


def _line_of(query: str, number: int) -> str:
    lines = query.splitlines()
    return f"near: {lines[number - 1].strip()}" if 0 < number <= len(lines) else ""
