"""Query files say what they ask, and the catalogue reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.errors import QueryParameterError, ResourceError
from provkit.query.catalog import Catalog, catalog, read_query

TEXT = """#+ summary: Which runs read a file,
#+   and when.
#+ param path: path, where the file is
#+ param run: run?, only this run
#+ column run: run, the run
#+ source: https://www.w3.org/TR/prov-o/#used
#+ example: path=data/raw.csv

SELECT $path $run WHERE { $run <urn:used> ?file . ?file <urn:path> $path }
"""


def test_the_header_says_what_is_asked() -> None:
    query = read_query("questions/readers", TEXT)

    assert query.summary == "Which runs read a file, and when."
    assert query.form == "select"
    assert [(p.name, p.kind, p.required) for p in query.parameters] == [
        ("path", "path", True),
        ("run", "run", False),
    ]
    assert query.parameters[0].meaning == "where the file is"
    assert [column.name for column in query.columns] == ["run"]
    assert query.sources == ("https://www.w3.org/TR/prov-o/#used",)
    assert query.example == (("path", "data/raw.csv"),)
    assert (
        read_query("questions/a", TEXT.replace("#+ example: path=data/raw.csv\n", "")).example
        is None
    )
    assert query.text == TEXT


def test_a_missing_parameter_is_named_with_its_meaning() -> None:
    with pytest.raises(QueryParameterError, match="needs 'path': where the file is"):
        read_query("questions/readers", TEXT).check([])


def test_an_unknown_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QueryParameterError, match="no parameter 'file'") as caught:
        read_query("questions/readers", TEXT).check(["path", "file"])
    assert caught.value.hint == "its parameters: path, run"


def test_an_optional_parameter_may_be_left_out() -> None:
    read_query("questions/readers", TEXT).check(["path"])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x {}",
        "#+ summary: No form.",
        "#+ summary: A\n#+ param x: word, odd kind\nSELECT $x {}",
        "#+ summary: A\n#+ colour x: iri\nSELECT $x {}",
        "#+ summary: A\n#+ param x without colon\nSELECT $x {}",
    ],
)
def test_a_file_without_a_proper_header_is_refused(text: str) -> None:
    """Such a file could not be documented, checked or asked."""
    with pytest.raises(ResourceError):
        read_query("questions/bad", text)


def test_queries_are_found_by_folder(tmp_path: Path) -> None:
    """Adding a question is adding a file."""
    (tmp_path / "questions" / "deep").mkdir(parents=True)
    (tmp_path / "questions" / "b.rq").write_text(TEXT)
    (tmp_path / "questions" / "deep" / "a.rq").write_text(TEXT)
    (tmp_path / "questions" / "notes.txt").write_text("not a query")
    found = Catalog(str(tmp_path))

    assert list(found) == ["questions/b", "questions/deep/a"]
    assert found.names("questions/deep") == ["questions/deep/a"]
    assert len(found) == 2
    assert "questions/b" in found
    assert "questions/c" not in found


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "a/../b", "", "A B", "a//b"])
def test_a_name_cannot_leave_the_folder(name: str) -> None:
    """Names come from the command line and from URLs."""
    with pytest.raises(KeyError):
        catalog[name]
