"""A later statement as a graph, and back.

The graph is named by the statement. It says who said what and when, holds the
words themselves as JSON, and what follows from them for the graph: a note, a
link, what an import brought.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

from provkit.errors import UnknownDataError
from provkit.model.identifiers import clean_iri, person_iri, run_iri
from provkit.model.statement import Statement, StatementKind
from provkit.rdf.graphs import Graphs, Reader, Writer, moment, text
from provkit.vocab.namespaces import PROV, PROVKIT, RDF, RDFS
from provkit.vocab.terms import IRI, Literal, Triple


def encode_statement(statement: Statement) -> Graphs:
    """The named graph of a statement: its name and its content."""
    out, name = Writer(), run_iri(statement.id)
    agent = person_iri(statement.by)
    out.say(name, RDF.type, PROV.Entity, PROVKIT.Statement)
    out.say(name, PROVKIT.kind, Literal(statement.kind))
    out.say(name, PROV.generatedAtTime, moment(statement.at))
    out.say(name, PROVKIT.user, text(statement.by))
    out.say(name, PROV.wasAttributedTo, agent)
    out.say(agent, RDF.type, PROV.Agent)
    out.say(agent, RDFS.label, text(statement.by))
    for thing in statement.about:
        out.say(name, PROVKIT.about, clean_iri(thing))
    if statement.data:  # ASCII only: JSON escapes what RDF cannot hold
        told = json.dumps(statement.data, sort_keys=True)
        out.say(name, PROVKIT.data, Literal(told, RDF.JSON))
    if statement.kind == "note":
        for thing in statement.about:
            out.say_text(clean_iri(thing), PROVKIT.note, str(statement.data.get("text", "")))
    return {name: out.triples}


def decode_statement(name: IRI, triples: Iterable[Triple]) -> Statement:
    """Inverse of :func:`encode_statement`; things spoken about come sorted.

    Raises:
        UnknownDataError: The graph does not tell of a statement in this shape.
    """
    graph = Reader(triples)
    at = graph.moment(name, PROV.generatedAtTime)
    if at is None or not graph.is_a(name, PROVKIT.Statement):
        raise UnknownDataError(f"no statement {name} in this graph")
    told = graph.find(name, PROVKIT.data)
    return Statement(
        id=name.removeprefix("urn:uuid:"),
        kind=cast(StatementKind, graph.text(name, PROVKIT.kind)),
        about=tuple(str(thing) for thing in graph.nodes(name, PROVKIT.about)),
        at=at,
        by=graph.text(name, PROVKIT.user),
        data={} if told is None else json.loads(str(told)),
    )
