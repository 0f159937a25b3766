"""Graphs as PROV-N, PROV-JSON and PROV-XML, by library prov.

The document is the union of the graphs. What PROV-DM has no place for (a
touch of a file that is neither usage nor generation) stays out; everything
else that is no relation becomes an entity, activity or agent with attributes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args
from typing import Literal as OneOf

from provkit.rdf.graphs import Reader
from provkit.rdf.provdm import (
    ACTIVITY_TIMES,
    ELEMENTS,
    ENTITY_TIMES,
    RELATIONS,
    SUBTYPES,
    Relation,
)
from provkit.vocab.namespaces import BASE, NAMESPACES, PROV, PROVKIT, PROVONE, RDF, RDFS, XSD
from provkit.vocab.terms import IRI, Literal, Term, Triple

Notation = OneOf["prov-n", "prov-json", "prov-xml"]

NOTATIONS: tuple[Notation, ...] = get_args(Notation)
"""Every notation, by the name that ``--as`` takes."""

_ACTIVITIES = (PROV.Activity, PROVONE.Execution, PROVKIT.Process)
_AGENTS = (PROV.Agent, PROV.Person, PROV.SoftwareAgent, PROV.Organization, PROVONE.User)
ATTRIBUTES: dict[IRI, str] = {
    RDF.type: "type",
    RDFS.label: "label",
    PROV.value: "value",
    PROV.atLocation: "location",
    PROV.hadRole: "role",
}
"""Properties that PROV-DM has as attributes of its own."""


def write_prov(graphs: Mapping[IRI, Iterable[Triple]], to: Notation) -> str:
    """A PROV document that holds the union of these graphs."""
    document = _Writer({triple for triples in graphs.values() for triple in triples}).document()
    if to == "prov-n":
        return f"{document.get_provn()}\n"
    out = io.StringIO()
    if to == "prov-json":
        document.serialize(out, format="json", indent=1, sort_keys=True)
    else:
        document.serialize(out, format="xml")
    return f"{out.getvalue().rstrip()}\n"


class _Writer:
    def __init__(self, triples: set[Triple]) -> None:
        from prov.model import ProvDocument  # noqa: PLC0415 - costs 100 ms

        ordered = sorted(triples, key=lambda triple: tuple(map(str, triple)))
        self._triples = ordered
        self._graph = Reader(ordered)
        self._document: Any = ProvDocument()
        self._names = _Names(self._document, ordered)
        self._said: set[tuple[IRI, IRI, Term]] = set()
        self._known: set[tuple[IRI, IRI, Term]] = set(triples)
        self._qualified: set[IRI] = set()

    def document(self) -> Any:
        relations = [*self._qualified_records(), *self._plain_records()]
        for node in self._elements():
            self._write_element(node)
        for kind, name, formal, others in sorted(relations, key=repr):
            self._record(kind, name, formal, others)
        return self._document

    def _qualified_records(self) -> Iterator[Any]:
        for relation in RELATIONS:
            if relation.qualified is None or relation.target_term is None:
                continue
            yield from self._qualified_by(relation, relation.qualified, relation.plain, "")
            if relation.kind == "Derivation":
                for subtype, (plain, qualified) in SUBTYPES.items():
                    yield from self._qualified_by(relation, qualified, plain, subtype)

    def _qualified_by(
        self, relation: Relation, qualified: IRI, plain: IRI, subtype: str
    ) -> Iterator[Any]:
        target_term = relation.target_term or PROV.influencer
        for subject, predicate, node in self._triples:
            if predicate != qualified or not isinstance(node, IRI):
                continue
            self._qualified.add(node)
            formal: dict[str, Term] = {relation.subject: subject}
            target = self._graph.nodes(node, target_term)
            if target:
                formal[relation.target] = target[0]
                self._said.update(
                    {(subject, plain, target[0]), (subject, relation.plain, target[0])}
                )
                if relation.inverse is not None:
                    self._said.add((target[0], relation.inverse, subject))
            for attribute, term in relation.more.items():
                found = self._graph.all(node, term)
                if found:
                    formal[attribute] = found[0]
            used = {target_term, *relation.more.values()}
            base = {PROV[relation.kind], PROV[subtype or relation.kind], PROV.InstantaneousEvent}
            others = self._attributes(node, skip=used, base=base)
            if subtype:
                others.append(("type", PROV[subtype]))
            yield relation.kind, node, formal, others

    def _plain_records(self) -> Iterator[Any]:
        for relation in RELATIONS:
            properties = {relation.plain: ""}
            if relation.kind == "Derivation":
                properties |= {plain: subtype for subtype, (plain, _) in SUBTYPES.items()}
            for subject, predicate, value in self._triples:
                if predicate in properties and (subject, predicate, value) not in self._said:
                    formal = {relation.subject: subject, relation.target: value}
                    subtype = properties[predicate]
                    others = [("type", PROV[subtype])] if subtype else []
                    yield relation.kind, None, formal, others
                elif predicate == relation.inverse and isinstance(value, IRI):
                    formal = {relation.subject: value, relation.target: subject}
                    if (value, relation.plain, subject) not in self._known:
                        yield relation.kind, None, formal, []
            term = ENTITY_TIMES.get(relation.kind)
            for subject, predicate, value in self._triples:
                if predicate == term:
                    yield relation.kind, None, {relation.subject: subject, "time": value}, []

    def _elements(self) -> list[IRI]:
        """Nodes that are no relation, and no touch of a file."""
        nodes = {triple.subject for triple in self._triples}
        return sorted(
            node
            for node in nodes - self._qualified
            if not self._graph.is_a(node, PROVKIT.FileAccess)
        )

    def _write_element(self, node: IRI) -> None:
        kinds = set(self._graph.all(node, RDF.type))
        used = {triple.predicate for triple in self._graph.about(node)}
        kind = "Entity"
        if kinds & set(_ACTIVITIES) or (PROV.used in used and not kinds):
            kind = "Activity"
        elif kinds & set(_AGENTS):
            kind = "Agent"
        formal: dict[str, Term] = {}
        if kind == "Activity":
            for attribute, term in ACTIVITY_TIMES.items():
                found = self._graph.all(node, term)
                if found:
                    formal[attribute] = found[0]
        relational = {relation.plain for relation in RELATIONS}
        relational |= {relation.qualified for relation in RELATIONS if relation.qualified}
        relational |= {relation.inverse for relation in RELATIONS if relation.inverse}
        relational |= {term for pair in SUBTYPES.values() for term in pair}
        skip = {*relational, *ACTIVITY_TIMES.values(), *ENTITY_TIMES.values(), PROVKIT.fileAccess}
        others = self._attributes(node, skip=skip, base={ELEMENTS[kind]})
        self._record(kind, node, formal, others)

    def _attributes(
        self, node: IRI, *, skip: set[IRI], base: set[IRI]
    ) -> list[tuple[str | IRI, Term]]:
        return [
            (ATTRIBUTES.get(triple.predicate, triple.predicate), triple.object)
            for triple in self._graph.about(node)
            if triple.predicate not in skip
            and not (triple.predicate == RDF.type and triple.object in base)
        ]

    def _record(
        self,
        kind: str,
        name: IRI | None,
        formal: Mapping[str, Term],
        others: Iterable[tuple[str | IRI, Term]],
    ) -> None:
        from prov.model import PROV as WORDS  # noqa: PLC0415 - loaded by now

        self._document.new_record(
            WORDS[kind],
            None if name is None else self._names.of(name),
            {WORDS[key]: self._formal(value) for key, value in formal.items()},
            [
                (self._names.of(key) if isinstance(key, IRI) else WORDS[key], self._value(value))
                for key, value in others
            ],
        )

    def _formal(self, value: Term) -> object:
        return value.value if isinstance(value, Literal) else self._names.of(value)

    def _value(self, value: Term) -> object:
        from prov.model import Literal as Typed  # noqa: PLC0415 - loaded by now

        if isinstance(value, IRI):
            return self._names.of(value)
        if value.language is not None:
            return Typed(value.value, langtag=value.language)
        if value.datatype == XSD.string:
            return value.value
        return Typed(value.value, datatype=self._names.of(IRI(value.datatype)))


class _Names:
    """Qualified names of IRIs: one prefix for what belongs together."""

    def __init__(self, document: Any, triples: Iterable[Triple]) -> None:
        bases = {n.base: n.prefix for n in NAMESPACES}
        met: set[str] = set()
        for subject, predicate, value in triples:
            for term in (subject, predicate, value):
                iri = IRI(term.datatype) if isinstance(term, Literal) else term
                met.add(_split(iri)[0])
        strange = sorted(met - bases.keys())
        bases |= {base: f"ns{number}" for number, base in enumerate(strange, 1)}
        self._spaces: dict[str, Any] = {}
        for base in sorted(met):
            self._spaces[base] = document.add_namespace(bases[base], base)

    def of(self, iri: IRI) -> Any:
        """Qualified name of an IRI of the document."""
        base, local = _split(iri)
        return self._spaces[base][local]


def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name of an IRI; the local name is never empty."""
    if iri.startswith(f"{BASE}id/") and "#" not in iri:
        cut = iri.find("/", len(f"{BASE}id/")) + 1
    else:
        cut = iri.find("#") + 1
    if not 0 < cut < len(iri):
        cut = max(iri.rfind("/", 0, -1), iri.rfind(":", 0, -1)) + 1
    return iri[:cut], iri[cut:]
