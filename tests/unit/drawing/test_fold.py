"""Alike files are drawn as one box; nothing else is."""

from __future__ import annotations

import pytest

from provkit.drawing.diagram import Diagram, Edge, Node, Style
from provkit.drawing.fold import common_pattern, fold_alike

STYLES = {"file": Style(), "run": Style()}


def months(count: int, folder: str) -> list[Node]:
    return [
        Node(id=f"{folder}/{n}", lines=(f"{folder}/rain.{n}.csv",), style="file")
        for n in range(count)
    ]


def drawn(nodes: list[Node]) -> Diagram:
    run = Node(id="run", lines=("run",), style="run")
    edges = tuple(Edge(source=node.id, target="run") for node in nodes)
    return Diagram(nodes=(*nodes, run), edges=edges, styles=STYLES)


def test_files_of_one_folder_that_one_run_read_become_one_box() -> None:
    folded = fold_alike(drawn([*months(12, "a"), *months(7, "b")]), "file")

    assert [node.lines for node in folded.nodes] == [
        ("a/rain.*.csv", "12 files"), ("b/rain.*.csv", "7 files"), ("run",),
    ]  # fmt: skip
    assert [(edge.source, edge.target) for edge in folded.edges] == [("a/0", "run"), ("b/0", "run")]


def test_few_files_and_files_with_other_neighbours_stay() -> None:
    few = drawn(months(5, "a"))
    assert fold_alike(few, "file") == few

    twelve = drawn(months(12, "a"))
    other = twelve._replace(edges=(*twelve.edges, Edge(source="run", target="a/3")))
    assert {node.id for node in fold_alike(other, "file").nodes} == {"a/0", "a/3", "run"}


def test_runs_are_never_folded() -> None:
    runs = [Node(id=str(n), lines=(f"x/{n}",), style="run") for n in range(9)]
    file = Node(id="f", lines=("f",), style="file")
    diagram = Diagram(
        nodes=(*runs, file), edges=tuple(Edge(source="f", target=r.id) for r in runs), styles=STYLES
    )

    assert fold_alike(diagram, "file") == diagram


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["a1.csv", "a22.csv"], "a*.csv"),
        (["a", "b"], "*"),
        (["aa", "aaa"], "aa*"),
        (["x/a.1", "x/a.1"], "x/a.1*"),
    ],
)
def test_a_pattern_holds_what_is_common(names: list[str], pattern: str) -> None:
    assert common_pattern(names) == pattern
