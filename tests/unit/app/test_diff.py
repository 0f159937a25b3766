"""Comparing runs: each part, each finding."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provkit.app.diff import diff_runs
from provkit.app.project import Project
from provkit.errors import NotRecordedError
from provkit.files import fingerprint_bytes

Record = Callable[..., str]


def test_every_part_is_compared(project: Project, record: Record) -> None:
    """interface: program, parameters, environment, inputs, outputs: same, changed, only here."""
    record(
        source=b"v1",
        parameters={"year": "2020", "gone": "x"},
        environment={"os": "Linux"},
        inputs={"same.csv": b"1", "edited.csv": b"1"},
        outputs={"out.csv": b"1"},
    )
    record(
        source=b"v2",
        parameters={"year": "2021", "new": "y"},
        environment={"os": "Linux"},
        inputs={"same.csv": b"1", "edited.csv": b"2", "more.csv": b"3"},
        outputs={"out.csv": b"1"},
    )
    found = diff_runs(project, "1", "2")

    assert {(entry.part, entry.name): entry.finding for entry in found.entries} == {
        ("run", "command"): "same",
        ("run", "status"): "same",
        ("run", "exit code"): "same",
        ("program", "clean.R"): "changed",
        ("parameters", "year"): "changed",
        ("parameters", "gone"): "only-left",
        ("parameters", "new"): "only-right",
        ("environment", "os"): "same",
        ("inputs", "same.csv"): "same",
        ("inputs", "edited.csv"): "changed",
        ("inputs", "more.csv"): "only-right",
        ("outputs", "out.csv"): "same",
    }
    assert not found.is_same
    program = found.to_json()["program"][0]
    assert program["left"] == fingerprint_bytes(b"v1").sha256


def test_a_run_is_the_same_as_itself(project: Project, record: Record) -> None:
    """Nothing differs, everything is listed."""
    record(parameters={"a": "1"}, inputs={"x": b"1"}, outputs={"y": b"2"})
    found = diff_runs(project, "latest", "1")

    assert found.is_same
    assert len(found.entries) == 7


def test_another_program_is_seen_twice(project: Project, record: Record) -> None:
    """Not one script that changed, but two scripts."""
    record(program="a.R")
    record(program="b.R")

    entries = diff_runs(project, "1", "2").entries
    assert [entry.finding for entry in entries if entry.part == "program"] == [
        "only-left",
        "only-right",
    ]


def test_other_arguments_and_another_end_are_told(project: Project, record: Record) -> None:
    """Same program, same files, and yet not the same run."""
    record(command=("Rscript", "a.R", "2020"))
    record(command=("Rscript", "a.R", "2021"), status="failed")

    changed = [e for e in diff_runs(project, "1", "2").entries if e.finding == "changed"]
    assert [(e.name, e.left, e.right) for e in changed] == [
        ("command", "Rscript a.R 2020", "Rscript a.R 2021"),
        ("exit code", "0", "1"),
        ("status", "ok", "failed"),
    ]


def test_an_unknown_run_is_not_recorded(project: Project, record: Record) -> None:
    """Exit 3."""
    record()
    with pytest.raises(NotRecordedError):
        diff_runs(project, "1", "2")
