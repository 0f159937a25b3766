"""What is exported says what was recorded, whatever its names, and always in the same bytes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from provkit.app.export import KINDS, TABLES, export
from provkit.app.ingest import open_index
from provkit.app.project import Project, create_project
from provkit.app.soundness import check_graph, infer_graph
from provkit.app.statements import state
from provkit.cli.check import check as check_command
from provkit.cli.export import export as export_command
from provkit.cli.infer import infer as infer_command
from provkit.cli.session import Session
from provkit.errors import NotRecordedError, UsageError
from provkit.importers.runmanager_facts import RunManagerFacts
from provkit.model.events import FileAccessed, RunStarted
from provkit.model.identifiers import run_iri
from provkit.model.run import fold
from provkit.rdf.documents import FORMATS, read_document
from provkit.rdf.graphs import INFERRED
from provkit.testing.records import run_events, write_run
from provkit.testing.values import HOSTILE
from provkit.vocab.namespaces import PROVKIT
from provkit.vocab.terms import IRI

FIRST = "00000000-0000-4000-8000-000000000001"
SECOND = "00000000-0000-4000-8000-000000000002"
NAMES = [*HOSTILE, "null", "'); drop table filemeta; --"]


def spelled() -> set[str]:
    """Names as tables write them: bytes that are not UTF-8 as %XX."""
    return {name.replace("caf\udce9", "caf%E9").replace("\udcff\udc80", "%FF%80") for name in NAMES}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = create_project(tmp_path, version="0")
    for run in (FIRST, SECOND):
        events = run_events(
            run=run,
            inputs={name: name.encode("utf-8", "replace") for name in NAMES},
            outputs={"out.csv": run.encode()},
            tags=("it's",),
            environment={"os": "Linux"},
        )
        write_run(made, events)
    state(made, "note", [run_iri(FIRST)], by="ann", data={"text": "look"})
    return made


@pytest.mark.parametrize("to", ["nquads", "trig", "jsonld"])
def test_graphs_come_back_as_they_are(project: Project, to: str) -> None:
    document = export(project, to=to)
    kind = next(each for each in FORMATS if each == to)
    found = read_document(document.encode(), kind, default=IRI("urn:default"))

    with open_index(project) as store:
        known = store.values(PROVKIT.record)
        assert set(known) <= set(found)
        assert {name: store.triples(name) for name in found} == found


def test_a_run_brings_what_belongs_to_it_and_no_other_run(project: Project) -> None:
    found = read_document(
        export(project, ["1"], to="nquads").encode(), "nquads", default=IRI("urn:d")
    )

    assert run_iri(FIRST) in found
    assert run_iri(SECOND) not in found
    assert [name for name in found if "/environment/" in name]
    assert any((name, PROVKIT.about, run_iri(FIRST)) in found[name] for name in found)


@pytest.mark.parametrize("to", KINDS)
def test_equal_graphs_give_equal_bytes(project: Project, to: str) -> None:
    """In any locale, time zone and hash order."""
    here = export(project, to=to)
    code = (
        "import sys; from provkit.app.project import open_project; from provkit.app.export import export;"
        "sys.stdout.buffer.write(export(open_project(sys.argv[1]), to=sys.argv[2]).encode())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", code, project.root, to], capture_output=True, env=env, check=True
    )

    assert done.stdout == here.encode()


def test_sql_holds_every_name_in_sqlite(project: Project) -> None:
    database = sqlite3.connect(":memory:")
    database.executescript(export(project, to="sql"))
    rows = database.execute(
        "select FilePath from filemeta where Access = 'read' and ExecutionId = ?",
        (run_iri(FIRST),),
    ).fetchall()
    database.close()

    assert {row[0] for row in rows} == spelled()


def test_prolog_facts_are_read_back_as_the_same_runs(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "facts.P"
    path.write_text(export(project, to="prolog"), encoding="utf-8")

    imported = RunManagerFacts().read(str(path))
    runs = {run.id: fold(run.events) for run in imported.runs}

    first = runs[run_iri(FIRST)]
    assert {state.path for state in first.inputs} == spelled() - {"null"}, (
        "null means nothing there"
    )
    assert [state.path for state in first.outputs] == ["out.csv"]
    assert first.tags == ("it's",)


def test_every_table_has_every_run(project: Project) -> None:
    for to in TABLES:
        document = export(project, to=to)
        assert document.count(FIRST) > 2
        assert document.count(SECOND) > 2


def test_what_is_implied_stays_out_unless_asked_for(project: Project) -> None:
    infer_graph(project)

    assert INFERRED not in export(project, to="nquads")
    assert INFERRED in export(project, to="nquads", inferred=True)


def test_unknown_things_are_named(project: Project) -> None:
    with pytest.raises(NotRecordedError):
        export(project, ["99"], to="trig")
    with pytest.raises(UsageError, match="excel"):
        export(project, to="excel")


def test_the_command_writes_a_file(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "project.trig"
    done = CliRunner().invoke(
        export_command, ["--as", "trig", "-o", str(target)], obj=Session(project.root)
    )

    assert (done.exit_code, done.output) == (0, "")
    assert target.read_text(encoding="utf-8") == export(project, to="trig")


def test_infer_counts_and_a_new_record_takes_it_back(project: Project) -> None:
    done = CliRunner().invoke(infer_command, ["--json"], obj=Session(project.root))
    assert done.exit_code == 0
    assert '"prov:wasInfluencedBy"' in done.output

    with open_index(project) as store:
        assert store.has_graph(INFERRED)
    write_run(project, run_events())
    with open_index(project) as store:
        assert not store.has_graph(INFERRED)


def test_check_is_silent_on_what_we_record(project: Project) -> None:
    infer_graph(project)  # conclusions must be sound, too

    assert check_graph(project, shapes=False).findings == ()


def test_check_names_what_is_wrong(project: Project) -> None:
    """A recorder whose clock jumped: something was read before the run began."""
    rows = run_events(inputs={"a.csv": b"a"})
    start = rows[0]
    assert isinstance(start, RunStarted)
    early = FileAccessed(
        process=1, kind="read", path="a.csv", at=start.at.replace(year=start.at.year - 1)
    )
    write_run(project, [*rows[:2], early, *rows[2:]])

    done = CliRunner().invoke(check_command, ["--no-shapes"], obj=Session(project.root))

    assert done.exit_code == 0, "the code is what the command returns; main makes it the exit code"
    assert "outside-its-activity" in done.output
