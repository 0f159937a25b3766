"""The ways themselves that fit a regular path expression, shortest first.

The graph and the automaton are walked together: a place is a node and a state.
Files are nodes by what joins them, so a way crosses from the run that wrote
a version to the run that read it, whatever it was called meanwhile. First all
places that can be reached, then their distance to an end, then the ways, best
first; a way visits no node twice, so cycles end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from provkit.lineage.expression import Automaton, Condition, Step
from provkit.lineage.network import EVIDENCE, JOINS, Adjacency, By

Holds = Callable[[int, Condition], bool]
"""Whether a test holds for a run or a state."""

_FROM_RUN = (("used", False), ("wasGeneratedBy", True))
_MOST_WAYS_TRIED = 200_000


class Place(NamedTuple):
    """A node and a state of the automaton."""

    node: int
    state: int


class Graph:
    """The network with joined states as one node, named by one of them.

    Args:
        network: Runs and states.
        by: The weakest join.
        holds: The tests.
    """

    def __init__(self, network: Adjacency, by: By, holds: Holds) -> None:
        self._network = network
        self._join = JOINS.index(by)
        self._holds = holds
        self._named: dict[int, int] = {}

    def node(self, state: int) -> int:
        """The state that names what a state is joined to."""
        key = self._network.key(state, self._join)
        return state if key is None else self._named.setdefault(key, state)

    def members(self, node: int) -> Iterable[int]:
        """States that are one node."""
        key = self._network.key(node, self._join)
        return (node,) if key is None else self._network.members(key)

    def follow(self, node: int, step: Step) -> Iterator[int]:
        """Nodes that a step reaches."""
        from_run = (step.relation, step.inverse) in _FROM_RUN
        to_run = not from_run and step.relation != "wasDerivedFrom"
        seen: set[int] = set()
        for start in (node,) if from_run else self.members(node):
            for reached in self._neighbours(start, step):
                if all(self._holds(reached, test) != test.negated for test in step.tests):
                    found = reached if to_run else self.node(reached)
                    if found not in seen:
                        seen.add(found)
                        yield found

    def _neighbours(self, start: int, step: Step) -> Iterable[int]:
        network = self._network
        if step.relation == "used":
            return network.readers(start) if step.inverse else network.inputs(start)
        if step.relation == "wasGeneratedBy":
            return network.outputs(start) if step.inverse else network.makers(start)
        look = network.results if step.inverse else network.sources
        return look(start, len(EVIDENCE) - 1)


def find_ways(
    graph: Graph,
    automaton: Automaton,
    starts: Iterable[int],
    ends: Container[int] | None,
    most: int,
) -> list[tuple[int, ...]]:
    """The shortest ways that fit, by nodes.

    Args:
        graph: Where.
        automaton: Of the expression.
        starts: Nodes where a way may begin.
        ends: Nodes where it may end; None for any.
        most: How many ways.
    """
    begin = [Place(node, 0) for node in dict.fromkeys(starts)]
    edges = _reachable(graph, automaton, begin)
    good = [p for p in edges if p.state in automaton.final and (ends is None or p.node in ends)]
    left = _distances(edges, good)
    goals = set(good)
    waiting: list[tuple[int, tuple[int, ...], int]] = []
    for place in begin:
        if place in left:
            heappush(waiting, (left[place], (place.node,), place.state))
    found: dict[tuple[int, ...], None] = {}
    for _ in range(_MOST_WAYS_TRIED):
        if not waiting or len(found) >= most:
            break
        total, way, state = heappop(waiting)
        place = Place(way[-1], state)
        if total == len(way) - 1 and place in goals and len(way) > 1:
            found[way] = None
        for following in edges[place]:
            if following in left and following.node not in way:
                longer = (*way, following.node)
                heappush(waiting, (len(longer) - 1 + left[following], longer, following.state))
    return list(found)[:most]


def _reachable(
    graph: Graph, automaton: Automaton, begin: Iterable[Place]
) -> dict[Place, list[Place]]:
    """Every place that can be reached, with the places after it."""
    edges: dict[Place, list[Place]] = {}
    waiting = list(begin)
    while waiting:
        place = waiting.pop()
        if place in edges:
            continue
        following = {
            Place(node, target)
            for step, target in automaton.steps[place.state]
            for node in graph.follow(place.node, step)
        }
        edges[place] = sorted(following)
        waiting += [each for each in following if each not in edges]
    return edges


def _distances(edges: dict[Place, list[Place]], good: Iterable[Place]) -> dict[Place, int]:
    """How far each place is from the nearest end; one that leads to none is left out."""
    back: dict[Place, list[Place]] = {}
    for place, following in edges.items():
        for each in following:
            back.setdefault(each, []).append(place)
    found = dict.fromkeys(good, 0)
    waiting = deque(found)
    while waiting:
        place = waiting.popleft()
        for before in back.get(place, ()):
            if before not in found:
                found[before] = found[place] + 1
                waiting.append(before)
    return found
