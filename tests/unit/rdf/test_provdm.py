"""PROV-N, PROV-JSON and PROV-XML say what the graph says, and are read as what they say."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from prov.model import ProvDocument

from provkit.errors import UnknownDataError
from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.rdf.documents import read_document
from provkit.rdf.graphs import Graphs
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.provdm_read import read_prov
from provkit.rdf.provdm_write import NOTATIONS, Notation, write_prov
from provkit.rdf.retrospective import encode_run
from provkit.testing import values
from provkit.vocab.namespaces import PROV, PROVKIT, RDF
from provkit.vocab.terms import IRI, Triple

DEFAULT = IRI("urn:default")
LIBRARY = {"prov-n": "provn", "prov-json": "json", "prov-xml": "xml"}
ELEMENTS = (PROV.Entity, PROV.Activity, PROV.Agent)
sweep = settings(
    max_examples=500 if os.environ.get("FULL") else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

DOCUMENT = b"""document
  prefix ex <http://example.org/>
  entity(ex:e1, [prov:label="one"@en, ex:n="5" %% xsd:integer, prov:type='prov:Collection'])
  activity(ex:a, 2011-11-16T16:05:00Z, -)
  agent(ex:ag, [prov:type='prov:Person'])
  wasGeneratedBy(ex:e1, ex:a, -)
  wasGeneratedBy(ex:g; ex:e2, ex:a, 2011-11-16T16:06:00Z, [prov:role="made"])
  wasGeneratedBy(ex:e3, -, 2011-11-16T16:05:00Z)
  used(ex:a, ex:e2, -)
  used(ex:u; ex:a, -, -)
  wasInformedBy(ex:a, ex:a2)
  wasDerivedFrom(ex:e1, ex:e2, ex:a, ex:g, ex:u, [prov:type='prov:Revision'])
  wasDerivedFrom(ex:e3, ex:e2)
  wasAssociatedWith(ex:as; ex:a, -, ex:plan)
  actedOnBehalfOf(ex:d; ex:ag, ex:ag2, ex:a)
  wasStartedBy(ex:s; ex:a, ex:e1, ex:a2, 2011-11-16T16:05:00Z)
  wasEndedBy(ex:n; ex:a, -, ex:a2, -)
  wasInvalidatedBy(ex:e1, ex:a, -)
  wasInfluencedBy(ex:e1, ex:e2)
  wasAttributedTo(ex:e1, ex:ag)
  hadMember(ex:e1, ex:e2)
  alternateOf(ex:e1, ex:e2)
  specializationOf(ex:e1, ex:e2)
  bundle ex:b
    entity(ex:inside)
  endBundle
endDocument
"""

TURTLE = b"""
@prefix ex: <http://example.org/> . @prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:e1 a prov:Entity, prov:Collection ; rdfs:label "one"@en ; ex:n 5 .
ex:a a prov:Activity ; prov:startedAtTime "2011-11-16T16:05:00Z"^^xsd:dateTime .
ex:ag a prov:Agent, prov:Person .
ex:e1 prov:wasGeneratedBy ex:a .
ex:e2 prov:wasGeneratedBy ex:a ; prov:qualifiedGeneration ex:g .
ex:g a prov:Generation ; prov:activity ex:a ; prov:hadRole "made" ; prov:atTime "2011-11-16T16:06:00Z"^^xsd:dateTime .
ex:e3 prov:generatedAtTime "2011-11-16T16:05:00Z"^^xsd:dateTime ; prov:wasDerivedFrom ex:e2 .
ex:a prov:used ex:e2 ; prov:qualifiedUsage ex:u ; prov:wasInformedBy ex:a2 ; prov:qualifiedAssociation ex:as .
ex:u a prov:Usage .
ex:as a prov:Association ; prov:hadPlan ex:plan .
ex:e1 prov:wasRevisionOf ex:e2 .
ex:ag prov:actedOnBehalfOf ex:ag2 ; prov:qualifiedDelegation ex:d .
ex:d a prov:Delegation ; prov:agent ex:ag2 ; prov:hadActivity ex:a .
ex:a prov:wasStartedBy ex:e1 ; prov:qualifiedStart ex:s ; prov:qualifiedEnd ex:n .
ex:s a prov:Start ; prov:entity ex:e1 ; prov:hadActivity ex:a2 ; prov:atTime "2011-11-16T16:05:00Z"^^xsd:dateTime .
ex:n a prov:End ; prov:hadActivity ex:a2 .
ex:e1 prov:wasInvalidatedBy ex:a ; prov:wasInfluencedBy ex:e2 ; prov:wasAttributedTo ex:ag ;
  prov:hadMember ex:e2 ; prov:alternateOf ex:e2 ; prov:specializationOf ex:e2 .
ex:b a prov:Bundle, prov:Entity .
"""


def test_each_record_says_what_prov_o_says() -> None:
    """Expected triples written by hand from PROV-O, section 3, and the PROV-DM names there."""
    graphs = read_prov(DOCUMENT, "prov-n", default=DEFAULT)
    wanted = set(read_document(TURTLE, "turtle", default=DEFAULT)[DEFAULT])
    found = set(graphs[DEFAULT])
    revision = {t.object for t in found if t.predicate == PROV.qualifiedRevision}
    nameless = {t for t in found if t.subject in revision or t.object in revision}
    ex = "http://example.org/"
    (node,) = revision

    assert found - nameless == wanted
    assert {(t.predicate, t.object) for t in nameless if t.subject == node} == {
        (RDF.type, PROV.Revision),
        (PROV.entity, IRI(f"{ex}e2")),
        (PROV.hadActivity, IRI(f"{ex}a")),
        (PROV.hadGeneration, IRI(f"{ex}g")),
        (PROV.hadUsage, IRI(f"{ex}u")),
    }
    assert graphs[IRI(f"{ex}b")] == [Triple(IRI(f"{ex}inside"), RDF.type, PROV.Entity)]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_foreign_document_survives_us(notation: Notation) -> None:
    """Read, written and read again, it says the same, in each notation."""
    first = read_prov(DOCUMENT, "prov-n", default=DEFAULT)[DEFAULT]
    second = read_prov(write_prov({DEFAULT: first}, notation).encode(), notation, default=DEFAULT)[
        DEFAULT
    ]

    added = {(t.predicate, t.object) for t in set(second) - set(first)}
    assert set(first) <= set(second)
    assert added <= {(RDF.type, kind) for kind in ELEMENTS}, "elements get declared, no more"


def said_by_prov(graphs: Graphs) -> set[Triple]:
    """Triples that PROV-DM has a place for."""
    found = {triple for triples in graphs.values() for triple in triples}
    types = {(t.subject, t.object) for t in found if t.predicate == RDF.type}
    events = {node for node, kind in types if kind in (PROV.Usage, PROV.Generation)}
    touches = {node for node, kind in types if kind == PROVKIT.FileAccess} - events
    return {t for t in found if t.predicate != PROVKIT.fileAccess and t.subject not in touches}


def check(graphs: Graphs) -> None:
    wanted, documents = said_by_prov(graphs), []
    for notation in NOTATIONS:
        document = write_prov(graphs, notation)
        documents.append(ProvDocument.deserialize(content=document, format=LIBRARY[notation]))
        found = set(read_prov(document.encode(), notation, default=DEFAULT)[DEFAULT])
        assert wanted <= found, notation
        assert {t.object for t in found - wanted} <= set(ELEMENTS), notation
    assert documents[0] == documents[1] == documents[2]


@sweep
@given(values.runs)
def test_any_run_comes_back_from_each_notation(run: Run) -> None:
    check(encode_run(run))


@sweep
@given(values.workflows())
def test_any_model_comes_back_from_each_notation(workflow: Workflow) -> None:
    check(encode_workflow(workflow))


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"document\nused(a)", b"<a/>", b"[" * 99999]
)
def test_what_is_no_document_is_a_sentence(notation: Notation, data: bytes) -> None:
    with pytest.raises(UnknownDataError, match="not prov-"):
        read_prov(data, notation, default=DEFAULT)
