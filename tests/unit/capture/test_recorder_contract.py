"""The recorders that see other programs hold to the contract of all recorders."""

from __future__ import annotations

from pathlib import Path

import pytest

from provkit.capture.notify import NotifyRecorder
from provkit.capture.preload import PreloadRecorder
from provkit.capture.recorder import Recorder
from provkit.capture.snapshot import SnapshotRecorder
from provkit.capture.strace import StraceRecorder
from provkit.testing.recorders import Bench, RecorderContract


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    (project / ".provkit" / "cache").mkdir(parents=True)
    return Bench(project)


class TestNotify(RecorderContract):
    @pytest.fixture
    def recorder(self) -> Recorder:
        return NotifyRecorder()


class TestStrace(RecorderContract):
    @pytest.fixture
    def recorder(self, bench: Bench) -> Recorder:
        recorder = StraceRecorder()
        if not bench.verdict(recorder).works:
            pytest.skip(bench.verdict(recorder).why_not)
        return recorder


class TestPreload(RecorderContract):
    @pytest.fixture
    def recorder(self, bench: Bench) -> Recorder:
        recorder = PreloadRecorder()
        if not bench.verdict(recorder).works:
            pytest.skip(bench.verdict(recorder).why_not)
        return recorder


class TestSnapshot(RecorderContract):
    @pytest.fixture
    def recorder(self) -> Recorder:
        return SnapshotRecorder()
