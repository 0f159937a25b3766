"""What every store can do. The contract suite in ``provkit.testing`` holds for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from provkit.vocab.terms import IRI, Solutions, Term, Triple

GraphContent = Iterable[Triple]


class Store(Protocol):
    """A set of named graphs that answers SPARQL.

    Queries always see the union of all graphs as their default graph.
    """

    def select(self, query: str, **values: Term) -> Solutions:
        """Rows of a SELECT query; ``values`` are bound by the engine, never pasted.

        Raises:
            QuerySyntaxError: The query cannot be parsed; the message has line and column.
        """

    def ask(self, query: str, **values: Term) -> bool:
        """Answer of an ASK query."""

    def construct(self, query: str, **values: Term) -> list[Triple]:
        """Triples of a CONSTRUCT query, sorted, each once."""

    def replace(self, graphs: Mapping[IRI, GraphContent]) -> None:
        """Put these graphs in place of what stood under their names: all of them or none."""

    def remove(self, graphs: Iterable[IRI]) -> None:
        """Take graphs away: all of them or none."""

    def graphs(self) -> list[IRI]:
        """Names of all graphs, sorted."""

    def triples(self, graph: IRI) -> list[Triple]:
        """Content of one graph, sorted."""

    def digest(self) -> str:
        """SHA-256 of the canonical (RDFC-1.0) N-Quads of everything stored."""

    def close(self) -> None:
        """Give the store back; others may open it."""
