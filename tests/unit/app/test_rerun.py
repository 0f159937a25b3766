"""What refuses to run again, before anything is started or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provkit.app.project import Project
from provkit.app.rerun import rerun
from provkit.errors import NotRecordedError, UsageError
from provkit.model.events import StateObserved
from provkit.testing.records import run_events, write_run

Record = Callable[..., str]


def test_an_input_that_was_not_kept_is_named(project: Project, tmp_path: Path) -> None:
    """With the reason; nothing ran."""
    events = [
        replace(event, archived=False, why="too large")
        if isinstance(event, StateObserved) and event.path == "in.csv"
        else event
        for event in run_events(inputs={"in.csv": b"1"}, command=("touch", "started"))
    ]
    write_run(project, events, contents=[b"# a script\n"])

    with pytest.raises(NotRecordedError, match=r"'in.csv' was not archived \(too large\)"):
        rerun(project, "1", str(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_what_was_written_outside_is_not_written_again(
    project: Project, record: Record, tmp_path: Path
) -> None:
    """It would destroy what stands there now."""
    record(outputs={"/tmp/provkit-shared-result.csv": b"1"}, command=("touch", "started"))

    with pytest.raises(UsageError, match="outside of the project"):
        rerun(project, "1", str(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("path", ["../escape.csv", "a/../../escape.csv"])
def test_a_forged_path_cannot_leave_the_folder(
    project: Project, record: Record, tmp_path: Path, path: str
) -> None:
    """S8: records can be imported from strangers."""
    record(inputs={path: b"evil"}, command=("true",))

    with pytest.raises(UsageError, match="leaves the project"):
        rerun(project, "1", str(tmp_path / "again"))
    assert not list(tmp_path.rglob("escape.csv"))


def test_a_folder_with_files_is_not_used(project: Project, record: Record, tmp_path: Path) -> None:
    """Old outputs could be taken for new ones."""
    record(command=("true",))
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "precious").touch()

    with pytest.raises(UsageError, match="not empty"):
        rerun(project, "1", str(tmp_path / "again"))


def test_an_input_elsewhere_must_be_what_it_was(
    project: Project, record: Record, tmp_path: Path
) -> None:
    """Files outside of the project are read where they are."""
    shared = tmp_path / "shared.csv"
    shared.write_bytes(b"as it was")
    record(inputs={str(shared): b"as it was"}, outputs={}, command=("true",))
    shared.write_bytes(b"changed")

    with pytest.raises(NotRecordedError, match="is not what run 1 found"):
        rerun(project, "1", str(tmp_path / "again"))
