"""provkit graph runs: the paper's multi-run graph, and the traps of its rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from provkit.app.graphs import FileSource, hybrid_graph
from provkit.app.imports import import_source
from provkit.app.project import Project
from provkit.app.run_graphs import Label, RunGraph, RunGraphQuestion, run_graph
from provkit.app.selection import read_filter
from provkit.app.workflows import ScriptOptions
from provkit.files import fingerprint_bytes
from provkit.testing.records import NOON

Record = Callable[..., str]


def sha(content: bytes) -> str:
    return fingerprint_bytes(content).sha256


@pytest.fixture
def later(record: Record) -> Record:
    count = iter(range(1000))

    def make(**facts: Any) -> str:
        return record(started=NOON + timedelta(minutes=next(count)), **facts)

    return make


@pytest.fixture
def draw(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunGraph]:
    monkeypatch.chdir(project.root)

    def do(**question: Any) -> RunGraph:
        return run_graph(project, RunGraphQuestion(**question))

    return do


def files(graph: RunGraph) -> set[str]:
    return {node.id for node in graph.nodes if node.kind == "file"}


def runs(graph: RunGraph) -> set[int | None]:
    return {node.seq for node in graph.nodes if node.kind == "run"}


@pytest.mark.parametrize("label", ["path", "content"])
def test_everything_has_a_node_for_each_run_and_file(
    draw: Callable[..., RunGraph], later: Record, label: Label
) -> None:
    one = later(program="a.R", source=b"A", inputs={"in": b"i"}, outputs={"out": b"o"}, tags=("t",))
    graph = draw(label=label)
    name = {"path": ("in", "out", "a.R"), "content": (sha(b"i"), sha(b"o"), sha(b"A"))}[label]

    assert files(graph) == set(name)
    assert set(graph.edges) == {(name[0], one), (one, name[1])}
    (node,) = (node for node in graph.nodes if node.kind == "run")
    assert (node.id, node.paths, node.tags) == (one, ("a.R",), ("t",))


def test_a_program_is_a_node_without_edges(draw: Callable[..., RunGraph], later: Record) -> None:
    """T12."""
    later(program="a.R", outputs={"out": b"o"})

    assert "a.R" in files(draw())
    assert "a.R" not in {end for edge in draw().edges for end in edge}
    assert "a.R" not in files(draw(way="up", target="out"))


def test_a_run_without_a_tag_is_drawn(draw: Callable[..., RunGraph], later: Record) -> None:
    """T11: the paper's rules lose it, and its edges."""
    later(inputs={"in": b"i"}, outputs={"mid": b"m"})
    later(inputs={"mid": b"m"}, outputs={"out": b"o"}, tags=("one", "two"))

    assert runs(draw(way="up", target="out")) == {1, 2}
    assert len([node for node in draw().nodes if node.kind == "run"]) == 2, "two tags, one node"


def test_files_are_joined_by_content_even_when_labelled_by_path(
    draw: Callable[..., RunGraph], later: Record
) -> None:
    """T10: two versions at one path are one node, but only one of them leads here."""
    later(outputs={"mid": b"one"})
    later(outputs={"mid": b"two"})
    later(inputs={"mid": b"two"}, outputs={"out": b"o"})
    by_path = draw(way="up", target="out", label="path")
    (mid,) = (node for node in by_path.nodes if node.id == "mid")

    assert runs(by_path) == {2, 3}
    assert mid.contents == (sha(b"two"),)
    assert runs(draw(way="up", target="out", by="path")) == {1, 2, 3}


def test_reading_a_file_twice_is_one_edge(draw: Callable[..., RunGraph], later: Record) -> None:
    """T13: rows repeat, edges do not."""
    later(inputs={"in": b"i", "copy": b"i"}, outputs={"out": b"o"})

    assert len(draw(label="content").edges) == 2


def test_several_runs_may_write_the_same_bytes(
    draw: Callable[..., RunGraph], later: Record
) -> None:
    """T18: wasGeneratedBy is not functional."""
    one, two = later(outputs={"out": b"o"}), later(outputs={"out": b"o"})
    graph = draw(way="up", target="sha256:" + sha(b"o"), label="content")

    assert set(graph.edges) == {(one, sha(b"o")), (two, sha(b"o"))}


def test_every_input_counts_for_every_output(draw: Callable[..., RunGraph], later: Record) -> None:
    """Listing 3 knows no finer dependence; provkit lineage does."""
    later(inputs={"a": b"a", "b": b"b"}, outputs={"x": b"x"})

    assert files(draw(way="up", target="x")) == {"a", "b", "x"}


def test_downstream_is_the_mirror(draw: Callable[..., RunGraph], later: Record) -> None:
    later(inputs={"in": b"i"}, outputs={"mid": b"m", "side": b"s"})
    later(inputs={"mid": b"m"}, outputs={"out": b"o"})

    assert files(draw(way="down", target="in")) == {"in", "mid", "side", "out"}
    assert files(draw(way="down", target="side")) == {"side"}


def test_a_target_known_to_no_run_edge_is_a_node(
    draw: Callable[..., RunGraph], later: Record
) -> None:
    later(inputs={"in": b"i"}, outputs={"out": b"o"})
    graph = draw(way="up", target="in")

    assert files(graph) == {"in"}
    assert graph.edges == ()


def test_filters_choose_runs(draw: Callable[..., RunGraph], later: Record) -> None:
    later(program="a.R", outputs={"mid": b"m"}, tags=("keep",))
    later(program="b.R", inputs={"mid": b"m"}, outputs={"out": b"o"})
    graph = draw(runs=read_filter(tag=("keep",)))

    assert runs(graph) == {1}
    assert files(graph) == {"a.R", "mid"}


def test_json_has_path_and_hash_where_there_is_one(
    draw: Callable[..., RunGraph], later: Record
) -> None:
    later(program="a.R", source=b"A", outputs={"mid": b"one"})
    later(program="a.R", source=b"A", outputs={"mid": b"two"})
    nodes = {node["id"]: node for node in draw().to_json()["nodes"]}

    assert nodes["a.R"] == {"id": "a.R", "kind": "file", "path": "a.R", "sha256": sha(b"A")}
    assert nodes["mid"]["sha256"] is None
    assert nodes["mid"]["contents"] == sorted([sha(b"one"), sha(b"two")])


FACTS = """
execmeta(1, 'urn:uuid:00000000-0000-4000-8000-00000000000{n}', 'm', 'd', 'ann', 'null', 'host',
 '2017-01-13 11:4{n}:50 PST', 'x', 'R', '/home/ann/p/scripts/s{n}.R', '2017-01-13 11:4{n}:59 PST',
 'null', 'null', 'null', 'null', 0).
"""


def fact(run: int, access: str, path: str, content: bytes, created: str) -> str:
    return (
        f"filemeta('f', 'urn:uuid:00000000-0000-4000-8000-00000000000{run}', '/home/ann/p/{path}',"
        f" '{sha(content)}', 1, 'ann', '{created}', '{created}', '{access}', 'text/csv', 'a').\n"
    )


@pytest.fixture
def imported(project: Project) -> Project:
    """Two runs of a RunManager."""
    text = "".join(FACTS.replace("{n}", n) for n in "12")
    text += fact(1, "read", "prep/lsp/vHS/in_1.csv", b"i", "2017-01-13 10:00:00")
    text += fact(1, "write", "prep/lsp/vHS/mid.csv", b"m", "2017-01-13 11:41:55")
    text += fact(2, "read", "prep/lsp/vHS/mid.csv", b"m", "2017-01-13 11:59:59")
    text += fact(2, "write", "prep/lsp/vHS/out.csv", b"o", "2017-01-13 11:42:55")
    facts = f"{project.root}/facts.P"
    with open(facts, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
    import_source(project, facts)
    return project


def test_imported_runs_keep_their_ids(imported: Project, draw: Callable[..., RunGraph]) -> None:
    """And different creation times of one content do not part it (T19)."""
    graph = draw(way="up", target="/home/ann/p/prep/lsp/vHS/out.csv")

    assert {node.id for node in graph.nodes if node.kind == "run"} == {
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "urn:uuid:00000000-0000-4000-8000-000000000002",
    }


def test_importing_twice_changes_nothing(imported: Project, draw: Callable[..., RunGraph]) -> None:
    before = draw()
    again = import_source(imported, f"{imported.root}/facts.P")

    assert again.added == ()
    assert len(again.already) == 2
    assert draw() == before
    assert len(list(imported.records())) == 2


SCRIPT = """# @begin main
# @param dir_goal
# @in raw @uri file:{dir_goal}/in_{n}.csv
# @out mid @uri file:{dir_goal}/mid.csv
# @begin step
# @param dir_goal
# @in raw @uri file:{dir_goal}/in_{n}.csv
# @out mid @uri file:{dir_goal}/mid.csv
# @end step
# @end main
"""


def test_the_files_of_an_imported_run_fill_the_workflow(imported: Project) -> None:
    """T17: RunManager's paths are absolute, templates are not; T8: a variable crosses '/'."""
    script = f"{imported.root}/s.R"
    with open(script, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(SCRIPT)
    graph, _ = hybrid_graph(
        ScriptOptions(files=(script,)), FileSource(run="1", root="/home/ann/p"), imported
    )
    uris = {node.id: node.uris for node in graph.nodes if node.uris is not None}

    assert uris == {
        "raw": ("/home/ann/p/prep/lsp/vHS/in_1.csv",),
        "mid": ("/home/ann/p/prep/lsp/vHS/mid.csv",),
    }
