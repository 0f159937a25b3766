"""Around a run: where it was, what it said, what could not be seen; as a graph and back."""

from __future__ import annotations

import hashlib
import json

from provkit.model.events import CaptureReported, EnvironmentObserved, OutputLogged
from provkit.model.identifiers import content_iri, encode_path, within_run
from provkit.model.run import Run
from provkit.rdf.graphs import Reader, Writer, boolean, integer, text
from provkit.vocab.namespaces import BASE, PROV, PROVKIT, RDF, RDFS
from provkit.vocab.terms import IRI, Literal, Triple

_CONTENT = "hash://sha256/"


def environment_iri(environment: EnvironmentObserved) -> IRI:
    """IRI of surroundings, by what they hold: equal ones are stored once."""
    told = [environment.facts, environment.variables, environment.packages]
    canonical = json.dumps(told, sort_keys=True).encode()
    return IRI(f"{BASE}id/environment/{hashlib.sha256(canonical).hexdigest()}")


def encode_capture(out: Writer, name: IRI, run: Run) -> None:
    """Add what a run said, and how it was seen, to its graph."""
    for position, log in enumerate(run.logs, 1):
        node, content = within_run(run.id, "log", str(position)), content_iri(log.sha256)
        out.say(name, PROVKIT.log, node)
        out.say(node, RDF.type, PROV.Entity, PROVKIT.Log)
        out.say(node, PROVKIT.position, integer(position))
        out.say(node, PROVKIT.stream, Literal(log.stream))
        out.say(node, PROV.specializationOf, content)
        out.say(content, RDF.type, PROVKIT.Content)
        out.say(node, PROVKIT.size, integer(log.size_bytes))
        if log.truncated:
            out.say(node, PROVKIT.truncated, boolean(True))
    if run.capture is None:
        return
    node = within_run(run.id, "capture")
    out.say(name, PROVKIT.capture, node)
    out.say(node, RDF.type, PROVKIT.CaptureReport)
    out.say(node, PROVKIT.recorder, text(run.capture.recorder))
    out.say_text(node, PROVKIT.version, run.capture.version)
    for predicate, remarks in (
        (PROVKIT.blindTo, run.capture.blind),
        (PROVKIT.problem, run.capture.problems),
        (PROVKIT.untraced, run.capture.untraced),
    ):
        kind = predicate.rpartition("#")[2]
        for position, remark in enumerate(remarks, 1):
            each = within_run(run.id, "capture", kind, str(position))
            out.say(node, predicate, each)
            out.say(each, RDF.type, PROVKIT.Remark)
            out.say(each, PROVKIT.position, integer(position))
            out.say(each, RDFS.comment, text(remark))
    for kind, count in sorted(run.capture.hidden.items()):
        each = within_run(run.id, "capture", "hidden", kind)
        out.say(node, PROVKIT.hidden, each)
        out.say(each, RDF.type, PROVKIT.HiddenFiles)
        out.say(each, PROVKIT.name, text(kind))
        out.say(each, PROVKIT.count, integer(count))


_SURROUNDINGS = (
    ("fact", PROVKIT.environmentFact, PROVKIT.EnvironmentFact, PROVKIT.value),
    ("variable", PROVKIT.environmentVariable, PROVKIT.EnvironmentVariable, PROVKIT.value),
    ("package", PROVKIT.package, PROVKIT.Package, PROVKIT.version),
)


def encode_environment(place: IRI, environment: EnvironmentObserved) -> list[Triple]:
    """Graph of surroundings."""
    out = Writer()
    out.say(place, RDF.type, PROVKIT.Environment)
    told = (environment.facts, environment.variables, environment.packages)
    for (part, link, kind, value_term), pairs in zip(_SURROUNDINGS, told, strict=True):
        for key, value in sorted(pairs.items()):
            node = IRI(f"{place}#{part}/{encode_path(key)}")
            out.say(place, link, node)
            out.say(node, RDF.type, kind)
            out.say(node, PROVKIT.name, text(key))
            out.say(node, value_term, text(str(value)))
    return out.triples


def read_pairs(graph: Reader, subject: IRI, link: IRI, value_term: IRI) -> dict[str, str]:
    """Names and values of the nodes that a link leads to."""
    return {
        graph.text(node, PROVKIT.name): graph.text(node, value_term)
        for node in graph.nodes(subject, link)
    }


def read_content(graph: Reader, node: IRI) -> str | None:
    """SHA-256 of the content that a node specializes, or None."""
    for general in graph.nodes(node, PROV.specializationOf):
        if general.startswith(_CONTENT):
            return general[len(_CONTENT) :]
    return None


def decode_environment(graph: Reader, place: IRI | None) -> EnvironmentObserved:
    """Inverse of :func:`encode_environment`; nothing when there is no such node."""
    if place is None:
        return EnvironmentObserved()
    facts, variables, packages = (
        read_pairs(graph, place, link, value_term) for _, link, _, value_term in _SURROUNDINGS
    )
    return EnvironmentObserved(facts=facts, variables=variables, packages=packages)


def decode_logs(graph: Reader, name: IRI) -> tuple[OutputLogged, ...]:
    """What a run said, in order."""
    return tuple(
        OutputLogged(
            stream="stderr" if graph.text(node, PROVKIT.stream) == "stderr" else "stdout",
            sha256=read_content(graph, node) or "",
            size_bytes=graph.integer(node, PROVKIT.size) or 0,
            truncated=graph.boolean(node, PROVKIT.truncated),
        )
        for node in graph.by_position(name, PROVKIT.log, PROVKIT.position)
    )


def decode_capture(graph: Reader, node: IRI | None) -> CaptureReported | None:
    """How a run was seen, or None."""
    if node is None:
        return None

    def remarks(link: IRI) -> tuple[str, ...]:
        found = graph.by_position(node, link, PROVKIT.position)
        return tuple(graph.text(each, RDFS.comment) for each in found)

    return CaptureReported(
        recorder=graph.text(node, PROVKIT.recorder),
        version=graph.text(node, PROVKIT.version),
        blind=remarks(PROVKIT.blindTo),
        problems=remarks(PROVKIT.problem),
        untraced=remarks(PROVKIT.untraced),
        hidden={
            graph.text(each, PROVKIT.name): graph.integer(each, PROVKIT.count) or 0
            for each in graph.nodes(node, PROVKIT.hidden)
        },
    )
