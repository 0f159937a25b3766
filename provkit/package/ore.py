"""The resource map of a package: what belongs together, and what was made from what.

OAI-ORE says which objects are in the package, CiTO which metadata documents
them, ProvONE how runs tie them together. The rules are those of DataONE's
DataPackage page and of the consumers that read maps: the indexer's fourteen
search fields, MetacatUI's drawing, and the Java and Python libraries.

* Unqualified ``prov:used``, ``wasGeneratedBy`` and ``wasDerivedFrom``: no
  consumer reads the qualified forms.
* One association per execution, with one plan and one agent, all IRIs.
* An execution has an identifier equal to its IRI. Nothing else has one but
  objects: the indexer makes a document for each identifier it meets.
* A copy found elsewhere is an alternate of what has the same bytes: not the same
  entity, and nobody saw the copying.
* Derivations as far as the evidence goes, not every output from every input.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from provkit.model.identifiers import content_iri, location_iri, within_run
from provkit.package.base import (
    Elsewhere,
    LeftOut,
    Member,
    Package,
    PackagedRun,
    Thing,
    pid_of,
)
from provkit.package.identify import resolve_uri
from provkit.rdf.documents import write_document
from provkit.rdf.graphs import text
from provkit.times import write_time
from provkit.vocab.namespaces import (
    CITO,
    DC,
    DCTERMS,
    FOAF,
    ORE,
    PROV,
    PROVKIT,
    PROVONE,
    RDF,
)
from provkit.vocab.terms import IRI, XSD, Literal, Term, Triple


def write_map(package: Package, *, pid: str, metadata: str) -> bytes:
    """The resource map as RDF/XML.

    Args:
        package: What to map.
        pid: Identifier of the map itself.
        metadata: PID of the document that describes the package.
    """
    triples = map_triples(package, pid=pid, metadata=metadata)
    return write_document({IRI(resolve_uri(package.settings, pid)): triples}, "rdfxml").encode()


def map_triples(package: Package, *, pid: str, metadata: str) -> list[Triple]:
    """The resource map as triples, sorted."""
    made = {
        Triple(subject, predicate, value)
        for subject, predicate, value in _statements(package, pid, metadata)
    }
    return sorted(made, key=lambda row: (row.subject, row.predicate, str(row.object)))


def thing_iri(package: Package, name: str) -> IRI:
    """IRI under which the map speaks of a thing: resolvable when it has a PID."""
    if isinstance(package.things[name], LeftOut):
        return IRI(name)
    return IRI(resolve_uri(package.settings, name))


def _statements(package: Package, pid: str, metadata: str) -> Iterator[tuple[IRI, IRI, Term]]:
    yield from _aggregation(package, pid, metadata)
    programs = {each.plan for each in package.runs}
    for thing in package.things.values():
        yield from _thing(package, thing, is_program=thing.name in programs)
    for each in package.runs:
        yield from _execution(package, each)
    for copy, original in package.copies:
        if {copy, original} <= package.things.keys():
            yield thing_iri(package, copy), PROV.alternateOf, thing_iri(package, original)


def _aggregation(package: Package, pid: str, metadata: str) -> Iterator[tuple[IRI, IRI, Term]]:
    """Rules R1 to R7: the map, its aggregation and who documents whom."""
    base = IRI(resolve_uri(package.settings, pid))
    whole, maker = IRI(f"{base}#aggregation"), IRI(f"{base}#creator")
    yield base, RDF.type, ORE.ResourceMap
    yield base, DCTERMS.identifier, Literal(pid)
    yield base, DCTERMS.modified, _moment(write_time(package.date))
    yield base, DCTERMS.creator, maker
    yield base, DC.creator, maker
    yield base, ORE.describes, whole
    yield maker, RDF.type, DCTERMS.Agent
    yield maker, FOAF.name, text(package.made_by)
    yield whole, RDF.type, ORE.Aggregation
    yield whole, DC.title, text(package.title)
    yield whole, ORE.isDescribedBy, base
    about = IRI(resolve_uri(package.settings, metadata))
    for name in (metadata, *(member.name for member in package.members)):
        part = IRI(resolve_uri(package.settings, name))
        yield whole, ORE.aggregates, part
        yield part, ORE.isAggregatedBy, whole
        yield part, DCTERMS.identifier, Literal(name)
        yield part, CITO.isDocumentedBy, about
        yield about, CITO.documents, part


def _thing(package: Package, thing: Thing, *, is_program: bool) -> Iterator[tuple[IRI, IRI, Term]]:
    """What kind of thing it is, where it is, and which bytes it holds."""
    this = thing_iri(package, thing.name)
    if is_program or thing.role == "program":
        yield this, RDF.type, PROVONE.Program
    elif thing.role in ("input", "output"):
        yield this, RDF.type, PROVONE.Data
    if isinstance(thing, Member):
        yield this, PROV.atLocation, Literal(thing.path)
    if isinstance(thing, Elsewhere):
        yield this, DCTERMS.identifier, Literal(thing.name)
    if thing.sha256:
        yield this, PROV.specializationOf, content_iri(thing.sha256)
    if thing.origin is not None:
        yield this, PROV.specializationOf, location_iri(thing.origin)


def _execution(package: Package, each: PackagedRun) -> Iterator[tuple[IRI, IRI, Term]]:
    """One run: its plan and agent on one association, what it used and generated."""
    this, run = IRI(each.iri), each.run
    yield this, RDF.type, PROVONE.Execution
    yield this, DCTERMS.identifier, Literal(each.iri)
    yield this, PROV.startedAtTime, _moment(write_time(run.started))
    if run.ended is not None:
        yield this, PROV.endedAtTime, _moment(write_time(run.ended))
    yield this, PROVKIT.status, Literal(run.status)
    yield this, PROVKIT.command, text(shlex.join(run.command))
    if run.exit_code is not None:
        yield this, PROVKIT.exitCode, Literal(str(run.exit_code), XSD + "integer")
    for tag in run.tags:
        yield this, PROVKIT.tag, text(tag)
    tie = within_run(run.id, "association")
    yield this, PROV.qualifiedAssociation, tie
    yield tie, RDF.type, PROV.Association
    yield tie, PROV.hadPlan, thing_iri(package, each.plan)
    if each.agent is not None:
        agent = IRI(each.agent.iri)
        yield tie, PROV.agent, agent
        yield this, PROV.wasAssociatedWith, agent
        yield agent, RDF.type, PROVONE.User
        yield agent, RDF.type, PROV.Person
        yield agent, FOAF.name, text(each.agent.label)
    for name in each.used:
        yield this, PROV.used, thing_iri(package, name)
    for name in each.generated:
        yield thing_iri(package, name), PROV.wasGeneratedBy, this
    for claim in each.derivations:
        made, source = thing_iri(package, claim.output), thing_iri(package, claim.input)
        yield made, PROV.wasDerivedFrom, source
        node = within_run(run.id, "derivation", pid_of(f"{claim.output} {claim.input}"))
        yield made, PROV.qualifiedDerivation, node
        yield node, RDF.type, PROV.Derivation
        yield node, PROV.entity, source
        yield node, PROV.hadActivity, this
        yield node, PROVKIT.evidence, Literal(claim.evidence)
    for other in each.informed_by:
        yield this, PROV.wasInformedBy, IRI(other)
    if each.part_of is not None:
        yield this, PROVONE.wasPartOf, IRI(each.part_of)


def _moment(text: str) -> Literal:
    return Literal(text, XSD + "dateTime")
