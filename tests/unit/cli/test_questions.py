"""lineage, graph, ask, paths, query, import: formats, exit codes, words to standard error."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from provkit.app.project import create_project
from provkit.cli.main import main
from provkit.testing.records import run_events, write_run

SCRIPT = """# @begin clean
# @in raw @uri file:raw.csv
# @out tidy @uri file:tidy.csv
# @begin wash
# @in raw @uri file:raw.csv
# @out tidy @uri file:tidy.csv
# @end wash
# @end clean
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: raw.csv, tidy.csv, plot.png, and 12 months that are alike."""
    place = tmp_path_factory.mktemp("work")
    project = create_project(place, version="0.1.0")
    months = {f"months/{n}.csv": b"%d" % n for n in range(1, 13)}
    for facts in (
        {"inputs": {"raw.csv": b"r", **months}, "outputs": {"tidy.csv": b"t"}, "tags": ("first",)},
        {"inputs": {"tidy.csv": b"t"}, "outputs": {"plot.png": b"p"}, "program": "plot.R"},
    ):
        write_run(project, run_events(**facts))  # type: ignore[arg-type] # arguments of run_events
    (place / "clean.R").write_text(SCRIPT)
    (place / "raw.csv").write_bytes(b"r")
    return place


@pytest.fixture
def say(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> object:
    """``say(*words)``: exit code, standard output, standard error."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PROVKIT_PROJECT", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.mark.parametrize("fmt", ["table", "json", "csv", "dot", "mermaid", "text", "turtle"])
def test_lineage_is_written_in_each_format(say, fmt: str) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = say("lineage", "plot.png", "--format", fmt)

    assert code == 0
    assert "tidy.csv" in out


def test_the_page_puts_alike_files_together(say) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = say("lineage", "plot.png")

    assert "months/*.csv" in out
    assert "12 files" in out
    assert "months/7.csv" not in out
    assert "2 runs, 15 files, 13 of them written by no run shown" in out


def test_csv_has_a_row_for_each_edge(say) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = say("lineage", "plot.png", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))

    assert len(rows) == 16
    assert {row["kind"] for row in rows} == {"used", "generated"}
    assert "raw.csv" in {row["from_name"] for row in rows}


def test_a_file_never_recorded_ends_with_3(say) -> None:  # type: ignore[no-untyped-def]
    code, out, err = say("lineage", "nowhere.csv")

    assert (code, out) == (3, "")
    assert "never recorded" in err
    assert "hint:" in err


@pytest.mark.parametrize(
    "words",
    [
        ("lineage", "plot.png", "--by", "name"),
        ("lineage", "plot.png", "--format", "word"),
        ("lineage",),
        ("graph", "runs", "--upstream-of", "a", "--downstream-of", "b"),
        ("graph", "prospective"),
        ("graph", "prospective", "--script", "none.R"),
        ("graph", "hybrid", "--script", "clean.R", "--run", "1", "--resources", "x"),
        ("ask", "outputs-of", "--script", "clean.R"),
        ("ask", "what", "--script", "clean.R"),
        ("ask", "nothing-like-it"),
        ("paths", "used/"),
        ("query", "SELECT * {"),
        ("query", "none.rq"),
        ("import", "none"),
    ],
)
def test_misuse_ends_with_2_and_a_sentence(say, words: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    code, out, err = say(*words)

    assert (code, out) == (2, "")
    assert err.startswith("provkit: ")


def test_graphs_of_a_workflow(say) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = say("graph", "prospective", "--script", "clean.R", "--json")
    assert {tuple(edge) for edge in json.loads(out)["edges"]} == {
        ("raw_inflow", "raw"),
        ("raw", "wash"),
        ("wash", "tidy"),
        ("tidy", "tidy_outflow"),
    }
    _, out, err = say("graph", "hybrid", "--script", "clean.R", "--root", ".", "--json")
    nodes = {node["id"]: node for node in json.loads(out)["nodes"]}
    assert nodes["raw"] == {"id": "raw", "kind": "data_value", "uris": ["raw.csv"]}
    assert nodes["tidy"]["uris"] == []
    assert "tidy.csv" in err, "what was looked for in vain is told"


def test_a_script_needs_no_project(
    say,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    (tmp_path / "clean.R").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)

    assert say("ask", "outputs", "--script", "clean.R", "--json")[1] == '[\n  "tidy"\n]\n'
    assert say("ask", "inputs-of", "tidy", "--script", "clean.R")[1] == "raw\n"
    assert say("graph", "runs")[0] == 3, "the runs are those of a project"


@pytest.mark.parametrize("fmt", ["json", "dot", "text", "mermaid"])
def test_the_graph_of_runs_is_written_in_each_format(say, fmt: str) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = say("graph", "runs", "--format", fmt)

    assert code == 0
    assert "plot.png" in out


def test_questions_are_listed_and_answered(say) -> None:  # type: ignore[no-untyped-def]
    _, out, err = say("ask")
    assert "stale-outputs" in out
    assert "Ask one" in err
    _, out, _ = say("ask", "tagged", "tag=first", "--json")
    assert [row["program"] for row in json.loads(out)] == ["clean.R"]
    assert say("ask", "tagged", "tag=second")[1:] == ("", "Nothing.\n")
    described = json.loads(say("ask", "--json")[1])
    assert {"name", "summary", "parameters", "columns", "sources"} == set(described[0])


def test_sparql_is_answered(say) -> None:  # type: ignore[no-untyped-def]
    query = "SELECT ?tag { ?run <https://w3id.org/provkit/ns#tag> ?tag }"

    assert say("query", query)[1] == "tag\nfirst\n"
    assert json.loads(say("query", query, "--json")[1])["head"] == {"vars": ["tag"]}
    assert say("query", "ASK { ?s ?p ?o }")[1] == "yes\n"


def test_ways_are_printed(say) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = say("paths", "(wasGeneratedBy/used)+", "--from", "plot.png", "--to", "raw.csv")

    assert out == "plot.png → run 2 (plot.R) → tidy.csv → run 1 (clean.R) → raw.csv\n"
    assert say("paths", "wasDerivedFrom[path=none]")[1:] == ("", "No way fits.\n")


def test_a_strange_name_cannot_move_the_cursor(
    say,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    """Names come from strangers; a terminal must not obey them."""
    project = create_project(tmp_path, version="0.1.0")
    name = "a\x1b[2Jb\ncaf\udce9.csv"
    write_run(
        project, run_events(program="x\x1b]0;t\x07.R", inputs={name: b"1"}, outputs={"o": b"2"})
    )
    monkeypatch.chdir(tmp_path)
    for words in (
        ("lineage", "o"),
        ("lineage", "o", "--format", "text"),
        ("graph", "runs"),
        ("ask", "inputs"),
        ("paths", "wasGeneratedBy/used"),
    ):
        code, out, _ = say(*words)
        assert code == 0
        assert "\x1b" not in out
        assert "\x07" not in out
    assert json.loads(say("lineage", "o", "--json")[1])["files"][0]["path"] == name
