"""Describe a package in EML 2.2.0, the metadata language of ecology that DataONE indexes.

The dataset says who, what and how; each member is an ``otherEntity`` with its
size, checksum, format and address. Order of elements and the modules they
belong to: https://eml.ecoinformatics.org/schema/ (resource, party, dataset,
entity, physical).
"""

from __future__ import annotations

import re

from provkit.package.base import Member, Package
from provkit.package.identify import resolve_uri
from provkit.package.markup import Element, add, write_xml
from provkit.package.settings import Person

NAMESPACE = "https://eml.ecoinformatics.org/eml-2.2.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ROLES = {
    "program": "program",
    "input": "input data",
    "output": "output data",
    "model": "workflow model",
    "picture": "picture of a workflow",
    "log": "log of a run",
    "provenance": "provenance record",
}


def write_eml(package: Package, *, pid: str) -> bytes:
    """The EML document of a package.

    Args:
        package: What to describe.
        pid: Identifier of the document itself.
    """
    root = Element(
        "eml:eml",
        {
            "xmlns:eml": NAMESPACE,
            "xmlns:xsi": _XSI,
            "xsi:schemaLocation": f"{NAMESPACE} {NAMESPACE}/eml.xsd",
            "packageId": pid,
            "system": "provkit",
        },
    )
    dataset = add(root, "dataset")
    add(dataset, "title", package.title)
    for number, person in enumerate(_creators(package), 1):
        _add_party(dataset, "creator", person, id=f"creator-{number}")
    add(dataset, "pubDate", f"{package.date:%Y-%m-%d}")
    add(dataset, "language", "en")
    _add_paragraphs(add(dataset, "abstract"), [package.settings.abstract or _abstract(package)])
    if package.settings.keywords:
        keywords = add(dataset, "keywordSet")
        for word in package.settings.keywords:
            add(keywords, "keyword", word)
    if package.settings.rights:
        _add_paragraphs(add(dataset, "intellectualRights"), [package.settings.rights])
    _add_time(dataset, package)
    add(add(dataset, "contact"), "references", "creator-1")
    _add_methods(dataset, package)
    for number, member in enumerate(package.members, 1):
        _add_entity(dataset, package, member, id=f"entity-{number}")
    return write_xml(root)


def _creators(package: Package) -> tuple[Person, ...]:
    if package.settings.creators:
        return package.settings.creators
    agents = {each.agent for each in package.runs if each.agent is not None}
    people = [
        Person(surname=agent.label, orcid=agent.iri.partition("https://orcid.org/")[2])
        for agent in sorted(agents, key=lambda agent: (agent.label, agent.iri))
    ]
    return tuple(people) or (Person(surname="unknown"),)


def _add_party(parent: Element, tag: str, person: Person, *, id: str) -> None:  # noqa: A002 - XML name
    """A responsible party: an individual, an organisation or both (eml-party)."""
    party = add(parent, tag, id=id)
    if person.surname:
        name = add(party, "individualName")
        if person.given:
            add(name, "givenName", person.given)
        add(name, "surName", person.surname)
    if person.organization:
        add(party, "organizationName", person.organization)
    if person.email:
        add(party, "electronicMailAddress", person.email)
    if person.orcid:
        orcid = f"https://orcid.org/{person.orcid}"
        add(party, "userId", orcid, directory="https://orcid.org")


def _abstract(package: Package) -> str:
    runs = "one recorded run" if len(package.runs) == 1 else f"{len(package.runs)} recorded runs"
    return f"Programs, data and provenance of {runs}: {len(package.members)} files."


def _add_paragraphs(parent: Element, paragraphs: list[str]) -> None:
    """Text in paragraphs, split at blank lines (eml-text)."""
    for paragraph in paragraphs:
        for part in re.split(r"\n\s*\n", paragraph):
            add(parent, "para", part.strip() or "-")


def _add_time(dataset: Element, package: Package) -> None:
    """When the runs went on, as temporal coverage (eml-coverage)."""
    starts = [each.run.started for each in package.runs]
    ends = [each.run.ended or each.run.started for each in package.runs]
    span = add(add(add(dataset, "coverage"), "temporalCoverage"), "rangeOfDates")
    for tag, moment in (("beginDate", min(starts)), ("endDate", max(ends))):
        date = add(span, tag)
        add(date, "calendarDate", f"{moment:%Y-%m-%d}")
        add(date, "time", f"{moment:%H:%M:%S}Z")


def _add_methods(dataset: Element, package: Package) -> None:
    methods = add(dataset, "methods")
    for step in package.methods:
        _add_paragraphs(add(add(methods, "methodStep"), "description"), [step])


def _add_entity(dataset: Element, package: Package, member: Member, *, id: str) -> None:  # noqa: A002 - XML name
    """One file, with where its bytes are (eml-entity, eml-physical)."""
    entity = add(dataset, "otherEntity", id=id)
    add(entity, "entityName", member.path)
    add(entity, "entityDescription", member.about or f"{_ROLES[member.role]}: {member.path}")
    physical = add(entity, "physical")
    add(physical, "objectName", member.path.rpartition("/")[2])
    add(physical, "size", str(member.size_bytes), unit="bytes")
    add(physical, "authentication", member.sha256, method="SHA-256")
    named = add(add(physical, "dataFormat"), "externallyDefinedFormat")
    add(named, "formatName", member.format.id)
    address = add(add(physical, "distribution"), "online")
    add(address, "url", resolve_uri(package.settings, member.name), function="download")
    add(entity, "entityType", _ROLES[member.role])
