"""A diagram as a value: nodes with styles, edges, groups, a title.

Named tuples, not dataclasses: the decorator takes seven times as long, and
every drawing command waits for it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Direction = Literal["TB", "LR", "RL", "BT"]
Shape = Literal["box", "rounded", "circle", "record"]
TitlePosition = Literal["top", "bottom", "hide"]
PictureFormat = Literal["svg", "png", "pdf"]


class Style(NamedTuple):
    """How a kind of node looks.

    Attributes:
        fill: Colour as ``#RRGGBB``.
        text: Colour of the label.
        font: Font family.
        peripheries: Number of outlines.
    """

    shape: Shape = "box"
    fill: str = "#FFFFFF"
    text: str = "#000000"
    font: str = "Helvetica"
    peripheries: int = 1


class Node(NamedTuple):
    """A node.

    Attributes:
        id: Unique in the diagram; any text.
        lines: What a reader sees, one entry per row of the box; empty for a port circle.
        style: Key into the styles of the diagram.
        group: Key of the group it is drawn in, or None.
        tooltip: Text shown when pointing at it.
    """

    id: str
    lines: tuple[str, ...]
    style: str
    group: str | None = None
    tooltip: str = ""


class Edge(NamedTuple):
    """An arrow between two nodes of the diagram."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


class Group(NamedTuple):
    """A frame around nodes; ``parent`` nests it in another one."""

    id: str
    label: str = ""
    frame: bool = True
    parent: str | None = None


class Diagram(NamedTuple):
    """Everything a writer needs; writers add nothing of their own."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    styles: dict[str, Style]
    title: str = ""
    title_position: TitlePosition = "top"
    direction: Direction = "TB"
    groups: tuple[Group, ...] = ()
