"""A diagram as a value: nodes with styles, edges, groups, a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["TB", "LR", "RL", "BT"]
Shape = Literal["box", "rounded", "circle", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An arrow between two nodes of the diagram."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A frame around nodes; ``parent`` nests it in another one."""

    id: str
    label: str = ""
    frame: bool = True
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Everything a writer needs; writers add nothing of their own."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    styles: dict[str, Style]
    title: str = ""
    title_position: Literal["top", "bottom", "hide"] = "top"
    direction: Direction = "TB"
    groups: tuple[Group, ...] = ()
