"""`provkit doctor` finds out what works here and says why the rest does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.app import doctor
from provkit.app.doctor import diagnose
from provkit.app.project import create_project
from provkit.capture.notify import NotifyRecorder
from provkit.capture.recorder import AUTO, RECORDERS, Verdict, Watch
from provkit.errors import DrawingError


def test_every_recorder_is_tried(tmp_path: Path) -> None:
    """Best first, and one of them is what `auto` takes."""
    found = diagnose(None)

    assert [each.name for each in found.recorders][: len(AUTO)] == list(AUTO)
    assert {each.name for each in found.recorders} == set(RECORDERS)
    assert all(each.works or each.why_not for each in found.recorders)
    assert [each.default for each in found.recorders].count(True) == 1


def test_a_recorder_that_fails_says_why_and_is_not_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next one is."""

    def refuse(_self: NotifyRecorder, _watch: Watch) -> Verdict:
        return Verdict(works=False, why_not="the kernel refuses")

    monkeypatch.setattr(NotifyRecorder, "preflight", refuse)
    notify, following, *_ = diagnose(None).recorders

    assert (notify.works, notify.default, notify.why_not) == (False, False, "the kernel refuses")
    assert following.default or not following.works


def test_the_project_in_force_is_looked_at(tmp_path: Path) -> None:
    """A run could not be recorded into one that cannot be written."""
    found = diagnose(create_project(tmp_path, version="0"))

    assert (found.project, found.writable) == (str(tmp_path), True)
    assert list((tmp_path / ".provkit" / "cache").iterdir()) == []


def test_missing_graphviz_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture is asked for when there is no time to install something."""

    def refuse(_dot: str, _kind: str) -> bytes:
        raise DrawingError("no Graphviz", hint="pip install it")

    monkeypatch.setattr(doctor, "render", refuse)

    assert diagnose(None).drawing == "no Graphviz (pip install it)"


def test_interpreters_are_looked_up_as_run_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`provkit run script.jl` will find the same, or nothing."""
    julia = tmp_path / "julia"
    julia.write_text("#!/bin/sh\n")
    julia.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = diagnose(None).interpreters

    assert found[".jl"] == str(julia)
    assert found[".r"] is None
