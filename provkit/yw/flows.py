"""Flows within one block: which of its ports and its steps' ports are joined.

Sources are the block's own inputs and what its steps write; sinks are what its
steps read and the block's own outputs. Those of one name are joined, in this block
only (YesWorkflow 0.2.1.2). Where YesWorkflow kept the last writer of a name and
dropped the others, all are joined here. Statement order counts for one thing: a step that
reads *and* writes a name makes a new version of it, so whatever follows gets that
version, and the step itself the one before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from provkit.model.workflow import Port

# So many writers of one name are no workflow any more; the last ones are joined, and
# the number of flows stays linear in the number of ports.
_MOST_WRITERS = 100

Flow = tuple[Port, Port]


def join(own: Sequence[Port], steps: Sequence[tuple[Sequence[Port], bool]]) -> list[Flow]:
    """Each flow once, as its source and its sink.

    Args:
        own: Ports of the block.
        steps: Ports of each block inside, in order, and whether that is a function:
            what a function returns goes to whoever calls it, not to a port.
    """
    inputs = _by_binding(port for port in own if port.is_input)
    names: dict[str, _Name] = {}
    for position, (ports, is_function) in enumerate(steps):
        read = {port.binding for port in ports if port.is_input}
        for port in _distinct(ports):
            if port.tag == "out" and not is_function:
                name = names.setdefault(port.binding, _Name())
                name.add(position, port, again=port.binding in read)
    flows: list[Flow] = []
    for position, (ports, _) in enumerate(steps):
        for sink in _distinct(ports):
            if sink.is_input:
                outside = inputs.get(sink.binding, [])
                written = names.get(sink.binding)
                sources = written.seen_at(position, outside) if written else outside
                flows += [(source, sink) for source in sources]
    if all(is_function for _, is_function in steps):
        return flows  # nothing happens inside, so nothing comes out
    for sink in _distinct(own):
        if not sink.is_input:
            written = names.get(sink.binding)
            outside = inputs.get(sink.binding, [])
            sources = written.seen_at(len(steps), outside) if written else outside
            flows += [(source, sink) for source in sources]
    return flows


class _Name:
    """Who writes one name within a block, in order."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.ports: list[Port] = []
        self.versions: list[int] = []

    def add(self, position: int, port: Port, *, again: bool) -> None:
        """One more writer; ``again`` if it reads the name, too."""
        if again and (not self.versions or self.versions[-1] != position):
            self.versions.append(position)
        self.positions.append(position)
        self.ports.append(port)

    def seen_at(self, position: int, outside: list[Port]) -> list[Port]:
        """What a reader at a position gets: writers, else what comes from outside."""
        if not self.versions:
            return self.ports[-_MOST_WRITERS:]
        before = bisect_left(self.versions, position)
        first = bisect_left(self.positions, self.versions[before - 1]) if before else 0
        earlier = self.ports[first : bisect_left(self.positions, position)]
        return (earlier or outside or self._others(position))[-_MOST_WRITERS:]

    def _others(self, position: int) -> list[Port]:
        """Writers further down; the step itself when there is nobody else."""
        last = zip(self.positions[-_MOST_WRITERS:], self.ports[-_MOST_WRITERS:], strict=True)
        return [port for at, port in last if at != position] or self.ports


def _distinct(ports: Iterable[Port]) -> list[Port]:
    """Ports without those that a block declares again."""
    first: dict[tuple[str, str, str], Port] = {}
    for port in ports:
        first.setdefault((port.tag, port.name, port.binding), port)
    return list(first.values())


def _by_binding(ports: Iterable[Port]) -> dict[str, list[Port]]:
    found: dict[str, list[Port]] = {}
    for port in _distinct(ports):
        found.setdefault(port.binding, []).append(port)
    return found
