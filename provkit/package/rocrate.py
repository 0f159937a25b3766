"""Write a package as RO-Crate 1.1, in the profiles of Workflow Run RO-Crate 0.5.

Always a Process Run Crate: each run is a ``CreateAction`` whose instrument is
the program, whose objects are inputs and parameters and whose results are the
outputs. With a YesWorkflow model also a Workflow Run Crate, and with steps in
it a Provenance Run Crate: :mod:`provkit.package.crate_workflow` says what of
that was observed. The metadata is written here rather than by a library: it
must not depend on the day, and its HTML must not trust a name.

https://w3id.org/ro/crate/1.1, https://w3id.org/ro/wfrun/process/0.5
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from provkit.errors import PackageError
from provkit.model.identifiers import within_run
from provkit.package.bagit import copy
from provkit.package.base import (
    Agent,
    Elsewhere,
    LeftOut,
    Member,
    Package,
    PackagedRun,
    Thing,
)
from provkit.package.crate_page import write_page
from provkit.package.crate_workflow import workflow_entities
from provkit.package.entities import Entity, Graph, local, reference, references, tidy
from provkit.package.identify import resolve_uri
from provkit.package.target import Target, write_file

METADATA = "ro-crate-metadata.json"
PREVIEW = "ro-crate-preview.html"
_RO_CRATE = "https://w3id.org/ro/crate/1.1"
_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_LANGUAGES = {
    "application/R": ("R", "https://www.r-project.org/"),
    "application/MATLAB": ("MATLAB", "https://www.mathworks.com/products/matlab.html"),
    "application/x-python": ("Python", "https://www.python.org/"),
    "application/x-sh": ("Shell", "https://pubs.opengroup.org/onlinepubs/9799919799/"),
    "application/SAS": ("SAS", "https://www.sas.com/"),
    "application/x-ipynb+json": ("Jupyter Notebook", "https://nbformat.readthedocs.io/"),
}


def write_crate(package: Package, target: Target) -> None:
    """Write a package as an RO-Crate.

    Raises:
        PackageError: The bytes of a member are missing or changed.
    """
    for member in package.members:
        with (
            member.open() as source,
            target.open(member.path, size_bytes=member.size_bytes) as file,
        ):
            sums, size = copy(source, file)
        if sums.sha256 != member.sha256 or size != member.size_bytes:
            raise PackageError(
                f"the archived bytes of {member.path} are not those that were recorded",
                hint="`provkit fsck` names what is damaged",
            )
    graph = tidy(crate_graph(package))
    document = {"@context": [f"{_RO_CRATE}/context", _TERMS], "@graph": graph}
    text = json.dumps(document, indent=2, ensure_ascii=True)
    write_file(target, METADATA, f"{text}\n".encode())
    write_file(target, PREVIEW, write_page(package, graph).encode())


def crate_graph(package: Package) -> list[Entity]:
    """Every entity of the crate: descriptor, root, then the others by id."""
    graph = Graph()
    for thing in package.things.values():
        graph.add(_thing(package, thing))
    for each in package.runs:
        _add_run(graph, package, each)
    profiles = [("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5")]
    profiles += workflow_entities(graph, package, file_id=lambda name: thing_id(package, name))
    _add_languages(graph)
    for iri, name, version in profiles:
        graph.add({"@id": iri, "@type": "CreativeWork", "name": name, "version": version})
    for number, person in enumerate(package.settings.creators, 1):
        graph.add(
            {
                "@id": f"https://orcid.org/{person.orcid}" if person.orcid else f"#person-{number}",
                "@type": "Person",
                "name": person.name,
                **({"email": person.email} if person.email else {}),
                **({"affiliation": person.organization} if person.organization else {}),
            }
        )
    descriptor, root = _root(package, graph, [iri for iri, _, _ in profiles])
    return [descriptor, root, *graph.in_order()]


def thing_id(package: Package, name: str) -> str:
    """Id of a thing in the crate: its path, its address elsewhere, or a local name."""
    thing = package.things[name]
    if isinstance(thing, Member):
        return quote(thing.path)
    if isinstance(thing, Elsewhere):
        return resolve_uri(package.settings, name)
    return local(name)


def _root(package: Package, graph: Graph, profiles: list[str]) -> tuple[Entity, Entity]:
    main = graph.main
    versions = [
        _RO_CRATE,
        *(["https://w3id.org/workflowhub/workflow-ro-crate/1.0"] if main else []),
    ]
    descriptor: Entity = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": references(versions),
        "about": reference("./"),
    }
    files = [
        *(quote(member.path) for member in package.members),
        *(thing_id(package, o.name) for o in package.others if isinstance(o, Elsewhere)),
    ]
    people = [
        f"https://orcid.org/{person.orcid}" if person.orcid else f"#person-{number}"
        for number, person in enumerate(package.settings.creators, 1)
    ]
    settings = package.settings
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": package.title,
        "description": settings.abstract or " ".join(package.methods),
        "datePublished": f"{package.date:%Y-%m-%d}",
        "license": settings.rights or "No licence is stated; ask the creators before using this.",
        "conformsTo": references(profiles),
        "hasPart": references(sorted(files)),
        "mentions": references(graph.actions),
        **({"mainEntity": reference(main)} if main else {}),
        **({"author": references(people), "creator": references(people)} if people else {}),
        **({"keywords": ", ".join(settings.keywords)} if settings.keywords else {}),
    }
    return descriptor, root


def _thing(package: Package, thing: Thing) -> Entity:
    made: Entity = {"@id": thing_id(package, thing.name), "@type": "File", "name": thing.path}
    if isinstance(thing, LeftOut):
        made["@type"] = "CreativeWork"
        made["description"] = f"Not in this crate: {thing.why}."
    else:
        made["identifier"] = thing.name
    if isinstance(thing, Member):
        made["encodingFormat"] = thing.format.media_type
        if thing.about:
            made["description"] = thing.about
        if thing.role == "program":
            made["@type"] = ["File", "SoftwareSourceCode"]
            made["version"] = thing.sha256[:12]
            language = _LANGUAGES.get(thing.format.id)
            if language is not None:
                made["programmingLanguage"] = reference(language[1])
    if thing.sha256:
        made["sha256"] = thing.sha256
    if thing.size_bytes is not None:
        made["contentSize"] = str(thing.size_bytes)
    return made


def _add_languages(graph: Graph) -> None:
    used = graph.values("programmingLanguage")
    for name, url in _LANGUAGES.values():
        if url in used:
            graph.add({"@id": url, "@type": "ComputerLanguage", "name": name, "url": url})


def _add_run(graph: Graph, package: Package, each: PackagedRun) -> None:
    """One execution as an action (Process Run Crate 0.5)."""
    run = each.run
    parameters = list(_parameters(each))
    for parameter in parameters:
        graph.add(parameter)
    objects = [thing_id(package, name) for name in each.used]
    objects += [str(parameter["@id"]) for parameter in parameters]
    results = [thing_id(package, name) for name in each.generated]
    action: Entity = {
        "@id": each.iri,
        "@type": "CreateAction",
        "name": f"Run {run.seq} of {run.program.rpartition('/')[2]}",
        "description": shlex.join(run.command) or run.program,
        "instrument": reference(thing_id(package, each.plan)),
        "startTime": moment(run.started),
        "actionStatus": (
            f"http://schema.org/{'Completed' if run.status == 'ok' else 'Failed'}ActionStatus"
        ),
    }
    if run.ended is not None:
        action["endTime"] = moment(run.ended)
    if run.status != "ok":
        action["error"] = _error(each)
    if objects:
        action["object"] = references(sorted(objects))
    if results:
        action["result"] = references(sorted(results))
    if each.agent is not None:
        action["agent"] = reference(each.agent.iri)
        graph.add(_person(each.agent))
    graph.add(action)
    graph.actions.append(each.iri)
    for claim in each.derivations:
        graph.extend(thing_id(package, claim.output), "isBasedOn", thing_id(package, claim.input))


def _parameters(each: PackagedRun) -> Iterator[Entity]:
    for name, value in sorted(each.run.parameters.items()):
        yield {
            "@id": local(within_run(each.run.id, "parameter", name)),
            "@type": "PropertyValue",
            "name": name,
            "value": str(value),
        }


def _person(agent: Agent) -> Entity:
    return {"@id": agent.iri, "@type": "Person", "name": agent.label}


def _error(each: PackagedRun) -> str:
    run = each.run
    if run.signal:
        return f"{run.status}: ended by {run.signal}"
    return run.status if run.exit_code is None else f"{run.status}: exit code {run.exit_code}"


def moment(at: datetime) -> str:
    """A time as the profile wants it: milliseconds and a numeric zone."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+00:00"
