"""The processes of a run, and what each touched, as a graph and back.

A process is a ``prov:Activity`` that is part of the run, and no
``provone:Execution``: whoever asks for runs gets runs. Each touch of a path is
a node; the first reading of a state is also its ``prov:Usage`` by the process,
the last writing its ``prov:Generation`` (PROV-CONSTRAINTS 24 allows one
generation for each entity and activity).
"""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import cast

from provkit.errors import UnknownDataError
from provkit.model.events import AccessKind, FileAccessed
from provkit.model.identifiers import run_iri, state_iri, within_run
from provkit.model.run import Process, Run
from provkit.rdf.graphs import Reader, Writer, integer, text
from provkit.vocab.namespaces import DCTERMS, PROV, PROVKIT, RDF
from provkit.vocab.terms import IRI, Literal

Touch = tuple[str, datetime | None]
"""Number of a process as text, and when."""


def written_path(access: FileAccessed) -> str | None:
    """Path that an access leaves changed, or None."""
    if access.kind == "write":
        return access.path
    return access.target if access.kind in ("rename", "link") else None


def first_reads(run: Run) -> dict[str, Touch]:
    """For each path read, who read it first."""
    return _extreme(run, read=True)


def last_writes(run: Run) -> dict[str, Touch]:
    """For each path written, who wrote it last."""
    return _extreme(run, read=False)


def _extreme(run: Run, *, read: bool) -> dict[str, Touch]:
    """Earliest reading or latest writing of each path; what has no time loses to what has."""
    best: dict[str, Touch] = {}
    for process in run.processes:
        for access in process.accesses:
            path = (
                (access.path if access.kind == "read" else None) if read else written_path(access)
            )
            if path is None:
                continue
            at, known = access.at, best.get(path, ("", None))[1]
            if path not in best or (
                at is not None and (known is None or (at < known if read else at >= known))
            ):
                best[path] = (str(process.number), at)
    return best


class _States:
    """Which state of a file an access met; the program is a plan, so it is none of these."""

    def __init__(self, run: Run) -> None:
        self._found = {s.path: state_iri(run.id, s.moment, s.path) for s in run.inputs}
        self._made = {
            s.path: state_iri(run.id, s.moment, s.path) for s in (*run.temporaries, *run.outputs)
        }
        self._since: dict[str, datetime] = {}
        for process in run.processes:
            for access in process.accesses:
                path = written_path(access)
                if path is not None and access.at is not None:
                    self._since[path] = min(access.at, self._since.get(path, access.at))

    def read(self, access: FileAccessed, own: set[str]) -> IRI | None:
        """The state read: the one made in this run, once it was written, else the one found."""
        path = access.path
        made = self._made.get(path)
        since = self._since.get(path)
        written = path in own or (
            access.at is not None and since is not None and since <= access.at
        )
        if made is not None and (written or path not in self._found):
            return made
        return self._found.get(path)

    def made(self, path: str | None) -> IRI | None:
        """The state that the run left at a path, or made and deleted."""
        return None if path is None else self._made.get(path)


def encode_processes(out: Writer, run: Run) -> None:
    """Add the processes of a run to its graph."""
    states, name = _States(run), run_iri(run.id)
    for process in run.processes:
        node = within_run(run.id, "process", str(process.number))
        out.say(node, RDF.type, PROV.Activity, PROVKIT.Process)
        out.say(node, DCTERMS.isPartOf, name)
        out.say(node, PROVKIT.number, integer(process.number))
        if process.parent is not None:
            parent = within_run(run.id, "process", str(process.parent))
            out.say(node, PROVKIT.parentProcess, parent)
            out.say(node, PROV.wasInformedBy, parent)
        out.say(node, PROVKIT.command, text(shlex.join(process.command)))
        out.say(node, PROVKIT.directory, text(process.directory))
        out.say_text(node, PROVKIT.executable, process.executable)
        out.say_moment(node, PROV.startedAtTime, process.started)
        out.say_moment(node, PROV.endedAtTime, process.ended)
        out.say_integer(node, PROVKIT.exitCode, process.exit_code)
        out.say_number(node, PROVKIT.cpuSeconds, process.cpu_s)
        out.say_integer(node, PROVKIT.peakMemoryBytes, process.peak_memory_bytes)
        _encode_accesses(out, run, process, node, states)


def _encode_accesses(out: Writer, run: Run, process: Process, owner: IRI, states: _States) -> None:
    last = {
        path: index
        for index, access in enumerate(process.accesses)
        if (path := written_path(access)) is not None
    }
    used: set[IRI] = set()
    own: set[str] = set()
    for index, access in enumerate(process.accesses):
        node = within_run(run.id, "process", str(process.number), "access", str(index + 1))
        out.say(owner, PROVKIT.fileAccess, node)
        out.say(node, RDF.type, PROVKIT.FileAccess)
        out.say(node, PROVKIT.position, integer(index + 1))
        out.say(node, PROVKIT.accessKind, Literal(access.kind))
        out.say(node, PROVKIT.path, text(access.path))
        if access.target is not None:
            out.say(node, PROVKIT.target, text(access.target))
        out.say_moment(node, PROV.atTime, access.at)
        path = written_path(access)
        if access.kind == "read":
            state = states.read(access, own)
            if state is not None and state not in used:
                used.add(state)
                out.say(owner, PROV.used, state)
                out.say(owner, PROV.qualifiedUsage, node)
                out.say(node, RDF.type, PROV.Usage)
                out.say(node, PROV.entity, state)
        elif path is not None:
            own.add(path)
            state = states.made(path)
            if state is not None and last[path] == index:
                out.say(state, PROV.wasGeneratedBy, owner)
                out.say(state, PROV.qualifiedGeneration, node)
                out.say(node, RDF.type, PROV.Generation)
                out.say(node, PROV.activity, owner)


def decode_processes(graph: Reader, run: IRI) -> tuple[Process, ...]:
    """Processes of a run, read from its graph.

    Raises:
        UnknownDataError: A process has no number or no start.
    """
    found = []
    for node in graph.subjects(DCTERMS.isPartOf, run):
        number = graph.integer(node, PROVKIT.number)
        started = graph.moment(node, PROV.startedAtTime)
        if number is None or started is None:
            raise UnknownDataError(f"{node} is no process: it needs a number and a start")
        parent = graph.node(node, PROVKIT.parentProcess)
        found.append(
            Process(
                number=number,
                parent=None if parent is None else int(parent.rpartition("/")[2]),
                command=tuple(shlex.split(graph.text(node, PROVKIT.command))),
                directory=graph.text(node, PROVKIT.directory),
                executable=graph.text(node, PROVKIT.executable),
                started=started,
                ended=graph.moment(node, PROV.endedAtTime),
                exit_code=graph.integer(node, PROVKIT.exitCode),
                cpu_s=graph.number(node, PROVKIT.cpuSeconds),
                peak_memory_bytes=graph.integer(node, PROVKIT.peakMemoryBytes),
                accesses=_decode_accesses(graph, node),
            )
        )
    return tuple(sorted(found, key=lambda process: process.number))


def _decode_accesses(graph: Reader, process: IRI) -> tuple[FileAccessed, ...]:
    number = int(process.rpartition("/")[2])
    return tuple(
        FileAccessed(
            process=number,
            kind=cast(AccessKind, graph.text(node, PROVKIT.accessKind)),
            path=graph.text(node, PROVKIT.path),
            at=graph.moment(node, PROV.atTime),
            target=None
            if graph.find(node, PROVKIT.target) is None
            else graph.text(node, PROVKIT.target),
        )
        for node in graph.by_position(process, PROVKIT.fileAccess, PROVKIT.position)
    )
