"""Tags, notes and deletion; each test on deletion names the RunManager defect it rules out."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.app.mend import add_note, add_tags, delete_runs
from provkit.app.project import Project
from provkit.app.reading import read_run
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.app.statements import read_statements
from provkit.errors import NotRecordedError, ProjectError, UsageError
from provkit.model.events import decode_event
from provkit.model.run import fold
from provkit.testing.records import NOON

Record = Callable[..., str]


def snapshot(project: Project) -> dict[str, bytes]:
    """Every byte that is the truth."""
    return {
        f"{folder}/{name}": Path(folder, name).read_bytes()
        for part in ("runs", "records", "objects", "sequence")
        for folder, _, names in os.walk(project.path(part))
        for name in names
    }


def test_a_dry_run_changes_nothing(project: Project, record: Record) -> None:
    """D2: recordr's noop deleted the rows."""
    record(program="a.R")
    before = snapshot(project)

    gone = delete_runs(project, ["1"], dry_run=True)

    assert [run.seq for run in gone.runs] == [1]
    assert not gone.done
    assert snapshot(project) == before


def test_what_is_reported_deleted_is_deleted(project: Project, record: Record) -> None:
    """D3: ``script.R`` became ``scripR`` and the run survived."""
    record(program="t.e.script.R")
    record(program="other.R")

    gone = delete_runs(project, chosen=read_filter(program="t.e.script.R"))

    assert [run.program for run in gone.runs] == ["t.e.script.R"]
    assert [run.program for run in list_runs(project)] == ["other.R"]


def test_a_purge_leaves_nothing_but_the_number(project: Project, record: Record) -> None:
    """D4: tags and provenance of deleted runs stayed behind."""
    run = record(program="secret-name.R", tags=("t",))
    record(program="other.R")
    add_tags(project, "1", ["tagged-later"])
    add_note(project, "1", "noted-later")
    add_note(project, "2", "kept")

    delete_runs(project, ["1"], purge=True)

    left = snapshot(project)
    assert not any(b"tagged-later" in content for content in left.values())
    assert not any(b"secret-name" in content for content in left.values())
    assert any(b"kept" in content for content in left.values())
    assert [path for path, content in left.items() if run.encode() in content] == [
        project.path("sequence", "1")
    ]
    assert project.reserve_seq(run) == 3


def test_no_filter_deletes_nothing(project: Project, record: Record) -> None:
    """matlab-dataone's deleteRuns without filter deleted every run."""
    record()

    with pytest.raises(UsageError, match="every run"):
        delete_runs(project)
    with pytest.raises(UsageError, match="every run"):
        delete_runs(project, chosen=read_filter())
    assert len(list_runs(project)) == 1
    delete_runs(project, chosen=read_filter(id="*"))
    assert len(list_runs(project)) == 0


def test_one_unknown_name_deletes_nothing(project: Project, record: Record) -> None:
    """All or nothing: a typing error must not half-delete."""
    record()
    before = snapshot(project)

    with pytest.raises(NotRecordedError):
        delete_runs(project, ["1", "7"])
    assert snapshot(project) == before


def test_names_and_filters_must_both_hold(project: Project, record: Record) -> None:
    """AND, as everywhere."""
    record(status="failed")
    record(status="ok")

    gone = delete_runs(project, ["1", "2"], read_filter(status="failed"))
    assert [run.seq for run in gone.runs] == [1]


def test_a_tombstone_joins_what_came_before_and_after(project: Project, record: Record) -> None:
    """Which states it found and left, and when; nothing of how."""
    run = record(
        command=("Rscript", "x.R", "--password", "hunter2"),
        parameters={"token": "hunter2"},
        note="hunter2",
        tags=("hunter2",),
        environment={"HOME": "hunter2"},
        stderr=b"hunter2\n",
        inputs={"in.csv": b"1"},
        outputs={"out.csv": b"2"},
    )
    before = read_run(project, run)
    delete_runs(project, ["1"])

    (stone,) = read_statements(project)
    assert stone.kind == "tombstone"
    assert stone.about == (f"urn:uuid:{run}",)
    assert "hunter2" not in json.dumps(stone.data)
    left = fold(decode_event(row) for row in stone.data["record"])
    assert [state.sha256 for state in left.inputs] == [state.sha256 for state in before.inputs]
    assert [state.sha256 for state in left.outputs] == [state.sha256 for state in before.outputs]
    assert left.derivations == before.derivations
    assert (left.started, left.ended, left.seq) == (NOON, before.ended, 1)


def test_a_run_that_goes_on_is_not_deleted(project: Project, record: Record) -> None:
    """Its recorder would write into nothing."""
    run = record(seal=False)
    with Path(project.path("runs", f"{run}.jsonl.open")).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ProjectError, match="being recorded"):
            delete_runs(project, ["1"])
    delete_runs(project, ["1"])
    assert len(list_runs(project)) == 0


@pytest.mark.parametrize(
    "tag",
    ["it's", '"', "; DROP TABLE runs --", "100%", "a_b", "x\ny", "é", "\udcff", "\x1b[31m", "*"],
)  # fmt: skip
def test_any_text_can_be_a_tag(project: Project, record: Record, tag: str) -> None:
    """D5: an apostrophe made recordr's record() itself fail."""
    record()
    add_tags(project, "1", [tag])

    assert list_runs(project)[0].tags == (tag,)
    assert len(list_runs(project, read_filter(tag=[tag]))) == 1


@pytest.mark.parametrize("tag", ["", "   ", "x" * 201])
def test_what_is_no_tag_is_refused(project: Project, record: Record, tag: str) -> None:
    """Said at once, nothing written."""
    record()
    before = snapshot(project)

    with pytest.raises(UsageError):
        add_tags(project, "1", ["fine", tag])
    assert snapshot(project) == before


def test_words_name_who_said_them(
    project: Project, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements carry who and when."""
    record()
    monkeypatch.setenv("PROVKIT_USER_ORCID", "0000-0002-1825-0097")
    add_note(project, "1", "mine")

    (said,) = read_statements(project)
    assert said.by == "0000-0002-1825-0097"
