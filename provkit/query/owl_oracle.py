"""The same inferences by library owlrl: slow and independent."""

from __future__ import annotations

from collections.abc import Iterable

from provkit.rdf.documents import write_document
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import PROV
from provkit.vocab.terms import IRI, Literal, Term, Triple


def close_with_owlrl(store: OxigraphStore, axioms: Iterable[str]) -> list[Triple]:
    """What OWL 2 RL, and inference 6 of PROV-CONSTRAINTS, add to a store, sorted.

    Args:
        store: The data.
        axioms: Paths of Turtle files.
    """
    import rdflib  # noqa: PLC0415 - costs 250 ms
    from owlrl import DeductiveClosure, OWLRL_Semantics  # noqa: PLC0415 - likewise

    data = {name: store.triples(name) for name in store.graphs()}
    graph = rdflib.Graph().parse(data=write_document(data, "ntriples"), format="nt")
    for path in axioms:
        graph.parse(path, format="turtle")
    before = set(graph)
    used, generated = rdflib.URIRef(PROV.used), rdflib.URIRef(PROV.wasGeneratedBy)
    informed_by = rdflib.URIRef(PROV.wasInformedBy)
    while True:
        DeductiveClosure(OWLRL_Semantics).expand(graph)
        fresh = {
            (informed, informed_by, informant)
            for informed, _, entity in graph.triples((None, used, None))
            for informant in graph.objects(entity, generated)
            if informed != informant and (informed, informed_by, informant) not in graph
        }
        if not fresh:
            break
        for triple in fresh:
            graph.add(triple)
    found = set()
    for subject, predicate, value in set(graph) - before:
        if isinstance(subject, rdflib.URIRef) and not isinstance(value, rdflib.BNode):
            found.add(Triple(IRI(subject), IRI(predicate), _term(value)))
    return sorted(found, key=lambda triple: tuple(map(str, triple)))


def _term(value: object) -> Term:
    datatype = getattr(value, "datatype", None)
    if datatype is None and not hasattr(value, "language"):
        return IRI(str(value))
    return Literal(str(value), str(datatype) if datatype else Literal("").datatype)
