"""Check a resource map: DataONE's rules R1 to R12, and what its search will find.

The rules are those of DataONE's DataPackage page and of the software that
reads maps. Rules I1 to I6 tell why search fields stay empty although the map
says something about provenance: slips that real writers made.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from provkit.package.findings import Ledger
from provkit.package.reading import Contents, why_unsafe
from provkit.rdf.engine import GENID
from provkit.vocab.namespaces import CITO, DC, DCTERMS, ORE, PROV, PROVONE, RDF
from provkit.vocab.terms import IRI, Literal, Term, Triple

_RESOLVE = re.compile(
    r"(?P<base>https?://[^/?#\s]+/(?:[^?#\s]*/)?(?:resolve|object)/)(?P<pid>[^/?#\s]+)\Z"
)
_SOFTWARE_AGENT = IRI(PROV.base + "Agent")


@dataclass(slots=True)
class Graph:
    """Triples by subject and predicate, and by predicate and object."""

    forward: dict[tuple[str, str], list[Term]] = field(default_factory=lambda: defaultdict(list))
    backward: dict[tuple[str, Term], list[IRI]] = field(default_factory=lambda: defaultdict(list))
    by_predicate: dict[str, list[tuple[IRI, Term]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Graph:
        """The graph of some triples."""
        made = cls()
        for subject, predicate, value in triples:
            made.forward[subject, predicate].append(value)
            made.backward[predicate, value].append(subject)
            made.by_predicate[predicate].append((subject, value))
        return made

    def objects(self, subject: str, predicate: IRI) -> list[Term]:
        """What a subject has for a predicate."""
        return self.forward.get((subject, predicate), [])

    def nodes(self, subject: str, predicate: IRI) -> list[IRI]:
        """The same, literals left out."""
        return [each for each in self.objects(subject, predicate) if isinstance(each, IRI)]

    def subjects(self, predicate: IRI, value: Term) -> list[IRI]:
        """Who has a value for a predicate."""
        return self.backward.get((predicate, value), [])

    def pairs(self, predicate: IRI) -> list[tuple[IRI, Term]]:
        """Every subject and value of a predicate."""
        return self.by_predicate.get(predicate, [])


@dataclass(frozen=True, slots=True)
class MapFacts:
    """What a resource map says, for the other checks.

    Attributes:
        pid: Of the map; None when it has none.
        members: PIDs of what it aggregates.
        metadata: PIDs of what documents others.
        locations: PID to ``prov:atLocation``.
    """

    pid: str | None
    members: frozenset[str]
    metadata: frozenset[str]
    locations: dict[str, str]


def check_map(triples: Iterable[Triple], place: str, ledger: Ledger) -> MapFacts:
    """Take down whatever is wrong with a resource map.

    Args:
        triples: Of the map.
        place: Where it stands, for the findings.
        ledger: Takes down findings.
    """
    graph = Graph.of(triples)
    check = _Check(graph, place, ledger)
    maps = sorted(set(graph.subjects(RDF.type, ORE.ResourceMap)))
    if len(maps) != 1:
        ledger.error("R1", place, f"{len(maps)} resource maps in one document, not one")
    pid = check.resource_map(maps[0]) if maps else None
    members = check.members(maps[0]) if maps else []
    check.documents(set(members))
    check.bases([*maps, *members])
    check.locations()
    check.executions()
    pids = {member: identifier for member in members if (identifier := check.identifier(member))}
    return MapFacts(
        pid=pid,
        members=frozenset(pids.values()),
        metadata=frozenset(pids[s] for s, _ in graph.pairs(CITO.documents) if s in pids),
        locations={
            pids[subject]: str(value)
            for subject, value in graph.pairs(PROV.atLocation)
            if subject in pids
        },
    )


class _Check:
    def __init__(self, graph: Graph, place: str, ledger: Ledger) -> None:
        self.graph = graph
        self.place = place
        self.ledger = ledger

    def error(self, rule: str, subject: str, message: str) -> None:
        self.ledger.error(rule, self.place, f"{_label(subject)}: {message}")

    def warn(self, rule: str, subject: str, message: str) -> None:
        self.ledger.warn(rule, self.place, f"{_label(subject)}: {message}")

    def identifier(self, subject: str) -> str | None:
        found = self.graph.objects(subject, DCTERMS.identifier)
        return str(found[0]) if found else None

    def resource_map(self, this: IRI) -> str | None:
        """R1 to R5: identifier, one aggregation, creator, date."""
        self._object(this)
        wholes = self.graph.nodes(this, ORE.describes)
        if len(wholes) != 1:
            self.error("R1", this, f"describes {len(wholes)} aggregations, not one")
        if not self.graph.objects(this, DCTERMS.modified):
            self.error("R1", this, "has no date (dcterms:modified)")
        if not [*self.graph.objects(this, DCTERMS.creator), *self.graph.objects(this, DC.creator)]:
            self.error("R1", this, "has no creator")
        for whole in wholes:
            if whole != f"{this}#aggregation":
                self.warn("R2", whole, "the aggregation should be named as the map, #aggregation")
            if this not in self.graph.nodes(whole, ORE.isDescribedBy):
                self.error("R5", whole, "ore:isDescribedBy is missing")
        return self.identifier(this)

    def members(self, this: IRI) -> list[IRI]:
        """R3, R4, R6 and R8: each aggregated resource."""
        found: list[IRI] = []
        for whole in self.graph.nodes(this, ORE.describes):
            members = sorted(set(self.graph.nodes(whole, ORE.aggregates)))
            if not members:
                self.error("R6", whole, "aggregates nothing")
            for member in members:
                self._object(member)
                if "#aggregation" in member:
                    self.error("R8", member, "a nested package is aggregated through its map")
                backs = self.graph.objects(member, ORE.isAggregatedBy)
                if any(isinstance(back, Literal) for back in backs):
                    self.error("R6", member, "ore:isAggregatedBy is text, not an IRI")
                elif whole not in backs:
                    self.warn("R6", member, "ore:isAggregatedBy is missing")
            found += members
        return found

    def _object(self, this: IRI) -> None:
        """R3 and R4: identifier, resolve URI, and both the same."""
        identifiers = sorted({str(each) for each in self.graph.objects(this, DCTERMS.identifier)})
        if not identifiers:
            self.error("R4", this, "dcterms:identifier is missing")
        if len(identifiers) > 1:
            self.error("R4", this, f"has {len(identifiers)} identifiers")
        match = _RESOLVE.match(this)
        if match is None:
            self.error("R3", this, "not a resolve URI with one percent-encoded identifier")
        elif identifiers and unquote(match["pid"]) != identifiers[0]:
            self.error("R3", this, f"does not encode its identifier {identifiers[0]}")
        elif identifiers and match["pid"] not in _encodings(identifiers[0]):
            self.warn("R3", this, "its identifier is not percent-encoded as usual")

    def documents(self, members: set[IRI]) -> None:
        """R7: who documents whom."""
        pairs = [*self.graph.pairs(CITO.documents)]
        pairs += [(o, s) for s, o in self.graph.pairs(CITO.isDocumentedBy) if isinstance(o, IRI)]
        if not pairs:
            self.warn("R7", "map", "no metadata document describes the data")
        for subject, value in sorted({*pairs}, key=str):
            for end in (subject, value):
                if end not in members:
                    self.error("R7", str(end), "documents or is documented, but not aggregated")

    def bases(self, objects: Iterable[IRI]) -> None:
        """R12: one resolve service in a map."""
        found = sorted({m["base"] for each in objects if (m := _RESOLVE.match(each))})
        if len(found) > 1:
            self.error("R12", "map", f"names objects by several services: {', '.join(found)}")

    def locations(self) -> None:
        """R11: a location is a relative path."""
        for subject, value in self.graph.pairs(PROV.atLocation):
            if isinstance(value, Literal) and (why := why_unsafe(value.value)):
                self.error("R11", subject, f"prov:atLocation {value.value!r}: {why}")

    def executions(self) -> None:
        """I1 to I6: what keeps search fields empty."""
        for this in sorted(self._executions()):
            if not self.graph.objects(this, DCTERMS.identifier):
                self.warn("I1", this, "an execution without dcterms:identifier is not found")
            ties = self.graph.nodes(this, PROV.qualifiedAssociation)
            if len(ties) != 1:
                self.warn("I2", this, f"has {len(ties)} associations, not one")
            for tie in ties:
                self._association(tie)
        if self.graph.pairs(_SOFTWARE_AGENT):
            self.warn("I6", "map", "prov:Agent is a class; the property is prov:agent")
        for predicate in (PROV.used, PROV.wasGeneratedBy, PROV.wasDerivedFrom):
            for subject, value in self.graph.pairs(predicate):
                if isinstance(value, Literal):
                    self.error("I5", subject, f"{predicate.rpartition('#')[2]} leads to a text")

    def _executions(self) -> set[IRI]:
        named = set(self.graph.subjects(RDF.type, PROVONE.Execution))
        used = {subject for subject, _ in self.graph.pairs(PROV.used)}
        made = {o for _, o in self.graph.pairs(PROV.wasGeneratedBy) if isinstance(o, IRI)}
        return named | used | made

    def _association(self, tie: IRI) -> None:
        plans = self.graph.nodes(tie, PROV.hadPlan)
        if len(plans) != 1:
            self.warn("I3", tie, f"has {len(plans)} plans, not one")
        for plan in plans:
            if not self.graph.objects(plan, DCTERMS.identifier):
                self.warn("I3", plan, "a program without dcterms:identifier is not found")
        agents = self.graph.objects(tie, PROV.agent)
        if not agents:
            self.warn("I4", tie, "no prov:agent: nobody is found as its user")
        if any(str(agent).startswith(GENID) or isinstance(agent, Literal) for agent in agents):
            self.warn("I4", tie, "an agent without IRI has a meaningless name in the index")


def _label(subject: str) -> str:
    """A node for readers: a blank node has no name to tell."""
    return "a node without name" if subject.startswith(GENID) else subject


def _encodings(pid: str) -> Iterator[str]:
    """How tools encode a PID: all reserved characters, or as ``encodeURIComponent`` does."""
    yield quote(pid, safe="")
    yield quote(pid, safe="!'()*~")
    yield quote(pid, safe=":")


def check_locations(contents: Contents, facts: MapFacts, ledger: Ledger) -> None:
    """R11: what the map says is in the bag is there."""
    for pid, location in sorted(facts.locations.items()):
        if f"data/{location}" not in contents.sizes and location not in contents.sizes:
            ledger.error("R11", f"data/{location}", f"the map says that {pid} is here")
