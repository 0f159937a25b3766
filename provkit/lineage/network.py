"""What lineage walks over: runs, states of files, and what joins them, by number.

Nodes are small integers, so that a walk costs set operations and no text.
Three kinds share the numbers: states (and other entities), runs (and other
activities), and keys: what states of different runs have in common when they
are joined, a version (exact), a content or a location.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

By = Literal["exact", "content", "path"]
Evidence = Literal["stated", "observed", "workflow", "assumed"]

JOINS: tuple[By, ...] = ("exact", "content", "path")
"""From the strongest to the weakest; a walk by one join may use the stronger ones too."""

EVIDENCE: tuple[Evidence, ...] = ("stated", "observed", "workflow", "assumed")
"""From the strongest to the weakest."""


class RunFacts(NamedTuple):
    """What an answer tells of a run.

    Attributes:
        id: As it was recorded.
        seq: Number in the project.
        program: Path of its program.
        started: When it started, as text whose order is that of time.
    """

    id: str
    seq: int
    program: str
    started: str


_NOTHING: tuple[int, ...] = ()


class Network:
    """Everything recorded, as adjacency in both directions.

    Attributes:
        names: IRI of each node.
        paths: Path of each state that has one.
        contents: SHA-256 of each state that was hashed.
        runs: What is known of each run.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.paths: dict[int, str] = {}
        self.contents: dict[int, str] = {}
        self.runs: dict[int, RunFacts] = {}
        self._numbers: dict[str, int] = {}
        self._inputs: dict[int, list[int]] = {}
        self._readers: dict[int, list[int]] = {}
        self._outputs: dict[int, list[int]] = {}
        self._makers: dict[int, list[int]] = {}
        self._sources: dict[int, dict[int, int]] = {}
        self._results: dict[int, dict[int, int]] = {}
        self._keys: tuple[dict[int, int], ...] = ({}, {}, {})
        self._members: dict[int, list[int]] = {}

    def node(self, name: str) -> int:
        """Number of a node, a new one when it is not known."""
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        return number

    def find(self, name: str) -> int | None:
        """Number of a node, or None."""
        return self._numbers.get(name)

    def add_used(self, run: int, state: int) -> None:
        """A run read a state."""
        self._inputs.setdefault(run, []).append(state)
        self._readers.setdefault(state, []).append(run)

    def add_generated(self, run: int, state: int) -> None:
        """A run wrote a state."""
        self._outputs.setdefault(run, []).append(state)
        self._makers.setdefault(state, []).append(run)

    def add_derived(self, output: int, source: int, evidence: Evidence) -> None:
        """A state was derived from another; of several reasons the strongest counts."""
        rank = EVIDENCE.index(evidence)
        known = self._sources.setdefault(output, {})
        known[source] = min(rank, known.get(source, rank))
        self._results.setdefault(source, {})[output] = known[source]

    def add_join(self, by: By, state: int, key: str) -> None:
        """A state has something in common with whatever has the same key."""
        number = self.node(f"{by} {key}")
        self._keys[JOINS.index(by)][state] = number
        self._members.setdefault(number, []).append(state)

    def inputs(self, run: int) -> Sequence[int]:
        """States that a run read."""
        return self._inputs.get(run, _NOTHING)

    def readers(self, state: int) -> Sequence[int]:
        """Runs that read a state."""
        return self._readers.get(state, _NOTHING)

    def outputs(self, run: int) -> Sequence[int]:
        """States that a run wrote."""
        return self._outputs.get(run, _NOTHING)

    def makers(self, state: int) -> Sequence[int]:
        """Runs that wrote a state."""
        return self._makers.get(state, _NOTHING)

    def sources(self, state: int, weakest: int) -> dict[int, int]:
        """What a state was derived from, by evidence no weaker than that rank, with its rank."""
        found = self._sources.get(state)
        return {} if found is None else {s: rank for s, rank in found.items() if rank <= weakest}

    def results(self, state: int, weakest: int) -> dict[int, int]:
        """What was derived from a state, by evidence no weaker than that rank, with its rank."""
        found = self._results.get(state)
        return {} if found is None else {s: rank for s, rank in found.items() if rank <= weakest}

    def run_of(self, state: int) -> int | None:
        """The run that a state belongs to: its IRI begins with that of the run."""
        run = self._numbers.get(self.names[state].partition("#")[0])
        if run is not None:
            return run
        return next(iter((*self.makers(state), *self.readers(state))), None)

    def key(self, state: int, join: int) -> int | None:
        """What a state shares by the join of that rank."""
        return self._keys[join].get(state)

    def members(self, key: int) -> Sequence[int]:
        """States that share a key."""
        return self._members.get(key, _NOTHING)

    def states(self) -> Iterable[int]:
        """Every state that a walk can meet."""
        return {*self._readers, *self._makers, *self._sources, *self._results, *self.paths}
