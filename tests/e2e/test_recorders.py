"""The recorders of the installed program: what `provkit doctor` promises, `provkit run` keeps."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Provkit


def works(provkit: Provkit, name: str) -> None:
    """Skip where a recorder does not work."""
    for found in provkit("doctor", "--json").json["recorders"]:
        if found["name"] == name and not found["works"]:
            pytest.skip(found["why_not"])


def test_doctor_tells_people_and_programs_the_same(provkit: Provkit) -> None:
    """A table to read, JSON to act upon."""
    told = provkit("doctor", "--json").json
    text = provkit("doctor").text

    default = next(each["name"] for each in told["recorders"] if each["default"])
    assert any(line.split()[:2] == [default, "default"] for line in text.splitlines())
    assert set(told["interpreters"]) >= {".py", ".r", ".m", ".jl", ".sh"}
    assert {"provkit", "python", "system", "project", "drawing", "limits"} <= set(told)


def test_doctor_works_in_a_damaged_project(provkit: Provkit) -> None:
    """It is then that one asks."""
    provkit("init")
    (provkit.folder / ".provkit" / "project.json").write_text("{")
    done = provkit("doctor")

    assert "damaged" in done.err
    assert "notify" in done.text


@pytest.mark.parametrize("recorder", ["notify", "strace", "preload"])
def test_each_recorder_of_the_wheel_records(provkit: Provkit, recorder: str) -> None:
    """Each brings its own files along: a supervisor, a C source."""
    works(provkit, recorder)
    (provkit.folder / "in").write_text("x\n")
    provkit("run", "--recorder", recorder, "--", "sh", "-c", "cat in > out; exit 3", code=3)
    shown = provkit("show", "latest", "--json").json

    assert [each["path"] for each in shown["inputs"]] == ["in"]
    assert [each["path"] for each in shown["outputs"]] == ["out"]


def test_a_run_inside_a_run_is_a_run_of_its_own(provkit: Provkit) -> None:
    """A pipeline that calls provkit itself can be recorded as a whole, too."""
    works(provkit, "notify")
    (provkit.folder / "in").write_text("x\n")
    inner = f"{provkit.binary} run -- sh -c 'cat in > mid; exit 4'"
    text = f"{inner}; test $? = 4 && cat mid > out"
    provkit("run", "--recorder", "notify", "--", "sh", "-c", text)
    runs = sorted(provkit("runs", "--json").json, key=lambda run: run["seq"])
    files = [provkit("show", run["id"], "--json").json for run in runs]

    assert [run["exit_code"] for run in runs] == [0, 4]
    assert [[each["path"] for each in shown["outputs"]] for shown in files] == [["out"], ["mid"]]
    assert [[each["path"] for each in shown["inputs"]] for shown in files] == [["mid"], ["in"]]
    records = {path.stem: path for path in (provkit.folder / ".provkit/runs").glob("*.jsonl")}
    first = json.loads(records[runs[1]["id"]].read_text().splitlines()[0])
    assert first["part_of"] == runs[0]["id"]


def test_the_verdict_on_a_recorder_is_remembered(provkit: Provkit) -> None:
    """Trying costs 20 ms, which a loop of short runs would pay each time."""
    works(provkit, "notify")
    provkit("run", "--", "true")
    (kept,) = (provkit.folder / ".provkit" / "cache").glob("recorder-notify-*.json")
    before = kept.stat().st_mtime_ns
    provkit("run", "--", "true")

    assert kept.stat().st_mtime_ns == before
    assert json.loads(kept.read_text())["works"] is True
