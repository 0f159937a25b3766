"""What lineage walks over: runs, states of files, and what joins them, by number.

Nodes are small integers, so that a walk costs list and set operations and no
text. States (and other entities) and runs (and other activities) share the
numbers; what states have in common when they are joined, a version (exact),
a content or a location, is a *key*, numbered apart.

:class:`Network` lies in memory and grows; :class:`provkit.lineage.index.Index`
is the same, read from a file. Walks and answers ask for no more than
:class:`Adjacency`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

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


class Adjacency(Protocol):
    """Neighbours of nodes, in both directions, and what is known of nodes."""

    def inputs(self, run: int) -> Sequence[int]:
        """States that a run read."""

    def readers(self, state: int) -> Sequence[int]:
        """Runs that read a state."""

    def outputs(self, run: int) -> Sequence[int]:
        """States that a run wrote."""

    def makers(self, state: int) -> Sequence[int]:
        """Runs that wrote a state."""

    def sources(self, state: int, weakest: int) -> dict[int, int]:
        """What a state was derived from, by evidence no weaker than that rank, with its rank."""

    def results(self, state: int, weakest: int) -> dict[int, int]:
        """What was derived from a state, by evidence no weaker than that rank, with its rank."""

    def has_past(self, state: int) -> bool:
        """Whether anything is known of how a state came to be."""

    def has_future(self, state: int) -> bool:
        """Whether anything is known of what a state was good for."""

    def key(self, state: int, join: int) -> int | None:
        """What a state shares by the join of that rank."""

    def members(self, key: int) -> Sequence[int]:
        """States that share a key."""

    def name(self, node: int) -> str:
        """IRI of a node."""

    def find(self, name: str) -> int | None:
        """Number of a node, or None."""

    def path(self, state: int) -> str | None:
        """Path of a state of a file."""

    def content(self, state: int) -> str | None:
        """SHA-256 of a state, when it was hashed."""

    def run(self, node: int) -> RunFacts | None:
        """What is known of a run; None for other nodes."""

    def runs(self) -> Iterable[int]:
        """Every run."""

    def at_path(self, path: str) -> Sequence[int]:
        """States of files at a path."""

    def below(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Paths that begin with a text, in order, with the states there."""

    def contents(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Hashes that begin with some digits, in order, with the states that have them."""


_NOTHING: tuple[int, ...] = ()


def run_of(network: Adjacency, state: int) -> int | None:
    """The run that a state belongs to: its IRI begins with that of the run."""
    run = network.find(network.name(state).partition("#")[0])
    if run is not None:
        return run
    return next(iter((*network.makers(state), *network.readers(state))), None)


class Network:
    """Everything recorded, in memory; grows by ``add_…``."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.paths: dict[int, str] = {}
        self.hashes: dict[int, str] = {}
        self.facts: dict[int, RunFacts] = {}
        self.used: dict[int, list[int]] = {}
        self.used_by: dict[int, list[int]] = {}
        self.generated: dict[int, list[int]] = {}
        self.generated_by: dict[int, list[int]] = {}
        self.derived_from: dict[int, dict[int, int]] = {}
        self.derived: dict[int, dict[int, int]] = {}
        self.keys: tuple[dict[int, int], ...] = ({}, {}, {})
        self.joined: dict[int, list[int]] = {}
        self._numbers: dict[str, int] = {}
        self._key_numbers: dict[tuple[int, str], int] = {}

    def node(self, name: str) -> int:
        """Number of a node, a new one when it is not known."""
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        return number

    def add_run(self, run: int, facts: RunFacts) -> None:
        """What is known of a run."""
        self.facts[run] = facts

    def add_state(self, state: int, path: str, sha256: str | None) -> None:
        """A state of a file; it is joined with those of equal path and of equal bytes."""
        self.paths[state] = path
        self._join(2, state, path)
        if sha256 is not None:
            self.hashes[state] = sha256
            self._join(1, state, sha256)

    def add_version(self, state: int, version: str) -> None:
        """A state is one with all states of that version."""
        self._join(0, state, version)

    def _join(self, join: int, state: int, text: str) -> None:
        key = self._key_numbers.setdefault((join, text), len(self._key_numbers))
        self.keys[join][state] = key
        self.joined.setdefault(key, []).append(state)

    def add_used(self, run: int, state: int) -> None:
        """A run read a state."""
        self.used.setdefault(run, []).append(state)
        self.used_by.setdefault(state, []).append(run)

    def add_generated(self, run: int, state: int) -> None:
        """A run wrote a state."""
        self.generated.setdefault(run, []).append(state)
        self.generated_by.setdefault(state, []).append(run)

    def add_derived(self, output: int, source: int, evidence: Evidence) -> None:
        """A state was derived from another; of several reasons the strongest counts."""
        rank = EVIDENCE.index(evidence)
        known = self.derived_from.setdefault(output, {})
        known[source] = min(rank, known.get(source, rank))
        self.derived.setdefault(source, {})[output] = known[source]

    def inputs(self, run: int) -> Sequence[int]:
        """States that a run read."""
        return self.used.get(run, _NOTHING)

    def readers(self, state: int) -> Sequence[int]:
        """Runs that read a state."""
        return self.used_by.get(state, _NOTHING)

    def outputs(self, run: int) -> Sequence[int]:
        """States that a run wrote."""
        return self.generated.get(run, _NOTHING)

    def makers(self, state: int) -> Sequence[int]:
        """Runs that wrote a state."""
        return self.generated_by.get(state, _NOTHING)

    def sources(self, state: int, weakest: int) -> dict[int, int]:
        """What a state was derived from, by evidence no weaker than that rank, with its rank."""
        return _as_strong(self.derived_from.get(state), weakest)

    def results(self, state: int, weakest: int) -> dict[int, int]:
        """What was derived from a state, by evidence no weaker than that rank, with its rank."""
        return _as_strong(self.derived.get(state), weakest)

    def has_past(self, state: int) -> bool:
        """Whether anything is known of how a state came to be."""
        return state in self.generated_by or state in self.derived_from

    def has_future(self, state: int) -> bool:
        """Whether anything is known of what a state was good for."""
        return state in self.used_by or state in self.derived

    def key(self, state: int, join: int) -> int | None:
        """What a state shares by the join of that rank."""
        return self.keys[join].get(state)

    def members(self, key: int) -> Sequence[int]:
        """States that share a key."""
        return self.joined.get(key, _NOTHING)

    def name(self, node: int) -> str:
        """IRI of a node."""
        return self.names[node]

    def find(self, name: str) -> int | None:
        """Number of a node, or None."""
        return self._numbers.get(name)

    def path(self, state: int) -> str | None:
        """Path of a state of a file."""
        return self.paths.get(state)

    def content(self, state: int) -> str | None:
        """SHA-256 of a state, when it was hashed."""
        return self.hashes.get(state)

    def run(self, node: int) -> RunFacts | None:
        """What is known of a run; None for other nodes."""
        return self.facts.get(node)

    def runs(self) -> Iterable[int]:
        """Every run."""
        return self.facts

    def at_path(self, path: str) -> Sequence[int]:
        """States of files at a path."""
        key = self._key_numbers.get((2, path))
        return _NOTHING if key is None else self.joined[key]

    def below(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Paths that begin with a text, in order, with the states there."""
        return self._beginning(2, start)

    def contents(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Hashes that begin with some digits, in order, with the states that have them."""
        return self._beginning(1, start)

    def key_texts(self) -> list[tuple[int, str]]:
        """Rank of the join and text of each key, by its number."""
        return list(self._key_numbers)

    def _beginning(self, join: int, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        for (kind, text), key in sorted(self._key_numbers.items()):
            if kind == join and text.startswith(start):
                yield text, self.joined[key]


def _as_strong(found: dict[int, int] | None, weakest: int) -> dict[int, int]:
    return {} if found is None else {s: rank for s, rank in found.items() if rank <= weakest}
