"""RDF documents: named graphs as Turtle, TriG, N-Quads, N-Triples, JSON-LD, RDF/XML, and back.

Written documents are deterministic: sorted, with only the prefixes that they
use. Formats without named graphs hold the union of the graphs. What is read
may come from anybody: see :mod:`provkit.rdf.hostile` for documents that can
harm who reads them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Literal as OneOf
from typing import get_args

import pyoxigraph as ox

from provkit.errors import UnknownDataError
from provkit.rdf.engine import GENID, Encoder, order, read_iri, read_term
from provkit.rdf.graphs import Graphs
from provkit.rdf.jsonld import write_jsonld
from provkit.vocab.namespaces import NAMESPACES
from provkit.vocab.terms import IRI, Triple

Format = OneOf["turtle", "trig", "nquads", "ntriples", "jsonld", "rdfxml"]

FORMATS: tuple[Format, ...] = get_args(Format)
"""Every format, by the name that ``--as`` takes."""

EXTENSIONS: Mapping[str, Format] = {
    ".ttl": "turtle",
    ".trig": "trig",
    ".nq": "nquads",
    ".nt": "ntriples",
    ".jsonld": "jsonld",
    ".rdf": "rdfxml",
    ".owl": "rdfxml",
}
"""Format by file name extension."""

_ENGINE = {
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_HAS_GRAPHS = ("trig", "nquads")
_XML_ROOT = re.compile(r"<rdf:RDF ([^>]*)>")


def write_document(graphs: Mapping[IRI, Iterable[Triple]], to: Format) -> str:
    """A document that holds these graphs.

    Raises:
        StoreError: A term is none.
    """
    if to == "jsonld":
        return write_jsonld(graphs)
    encoder = Encoder()
    if to in _HAS_GRAPHS:
        ordered = {name: sorted(set(graphs[name]), key=order) for name in sorted(graphs)}
        quads = list(encoder.quads(ordered))
    else:
        union = {triple for triples in graphs.values() for triple in triples}
        quads = [
            ox.Quad(encoder.node(s), encoder.node(p), encoder.term(o))
            for s, p, o in sorted(union, key=order)
        ]
    prefixes = None if to in ("nquads", "ntriples") else _prefixes(quads)
    written = ox.serialize(quads, format=_ENGINE[to], prefixes=prefixes)
    return _order_prefixes((written or b"").decode(), to)


def _prefixes(quads: Iterable[ox.Quad]) -> dict[str, str]:
    """Prefixes that a document uses."""
    used = set()
    for quad in quads:
        used.add(quad.predicate.value)
        if isinstance(quad.object, ox.NamedNode):
            used.add(quad.object.value)
        elif isinstance(quad.object, ox.Literal):
            used.add(quad.object.datatype.value)
    return {n.prefix: n.base for n in NAMESPACES if any(iri.startswith(n.base) for iri in used)}


def _order_prefixes(document: str, kind: Format) -> str:
    """The engine writes prefixes in no order; equal graphs must give equal bytes."""
    if kind in ("turtle", "trig"):
        lines = document.splitlines(keepends=True)
        count = next((n for n, x in enumerate(lines) if not x.startswith("@prefix ")), len(lines))
        return "".join(sorted(lines[:count]) + lines[count:])
    if kind == "rdfxml":
        return _XML_ROOT.sub(
            lambda root: f"<rdf:RDF {' '.join(sorted(root[1].split(' ')))}>", document, count=1
        )
    return document


def read_document(data: bytes, of: Format, *, default: IRI, base: str | None = None) -> Graphs:
    """Graphs that a document holds; its blank nodes get IRIs that depend on its content only.

    Args:
        data: The document.
        of: Its format.
        default: Name for the triples that are in no named graph.
        base: What relative IRIs are relative to.

    Raises:
        UnknownDataError: It is not in that format; the message has line and column.
    """
    try:
        parsed = ox.Dataset(ox.parse(data, format=_ENGINE[of], base_iri=base))
    except (SyntaxError, ValueError, OSError) as error:
        raise UnknownDataError(
            f"not {of}: {error}", hint="see the format's specification"
        ) from error
    return _name_blank_nodes(parsed, default)


def _name_blank_nodes(dataset: ox.Dataset, default: IRI) -> Graphs:
    """Graphs in our terms; blank nodes are numbered by RDFC-1.0, under a digest of all."""
    nameless = any(
        isinstance(term, ox.BlankNode)
        for quad in dataset
        for term in (quad.subject, quad.object, quad.graph_name)
    )
    prefix = ""
    if nameless:
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        lines = sorted(f"{quad}" for quad in dataset)
        prefix = f"{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}/"

    def name(term: object) -> IRI:
        if isinstance(term, ox.BlankNode):
            return IRI(f"{GENID}{prefix}{term.value}")
        return read_iri(term)

    graphs: Graphs = {}
    for quad in dataset:
        graph = default if isinstance(quad.graph_name, ox.DefaultGraph) else name(quad.graph_name)
        value = quad.object
        graphs.setdefault(graph, []).append(
            Triple(
                name(quad.subject),
                read_iri(quad.predicate),
                name(value) if isinstance(value, ox.BlankNode) else read_term(value),
            )
        )
    return {graph: sorted(triples, key=order) for graph, triples in sorted(graphs.items())}
