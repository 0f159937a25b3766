"""The run list and one run: what they hold, and that nothing is hidden or shown wrongly."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from provkit.app.fsck import check_project
from provkit.app.mend import add_note, add_tags, delete_runs
from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.app.upkeep import collect_garbage
from provkit.app.view import view_run
from provkit.errors import NotRecordedError
from provkit.model.seal import seal_line
from provkit.testing.records import NOON

Record = Callable[..., str]

KEYS = ["id", "seq", "program", "command", "status", "exit_code", "started", "ended", "user",
        "host", "tags", "used", "generated"]  # fmt: skip


def test_a_row_has_the_keys_of_the_contract(project: Project, record: Record) -> None:
    """interface: keys are exact, extra keys welcome."""
    run = record(
        inputs={"a.csv": b"1", "b.csv": b"2"}, outputs={"c.csv": b"3"}, tags=("z", "a"), elapsed_s=2
    )
    (row,) = list_runs(project).to_json()

    assert [key for key in row if key in KEYS] == KEYS
    assert {key: row[key] for key in KEYS} == {
        "id": run,
        "seq": 1,
        "program": "clean.R",
        "command": ["Rscript", "clean.R"],
        "status": "ok",
        "exit_code": 0,
        "started": "2026-01-31T12:00:00.000000Z",
        "ended": "2026-01-31T12:00:02.000000Z",
        "user": "ann",
        "host": "here",
        "tags": ["a", "z"],
        "used": 2,
        "generated": 1,
    }


def test_show_has_the_row_and_its_files(project: Project, record: Record) -> None:
    """interface: show adds inputs, outputs, parameters, environment."""
    record(
        inputs={"b.csv": b"22", "a.csv": b"1"},
        outputs={"c.csv": b"3"},
        parameters={"year": "2020"},
        environment={"os": "Linux"},
        stderr=b"warning: odd\n",
    )
    seen = view_run(project, "latest").to_json()

    assert set(KEYS) <= set(seen)
    assert [(f["path"], f["size"]) for f in seen["inputs"]] == [("a.csv", 1), ("b.csv", 2)]
    assert [f["path"] for f in seen["outputs"]] == ["c.csv"]
    assert {"path", "sha256", "size"} <= set(seen["outputs"][0])
    assert seen["parameters"] == {"year": "2020"}
    assert seen["environment"]["facts"] == {"os": "Linux"}
    assert seen["messages"] == "warning: odd\n"


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        (
            b"Traceback (most recent call last):\n  File\nKeyError: 'x'\nKeyError: 'y'\n",
            "KeyError: 'y'",
        ),
        (
            b"Error in file(f) : cannot open\nCalls: read\nExecution halted\n",
            "Error in file(f) : cannot open",
        ),
        (b"\n  just words  \n\n", "just words"),
        (b"", "exit code 1"),
        (b"\xff\xfe error\n", "\ufffd\ufffd error"),
    ],
)
def test_a_failed_run_says_why_in_a_line(
    project: Project, record: Record, stderr: bytes, why: str
) -> None:
    """What ``--error`` searches, and the reader wants first."""
    record(status="failed", stderr=stderr)

    assert list_runs(project)[0].error == why


def test_the_cache_gives_the_same_rows(project: Project, record: Record) -> None:
    """The second listing comes from the cache, and must not be told apart."""
    for number in range(3):
        record(program=f"p{number}.R", status="failed", stderr=b"Error: x\n", note="n")

    first = list_runs(project)
    assert Path(project.path("cache", "runs.jsonl")).exists()
    assert list_runs(project) == first


def test_a_run_that_goes_on_is_running_then_interrupted(project: Project, record: Record) -> None:
    """A dead recorder's run is shown as it is, before anybody recovers it."""
    run = record(seal=False, inputs={"a.csv": b"1"})

    with Path(project.path("runs", f"{run}.jsonl.open")).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert [(row.status, row.used) for row in list_runs(project)] == [("running", 1)]
    assert [(row.status, row.ended) for row in list_runs(project)] == [("interrupted", None)]


def test_the_newest_is_first(project: Project, record: Record) -> None:
    """By when it started, whatever its number: imports get new numbers for old runs."""
    record(program="new.R", started=NOON)
    record(program="old.R", started=NOON.replace(year=2020))

    assert [run.program for run in list_runs(project)] == ["new.R", "old.R"]


def test_later_words_are_shown(project: Project, record: Record) -> None:
    """Tags add up and can be taken off; notes keep their order."""
    record(tags=("draft",), note="first")
    add_tags(project, "1", ["final"])
    add_tags(project, "1", ["draft"], remove=True)
    add_note(project, "1", "second")

    (row,) = list_runs(project)
    assert row.tags == ("final",)
    assert row.notes == ("first", "second")
    assert view_run(project, "1").run.tags == ("final",)


def test_a_damaged_record_hides_no_other(project: Project, record: Record) -> None:
    """R16: nothing else is lost, and the damaged one is named."""
    bad, good = record(program="bad.R"), record(program="good.R")
    path = Path(project.path("runs", f"{bad}.jsonl"))
    path.write_bytes(b"\x00" + path.read_bytes()[1:])

    found = list_runs(project)
    assert [run.id for run in found] == [good]
    assert found.damaged == (str(path),)


def test_show_tells_that_a_record_was_changed(project: Project, record: Record) -> None:
    """A readable lie is worse than an unreadable truth."""
    run = record(program="clean.R")
    path = Path(project.path("runs", f"{run}.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"user":"ann"', b'"user":"bob"'))

    assert view_run(project, "1").damaged


def test_a_read_only_project_can_be_read(
    project: Project, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4: no cache, no complaint."""
    record()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("provkit.app.cache.write_atomically", refuse)
    monkeypatch.setattr("provkit.app.cache._private", refuse)
    assert len(list_runs(project)) == 1


def test_a_deleted_run_is_not_recorded(project: Project, record: Record) -> None:
    """Its number stays taken and says so."""
    record()
    delete_runs(project, ["1"])

    with pytest.raises(NotRecordedError, match="run 1 is not in this project any more"):
        view_run(project, "1")


def test_a_list_is_a_table_in_a_notebook(project: Project, record: Record) -> None:
    """Every cell escaped: a program may be called anything (threat S3)."""
    record(program="<script>alert(1)</script>", tags=("a&b",))
    shown = list_runs(project)._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "a&amp;b" in shown
    assert shown.count("<tr>") == 2


def test_a_list_is_a_data_frame(project: Project, record: Record) -> None:
    """RunManager users work in tables."""
    pandas = pytest.importorskip("pandas")
    record(program="a.R")
    record(program="b.R")

    frame = list_runs(project).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert sorted(frame["program"]) == ["a.R", "b.R"]


def test_an_imported_run_keeps_its_own_id_and_answers_to_all_commands(
    project: Project, record: Record
) -> None:
    """Its record lies under the bare UUID, its id is as the other tool wrote it."""
    name = "6dd7d9b5-d8d8-4f8d-9b6f-00000000000a"
    record(run=name, outputs={"a.csv": b"x"})
    path = Path(project.path("runs", f"{name}.jsonl"))
    lines = path.read_bytes().replace(name.encode(), b"urn:uuid:" + name.encode())
    body = lines[: lines.rindex(b'{"seal"')]
    path.write_bytes(body + seal_line(body))

    assert list_runs(project)[0].id == f"urn:uuid:{name}"
    assert len(list_runs(project, read_filter(id=name[:8]))) == 1
    assert len(list_runs(project, read_filter(id=f"urn:uuid:{name}"))) == 1
    assert view_run(project, f"urn:uuid:{name}").summary.seq == 1
    add_tags(project, "1", ["imported"])
    assert list_runs(project)[0].tags == ("imported",)
    assert check_project(project).damage == ()
    assert collect_garbage(project).sha256 == ()
    delete_runs(project, ["1"])
    assert len(list_runs(project)) == 0
    assert not path.exists()
