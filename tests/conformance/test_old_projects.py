"""Projects of every released format open for ever (R15), whatever carried them here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provkit.app.facade import Project, open_project
from provkit.errors import ProjectError

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def first_format(tmp_path: Path) -> Project:
    """Format 1, as Git brings it: without empty folders, with Git's modes."""
    shutil.copytree(DATA / "project-format-1", tmp_path / ".provkit")
    return open_project(tmp_path)


def test_every_run_is_listed_as_it_was(first_format: Project) -> None:
    """Two sealed runs, one whose recorder died; what was said later counts."""
    rows = [
        (run.seq, run.program, run.status, run.used, run.generated, run.tags, run.notes)
        for run in first_format.runs()
    ]
    assert rows == [
        (3, "late.R", "interrupted", 0, 0, (), ()),
        (2, "plot.R", "failed", 1, 1, (), ()),
        (1, "clean.R", "ok", 1, 1, ("final", "first"), ("sensor 3 was broken",)),
    ]
    assert first_format.runs()[1].error == "Error in plot : too few rows"


def test_every_byte_is_sound_and_comes_back(first_format: Project) -> None:
    """Records, statements and versions, odd names included."""
    health = first_format.fsck()
    assert health.damage == ()
    assert (health.records, health.statements) == (3, 2)
    assert first_format.cat(f"{first_format.root}/clean.csv@1") == b"a,b\n"
    assert first_format.cat(f"{first_format.root}/caf\udce9.png@2") == b"png"


def test_lineage_joins_its_runs(first_format: Project) -> None:
    """The plot was made from the raw file, two runs away."""
    found = first_format.lineage("2")
    assert {file.path for file in found.lineage.files} >= {"raw.csv", "clean.csv"}
    assert [run.program for run in found.lineage.runs] == ["clean.R", "plot.R"]


def test_it_can_be_worked_in(first_format: Project) -> None:
    """Recovered, and given the next number."""
    assert len(first_format.recover().sealed) == 1
    assert first_format.reserve_seq("00000000-0000-4000-8000-000000000009") == 4
    assert first_format.fsck().damage == ()


def test_a_lost_folder_of_runs_is_no_empty_list(first_format: Project) -> None:
    """Runs were recorded here: saying that there are none would be a lie."""
    shutil.rmtree(first_format.path("runs"))

    with pytest.raises(ProjectError):
        open_project(first_format.root).runs()
