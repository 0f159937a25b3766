"""Write the reference pages of our two ontologies from the ontologies themselves.

``python -m provkit.rdf.reference FOLDER`` writes ``ontology-provkit.md`` and
``ontology-yw.md``; a test holds the pages to what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provkit.rdf.documents import read_document
from provkit.rdf.graphs import Reader
from provkit.resources import resource_folder
from provkit.vocab.namespaces import (
    DCTERMS,
    NAMESPACES,
    OWL,
    PROVKIT,
    RDFS,
    YW,
    Namespace,
)
from provkit.vocab.terms import IRI

PAGES = (PROVKIT, YW)
"""Namespaces that have a page."""


def page(namespace: Namespace) -> str:
    """Markdown page of one of our ontologies."""
    path = Path(resource_folder("ontologies"), f"{namespace.prefix}.ttl")
    name = IRI(namespace.base)
    graph = Reader(read_document(path.read_bytes(), "turtle", default=name)[name])
    terms = sorted(namespace, key=str.casefold)
    classes = [term for term in terms if graph.is_a(term, OWL.Class)]
    datatypes = [term for term in terms if graph.is_a(term, RDFS.Datatype)]
    relations = [term for term in terms if graph.is_a(term, OWL.ObjectProperty)]
    values = [term for term in terms if graph.is_a(term, OWL.DatatypeProperty)]
    lines = [
        f"# Ontology `{namespace.prefix}`: {graph.text(name, DCTERMS.title)}",
        "",
        f"<!-- Generated: python -m provkit.rdf.reference docs/reference; from {path.name} -->",
        "",
        f"`@prefix {namespace.prefix}: <{namespace.base}> .`",
        "",
        "How the terms stand together: [the graph](graph.md).",
        *_table("Classes", classes, graph, RDFS.subClassOf, "more general"),
        *_properties("Relations", relations, graph),
        *_properties("Values", values, graph),
        *_table("Datatypes", datatypes, graph, None, ""),
    ]
    return "\n".join([*lines, ""])


def _table(
    title: str, terms: list[IRI], graph: Reader, general: IRI | None, heading: str
) -> list[str]:
    if not terms:
        return []
    extra = f" {heading} |" if general else ""
    lines = ["", f"## {title}", "", f"| term |{extra} meaning |"]
    lines.append(f"| --- |{' --- |' if general else ''} --- |")
    for term in terms:
        cell = f" {_names(graph, term, general)} |" if general else ""
        lines.append(f"| `{_short(term)}` |{cell} {graph.text(term, RDFS.comment)} |")
    return lines


def _properties(title: str, terms: list[IRI], graph: Reader) -> list[str]:
    lines = ["", f"## {title}", "", "| term | of | to | meaning |", "| --- | --- | --- | --- |"]
    for term in terms:
        general = _names(graph, term, RDFS.subPropertyOf)
        said = f" Implies {general}." if general else ""
        lines.append(
            f"| `{_short(term)}` | {_names(graph, term, RDFS.domain)} |"
            f" {_names(graph, term, RDFS.range)} | {graph.text(term, RDFS.comment)}{said} |"
        )
    return lines


def _names(graph: Reader, term: IRI, predicate: IRI) -> str:
    return ", ".join(f"`{_short(each)}`" for each in graph.nodes(term, predicate))


def _short(iri: IRI) -> str:
    for namespace in NAMESPACES:
        if iri in namespace:
            return f"{namespace.prefix}:{iri[len(namespace.base) :]}"
    return iri


def main(arguments: list[str]) -> int:
    """Write the pages into a folder."""
    for namespace in PAGES:
        target = Path(arguments[0], f"ontology-{namespace.prefix}.md")
        target.write_text(page(namespace), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
