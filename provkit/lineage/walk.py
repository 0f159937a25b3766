"""Walk upstream or downstream over a network, and keep what was met.

From a state to the states joined to it, from an output to the run that wrote
it, from a run to what it read, and on; the other way round downstream. One
rule makes it finer than run by run: an output that has derivations of the
evidence asked for goes only through their sources, even when its run read
more (``docs/explanation/lineage.md``). Each state and each join is looked at
once, so a walk is linear in what it meets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from provkit.lineage.network import EVIDENCE, JOINS, Adjacency, By, Evidence

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
    """One walk: states waiting, nearest first, and keys already opened."""

    def __init__(self, network: Adjacency, rules: Rules) -> None:
        self.network = network
        self.joins = range(JOINS.index(rules.by) + 1)
        self.weakest = EVIDENCE.index(rules.evidence)
        self.depth = rules.depth
        self.met = Met()
        self._waiting: deque[int] = deque()
        self._keys: set[int] = set()
        self._done: set[int] = set()

    def reach(self, state: int, depth: int) -> None:
        """Put a state on the list, unless it is there."""
        if state not in self.met.states:
            self.met.states[state] = depth
            self._waiting.append(state)

    def may_cross(self, depth: int) -> bool:
        """Whether one more run may be crossed from that depth."""
        return self.depth is None or depth < self.depth

    def sources(self, state: int) -> dict[int, int]:
        """Derivations that narrow an output; none when everything is to be assumed."""
        if self.weakest == _ASSUMED:
            return {}
        return self.network.sources(state, self.weakest)

    def next(self) -> tuple[int, int] | None:
        """The nearest state not looked at, with its depth; what is joined to it is as near."""
        while self._waiting and self._waiting[0] in self._done:
            self._waiting.popleft()
        if not self._waiting:
            return None
        state = self._waiting.popleft()
        self._done.add(state)
        depth = self.met.states[state]
        for join in self.joins:
            key = self.network.key(state, join)
            if key is not None and key not in self._keys:
                self._keys.add(key)
                for other in self.network.members(key):
                    if self.met.states.get(other, depth + 1) > depth:
                        self.met.states[other] = depth
                        self._waiting.appendleft(other)
        return state, depth


def walk_up(network: Adjacency, states: Iterable[int], rules: Rules) -> Met:
    """What these states were made from."""
    walk = _Walk(network, rules)
    for state in states:
        walk.reach(state, 0)
    while (step := walk.next()) is not None:
        output, depth = step
        if not walk.may_cross(depth):
            continue
        sources = walk.sources(output)
        explained: set[int] = set()
        for run in network.makers(output):
            inputs = network.inputs(run)
            chosen = [each for each in inputs if each in sources] if sources else inputs
            _generate(walk.met, run, output, sources, inputs)
            walk.met.runs.setdefault(run, depth)
            explained.update(chosen)
            for each in chosen:
                walk.met.used.add((each, run))
                walk.reach(each, depth + 1)
        for source, rank in network.sources(output, walk.weakest).items():
            if source not in explained:
                walk.met.derived.setdefault((source, output), rank)
                walk.reach(source, depth + 1)
    return walk.met


def walk_down(network: Adjacency, states: Iterable[int], rules: Rules) -> Met:
    """What was made from these states."""
    walk = _Walk(network, rules)
    for state in states:
        walk.reach(state, 0)
    while (step := walk.next()) is not None:
        source, depth = step
        if not walk.may_cross(depth):
            continue
        explained: set[int] = set()
        for run in network.readers(source):
            inputs = network.inputs(run)
            reached = False
            for output in network.outputs(run):
                sources = walk.sources(output)
                if sources and source not in sources:
                    continue
                reached = True
                explained.add(output)
                _generate(walk.met, run, output, sources, inputs)
                walk.reach(output, depth + 1)
            # A run that read it and made nothing from it still belongs to the answer.
            if reached or not network.outputs(run):
                walk.met.used.add((source, run))
                walk.met.runs.setdefault(run, depth)
        for output, rank in network.results(source, walk.weakest).items():
            if output not in explained:
                walk.met.derived.setdefault((source, output), rank)
                walk.reach(output, depth + 1)
    return walk.met


def _generate(
    met: Met, run: int, output: int, sources: dict[int, int], inputs: Sequence[int]
) -> None:
    """Note that a run wrote a state, and what made us choose its inputs."""
    pair = (run, output)
    # That a run without inputs wrote a file is all that was observed; nothing is assumed.
    rank = min(sources.values(), default=_ASSUMED if inputs else _OBSERVED)
    met.generated[pair] = min(rank, met.generated.get(pair, rank))
