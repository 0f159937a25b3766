"""A project in an empty folder, and runs in it without a recorder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provkit.app.project import Project, create_project
from provkit.testing.records import run_events, write_run


@pytest.fixture(autouse=True)
def _nobody_elses_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PROVKIT_PROJECT", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is durable is tested where power is cut; here it only costs a minute."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    (tmp_path / "work").mkdir()
    return create_project(tmp_path / "work", version="0.1.0")


@pytest.fixture
def record(project: Project) -> Callable[..., str]:
    """Record a run: what run_events takes, and contents are archived."""

    def make(*, seal: bool = True, stderr: bytes = b"", archive: bool = True, **facts: Any) -> str:
        contents = [
            *facts.get("inputs", {}).values(),
            *facts.get("outputs", {}).values(),
            facts.get("source", b"# a script\n"),
        ]
        events = run_events(**facts)
        if not seal:
            events = events[:-1]
        return write_run(
            project, events, contents=contents if archive else (), stderr=stderr, seal=seal
        )

    return make
