"""Python values as RDF terms, and a graph as something to read from.

Literals are written in the canonical form that the engine keeps (no trailing
zeros in times, no exponent in numbers), so that what is read from the store
equals what was put in, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from provkit.errors import UnknownDataError
from provkit.model.identifiers import decode_path, encode_path
from provkit.times import read_time, write_time
from provkit.vocab.namespaces import BASE, PROVKIT, XSD
from provkit.vocab.terms import IRI, Literal, Term, Triple

Graphs = dict[IRI, list[Triple]]
"""Named graphs: name to content."""

INFERRED = IRI(f"{BASE}id/inferred")
"""Name of the graph of what the others imply."""

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_TRUE = Literal("true", XSD.boolean)
_FALSE = Literal("false", XSD.boolean)

T = TypeVar("T")


def text(value: str) -> Literal:
    """Any text as a literal.

    RDF cannot hold lone surrogates (a file name whose bytes are not UTF-8),
    and RDF/XML no control characters (https://www.w3.org/TR/xml/#charsets).
    Such a text is written percent-encoded, with a datatype that says so.
    """
    if _UNSAFE.search(value):
        return Literal(encode_path(value), PROVKIT.percentEncoded)
    return Literal(value)


def read_text(term: Term) -> str:
    """Inverse of :func:`text`."""
    if isinstance(term, Literal) and term.datatype == PROVKIT.percentEncoded:
        return decode_path(term.value)
    return str(term)


def moment(value: datetime) -> Literal:
    """A time as ``xsd:dateTime`` in canonical form: UTC, no trailing zeros."""
    lexical = write_time(value)  # …T09:30:00.120000Z
    return Literal(f"{lexical[:-1].rstrip('0').rstrip('.')}Z", XSD.dateTime)


def integer(value: int) -> Literal:
    """A whole number."""
    return Literal(str(value), XSD.integer)


def number(value: float) -> Literal:
    """A measured number as ``xsd:double``, as the engine writes it: without exponent."""
    lexical = repr(float(value)).removesuffix(".0")
    if "e" in lexical:
        digits, _, exponent = lexical.partition("e")
        lexical = _shift_point(digits, int(exponent))
    return Literal({"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(lexical, lexical), XSD.double)


def _shift_point(digits: str, places: int) -> str:
    """``1.5`` shifted by 3 is ``1500``, by -3 ``0.0015``."""
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    if places >= 0:
        fraction = fraction.ljust(places, "0")
        whole, fraction = whole + fraction[:places], fraction[places:]
    else:
        whole = whole.rjust(1 - places, "0")
        whole, fraction = whole[:places], whole[places:] + fraction
    return f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}"


def boolean(value: bool) -> Literal:
    """True or false."""
    return _TRUE if value else _FALSE


class Writer:
    """A graph that grows.

    Attributes:
        triples: What was said so far.
    """

    __slots__ = ("triples",)

    def __init__(self) -> None:
        self.triples: list[Triple] = []

    def say(self, subject: IRI, predicate: IRI, *objects: Term | None) -> None:
        """Add a triple for each object that is not None."""
        for each in objects:
            if each is not None:
                self.triples.append(Triple(subject, predicate, each))

    def say_text(self, subject: IRI, predicate: IRI, value: str) -> None:
        """Add a text, unless it is empty."""
        if value:
            self.triples.append(Triple(subject, predicate, text(value)))

    def say_integer(self, subject: IRI, predicate: IRI, value: int | None) -> None:
        """Add a whole number, unless it is None."""
        if value is not None:
            self.triples.append(Triple(subject, predicate, integer(value)))

    def say_number(self, subject: IRI, predicate: IRI, value: float | None) -> None:
        """Add a measured number, unless it is None."""
        if value is not None:
            self.triples.append(Triple(subject, predicate, number(value)))

    def say_moment(self, subject: IRI, predicate: IRI, value: datetime | None) -> None:
        """Add a time, unless it is None."""
        if value is not None:
            self.triples.append(Triple(subject, predicate, moment(value)))


class Reader:
    """A graph, by subject and predicate.

    Args:
        triples: Its content.
    """

    __slots__ = ("_index", "_inverse")

    def __init__(self, triples: Iterable[Triple]) -> None:
        index: dict[IRI, dict[IRI, list[Term]]] = {}
        inverse: dict[tuple[IRI, Term], list[IRI]] = {}
        for subject, predicate, value in triples:
            index.setdefault(subject, {}).setdefault(predicate, []).append(value)
            if isinstance(value, IRI):
                inverse.setdefault((predicate, value), []).append(subject)
        self._inverse: Mapping[tuple[IRI, Term], list[IRI]] = inverse
        self._index: Mapping[IRI, Mapping[IRI, list[Term]]] = index

    def all(self, subject: IRI, predicate: IRI) -> list[Term]:
        """Every object, in no order."""
        return self._index.get(subject, {}).get(predicate, [])

    def about(self, subject: IRI) -> Iterator[Triple]:
        """Every triple of a subject, in the order in which the graph told them."""
        for predicate, values in self._index.get(subject, {}).items():
            for value in values:
                yield Triple(subject, predicate, value)

    def nodes(self, subject: IRI, predicate: IRI) -> list[IRI]:
        """Every object that is an IRI, sorted."""
        return sorted(each for each in self.all(subject, predicate) if isinstance(each, IRI))

    def subjects(self, predicate: IRI, value: IRI) -> list[IRI]:
        """Every subject that has this node as object, sorted."""
        return sorted(self._inverse.get((predicate, value), ()))

    def find(self, subject: IRI, predicate: IRI) -> Term | None:
        """The object, or None.

        Raises:
            UnknownDataError: There are several.
        """
        found = self.all(subject, predicate)
        if len(found) > 1:
            raise UnknownDataError(f"{subject} has {len(found)} values of {predicate}, not one")
        return found[0] if found else None

    def node(self, subject: IRI, predicate: IRI) -> IRI | None:
        """The object when it is an IRI."""
        found = self.find(subject, predicate)
        return found if isinstance(found, IRI) else None

    def text(self, subject: IRI, predicate: IRI, default: str = "") -> str:
        """The object as text."""
        found = self.find(subject, predicate)
        return default if found is None else read_text(found)

    def texts(self, subject: IRI, predicate: IRI) -> tuple[str, ...]:
        """Every object as text, sorted."""
        return tuple(sorted(read_text(each) for each in self.all(subject, predicate)))

    def integer(self, subject: IRI, predicate: IRI) -> int | None:
        """The object as a whole number, or None."""
        found = self.find(subject, predicate)
        return None if found is None else _number(int, found)

    def number(self, subject: IRI, predicate: IRI) -> float | None:
        """The object as a number, or None."""
        found = self.find(subject, predicate)
        return None if found is None else _number(float, found)

    def boolean(self, subject: IRI, predicate: IRI) -> bool:
        """The object as truth; false when there is none."""
        return self.find(subject, predicate) == _TRUE

    def moment(self, subject: IRI, predicate: IRI) -> datetime | None:
        """The object as a time, or None."""
        found = self.find(subject, predicate)
        return None if found is None else read_time(str(found))

    def is_a(self, subject: IRI, kind: IRI) -> bool:
        """Whether the subject has that type."""
        return kind in self.all(subject, _TYPE)

    def instances(self, kind: IRI) -> list[IRI]:
        """Every subject of that type, sorted."""
        return self.subjects(_TYPE, kind)

    def by_position(self, subject: IRI, predicate: IRI, position: IRI) -> list[IRI]:
        """Every object that is an IRI, in the order that their positions tell."""
        found = self.nodes(subject, predicate)
        return sorted(found, key=lambda each: self.integer(each, position) or 0)


_TYPE = IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def _number(kind: Callable[[str], T], term: Term) -> T:
    try:
        return kind(str(term))
    except ValueError as error:
        raise UnknownDataError(f"not a number: {term}") from error
