"""JSON-LD with our own context: prefixes only, nothing that a reader must fetch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from provkit.rdf.engine import order
from provkit.vocab.namespaces import NAMESPACES, XSD
from provkit.vocab.terms import IRI, Literal, Term, Triple


def write_jsonld(graphs: Mapping[IRI, Iterable[Triple]]) -> str:
    """A JSON-LD 1.1 document of named graphs."""
    compactor = _Compactor()
    written = [
        {"@id": str(name), "@graph": compactor.nodes(graphs[name])} for name in sorted(graphs)
    ]
    document = {"@context": compactor.context(), "@graph": written}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


class _Compactor:
    """Shortens terms of known namespaces, and remembers which it met."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._known = {term: (n.prefix, term[len(n.base) :]) for n in NAMESPACES for term in n}

    def context(self) -> dict[str, str]:
        return {n.prefix: n.base for n in NAMESPACES if n.prefix in self._used}

    def nodes(self, triples: Iterable[Triple]) -> list[dict[str, object]]:
        found: dict[str, dict[str, list[object]]] = {}
        for subject, predicate, term in sorted(set(triples), key=order):
            values = found.setdefault(subject, {}).setdefault(self._shorten(predicate), [])
            values.append(self._value(term))
        return [{"@id": node, **properties} for node, properties in found.items()]

    def _shorten(self, iri: str) -> str:
        known = self._known.get(IRI(iri))
        if known is None:
            return iri
        self._used.add(known[0])
        return f"{known[0]}:{known[1]}"

    def _value(self, term: Term) -> dict[str, str]:
        if not isinstance(term, Literal):
            return {"@id": str(term)}
        if term.language is not None:
            return {"@value": term.value, "@language": term.language}
        if term.datatype == XSD.string:
            return {"@value": term.value}
        return {"@value": term.value, "@type": self._shorten(term.datatype)}
