"""The recorders that see other programs hold to the contract of all recorders."""

from __future__ import annotations

import textwrap
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


class TestTheExampleOfTheManual(RecorderContract):
    """``docs/howto/add-a-recorder.md`` is held to what it says."""

    @pytest.fixture
    def recorder(self, bench: Bench) -> Recorder:
        page = Path(__file__).parents[3] / "docs" / "howto" / "add-a-recorder.md"
        code = page.read_text().partition("```python\n")[2].partition("```")[0]
        (bench.project / "LISTING").write_text("LISTING\n")
        names: dict[str, object] = {}
        exec(compile(textwrap.dedent(code), str(page), "exec"), names)  # noqa: S102 - our manual
        recorder: Recorder = names["ListingRecorder"]()  # type: ignore[operator]
        return recorder

    def test_it_tells_what_the_listing_says(self, bench: Bench, recorder: Recorder) -> None:
        """That is all it does."""
        assert bench.run(recorder, ["true"]).paths("read") == {"LISTING"}
