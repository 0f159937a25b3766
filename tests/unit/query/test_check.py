"""Each constraint of PROV is broken by the document that breaks it, and by no sound one.

The documents are written from the Recommendation
(https://www.w3.org/TR/2013/REC-prov-constraints-20130430/), section by section.
"""

from __future__ import annotations

import pytest

from provkit.query.catalog import catalog
from provkit.query.check import Broken, check
from provkit.rdf.provdm_read import read_prov
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI

T1, T2 = "2011-11-16T16:00:00Z", "2011-11-16T18:00:00Z"


def findings(body: str) -> list[Broken]:
    document = f"document\nprefix ex <http://example.org/>\n{body}\nendDocument"
    with OxigraphStore() as store, OxigraphStore() as scratch:
        store.replace(read_prov(document.encode(), "prov-n", default=IRI("urn:graph")))
        return check(store, scratch)


INVALID = {
    "prov/23-key-properties": f"""
        wasGeneratedBy(ex:g; ex:e, ex:a, {T1})
        wasGeneratedBy(ex:g; ex:e, ex:a, {T2})""",
    "prov/23-key-properties other activity": """
        wasGeneratedBy(ex:g; ex:e, ex:a1, -)
        wasGeneratedBy(ex:g; ex:e, ex:a2, -)""",
    "prov/24-unique-generation": """
        wasGeneratedBy(ex:g1; ex:e, ex:a, -)
        wasGeneratedBy(ex:g2; ex:e, ex:a, -)""",
    "prov/25-unique-invalidation": """
        wasInvalidatedBy(ex:i1; ex:e, ex:a, -)
        wasInvalidatedBy(ex:i2; ex:e, ex:a, -)""",
    "prov/26-unique-was-started-by": """
        wasStartedBy(ex:s1; ex:a, ex:e1, ex:b, -)
        wasStartedBy(ex:s2; ex:a, ex:e2, ex:b, -)""",
    "prov/27-unique-was-ended-by": """
        wasEndedBy(ex:s1; ex:a, ex:e1, ex:b, -)
        wasEndedBy(ex:s2; ex:a, ex:e2, ex:b, -)""",
    "prov/28-unique-start-time": f"""
        activity(ex:a, {T1}, -)
        wasStartedBy(ex:s; ex:a, ex:e, -, {T2})""",
    "prov/29-unique-end-time": f"""
        activity(ex:a, -, {T1})
        wasEndedBy(ex:s; ex:a, ex:e, -, {T2})""",
    "prov/28-unique-start-time twice": f"""
        activity(ex:a, {T1}, -)
        activity(ex:a, {T2}, -)""",
    "prov/50-typing": "entity(ex:x)\nused(ex:x, ex:e, -)",
    "prov/50-typing activity as entity": "activity(ex:x)\nwasDerivedFrom(ex:x, ex:e)",
    "prov/51-impossible-unspecified-derivation-generation-use": """
        wasDerivedFrom(ex:d; ex:e2, ex:e1, -, ex:g, -)
        wasGeneratedBy(ex:g; ex:e2, ex:a, -)""",
    "prov/52-impossible-specialization-reflexive": "specializationOf(ex:e, ex:e)",
    "prov/52-impossible-specialization-reflexive in a circle": """
        specializationOf(ex:e1, ex:e2)
        specializationOf(ex:e2, ex:e1)""",
    "prov/53-impossible-property-overlap": """
        used(ex:x; ex:a, ex:e, -)
        wasGeneratedBy(ex:x; ex:f, ex:a, -)""",
    "prov/54-impossible-object-property-overlap": "entity(ex:x)\nused(ex:x; ex:a, ex:e, -)",
    "prov/55-entity-activity-disjoint": "entity(ex:x)\nactivity(ex:x)",
    "prov/56-membership-empty-collection": """
        entity(ex:c, [prov:type='prov:EmptyCollection'])
        hadMember(ex:c, ex:e)""",
    # A usage before the only generation, through communication and derivation.
    "order/42-derivation-generation-generation-ordering": """
        wasDerivedFrom(ex:e1, ex:e2)
        wasDerivedFrom(ex:e2, ex:e1)""",
    "order/42-derivation-generation-generation-ordering with activities": """
        wasGeneratedBy(ex:e1, ex:a, -)
        wasGeneratedBy(ex:e2, ex:a, -)
        wasDerivedFrom(ex:e1, ex:e2)
        wasDerivedFrom(ex:e2, ex:e1)""",
    "order/42-derivation-generation-generation-ordering from itself": "wasDerivedFrom(ex:e, ex:e)",
    "order/42-derivation-generation-generation-ordering through named events": """
        wasGeneratedBy(ex:g; ex:e2, ex:a, -)
        used(ex:u; ex:a, ex:e1, -)
        wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)
        wasDerivedFrom(ex:e1, ex:e2)""",
}

VALID = {
    "unification fills what one leaves open": f"""
        wasGeneratedBy(ex:g; ex:e, ex:a, -)
        wasGeneratedBy(ex:g; ex:e, -, {T1})""",
    "two activities may generate one entity at once": """
        wasGeneratedBy(ex:g1; ex:e, ex:a1, -)
        wasGeneratedBy(ex:g2; ex:e, ex:a2, -)""",
    "an activity may use an entity twice": """
        used(ex:u1; ex:a, ex:e, -)
        used(ex:u2; ex:a, ex:e, -)""",
    "equal moments in two time zones": """
        activity(ex:a, 2011-11-16T16:00:00Z, -)
        wasStartedBy(ex:s; ex:a, ex:e, -, 2011-11-16T17:00:00+01:00)""",
    "an activity may use what it generated": """
        wasGeneratedBy(ex:e, ex:a, -)
        used(ex:a, ex:e, -)""",
    "two activities may inform each other": """
        wasInformedBy(ex:a, ex:b)
        wasInformedBy(ex:b, ex:a)""",
    "an agent may be an entity": "entity(ex:x)\nagent(ex:x)",
    "an agent may be an activity": "activity(ex:x)\nagent(ex:x)",
    "a derivation may name all": """
        wasGeneratedBy(ex:g; ex:e2, ex:a, -)
        used(ex:u; ex:a, ex:e1, -)
        wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)""",
    "alternates of each other": "alternateOf(ex:e1, ex:e2)\nalternateOf(ex:e2, ex:e1)",
    "started by its own trigger once": """
        activity(ex:a)
        wasStartedBy(ex:s; ex:a, ex:e, ex:b, -)
        wasEndedBy(ex:n; ex:a, ex:e, ex:b, -)""",
    "a whole life": f"""
        entity(ex:e)
        activity(ex:a, {T1}, {T2})
        agent(ex:ag)
        wasGeneratedBy(ex:e, ex:a, {T1})
        used(ex:b, ex:e, -)
        wasInvalidatedBy(ex:e, ex:c, -)
        wasAssociatedWith(ex:a, ex:ag, -)
        wasAttributedTo(ex:e, ex:ag)
        specializationOf(ex:e, ex:general)
        wasInformedBy(ex:b, ex:a)""",
}


@pytest.mark.parametrize("name", INVALID)
def test_what_breaks_a_constraint_is_found(name: str) -> None:
    rule = name.split(" ", maxsplit=1)[0]
    found = {finding.rule: finding for finding in findings(INVALID[name])}

    assert rule in found
    assert "http://example.org/" in "".join(found[rule].nodes) or "check#" in str(found[rule].nodes)
    assert "PROV-CONSTRAINTS" in found[rule].source


@pytest.mark.parametrize("name", VALID)
def test_what_breaks_none_is_sound(name: str) -> None:
    assert findings(VALID[name]) == []


def test_each_rule_has_a_document_that_breaks_it() -> None:
    rules = {name.removeprefix("check/") for name in catalog.names("check/prov")}

    assert rules == {name.split(" ")[0] for name in INVALID if name.startswith("prov/")}
