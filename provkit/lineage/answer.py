"""What lineage answers: files, runs and the edges between them.

A *version* of a file is what a reader calls one thing: equal bytes at one
path, however many runs found or left it (with the exact join: with no
recorded write between). It is named by one of its states. Where a run read a
version that another run wrote under another name or at another time, an edge
goes from what was written to who read it, and says which join carries it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from provkit.lineage.network import EVIDENCE, JOINS, Adjacency, By
from provkit.lineage.walk import Met


class Edge(NamedTuple):
    """One step along the flow of data.

    Attributes:
        source: Id of a file or run.
        target: Id of a file or run.
        kind: ``used``, ``generated``, or ``derived`` where no run explains it.
        carrier: Why it is believed: of a use the join (``exact``, ``content``, ``path``), of a
            generation or derivation the evidence.
    """

    source: str
    target: str
    kind: str
    carrier: str


class FileVersion(NamedTuple):
    """A version of a file.

    Attributes:
        path: Where it was; the IRI of an entity that is no file.
        sha256: Its content, when it was hashed.
        id: IRI of one of its states.
    """

    path: str
    sha256: str | None
    id: str


class RunNode(NamedTuple):
    """A run in an answer.

    Attributes:
        seq: Its number; None for an activity of somebody else's graph.
        id: Its id.
        program: Path of its program.
    """

    seq: int | None
    id: str
    program: str


class Lineage(NamedTuple):
    """An answer; files, runs and edges are sorted.

    Attributes:
        target: Id of the file or run that was asked about.
        files: Versions of files.
        runs: Runs, by number.
        edges: Steps along the flow of data.
    """

    target: str
    files: tuple[FileVersion, ...]
    runs: tuple[RunNode, ...]
    edges: tuple[Edge, ...]

    def to_json(self) -> dict[str, Any]:
        """The object that ``lineage --json`` prints."""
        return {
            "target": self.target,
            "files": [{"id": f.id, "path": f.path, "sha256": f.sha256} for f in self.files],
            "runs": [{"id": r.id, "seq": r.seq, "program": r.program} for r in self.runs],
            "edges": [list(edge) for edge in self.edges],
        }


class Versions:
    """Groups states into versions.

    Args:
        network: What was walked over.
        by: The weakest join: only the exact one keeps equal bytes at one path apart.
        first: States to name a version by, rather than another of its states.
    """

    def __init__(self, network: Adjacency, by: By, met: Met, first: Iterable[int]) -> None:
        self._network = network
        self._exact = by == "exact"
        named, written = set(first), {state for _, state in met.generated}

        def rank(state: int) -> tuple[bool, bool, str]:
            return state not in named, state not in written, network.name(state)

        self._name: dict[object, int] = {}
        for state in sorted(met.states, key=rank):
            self._name.setdefault(self._group(state), state)

    def of(self, state: int) -> int:
        """The state that names the version."""
        return self._name.get(self._group(state), state)

    def _group(self, state: int) -> object:
        if self._exact:
            key = self._network.key(state, 0)
            return state if key is None else ("exact", key)
        path, content = self._network.path(state), self._network.content(state)
        return state if path is None or content is None else (path, content)


def assemble(network: Adjacency, by: By, met: Met, target: int, starts: Iterable[int]) -> Lineage:
    """The answer, from what a walk met.

    Args:
        network: What was walked over.
        by: The weakest join that was allowed.
        met: What the walk met.
        target: State or run that was asked about.
        starts: States where the walk began.
    """
    begun = tuple(starts)
    versions = Versions(network, by, met, begun)
    edges = set(_edges(network, by, met, versions, begun))
    shown = {versions.of(state) for state in _shown(met, begun)}
    files = [_file(network, state) for state in shown]
    runs = [_run(network, run) for run in met.runs]
    name = _run(network, target).id if target in met.runs else network.name(versions.of(target))
    return Lineage(
        target=name,
        files=tuple(sorted(files, key=lambda f: (f.path, f.sha256 or "", f.id))),
        runs=tuple(sorted(runs, key=lambda r: (r.seq is None, r.seq or 0, r.id))),
        edges=tuple(sorted(edges)),
    )


def _shown(met: Met, starts: Iterable[int]) -> Iterator[int]:
    """States that stand in some edge; others were only met as joined."""
    yield from starts
    yield from (state for state, _ in met.used)
    yield from (state for _, state in met.generated)
    for source, output in met.derived:
        yield source
        yield output


def _edges(
    network: Adjacency, by: By, met: Met, versions: Versions, starts: tuple[int, ...]
) -> Iterator[Edge]:
    name = _Names(network, versions)
    joined = _Joined(network, by, versions, {*(state for _, state in met.generated), *starts})
    for state, run in met.used:
        for version, join in joined.to(state).items():
            yield Edge(network.name(version), name.run(run), "used", JOINS[join])
    for (run, state), rank in met.generated.items():
        yield Edge(name.run(run), name.file(state), "generated", EVIDENCE[rank])
    for (source, output), rank in met.derived.items():
        for version, join in joined.to(source).items():
            own = version == versions.of(source)
            carrier = EVIDENCE[rank] if own else JOINS[join]
            yield Edge(network.name(version), name.file(output), "derived", carrier)
    # What was asked about may be known only because somebody read it: whoever wrote
    # what is joined to it generated it, as far as the join is believed.
    written = _Joined(network, by, versions, set(starts))
    for run, state in met.generated:
        for version, join in written.to(state).items():
            if version != versions.of(state):
                yield Edge(name.run(run), network.name(version), "generated", JOINS[join])


class _Names:
    def __init__(self, network: Adjacency, versions: Versions) -> None:
        self._network = network
        self._versions = versions

    def file(self, state: int) -> str:
        return self._network.name(self._versions.of(state))

    def run(self, run: int) -> str:
        return _run(self._network, run).id


class _Joined:
    """Versions written, or asked about, that a state is joined to, with the strongest join."""

    def __init__(self, network: Adjacency, by: By, versions: Versions, written: set[int]) -> None:
        self._network = network
        self._versions = versions
        self._by_key: dict[int, set[int]] = {}
        for state in written:
            for join in range(JOINS.index(by) + 1):
                key = network.key(state, join)
                if key is not None:
                    self._by_key.setdefault(key, set()).add(versions.of(state))
        self._joins = range(JOINS.index(by), -1, -1)

    def to(self, state: int) -> dict[int, int]:
        """Version to rank of the join; always holds the state's own version."""
        own = self._versions.of(state)
        found: dict[int, int] = {}
        for join in self._joins:  # the strongest last, so that it stays
            key = self._network.key(state, join)
            if key is not None:
                found.update(dict.fromkeys(self._by_key.get(key, ()), join))
        found.setdefault(own, 0)
        return found


def _file(network: Adjacency, state: int) -> FileVersion:
    name = network.name(state)
    return FileVersion(path=network.path(state) or name, sha256=network.content(state), id=name)


def _run(network: Adjacency, run: int) -> RunNode:
    known = network.run(run)
    if known is None:
        return RunNode(seq=None, id=network.name(run), program="")
    return RunNode(seq=known.seq, id=known.id, program=known.program)
