"""RDF terms as plain Python values.

Floors above talk about IRIs and literals with these; only ``rdf/`` and
``store/`` know the engine's own classes.
"""

from __future__ import annotations

from typing import NamedTuple

XSD = "http://www.w3.org/2001/XMLSchema#"


class IRI(str):
    """An absolute IRI. Two are equal when their texts are."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self}>"


class Literal(NamedTuple):
    """A literal: its text, and a datatype or a language.

    Attributes:
        value: Lexical form.
        datatype: Absolute IRI; ``xsd:string`` by default.
        language: Language tag; then the datatype is ``rdf:langString``.
    """

    value: str
    datatype: str = XSD + "string"
    language: str | None = None

    def __str__(self) -> str:
        return self.value


Term = IRI | Literal


class Triple(NamedTuple):
    """One statement: subject, predicate, object."""

    subject: IRI
    predicate: IRI
    object: Term


class Solutions(NamedTuple):
    """The answer of a SELECT query.

    Attributes:
        variables: Names without ``?``, in the order of the query.
        rows: One tuple per solution, None where a variable is unbound.
    """

    variables: tuple[str, ...]
    rows: list[tuple[Term | None, ...]]
