"""A run as a graph, and back: retrospective provenance in PROV-O and ProvONE.

The graph of a run has the run's own IRI as its name, names only states of
files that this run found or left (PROV lets an entity be generated once), and
has no blank node. ``docs/reference/graph.md`` shows the shape.

ProvONE gives ``prov:qualifiedGeneration`` the domain Execution; with PROV-O,
whose domain is Entity, that would make every execution an entity. The PROV-O
direction is written here (https://www.w3.org/TR/prov-o/#qualifiedGeneration).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import cast

from provkit.errors import UnknownDataError
from provkit.model.events import (
    EnvironmentObserved,
    StateObserved,
    Status,
)
from provkit.model.identifiers import (
    Moment,
    content_iri,
    encode_path,
    location_iri,
    person_iri,
    read_run,
    run_iri,
    state_iri,
    within_run,
)
from provkit.model.run import Run
from provkit.rdf.graphs import Graphs, Reader, Writer, boolean, integer, text
from provkit.rdf.processes import decode_processes, encode_processes, first_reads, last_writes
from provkit.rdf.surroundings import (
    decode_capture,
    decode_environment,
    decode_logs,
    encode_capture,
    encode_environment,
    environment_iri,
    read_content,
    read_pairs,
)
from provkit.vocab.namespaces import DCTERMS, PROV, PROVKIT, PROVONE, RDF, RDFS
from provkit.vocab.terms import IRI, Literal, Triple


def agent_iri(user: str, host: str) -> IRI:
    """IRI of who ran something: an ORCID, else the login name at its host."""
    person = person_iri(user)
    return person if person.startswith("https://orcid.org/") else person_iri(f"{user}@{host}")


def derivation_iri(run: str, output: str, source: str) -> IRI:
    """IRI of one derivation of a run; ``?`` never stands in an encoded path."""
    return IRI(f"{within_run(run, 'derivation', output)}?{encode_path(source)}")


def encode_run(run: Run) -> Graphs:
    """The named graphs that tell of a run: its own, and that of its surroundings."""
    name = run_iri(run.id)
    out = Writer()
    _encode_execution(out, name, run)
    _encode_association(out, name, run)
    for state in run.states:
        _encode_state(out, run, state)
    _encode_data_flow(out, name, run)
    encode_processes(out, run)
    encode_capture(out, name, run)
    graphs = {name: out.triples}
    if run.environment != EnvironmentObserved():
        place = environment_iri(run.environment)
        out.say(name, PROVKIT.environment, place)
        graphs[place] = encode_environment(place, run.environment)
    return graphs


def _encode_execution(out: Writer, name: IRI, run: Run) -> None:
    out.say(name, RDF.type, PROV.Activity, PROVONE.Execution)
    out.say(name, DCTERMS.identifier, text(run.id))
    out.say(name, PROVKIT.sequence, integer(run.seq))
    out.say_moment(name, PROV.startedAtTime, run.started)
    out.say_moment(name, PROV.endedAtTime, run.ended)
    out.say(name, PROVKIT.status, Literal(run.status))
    out.say_integer(name, PROVKIT.exitCode, run.exit_code)
    out.say_text(name, PROVKIT.signal, run.signal or "")
    out.say_number(name, PROVKIT.elapsedSeconds, run.elapsed_s)
    out.say(name, PROVKIT.command, text(shlex.join(run.command)))
    out.say(name, PROVKIT.directory, text(run.directory))
    out.say(name, PROVKIT.program, text(run.program))
    out.say(name, PROVKIT.user, text(run.user))
    out.say(name, PROVKIT.host, text(run.host))
    for tag in run.tags:
        out.say(name, PROVKIT.tag, text(tag))
    out.say_text(name, PROVKIT.note, run.note)
    out.say_text(name, PROVKIT.recordedBy, run.recorded_by)
    if run.part_of is not None:
        out.say(name, PROVONE.wasPartOf, run_iri(run.part_of))
    if run.rerun_of is not None:
        out.say(name, PROVKIT.rerunOf, run_iri(run.rerun_of))
    for key, value in sorted(run.parameters.items()):
        node = within_run(run.id, "parameter", key)
        out.say(name, PROVKIT.parameter, node)
        out.say(node, RDF.type, PROVKIT.Parameter)
        out.say(node, PROVKIT.name, text(key))
        out.say(node, PROVKIT.value, text(str(value)))


def _encode_association(out: Writer, name: IRI, run: Run) -> None:
    """Who ran it, and by which program: one prov:Association (W3C PROV-O, qualified terms)."""
    agent = agent_iri(run.user, run.host)
    out.say(agent, RDF.type, PROV.Agent, PROVONE.User)
    out.say(agent, RDFS.label, text(run.user))
    out.say(name, PROV.wasAssociatedWith, agent)
    node = within_run(run.id, "association")
    out.say(name, PROV.qualifiedAssociation, node)
    out.say(node, RDF.type, PROV.Association)
    out.say(node, PROV.agent, agent)
    if run.program_state is not None:
        plan = state_iri(run.id, run.program_state.moment, run.program_state.path)
    else:  # an executable, a module or a script that could not be looked at
        plan = within_run(run.id, "program")
        place = location_iri(run.program)
        out.say(plan, PROVKIT.path, text(run.program))
        out.say(plan, PROV.specializationOf, place)
        out.say(place, RDF.type, PROVKIT.Location)
    out.say(plan, RDF.type, PROV.Entity, PROV.Plan, PROVONE.Program)
    out.say(node, PROV.hadPlan, plan)


def _encode_state(out: Writer, run: Run, state: StateObserved) -> None:
    node = state_iri(run.id, state.moment, state.path)
    place = location_iri(state.path)
    out.say(node, RDF.type, PROV.Entity, PROVKIT.State)
    if state != run.program_state or state in run.inputs:
        out.say(node, RDF.type, PROVONE.Data)
    out.say(node, PROVKIT.moment, Literal(state.moment))
    out.say(node, PROVKIT.path, text(state.path))
    out.say(node, PROV.specializationOf, place)
    out.say(place, RDF.type, PROVKIT.Location)
    if state.sha256 is not None:
        content = content_iri(state.sha256)
        out.say(node, PROV.specializationOf, content)
        out.say(content, RDF.type, PROVKIT.Content)
    out.say_integer(node, PROVKIT.size, state.size_bytes)
    out.say_integer(node, PROVKIT.mode, state.mode)
    out.say_moment(node, PROVKIT.modified, state.modified)
    if state.archived:
        out.say(node, PROVKIT.archived, boolean(True))
    if state.link_target is not None:
        out.say(node, PROVKIT.linkTarget, text(state.link_target))
    out.say_text(node, PROVKIT.whyNotKept, state.why)


def _encode_data_flow(out: Writer, name: IRI, run: Run) -> None:
    """Used, generated and derived: unqualified for queries, qualified for time and evidence."""
    reads, writes = first_reads(run), last_writes(run)
    for state in run.inputs:
        found, node = _state(run, state), within_run(run.id, "usage", state.path)
        out.say(name, PROV.used, found)
        out.say(name, PROV.qualifiedUsage, node)
        out.say(node, RDF.type, PROV.Usage)
        out.say(node, PROV.entity, found)
        if state.path in reads:
            out.say(node, PROVKIT.process, within_run(run.id, "process", reads[state.path][0]))
            out.say_moment(node, PROV.atTime, reads[state.path][1])
    for state in run.outputs:
        left, node = _state(run, state), within_run(run.id, "generation", state.path)
        out.say(left, PROV.wasGeneratedBy, name)
        out.say(left, PROV.qualifiedGeneration, node)
        out.say(node, RDF.type, PROV.Generation)
        out.say(node, PROV.activity, name)
        if state.path in writes:
            out.say(node, PROVKIT.process, within_run(run.id, "process", writes[state.path][0]))
            out.say_moment(node, PROV.atTime, writes[state.path][1])
    for state in (*run.temporaries, *run.replaced):
        out.say(_state(run, state), PROV.wasInvalidatedBy, name)
    moments: dict[str, Moment] = {state.path: state.moment for state in run.outputs}
    for output, source in run.derivations:
        left = state_iri(run.id, moments.get(output, "left"), output)
        found = state_iri(run.id, "found", source)
        node = derivation_iri(run.id, output, source)
        out.say(left, PROV.wasDerivedFrom, found)
        out.say(left, PROV.qualifiedDerivation, node)
        out.say(node, RDF.type, PROV.Derivation)
        out.say(node, PROV.entity, found)
        out.say(node, PROV.hadActivity, name)
        out.say(node, PROVKIT.evidence, Literal("observed"))


def _state(run: Run, state: StateObserved) -> IRI:
    return state_iri(run.id, state.moment, state.path)


def decode_run(name: IRI, triples: Iterable[Triple]) -> Run:
    """Inverse of :func:`encode_run`.

    Args:
        name: IRI of the run.
        triples: Its graph, and that of its surroundings.

    Raises:
        UnknownDataError: The graph does not tell of a run in this shape.
    """
    graph = Reader(triples)
    started = graph.moment(name, PROV.startedAtTime)
    sequence = graph.integer(name, PROVKIT.sequence)
    association = graph.node(name, PROV.qualifiedAssociation)
    if started is None or sequence is None or association is None:
        raise UnknownDataError(f"no run {name} in this graph")
    plan = graph.node(association, PROV.hadPlan)
    outer, repeated = graph.node(name, PROVONE.wasPartOf), graph.node(name, PROVKIT.rerunOf)
    generated = graph.subjects(PROV.wasGeneratedBy, name)
    gone = _states(graph, graph.subjects(PROV.wasInvalidatedBy, name))
    return Run(
        id=graph.text(name, DCTERMS.identifier),
        seq=sequence,
        started=started,
        ended=graph.moment(name, PROV.endedAtTime),
        status=cast(Status, graph.text(name, PROVKIT.status)),
        exit_code=graph.integer(name, PROVKIT.exitCode),
        signal=graph.text(name, PROVKIT.signal) or None,
        elapsed_s=graph.number(name, PROVKIT.elapsedSeconds),
        command=tuple(shlex.split(graph.text(name, PROVKIT.command))),
        directory=graph.text(name, PROVKIT.directory),
        program=graph.text(name, PROVKIT.program),
        user=graph.text(name, PROVKIT.user),
        host=graph.text(name, PROVKIT.host),
        tags=graph.texts(name, PROVKIT.tag),
        note=graph.text(name, PROVKIT.note),
        recorded_by=graph.text(name, PROVKIT.recordedBy),
        part_of=None if outer is None else read_run(outer),
        rerun_of=None if repeated is None else read_run(repeated),
        parameters=read_pairs(graph, name, PROVKIT.parameter, PROVKIT.value),
        processes=decode_processes(graph, name),
        inputs=_states(graph, graph.nodes(name, PROV.used)),
        outputs=_states(graph, generated),
        temporaries=tuple(state for state in gone if state.moment == "temporary"),
        replaced=tuple(state for state in gone if state.moment == "found"),
        program_state=(
            _decode_state(graph, plan)
            if plan is not None and graph.is_a(plan, PROVKIT.State)
            else None
        ),
        derivations=_derivations(graph, generated),
        environment=decode_environment(graph, graph.node(name, PROVKIT.environment)),
        logs=decode_logs(graph, name),
        capture=decode_capture(graph, graph.node(name, PROVKIT.capture)),
    )


def _states(graph: Reader, nodes: list[IRI]) -> tuple[StateObserved, ...]:
    return tuple(sorted((_decode_state(graph, node) for node in nodes), key=lambda s: s.path))


def _decode_state(graph: Reader, node: IRI) -> StateObserved:
    target = graph.find(node, PROVKIT.linkTarget)
    return StateObserved(
        moment=cast(Moment, graph.text(node, PROVKIT.moment)),
        path=graph.text(node, PROVKIT.path),
        size_bytes=graph.integer(node, PROVKIT.size),
        sha256=read_content(graph, node),
        mode=graph.integer(node, PROVKIT.mode),
        modified=graph.moment(node, PROVKIT.modified),
        archived=graph.boolean(node, PROVKIT.archived),
        link_target=None if target is None else graph.text(node, PROVKIT.linkTarget),
        why=graph.text(node, PROVKIT.whyNotKept),
    )


def _derivations(graph: Reader, outputs: list[IRI]) -> tuple[tuple[str, str], ...]:
    found = set()
    for output in outputs:
        for node in graph.nodes(output, PROV.qualifiedDerivation):
            source = graph.node(node, PROV.entity)
            if source is not None and graph.text(node, PROVKIT.evidence) == "observed":
                found.add((graph.text(output, PROVKIT.path), graph.text(source, PROVKIT.path)))
    return tuple(sorted(found))
