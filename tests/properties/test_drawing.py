"""Laws of drawing, for any names."""

from __future__ import annotations

import os

import pygraphviz
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.drawing.dot import write_dot
from provkit.drawing.mermaid import write_mermaid
from provkit.drawing.text import write_text

EXAMPLES = 2000 if os.environ.get("FULL") else 100
STYLES = {
    "a": Style(),
    "b": Style(shape="rounded", peripheries=2),
    "c": Style(shape="circle"),
    "d": Style(shape="record", text="#FFFFFF"),
}
texts = st.text(max_size=8) | st.text('<>&"\\{}|%\n\x00\ud800 ', max_size=8)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Any nodes, edges and groups with any names."""
    names = draw(st.lists(texts, max_size=8, unique=True))
    groups = draw(st.lists(texts, max_size=3, unique=True))
    node = st.builds(
        Node,
        id=st.just(""),
        lines=st.lists(texts, max_size=3).map(tuple),
        style=st.sampled_from("abcd"),
        group=st.sampled_from([None, *groups]),
        tooltip=texts,
    )
    made = [draw(node) for _ in names]
    ends = st.sampled_from(names) if names else st.nothing()
    edges = st.lists(st.builds(Edge, source=ends, target=ends, label=texts), max_size=12)
    return Diagram(
        nodes=tuple(
            Node(id=n, lines=m.lines, style=m.style, group=m.group, tooltip=m.tooltip)
            for n, m in zip(names, made, strict=True)
        ),
        edges=tuple(draw(edges) if names else []),
        styles=STYLES,
        title=draw(texts),
        direction=draw(st.sampled_from(["TB", "LR", "RL", "BT"])),
        groups=tuple(
            Group(id=name, label=name, parent=draw(st.sampled_from([None, *groups[:index]])))
            for index, name in enumerate(groups)
        ),
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(diagram=diagrams())
def test_graphviz_sees_the_same_graph(diagram: Diagram) -> None:
    """The text is accepted, and has as many nodes and edges as the diagram."""
    graph = pygraphviz.AGraph(string=write_dot(diagram))

    assert len(graph.nodes()) == len(diagram.nodes)
    assert len(graph.edges()) == len(diagram.edges)


@settings(max_examples=EXAMPLES, deadline=None)
@given(diagram=diagrams())
def test_the_terminal_shows_every_node_and_no_control(diagram: Diagram) -> None:
    """Each node is one row, whatever flows where; nothing but line feeds moves the cursor."""
    text = write_text(diagram, alike=10**6)

    assert text.count("\n") >= len(diagram.nodes)
    assert all(sign == "\n" or sign.isprintable() for sign in text if ord(sign) < 0xA0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(diagram=diagrams())
def test_mermaid_has_one_line_for_each_node_and_edge(diagram: Diagram) -> None:
    """No name can add a line, or leave its quotes."""
    lines = write_mermaid(diagram).split("\n")
    body = lines[lines.index(f"flowchart {diagram.direction}") :]

    assert sum(" -->" in line or " -.->" in line for line in body) == len(diagram.edges)
    assert all(line.count('"') in (0, 2) for line in body)
