"""provkit ask and provkit query: values as a user writes them, answers as people read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provkit.app.project import Project
from provkit.app.questions import ask_question, find_question, list_questions, read_values
from provkit.app.sparql import ask_sparql, read_query
from provkit.errors import (
    NotRecordedError,
    QueryParameterError,
    QuerySyntaxError,
    StoreError,
    UsageError,
)

Record = Callable[..., str]


@pytest.fixture
def runs(record: Record, project: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs, and the working directory a folder below the project."""
    folder = Path(project.root, "sub")
    folder.mkdir()
    monkeypatch.chdir(folder)
    return [
        record(inputs={"raw.csv": b"raw"}, outputs={"sub/out.csv": b"out"}, tags=("it's",)),
        record(inputs={"sub/out.csv": b"out"}, outputs={"caf\udce9.png": b"p"}, program="plot.R"),
    ]


def ask(project: Project, name: str, *words: str) -> list[dict[str, Any]]:
    return ask_question(project, name, read_values(words)).to_json()


def test_a_path_is_from_the_working_directory(project: Project, runs: list[str]) -> None:
    assert [row["run"] for row in ask(project, "readers", "path=../raw.csv")] == [runs[0]]
    assert [row["run"] for row in ask(project, "writers", "path=out.csv")] == [runs[0]]


@pytest.mark.parametrize("text", ["1", "latest", "id"])
def test_a_run_is_named_as_everywhere(project: Project, runs: list[str], text: str) -> None:
    named = runs[0][:8] if text == "id" else text
    found = ask(project, "inputs", f"run={named}")

    assert found[0]["path"] == ("sub/out.csv" if text == "latest" else "raw.csv")


def test_values_are_plain(project: Project, runs: list[str]) -> None:
    """JSON has numbers where there are numbers, hashes as hex, runs by id."""
    (row,) = ask(project, "inputs", "run=1")

    assert row["size"] == 3
    assert len(row["content"]) == 64
    assert row["run"] == runs[0]


def test_a_strange_name_comes_back_and_can_be_asked_for(project: Project, runs: list[str]) -> None:
    assert {row["path"] for row in ask(project, "final-outputs")} == {"caf\udce9.png"}
    assert ask(project, "writers", "path=../caf\udce9.png")


def test_a_quote_in_a_value_is_only_a_quote(project: Project, runs: list[str]) -> None:
    """D5: an apostrophe in a tag broke recordr's SQL."""
    assert [row["run"] for row in ask(project, "tagged", "tag=it's")] == [runs[0]]
    assert ask(project, "tagged", 'tag=" } DROP ALL #') == []


def test_nothing_about_a_file_that_was_never_recorded_is_an_error(
    project: Project, runs: list[str]
) -> None:
    with pytest.raises(NotRecordedError, match=r"never recorded: sub/no\.csv"):
        ask(project, "readers", "path=no.csv")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("readers", "file=x"), QueryParameterError),
        (("made-from",), QueryParameterError),
        (("inputs", "run=99"), NotRecordedError),
        (("reader",), UsageError),
        (("readers", "path"), UsageError),
        (("readers", "path=a", "path=b"), UsageError),
        (("lineage/upstream-content", "start=word"), QueryParameterError),
    ],
)
def test_what_cannot_be_asked_is_told(
    project: Project, runs: list[str], words: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        ask(project, *words)
    assert caught.value.hint  # type: ignore[attr-defined] # all are ours


def test_every_query_can_be_asked_by_its_full_name(project: Project, runs: list[str]) -> None:
    start = f"urn:uuid:{runs[0]}#left/sub/out.csv"
    found = ask(project, "lineage/downstream-content", f"start={start}")

    assert {row["path"] for row in found} == {"sub/out.csv", "caf\udce9.png"}


def test_questions_are_listed_with_what_they_want() -> None:
    names = [query.name for query in list_questions()]

    assert names == sorted(names)
    assert all(query.summary.endswith("?") or "." in query.summary for query in list_questions())
    assert find_question("readers") == find_question("questions/readers")
    assert len(list_questions(everything=True)) > len(names)


class TestSparql:
    """provkit query."""

    QUERY = "SELECT ?tag WHERE { ?run <https://w3id.org/provkit/ns#tag> ?tag }"

    def test_rows_in_every_format(self, project: Project, runs: list[str]) -> None:
        assert ask_sparql(project, self.QUERY, "csv").written == b"tag\r\nit's\r\n"
        rows = json.loads(ask_sparql(project, self.QUERY, "json").written)
        assert rows["results"]["bindings"][0]["tag"]["value"] == "it's"
        assert b'<binding name="tag">' in ask_sparql(project, self.QUERY, "xml").written
        assert ask_sparql(project, self.QUERY, "tsv").written.startswith(b"?tag\n")
        assert ask_sparql(project, self.QUERY, "table").table == rows

    def test_triples_in_every_format(self, project: Project, runs: list[str]) -> None:
        query = self.QUERY.replace("SELECT ?tag", "CONSTRUCT { ?run <urn:has> ?tag }")

        assert b'<urn:has> "it\'s"' in ask_sparql(project, query, "turtle").written
        assert b"<urn:has>" in ask_sparql(project, query, "table").written
        assert "urn:has" in json.dumps(json.loads(ask_sparql(project, query, "jsonld").written))
        assert b"<rdf:RDF" in ask_sparql(project, query, "xml").written

    def test_yes_or_no(self, project: Project, runs: list[str]) -> None:
        assert ask_sparql(project, "ASK { ?s ?p ?o }", "table").table == {
            "head": {},
            "boolean": True,
        }

    @pytest.mark.parametrize("fmt", ["turtle", "jsonld"])
    def test_rows_are_no_graph(self, project: Project, runs: list[str], fmt: str) -> None:
        with pytest.raises(UsageError, match="cannot be answered as"):
            ask_sparql(project, self.QUERY, fmt)

    @pytest.mark.parametrize(
        "query",
        [
            "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
            "PREFIX a: <urn:a> # DELETE\n DELETE WHERE { ?s ?p ?o }",
            "\n# x\ndrop all",
        ],
    )
    def test_a_query_only_reads(self, project: Project, runs: list[str], query: str) -> None:
        with pytest.raises(UsageError, match="only reads"):
            ask_sparql(project, query, "table")

    def test_it_never_calls_out(self, project: Project, runs: list[str]) -> None:
        with pytest.raises(QuerySyntaxError, match="SERVICE"):
            ask_sparql(project, "SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }", "table")

    def test_a_syntax_error_has_its_place(self, project: Project, runs: list[str]) -> None:
        with pytest.raises(QuerySyntaxError, match="1:14") as caught:
            ask_sparql(project, "SELECT ?s { ?", "table")
        assert len(caught.value.message) < 200

    def test_an_engine_that_dies_is_told(
        self, project: Project, runs: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ordering values of mixed kinds can end the engine's process; not ours."""
        monkeypatch.setattr("sys.executable", "/bin/false")

        with pytest.raises(StoreError, match="the engine failed"):
            ask_sparql(project, self.QUERY, "table")

    def test_nothing_is_left_behind(self, project: Project, runs: list[str]) -> None:
        ask_sparql(project, self.QUERY, "table")

        assert not list(Path(project.path("cache")).glob("query*"))

    def test_a_query_may_lie_in_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.rq"
        path.write_text(self.QUERY)

        assert read_query(str(path)) == self.QUERY
        assert read_query(self.QUERY) == self.QUERY
        with pytest.raises(UsageError):
            read_query(str(tmp_path / "none.rq"))
