"""Walk upstream or downstream over a network, and keep what was met.

From a state to the states joined to it, from an output to the run that wrote
it, from a run to what it read, and on; the other way round downstream. One
rule makes it finer than run by run: an output that has derivations of the
evidence asked for goes only through their sources, even when its run read
more (``docs/explanation/lineage.md``). Each state and each join is looked at
once, so a walk is linear in what it meets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from provkit.lineage.network import EVIDENCE, Adjacency, By, Evidence

_KEYS: dict[By, tuple[int, ...]] = {"exact": (0,), "content": (1,), "path": (1, 2)}
"""Joins to follow: states of one version have equal bytes, so the weaker join covers it."""

_ASSUMED = EVIDENCE.index("assumed")
_OBSERVED = EVIDENCE.index("observed")


class Rules(NamedTuple):
    """How far a walk may believe.

    Attributes:
        by: The weakest join allowed.
        evidence: The weakest evidence that narrows an output to some inputs; with ``assumed``
            every output comes from every input of its run.
        depth: How many runs may be crossed; None for any number.
    """

    by: By = "content"
    evidence: Evidence = "workflow"
    depth: int | None = None


class Met:
    """What a walk met.

    Attributes:
        states: States, each with the number of runs crossed to get there.
        runs: Runs, likewise.
        used: (state, run) pairs walked over.
        generated: (run, state) pairs walked over, with the rank of the evidence that chose
            which inputs count.
        derived: (source, output) pairs that no run explains, with the rank of their evidence.
    """

    __slots__ = ("derived", "generated", "runs", "states", "used")

    def __init__(self) -> None:
        self.states: dict[int, int] = {}
        self.runs: dict[int, int] = {}
        self.used: set[tuple[int, int]] = set()
        self.generated: dict[tuple[int, int], int] = {}
        self.derived: dict[tuple[int, int], int] = {}

    def add(self, other: Met) -> None:
        """Take up what another walk met."""
        for mine, theirs in ((self.states, other.states), (self.runs, other.runs)):
            for node, depth in theirs.items():
                mine[node] = min(depth, mine.get(node, depth))
        self.used |= other.used
        for own, more in ((self.generated, other.generated), (self.derived, other.derived)):
            for pair, rank in more.items():
                own[pair] = min(rank, own.get(pair, rank))


class _Walk:
    """One walk, level by level: a level is what is met after crossing so many runs.

    Attributes:
        whole: Runs of which every input was taken already.
    """

    def __init__(self, network: Adjacency, rules: Rules, states: Iterable[int]) -> None:
        self.network = network
        self.weakest = EVIDENCE.index(rules.evidence)
        self.met = Met()
        self._joins = _KEYS[rules.by]
        self._deepest = rules.depth
        self._opened: set[int] = set()
        self._next: list[int] = []
        self.whole: set[int] = set()
        self.reach(states, 0)

    def levels(self) -> Iterator[tuple[int, list[int]]]:
        """Depth and states of each level that may be left by crossing a run."""
        depth = 0
        while self._next:
            level, self._next = self._next, []
            self._join(level, depth)
            if self._deepest is not None and depth >= self._deepest:
                return
            yield depth, level
            depth += 1

    def reach(self, states: Iterable[int], depth: int) -> None:
        """Put states into the next level, those that were not met before."""
        met, following = self.met.states, self._next
        for state in states:
            if state not in met:
                met[state] = depth
                following.append(state)

    def _join(self, level: list[int], depth: int) -> None:
        """Add to a level what is joined to it; that is as near."""
        states, opened, members = self.met.states, self._opened, self.network.members
        key_of, joins = self.network.key, self._joins
        for state in level:  # grows meanwhile
            for join in joins:
                key = key_of(state, join)
                if key is not None and key not in opened:
                    opened.add(key)
                    for other in members(key):
                        if other not in states:
                            states[other] = depth
                            level.append(other)

    def sources(self, state: int) -> dict[int, int]:
        """Derivations that narrow an output; none when everything is to be assumed."""
        return {} if self.weakest == _ASSUMED else self.network.sources(state, self.weakest)


def walk_up(network: Adjacency, states: Iterable[int], rules: Rules) -> Met:
    """What these states were made from."""
    walk = _Walk(network, rules, states)
    met, has_past = walk.met, network.has_past
    for depth, level in walk.levels():
        for output in level:
            if has_past(output):
                _reach_inputs(walk, output, depth)
    return met


def _reach_inputs(walk: _Walk, output: int, depth: int) -> None:
    """What an output came from: inputs of the runs that wrote it, and what no run explains."""
    network, met = walk.network, walk.met
    sources = walk.sources(output)
    explained: set[int] = set()
    for run in network.makers(output):
        inputs = network.inputs(run)
        _generate(met, run, output, sources, inputs)
        met.runs.setdefault(run, depth)
        if sources:
            chosen: Sequence[int] = [each for each in inputs if each in sources]
            explained.update(chosen)
        elif run in walk.whole:
            continue  # another output brought all of its inputs in
        else:
            chosen = inputs
            walk.whole.add(run)
        met.used.update(zip(chosen, repeat(run)))
        walk.reach(chosen, depth + 1)
    if sources or walk.weakest == _ASSUMED:
        for source, rank in network.sources(output, walk.weakest).items():
            if source not in explained and not _is_read_by_maker(network, source, output):
                met.derived.setdefault((source, output), rank)
                walk.reach((source,), depth + 1)


def _is_read_by_maker(network: Adjacency, source: int, output: int) -> bool:
    return any(source in network.inputs(run) for run in network.makers(output))


def walk_down(network: Adjacency, states: Iterable[int], rules: Rules) -> Met:
    """What was made from these states."""
    walk = _Walk(network, rules, states)
    met = walk.met
    for depth, level in walk.levels():
        for source in level:
            if not network.has_future(source):
                continue
            explained: set[int] = set()
            for run in network.readers(source):
                explained.update(_reach_outputs(walk, source, run, depth))
            for output, rank in network.results(source, walk.weakest).items():
                if output not in explained:
                    met.derived.setdefault((source, output), rank)
                    walk.reach((output,), depth + 1)
    return met


def _reach_outputs(walk: _Walk, source: int, run: int, depth: int) -> list[int]:
    """Outputs of a run that come from a state it read."""
    network = walk.network
    inputs, outputs = network.inputs(run), network.outputs(run)
    reached = []
    for output in outputs:
        sources = walk.sources(output)
        if sources and source not in sources:
            continue
        reached.append(output)
        _generate(walk.met, run, output, sources, inputs)
        walk.reach((output,), depth + 1)
    # A run that read it and made nothing at all still belongs to the answer.
    if reached or not outputs:
        walk.met.used.add((source, run))
        walk.met.runs.setdefault(run, depth)
    return reached


def _generate(
    met: Met, run: int, output: int, sources: dict[int, int], inputs: Sequence[int]
) -> None:
    """Note that a run wrote a state, and what made us choose its inputs."""
    pair = (run, output)
    # That a run without inputs wrote a file is all that was observed; nothing is assumed.
    rank = min(sources.values()) if sources else _ASSUMED if inputs else _OBSERVED
    met.generated[pair] = min(rank, met.generated.get(pair, rank))
