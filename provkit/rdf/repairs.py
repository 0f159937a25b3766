"""Mend what other tools write wrongly into PROV and ProvONE, and say what was mended.

Each rule is a trap that real documents fall into: drafts of ProvONE under
older names, ProvONE's direction of ``prov:qualifiedGeneration``, and a class
written where its property was meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from provkit.rdf.graphs import Reader
from provkit.vocab.namespaces import PROV, PROVKIT, PROVONE, RDF
from provkit.vocab.terms import IRI, Literal, Term, Triple

_DRAFTS = (
    "http://purl.org/provone/ontology#",
    "http://purl.org/provone/v1/ontology#",
    "http://purl.org/provone/2015/01/ontology#",
    "https://purl.org/dataone/ontologies/provenance/ProvONE/v1/owl/provone.owl#",
)
_RENAMED = {
    "Process": "Program",
    "ProcessExec": "Execution",
    "InputPort": "Port",
    "OutputPort": "Port",
    "DataLink": "Channel",
    "SeqCtrlLink": "Controller",
    "hasSubProcess": "hasSubProgram",
    "isPartOf": "wasPartOf",
    "hasInputPort": "hasInPort",
    "hasOutputPort": "hasOutPort",
    "hasLocation": "connectsTo",
}
"""Terms of the drafts of 2014 and 2015, and what they are called since."""


_OURS = (PROVKIT.record, PROVKIT.graphVersion, PROVKIT.staged)
"""What only the index itself may say; a stranger's document could make it forget runs."""


def mend(triples: Iterable[Triple]) -> tuple[list[Triple], tuple[str, ...]]:
    """The triples as they were meant, sorted, and one sentence for each sort of repair."""
    count: Counter[str] = Counter()
    found = []
    for triple in triples:
        if triple.predicate in _OURS:
            count["word on provkit's own index, left out"] += 1
        else:
            found.append(_rename(triple, count))
    found = _turn_generations(found, count)
    repairs = tuple(f"{number} × {what}" for what, number in sorted(count.items()))
    return sorted(set(found), key=lambda triple: tuple(map(str, triple))), repairs


def _rename(triple: Triple, count: Counter[str]) -> Triple:
    subject, predicate, value = triple
    mended = Triple(_current(subject), _current(predicate), _current_term(value))
    if mended != triple:
        count["term of a draft of ProvONE, renamed"] += 1
    if mended.predicate == PROV.Agent:
        count["prov:Agent written where prov:agent was meant"] += 1
        mended = mended._replace(predicate=PROV.agent)
    return mended


def _current_term(term: Term) -> Term:
    return term if isinstance(term, Literal) else _current(term)


def _current(iri: IRI) -> IRI:
    for draft in _DRAFTS:
        if iri.startswith(draft):
            local = iri[len(draft) :]
            current = IRI(PROVONE.base + _RENAMED.get(local, local))
            return current if current in PROVONE else iri
    return iri


def _turn_generations(triples: list[Triple], count: Counter[str]) -> list[Triple]:
    """ProvONE lets an execution have a qualified generation; in PROV-O an entity has it."""
    graph = Reader(triples)
    activities = {
        subject
        for kind in (PROVONE.Execution, PROV.Activity)
        for subject in graph.subjects(RDF.type, kind)
    }
    found = []
    for triple in triples:
        subject, predicate, node = triple
        wrong = predicate == PROV.qualifiedGeneration and subject in activities
        entities = graph.nodes(node, PROVONE.hadEntity) if isinstance(node, IRI) else []
        if wrong and isinstance(node, IRI) and entities:
            count["prov:qualifiedGeneration of an execution, turned round"] += 1
            found.append(Triple(node, PROV.activity, subject))
            found += [Triple(entity, PROV.qualifiedGeneration, node) for entity in entities]
        else:
            found.append(triple)
    return found
