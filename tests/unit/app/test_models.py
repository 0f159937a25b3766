"""Models of scripts that did not run here stand beside the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provkit.app.models import add_models
from provkit.app.project import Project
from provkit.app.statements import read_statements, state
from provkit.app.upkeep import collect_garbage
from provkit.app.workflows import ScriptOptions
from provkit.errors import AnnotationError
from provkit.model.identifiers import model_iri
from provkit.rdf.prospective import decode_workflow
from provkit.vocab.terms import IRI
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

FIRST = b"# @begin W @in raw @out plot\n# @begin clean @in raw @out table\n# @end clean\n"
SECOND = b"% @begin draw @in table @out plot\n% @end draw\n% @end W\n"


def script(project: Project, name: str, data: bytes) -> str:
    path = Path(project.root) / name
    path.write_bytes(data)
    return str(path)


def models(project: Project) -> dict[str, set[object]]:
    with project.store() as store:
        return {
            str(name): set(store.triples(name)) for name in store.graphs() if "/id/model/" in name
        }


def test_a_model_is_in_the_index_from_archived_bytes(project: Project) -> None:
    """Also when the script has changed or gone since; equal to the model built from the script."""
    paths = [script(project, "a.py", FIRST), script(project, "b.m", SECOND)]

    [added] = add_models(project, ScriptOptions(files=tuple(paths)), together=True)
    for path in paths:
        Path(path).unlink()

    found = models(project)
    expected = build(
        extract_all([SourceText(path="a.py", data=FIRST), SourceText(path="b.m", data=SECOND)])
    )
    assert list(found) == [added.model] == [str(model_iri(expected.digest))]
    decoded = decode_workflow(IRI(added.model), found[added.model])  # type: ignore[arg-type]
    assert decoded.channels == expected.channels
    assert (added.workflow, added.sources, added.new) == ("W", ("a.py", "b.m"), True)


def test_each_script_is_a_model_of_its_own(project: Project) -> None:
    """Without --together; adding one again changes nothing."""
    one = script(project, "one.py", b"# @begin A\n# @end A\n")
    two = script(project, "two.py", b"# @begin B\n# @end B\n")

    first = add_models(project, ScriptOptions(files=(one, two)))
    again = add_models(project, ScriptOptions(files=(two,)))

    assert [(each.workflow, each.new) for each in (*first, *again)] == [
        ("A", True), ("B", True), ("B", False),
    ]  # fmt: skip
    assert len(list(read_statements(project))) == 2
    assert len(models(project)) == 2


def test_nothing_is_put_in_when_one_is_wrong(project: Project) -> None:
    good = script(project, "good.py", b"# @begin A\n# @end A\n")
    bad = script(project, "bad.py", b"# @begin A\n")

    with pytest.raises(AnnotationError, match=r"bad\.py:1:3"):
        add_models(project, ScriptOptions(files=(good, bad)))

    assert list(read_statements(project)) == []


def test_the_way_a_script_was_read_is_remembered(project: Project) -> None:
    path = script(project, "a.txt", "REM @begin Größe\nREM @end Größe\n".encode("latin-1"))

    [added] = add_models(
        project, ScriptOptions(files=(path,), comment="REM", encoding="latin-1", workflow="Größe")
    )

    assert list(models(project)) == [added.model]


def test_its_bytes_are_no_garbage(project: Project) -> None:
    add_models(project, ScriptOptions(files=(script(project, "a.py", b"# @begin A\n# @end A\n"),)))

    assert collect_garbage(project).sha256 == ()


def test_what_is_suspicious_comes_with_it(project: Project) -> None:
    path = script(project, "a.py", b"# @begin W\n# @begin S @in x\n# @end S\n# @end W\n")

    [added] = add_models(project, ScriptOptions(files=(path,)))

    assert [finding.code for finding in added.findings] == ["YW303"]


@pytest.mark.parametrize("data", [{}, {"sources": 1, "workflow": None}, {"sources": [{}]}])
def test_a_statement_that_names_no_model_is_damage(project: Project, data: dict[str, Any]) -> None:
    """A record from elsewhere must not keep the others out of the index."""
    state(project, "model", ["urn:x"], by="somebody", data=data)

    assert models(project) == {}
