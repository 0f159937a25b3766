"""The Python face: the same answers as the commands, as values."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from provkit.app import runmanager
from provkit.app.facade import Project, open_project
from provkit.app.project import Project as PlainProject
from provkit.errors import NotRecordedError, UsageError

Record = Callable[..., str]


@pytest.fixture
def mine(project: PlainProject) -> Project:
    """The same project, as Python users see it."""
    return open_project(project.root)


def test_each_command_is_a_method(mine: Project, record: Record) -> None:
    """interface: a method for every command, returning values."""
    record(program="a.R", outputs={"out.csv": b"one"}, tags=("x",))
    record(program="b.R", outputs={"out.csv": b"two"}, status="failed")

    assert [run.program for run in mine.runs(status="failed")] == ["b.R"]
    assert mine.show(1).summary.program == "a.R"
    assert mine.diff(1, "latest").is_same is False
    assert mine.cat(f"{mine.root}/out.csv@1") == b"one"
    mine.restore(f"{mine.root}/out.csv@2", Path(mine.root) / "again.csv")
    assert Path(mine.root, "again.csv").read_bytes() == b"two"
    mine.tag(1, "y")
    mine.note(1, "good")
    assert mine.show(1).summary.tags == ("x", "y")
    assert mine.fsck().damage == ()
    assert mine.stats().runs == {"failed": 1, "ok": 1}
    assert mine.settings()["record.recorder"] == "auto"
    assert not mine.rm(status="failed", dry_run=True).done
    assert len(mine.rm(2).runs) == 1
    assert mine.gc(dry_run=True).done is False
    assert mine.recover().sealed == ()
    assert mine.reindex() > 0


def test_runmanager_names_work_on_the_project_in_force(
    mine: Project, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """listRuns, viewRuns, deleteRuns; no filter means nothing, not everything."""
    record(program="a.R")
    monkeypatch.chdir(mine.root)

    assert [run.seq for run in runmanager.list_runs(program="a.*")] == [1]
    assert runmanager.view_run().summary.program == "a.R"
    with pytest.raises(UsageError, match="every run"):
        runmanager.delete_runs()
    runmanager.delete_runs(program="a.R")
    assert len(runmanager.list_runs()) == 0


def test_lineage_goes_over_runs(mine: Project, record: Record) -> None:
    """traceRuns: recordr lost a copy whose ctime differed (D9); bytes are what counts here."""
    record(program="a.R", inputs={"raw.csv": b"raw"}, outputs={"clean.csv": b"clean"})
    record(program="b.R", inputs={"copy.csv": b"clean"}, outputs={"plot.png": b"plot"})

    found = mine.lineage("2", "up")
    assert [run.program for run in found.lineage.runs] == ["a.R", "b.R"]
    graph = mine.graph_runs()
    assert ["raw.csv"] in [list(node.paths) for node in graph.nodes]
    assert "raw.csv" in mine.plot(graph).dot
    assert "a.R" in mine.plot(found).dot


def test_questions_packages_and_documents(mine: Project, record: Record, tmp_path: Path) -> None:
    """Asking, sharing, checking, without leaving Python."""
    record(program="a.R", inputs={"raw.csv": b"raw"}, outputs={"out.csv": b"out"})

    assert mine.ask("readers", path=f"{mine.root}/raw.csv").to_json()[0]["path"] == "raw.csv"
    counted = json.loads(mine.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    assert int(counted["results"]["bindings"][0]["n"]["value"]) > 10
    assert "a.R" in mine.export(1, to="turtle")
    assert mine.package(1).out is None
    mine.package(1, out=str(tmp_path / "crate"), form="rocrate")
    assert mine.verify(tmp_path / "crate").is_sound
    assert mine.infer().triples > 0
    assert mine.check(shapes=False).findings == ()


def test_a_picture_is_shown_and_saved(mine: Project, record: Record, tmp_path: Path) -> None:
    """Notebook and file; an unknown ending is said at once."""
    record(program="a.R", outputs={"x.csv": b"1"})
    picture = mine.plot(mine.graph_runs())

    picture.save(tmp_path / "runs.dot")
    picture.save(tmp_path / "runs.mmd")
    assert (tmp_path / "runs.dot").read_text() == picture.dot
    assert "x.csv" in (tmp_path / "runs.mmd").read_text()
    with pytest.raises(UsageError, match="no picture format"):
        picture.save(tmp_path / "runs.gif")
    if which("dot"):
        assert picture._repr_svg_().lstrip().startswith("<")
        picture.save(tmp_path / "runs.svg")
        assert "a.R" in (tmp_path / "runs.svg").read_text()


def test_values_are_frozen(mine: Project, record: Record) -> None:
    """An answer does not change under the hands of who reads it."""
    record()
    view = mine.show()

    with pytest.raises(dataclasses.FrozenInstanceError):
        view.messages = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        mine.runs()[0].program = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        mine.root = "/"  # type: ignore[misc]


def test_no_project_is_made_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening looks; ``create=True`` makes."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NotRecordedError):
        open_project()
    with pytest.raises(UsageError):
        open_project(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
    assert open_project(create=True).root == str(tmp_path)
    assert open_project().root == str(tmp_path)
