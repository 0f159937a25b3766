"""The rules imply what OWL 2 RL implies, on any graph in the words of PROV."""

from __future__ import annotations

import os
import random
from collections import defaultdict

import pytest

from provkit.model.run import fold
from provkit.query.infer import infer
from provkit.rdf.graphs import INFERRED
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import run_events
from provkit.vocab.namespaces import PROV, PROVKIT, PROVONE, RDF, YW, Namespace
from provkit.vocab.terms import IRI, Literal, Triple

DOCUMENTS = 200
LITERALS = {PROV.atTime, PROV.startedAtTime, PROV.endedAtTime, PROV.value, PROV.generatedAtTime}
LITERALS |= {PROV.invalidatedAtTime}


def terms(namespace: Namespace, *, classes: bool) -> list[IRI]:
    names = [(iri, iri.rpartition("#")[2][0].isupper()) for iri in namespace]
    return [iri for iri, is_class in names if is_class == classes]


CLASSES = terms(PROV, classes=True) + terms(PROVONE, classes=True)
RELATIONS = [
    *[iri for iri in terms(PROV, classes=False) if iri not in LITERALS],
    *terms(PROVONE, classes=False),
    PROVKIT.parentProcess,
    PROVKIT.rerunOf,
    YW.sends,
]


def random_document(number: int) -> list[Triple]:
    """A handful of nodes, and any relations and types between them."""
    chance = random.Random(number)
    nodes = [IRI(f"urn:doc:{number}:{name}") for name in "abcdef"]
    found = set()
    for _ in range(chance.randint(1, 14)):
        subject = chance.choice(nodes)
        if chance.random() < 0.3:
            found.add(Triple(subject, RDF.type, chance.choice(CLASSES)))
        else:
            found.add(Triple(subject, chance.choice(RELATIONS), chance.choice(nodes)))
    if chance.random() < 0.5:
        found.add(Triple(chance.choice(nodes), PROV.value, Literal("5")))
    return sorted(found, key=str)


def by_document(triples: list[Triple]) -> dict[str, set[Triple]]:
    found: dict[str, set[Triple]] = defaultdict(set)
    for triple in triples:
        found[triple.subject.split(":")[2]].add(triple)
    return found


def test_rules_imply_what_owlrl_implies() -> None:
    """Over 200 documents with no node in common; each on its own would cost two seconds."""
    start = int(os.environ.get("SEED", "0"))
    with OxigraphStore() as store:
        for number in range(start, start + DOCUMENTS):
            store.replace({IRI(f"urn:graph:{number}"): random_document(number)})
        rules, oracle = by_document(infer(store)), by_document(infer(store, engine="owlrl"))

    assert len(rules) > DOCUMENTS * 0.9
    different = {n: rules[n] ^ oracle[n] for n in {*rules, *oracle} if rules[n] != oracle[n]}
    assert different == {}


@pytest.mark.parametrize(
    ("node", "plain"),
    [
        ("qualifiedGeneration activity", "wasGeneratedBy"),
        ("qualifiedUsage entity", "used"),
        ("qualifiedDerivation entity", "wasDerivedFrom"),
        ("qualifiedPrimarySource entity", "hadPrimarySource"),
        ("qualifiedQuotation entity", "wasQuotedFrom"),
        ("qualifiedRevision entity", "wasRevisionOf"),
        ("qualifiedAttribution agent", "wasAttributedTo"),
        ("qualifiedAssociation agent", "wasAssociatedWith"),
        ("qualifiedDelegation agent", "actedOnBehalfOf"),
        ("qualifiedCommunication activity", "wasInformedBy"),
        ("qualifiedInvalidation activity", "wasInvalidatedBy"),
        ("qualifiedStart entity", "wasStartedBy"),
        ("qualifiedEnd entity", "wasEndedBy"),
        ("qualifiedInfluence influencer", "wasInfluencedBy"),
    ],
)
def test_a_qualified_relation_implies_the_plain_one(node: str, plain: str) -> None:
    """PROV-O, table of qualification patterns: https://www.w3.org/TR/prov-o/#qualified-terms."""
    first, second = (PROV[name] for name in node.split())
    a, q, b = IRI("urn:a"), IRI("urn:q"), IRI("urn:b")
    with OxigraphStore() as store:
        store.replace({IRI("urn:g"): [Triple(a, first, q), Triple(q, second, b)]})

        assert Triple(a, PROV[plain], b) in infer(store)


def test_who_used_what_another_generated_was_informed() -> None:
    a, e, b = IRI("urn:a"), IRI("urn:e"), IRI("urn:b")
    with OxigraphStore() as store:
        store.replace({IRI("urn:g"): [Triple(a, PROV.used, e), Triple(e, PROV.wasGeneratedBy, b)]})
        implied = set(infer(store))

    assert Triple(a, PROV.wasInformedBy, b) in implied
    assert Triple(b, PROV.generated, e) in implied
    assert Triple(e, RDF.type, PROV.Entity) in implied
    assert Triple(a, PROV.used, e) not in implied, "what is said already is not implied"


def test_derivation_is_not_transitive() -> None:
    """PROV-CONSTRAINTS says so in section 5; chains are walked by queries."""
    a, b, c = (IRI(f"urn:{name}") for name in "abc")
    with OxigraphStore() as store:
        store.replace(
            {
                IRI("urn:g"): [
                    Triple(a, PROV.wasDerivedFrom, b),
                    Triple(b, PROV.wasDerivedFrom, c),
                ]
            }
        )

        assert Triple(a, PROV.wasDerivedFrom, c) not in infer(store)


def test_what_was_inferred_before_does_not_count() -> None:
    """Else a conclusion would outlive its reasons."""
    with OxigraphStore() as store:
        store.replace({INFERRED: [Triple(IRI("urn:a"), PROV.used, IRI("urn:b"))]})

        assert infer(store) == []


def test_no_execution_becomes_an_entity() -> None:
    """With ProvONE's domain of qualifiedGeneration, every run would; see ontologies/README.md."""
    graphs = encode_run(fold(run_events(inputs={"a": b"a"}, outputs={"b": b"b"})))
    with OxigraphStore() as store:
        store.replace(graphs)
        implied = infer(store)
    said = {triple for triples in graphs.values() for triple in triples}
    kinds = defaultdict(set)
    for triple in (*said, *implied):
        if triple.predicate == RDF.type:
            kinds[triple.subject].add(triple.object)

    assert not [node for node, types in kinds.items() if {PROV.Activity, PROV.Entity} <= types]
    assert not [node for node, types in kinds.items() if {PROV.Agent, PROV.Entity} <= types]
