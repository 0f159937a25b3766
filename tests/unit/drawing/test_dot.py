"""DOT text is valid, says what the diagram says, and nothing a name could add."""

from __future__ import annotations

import pygraphviz
import pytest

from provkit.drawing.diagram import Diagram, Edge, Group, Node, Style
from provkit.drawing.dot import quote_id, write_dot

STYLES = {
    "step": Style(shape="box", fill="#CCFFCC", font="Courier"),
    "sub": Style(shape="box", peripheries=2),
    "data": Style(shape="rounded", fill="#FFFFCC"),
    "port": Style(shape="circle"),
}
ODD = [
    'a"b', "a\\", 'a\\"', "a\\\\", "<b>x</b>", "a\nb", "{x|y}", "\x00", "\ud800", "&lt;", "\\N",
    "\\n", " ", "", "->", "//", "/*", "#", ";", "node", "é", "\u202e", "日本", "\\ ", "%1", "%", "a\r\nb",
]  # fmt: skip


def parse(text: str) -> pygraphviz.AGraph:
    return pygraphviz.AGraph(string=text)


def diagram(*nodes: Node, edges: tuple[Edge, ...] = (), **more: object) -> Diagram:
    return Diagram(nodes=nodes, edges=edges, styles=STYLES, **more)  # type: ignore[arg-type] # test helper


@pytest.mark.parametrize("style", list(STYLES))
@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_any_name_gives_as_many_nodes_as_there_are(style: str, direction: str, rows: int) -> None:
    """Names come from strangers: none may break the text or merge with another."""
    nodes = [Node(id=name, lines=(name,) * rows, style=style) for name in ODD]
    edges = tuple(Edge(source=name, target=ODD[0], label=name) for name in ODD)
    graph = parse(write_dot(diagram(*nodes, edges=edges, title=ODD[0], direction=direction)))

    assert len(graph.nodes()) == len(ODD)
    assert len(graph.edges()) == len(ODD)


def test_ids_of_different_texts_differ() -> None:
    """Graphviz compares ids as written, so escaping has to be one to one."""
    texts = [*ODD, "\\u0000", "a\\u000ab", '\\"', "\\ud800"]
    ids = {parse(f"digraph {{ {quote_id(text)} }}").nodes()[0] for text in texts}

    assert len(ids) == len(texts)


def test_a_second_line_stands_below_the_first() -> None:
    """Fields of a record turn with the direction, so braces have to turn them back."""
    node = Node(id="a", lines=("name", "first: {x}"), style="step")

    assert r'[shape=record label="{name|first:\ \{x\}}"]' in write_dot(diagram(node))
    assert r'[shape=record label="name|first:\ \{x\}"]' in write_dot(diagram(node, direction="LR"))


def test_further_lines_are_a_list_flush_left() -> None:
    """Figure 1(b) of the paper lists the files of a data item below its name."""
    node = Node(id="a", lines=("name", "x.csv", "y.csv"), style="data")

    assert r"{name|x.csv\ly.csv\l}" in write_dot(diagram(node))


def test_two_outlines_survive_a_second_line() -> None:
    """A record has one outline only: a sub-workflow with a description is a box."""
    node = Node(id="a", lines=("name", "words"), style="sub")

    text = write_dot(diagram(node))

    assert "peripheries=2" in text
    assert "record" not in text


@pytest.mark.parametrize(
    ("position", "expected"),
    [("top", "labelloc=t"), ("bottom", "labelloc=b"), ("hide", "graph [rankdir=TB fontname")],
)
def test_title_stands_where_it_should(position: str, expected: str) -> None:
    """Hidden means no label at all."""
    text = write_dot(
        diagram(Node(id="a", lines=(), style="port"), title="T", title_position=position)
    )

    assert expected in text
    assert ('label="T"' in text) == (position != "hide")


def test_groups_are_clusters_in_clusters() -> None:
    """A frame is a cluster with a line, a loose group one without."""
    groups = (Group(id="in", frame=False, parent="out"), Group(id="out", label='"'))
    nodes = (Node(id="a", lines=("a",), style="step", group="in"),)
    graph = parse(write_dot(diagram(*nodes, groups=groups)))

    outer = graph.subgraphs()[0]
    inner = outer.subgraphs()[0]
    assert inner.nodes() == ["a"]
    assert (outer.graph_attr["penwidth"], inner.graph_attr["penwidth"]) == ("2", "0")


def test_a_long_text_is_wrapped_and_a_long_word_shortened() -> None:
    """One long description must not make a picture nobody can read."""
    text = write_dot(diagram(Node(id="a", lines=("n", "word " * 40 + "x" * 500), style="step")))

    assert max(len(row) for row in text.replace("\\n", "\n").split("\n")) < 250
    assert "…" in text


def test_looks_are_those_of_the_style() -> None:
    """Each kind of node can be told from the others."""
    graph = parse(write_dot(diagram(*(Node(id=s, lines=(s,), style=s) for s in STYLES))))

    step, data, port = (graph.get_node(name) for name in ("step", "data", "port"))
    assert (step.attr["shape"], step.attr["fillcolor"]) == ("box", "#CCFFCC")
    assert (data.attr["style"], data.attr["fillcolor"]) == ("rounded,filled", "#FFFFCC")
    assert port.attr["shape"] == "circle"
