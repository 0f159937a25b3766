"""The engine's terms and ours, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from provkit.errors import StoreError
from provkit.vocab.namespaces import BASE
from provkit.vocab.terms import IRI, Literal, Term, Triple

GENID = f"{BASE}.well-known/genid/"
"""IRIs that stand for blank nodes (RDF 1.1 Concepts, section 3.5)."""

_STRING = "http://www.w3.org/2001/XMLSchema#string"


class Encoder:
    """Our terms as the engine's; one that was seen before is not checked again."""

    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes: dict[str, ox.NamedNode] = {}

    def node(self, iri: str) -> ox.NamedNode:
        """An IRI.

        Raises:
            StoreError: It is none.
        """
        found = self._nodes.get(iri)
        if found is None:
            try:
                found = self._nodes[iri] = ox.NamedNode(iri)
            except ValueError as error:
                raise StoreError(f"not an IRI: {iri!r}: {error}") from error
        return found

    def term(self, term: Term) -> ox.NamedNode | ox.Literal:
        """An IRI or a literal.

        Raises:
            StoreError: RDF has no such term.
        """
        if isinstance(term, IRI):
            return self.node(term)
        try:
            if term.language is not None:
                return ox.Literal(term.value, language=term.language)
            if term.datatype == _STRING:
                return ox.Literal(term.value)
            return ox.Literal(term.value, datatype=self.node(term.datatype))
        except ValueError as error:
            raise StoreError(f"not a literal: {term.value!r}: {error}") from error

    def quads(self, graphs: Mapping[IRI, Iterable[Triple]]) -> Iterator[ox.Quad]:
        """Every triple of every graph.

        Raises:
            StoreError: RDF has no such term.
        """
        node, term, quad = self.node, self.term, ox.Quad
        for name, triples in graphs.items():
            graph = node(name)
            for subject, predicate, value in triples:
                yield quad(node(subject), node(predicate), term(value), graph)


def read_iri(term: object) -> IRI:
    """An IRI of ours; a blank node gets one.

    Raises:
        StoreError: Neither.
    """
    if isinstance(term, ox.NamedNode):
        return IRI(term.value)
    if isinstance(term, ox.BlankNode):
        return IRI(GENID + term.value)
    raise StoreError(f"a triple about a triple cannot be used here: {term}")


def read_term(term: object) -> Term:
    """A term of ours.

    Raises:
        StoreError: A triple term, which provkit does not use.
    """
    if isinstance(term, ox.Literal):
        return Literal(term.value, term.datatype.value, term.language)
    return read_iri(term)


def read_triple(triple: ox.Triple | ox.Quad) -> Triple:
    """A triple of ours."""
    return Triple(read_iri(triple.subject), read_iri(triple.predicate), read_term(triple.object))


def order(triple: Triple) -> tuple[str, ...]:
    """Sort key of triples: text, whatever the kinds of their objects."""
    value = triple.object
    if isinstance(value, IRI):
        return (triple.subject, triple.predicate, value)
    return (triple.subject, triple.predicate, value.value, value.datatype, value.language or "")
