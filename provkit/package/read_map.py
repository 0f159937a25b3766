"""Read a resource map that anybody may have written, as triples (rule R9: RDF/XML only)."""

from __future__ import annotations

import re

from provkit.errors import UnknownDataError
from provkit.package.xmlguard import check_xml
from provkit.vocab.terms import IRI, XSD, Literal, Term, Triple

_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


def read_map(data: bytes) -> list[Triple]:
    """The triples of an RDF/XML document; a blank node is an IRI that begins with ``_:``.

    Raises:
        UnknownDataError: It is not RDF/XML, or names something that is no IRI.
    """
    check_xml(data)
    from xml.sax import SAXException  # noqa: PLC0415 - with rdflib only

    from rdflib import Graph  # noqa: PLC0415 - costs 250 ms
    from rdflib.exceptions import ParserError  # noqa: PLC0415

    graph = Graph()
    try:
        graph.parse(data=data, format="xml")
    except (SAXException, ParserError, ValueError, AssertionError, LookupError) as error:
        raise UnknownDataError(f"not RDF/XML: {' '.join(str(error).split())}") from error
    return [Triple(_iri(s), _iri(p), _term(o)) for s, p, o in graph]


def _term(node: object) -> Term:
    from rdflib import Literal as Text  # noqa: PLC0415 - loaded by now

    if isinstance(node, Text):
        return Literal(str(node), str(node.datatype or XSD + "string"), node.language)
    return _iri(node)


def _iri(node: object) -> IRI:
    from rdflib import BNode  # noqa: PLC0415 - loaded by now

    if isinstance(node, BNode):
        return IRI(f"_:{node}")
    if _NOT_IN_IRI.search(str(node)):
        raise UnknownDataError(f"not an IRI: {str(node)!r}")
    return IRI(str(node))
