"""The relations of PROV-DM and how PROV-O says each, plainly and qualified.

One table for both directions: W3C PROV-O, section 3.3 (qualification), and
PROV-DM, section 5. Attribute names are those of PROV-DM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provkit.vocab.namespaces import PROV
from provkit.vocab.terms import IRI


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One relation of PROV-DM.

    Attributes:
        kind: Name of its record and of its class in PROV-O.
        subject: Attribute that the plain and the qualified property start from.
        plain: Property from subject to target.
        target: Attribute that the plain property points to.
        qualified: Property from the subject to the node that says more.
        target_term: Property from that node to the target.
        more: Other attributes, and the property of the node that holds each.
        inverse: Plain property from target to subject, if PROV-O has one.
    """

    kind: str
    subject: str
    plain: IRI
    target: str
    qualified: IRI | None = None
    target_term: IRI | None = None
    more: Mapping[str, IRI] = field(default_factory=dict)
    inverse: IRI | None = None


_TIME = {"time": PROV.atTime}

RELATIONS = (
    Relation(
        kind="Generation", subject="entity", plain=PROV.wasGeneratedBy, target="activity",
        qualified=PROV.qualifiedGeneration, target_term=PROV.activity, more=_TIME,
        inverse=PROV.generated,
    ),
    Relation(
        kind="Usage", subject="activity", plain=PROV.used, target="entity",
        qualified=PROV.qualifiedUsage, target_term=PROV.entity, more=_TIME,
    ),
    Relation(
        kind="Communication", subject="informed", plain=PROV.wasInformedBy, target="informant",
        qualified=PROV.qualifiedCommunication, target_term=PROV.activity,
    ),
    Relation(
        kind="Start", subject="activity", plain=PROV.wasStartedBy, target="trigger",
        qualified=PROV.qualifiedStart, target_term=PROV.entity,
        more={"starter": PROV.hadActivity, **_TIME},
    ),
    Relation(
        kind="End", subject="activity", plain=PROV.wasEndedBy, target="trigger",
        qualified=PROV.qualifiedEnd, target_term=PROV.entity,
        more={"ender": PROV.hadActivity, **_TIME},
    ),
    Relation(
        kind="Invalidation", subject="entity", plain=PROV.wasInvalidatedBy, target="activity",
        qualified=PROV.qualifiedInvalidation, target_term=PROV.activity, more=_TIME,
        inverse=PROV.invalidated,
    ),
    Relation(
        kind="Derivation", subject="generatedEntity", plain=PROV.wasDerivedFrom,
        target="usedEntity", qualified=PROV.qualifiedDerivation, target_term=PROV.entity,
        more={
            "activity": PROV.hadActivity,
            "generation": PROV.hadGeneration,
            "usage": PROV.hadUsage,
        },
    ),
    Relation(
        kind="Attribution", subject="entity", plain=PROV.wasAttributedTo, target="agent",
        qualified=PROV.qualifiedAttribution, target_term=PROV.agent,
    ),
    Relation(
        kind="Association", subject="activity", plain=PROV.wasAssociatedWith, target="agent",
        qualified=PROV.qualifiedAssociation, target_term=PROV.agent, more={"plan": PROV.hadPlan},
    ),
    Relation(
        kind="Delegation", subject="delegate", plain=PROV.actedOnBehalfOf, target="responsible",
        qualified=PROV.qualifiedDelegation, target_term=PROV.agent,
        more={"activity": PROV.hadActivity},
    ),
    Relation(
        kind="Influence", subject="influencee", plain=PROV.wasInfluencedBy, target="influencer",
        qualified=PROV.qualifiedInfluence, target_term=PROV.influencer, inverse=PROV.influenced,
    ),
    Relation(
        kind="Specialization", subject="specificEntity", plain=PROV.specializationOf,
        target="generalEntity",
    ),
    Relation(
        kind="Alternate", subject="alternate1", plain=PROV.alternateOf, target="alternate2"
    ),
    Relation(kind="Membership", subject="collection", plain=PROV.hadMember, target="entity"),
)  # fmt: skip
"""Every relation of PROV-DM that PROV-O can say."""

SUBTYPES = {
    "PrimarySource": (PROV.hadPrimarySource, PROV.qualifiedPrimarySource),
    "Quotation": (PROV.wasQuotedFrom, PROV.qualifiedQuotation),
    "Revision": (PROV.wasRevisionOf, PROV.qualifiedRevision),
}
"""Derivations that PROV-DM tells apart by ``prov:type`` and PROV-O by property."""

ELEMENTS = {"Entity": PROV.Entity, "Activity": PROV.Activity, "Agent": PROV.Agent}
"""Kinds of elements, and their classes."""

ACTIVITY_TIMES = {"startTime": PROV.startedAtTime, "endTime": PROV.endedAtTime}
"""Times that are attributes of an activity's record."""

ENTITY_TIMES = {"Generation": PROV.generatedAtTime, "Invalidation": PROV.invalidatedAtTime}
"""Times that PROV-O can say of an entity without an activity."""
