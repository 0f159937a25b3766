"""Draw a small graph in a terminal: one row for each node, lines for what flows.

Rows go along the arrows, so what something was made from stands above it. A
line to the left of a name is an arrow on its way: it leaves the row it starts
in and ends in the row it points to, and arrows to one node share a line. ::

    ○ raw.csv
    ├─○ params.csv
    ■ clean.py
    ├─○ report.txt
    ○ clean.csv

Ends that only one node leads to hang below that node. An arrow that would go
upwards, in a cycle, is told in words after the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.drawing.diagram import Diagram, Node
from provkit.drawing.labels import shorten, visible

_SIGNS = {"box": "■", "record": "■", "rounded": "○", "circle": "◇"}
_ASCII = str.maketrans("■○◇│─├┤┼╭╮╰╯┬┴╵╷╴╶↑…", "#o*|-+++..''--||--^~")

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_STROKES = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"  # by the sum of the directions a line leaves in


def write_text(diagram: Diagram, *, width: int = 100, unicode: bool = True, alike: int = 6) -> str:
    """Rows of text, each at most ``width`` characters; ends with a line feed unless empty.

    Args:
        diagram: What to draw; groups and labels of edges are left out.
        width: Longest row.
        unicode: False draws with ASCII signs only.
        alike: From this many nodes on that look the same and have the same
            neighbours, only the first two are shown and the rest are counted.
    """
    graph = _Graph(diagram, alike)
    rows = list(_Lanes(graph, diagram).rows())
    if diagram.title and diagram.title_position != "hide":
        rows.insert(0, visible(diagram.title))
    rows = [shorten(row, width) for row in rows]
    if not unicode:
        rows = [row.translate(_ASCII) for row in rows]
    return "".join(f"{row}\n" for row in rows)


class _Graph:
    """Neighbours of the nodes that are drawn, and the order they are drawn in."""

    def __init__(self, diagram: Diagram, alike: int) -> None:
        self.nodes = {node.id: node for node in diagram.nodes}
        self.sources: dict[str, list[str]] = {name: [] for name in self.nodes}
        self.targets: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in dict.fromkeys((e.source, e.target) for e in diagram.edges):
            self.sources[target].append(source)
            self.targets[source].append(target)
        self._fold(alike)
        self.backwards: dict[str, list[str]] = {}
        self.order = self._order()
        self.leaves: dict[str, list[str]] = {}
        for name in self.order:
            if not self.targets[name] and len(self.sources[name]) == 1:
                self.leaves.setdefault(self.sources[name][0], []).append(name)

    def _fold(self, alike: int) -> None:
        """Count nodes that look the same and have the same neighbours instead of drawing all."""
        kin: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for name, node in self.nodes.items():
            key = (node.style, tuple(self.sources[name]), tuple(self.targets[name]))
            if key[1] or key[2]:
                kin.setdefault(key, []).append(name)
        gone: set[str] = set()
        for names in kin.values():
            if len(names) >= max(alike, 4):
                third = self.nodes[names[2]]
                told = (f"… and {len(names) - 2} more like these",)
                self.nodes[names[2]] = Node(id=third.id, lines=told, style=third.style)
                gone.update(names[3:])
        if gone:
            self.nodes = {name: node for name, node in self.nodes.items() if name not in gone}
            for table in (self.sources, self.targets):
                for name in self.nodes:
                    table[name] = [other for other in table[name] if other not in gone]

    def _order(self) -> list[str]:
        """Every node after its sources, and close to them; what breaks that goes backwards."""
        order: list[str] = []
        entered: set[str] = set()
        done: set[str] = set()
        ends = [name for name in self.nodes if not self.targets[name]]
        for start in [*ends, *self.nodes]:
            if start in entered:
                continue
            entered.add(start)
            waiting: list[tuple[str, Iterator[str]]] = [(start, iter(list(self.sources[start])))]
            while waiting:
                name, sources = waiting[-1]
                source = next(sources, None)
                if source is None:
                    waiting.pop()
                    done.add(name)
                    order.append(name)
                elif source not in entered:
                    entered.add(source)
                    waiting.append((source, iter(list(self.sources[source]))))
                elif source not in done:
                    self.sources[name].remove(source)
                    self.targets[source].remove(name)
                    self.backwards.setdefault(source, []).append(name)
        return order


class _Lanes:
    """Lines that are on their way downwards, each by the node it will reach."""

    def __init__(self, graph: _Graph, diagram: Diagram) -> None:
        self._graph = graph
        self._diagram = diagram
        self._lanes: list[str | None] = []

    def rows(self) -> Iterator[str]:
        """All rows, from the first source to the last end."""
        hanging = {leaf for leaves in self._graph.leaves.values() for leaf in leaves}
        for name in self._graph.order:
            if name not in hanging:
                yield from self._node(name)

    def _node(self, name: str) -> Iterator[str]:
        leaves = self._graph.leaves.get(name, [])
        onward = [t for t in self._graph.targets[name] if t not in set(leaves)]
        column = self._lanes.index(name) if name in self._lanes else -1
        if len(onward) == 1 and not leaves and onward[0] in self._lanes:
            joined = self._lanes.index(onward[0])
            if column < 0 or joined < column:
                yield self._beside(name, joined, column, ends=False)
                return
        column = self._free(0) if column < 0 else column
        self._lanes[column] = name
        yield self._row({column: self._sign(name)}, (), name)
        for index, leaf in enumerate(leaves):
            last = index == len(leaves) - 1 and not onward
            yield self._beside(leaf, column, -1, ends=last)
        yield from self._leave(column, onward)

    def _leave(self, column: int, onward: list[str]) -> Iterator[str]:
        """Send the lines of a node on: into lanes that exist, its own, or new ones."""
        before = {index for index, lane in enumerate(self._lanes) if lane is not None}
        joined = {self._lanes.index(target) for target in onward if target in self._lanes}
        fresh = [target for target in onward if target not in self._lanes]
        self._lanes[column] = fresh.pop(0) if fresh else None
        opened = set()
        for target in fresh:
            lane = self._free(column + 1)
            self._lanes[lane] = target
            opened.add(lane)
        after = {index for index, lane in enumerate(self._lanes) if lane is not None}
        if joined or opened:
            met = {column} | joined | opened
            strokes = {
                lane: (_UP if lane in before else 0)
                + (_DOWN if lane in after else 0)
                + (_LEFT if lane > min(met) else 0)
                + (_RIGHT if lane < max(met) else 0)
                for lane in met
            }
            signs = {lane: _STROKES[stroke] for lane, stroke in strokes.items()}
            yield self._row(signs, range(min(met), max(met)), None)
        while self._lanes and self._lanes[-1] is None:
            self._lanes.pop()

    def _beside(self, name: str, column: int, place: int, *, ends: bool) -> str:
        """Row of a node that hangs on a line at its left; at its own place, or a free one."""
        place = self._free(column + 1) if place < 0 else place
        signs = {column: "╰" if ends else "├", place: self._sign(name)}
        row = self._row(signs, range(column, place), name)
        self._lanes[place] = None
        while self._lanes and self._lanes[-1] is None:
            self._lanes.pop()
        return row

    def _free(self, first: int) -> int:
        for index in range(first, len(self._lanes)):
            if self._lanes[index] is None:
                return index
        self._lanes += [None] * (max(first - len(self._lanes), 0) + 1)
        return len(self._lanes) - 1

    def _row(self, signs: dict[int, str], across: range | tuple[()], name: str | None) -> str:
        """One row: signs at their lanes, other lanes passing, a line across, the name."""
        cells = []
        for index, lane in enumerate(self._lanes):
            inside = "─" if index in across else " "
            passing = "│" if lane is not None else inside
            cells.append(signs.get(index, passing) + inside)
        drawn = "".join(cells).rstrip()
        return drawn if name is None else f"{drawn} {self._label(name)}"

    def _sign(self, name: str) -> str:
        return _SIGNS[self._diagram.styles[self._graph.nodes[name].style].shape]

    def _label(self, name: str) -> str:
        lines = self._graph.nodes[name].lines or (self._graph.nodes[name].tooltip or name,)
        back = [
            f"↑ {visible((self._graph.nodes[other].lines or (other,))[0])}"
            for other in self._graph.backwards.get(name, ())
        ]
        return "  ".join([*(visible(line) for line in lines), *back])
