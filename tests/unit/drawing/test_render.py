"""Pictures are drawn in a child with limits, are the same each time, and hold no script."""

from __future__ import annotations

import subprocess
from xml.etree import ElementTree

import pytest

from provkit.drawing import render as module
from provkit.drawing.diagram import Diagram, Edge, Node, Style
from provkit.drawing.dot import write_dot
from provkit.drawing.render import render
from provkit.errors import DrawingError


def dot(*names: str) -> str:
    nodes = tuple(Node(id=name, lines=(name, name), style="s", tooltip=name) for name in names)
    edges = tuple(Edge(source=names[0], target=name, label=name) for name in names)
    return write_dot(Diagram(nodes=nodes, edges=edges, styles={"s": Style()}, title=names[0]))


def test_svg_is_the_same_each_time() -> None:
    """A picture in a repository must not change when the graph does not."""
    assert render(dot("a", "b"), "svg") == render(dot("a", "b"), "svg")


@pytest.mark.parametrize(
    ("kind", "magic"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_each_format_is_what_it_says(kind: module.PictureFormat, magic: bytes) -> None:
    """SVG begins with its element, so that a page can hold it as it is."""
    assert render(dot("a"), kind).startswith(magic)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>", "]]><script>", '" onload="alert(1)', "javascript:alert(1)",
        "<!-- x --><image href='http://h/x.png'/>", "&lt;script&gt;", "--><script>", "\x1b]0;x\x07",
    ],
)  # fmt: skip
def test_no_name_becomes_markup(name: str) -> None:
    """A picture of somebody else's script is opened in a browser."""
    root = ElementTree.fromstring(render(dot(name, "b"), "svg"))  # noqa: S314 - made here

    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    keys = {key.rpartition("}")[2] for element in root.iter() for key in element.attrib}
    assert tags <= {"svg", "g", "a", "title", "text", "polygon", "polyline", "path", "ellipse"}
    assert not {key for key in keys if key.startswith("on") or key == "href"}
    assert "b" in {element.text for element in root.iter()}


def test_an_element_that_is_not_trusted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Graphviz this machine has, no script leaves here."""
    for evil in (
        b"<svg><script>x</script></svg>",
        b'<svg onload="x"/>',
        b"<svg><a href='u'/></svg>",
    ):
        done = subprocess.CompletedProcess([], 0, stdout=evil, stderr=b"")
        monkeypatch.setattr(module.subprocess, "run", lambda *_, done=done, **__: done)
        with pytest.raises(DrawingError, match="does not trust"):
            render("digraph {}", "svg")


def test_without_graphviz_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphviz is optional; DOT and Mermaid always work."""
    done = subprocess.CompletedProcess([], 3, stdout=b"", stderr=b"")
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: done)

    with pytest.raises(DrawingError) as caught:
        render("digraph {}", "svg")
    assert "provkit[graphviz]" in caught.value.hint


def test_a_graph_that_takes_too_long_is_given_up() -> None:
    """A complete graph of some hundred nodes would keep Graphviz busy for hours."""
    edges = " ".join(f"{a} -> {b};" for a in range(120) for b in range(120))

    with pytest.raises(DrawingError):
        render(f"digraph {{ {edges} }}", "svg", seconds=1)


def test_text_that_is_not_dot_is_an_error() -> None:
    """One sentence, not a traceback."""
    with pytest.raises(DrawingError, match="could not draw"):
        render("not dot {", "svg")
