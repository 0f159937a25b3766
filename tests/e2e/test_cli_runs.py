"""Looking at runs, mending them and keeping a project in order, with the installed program."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """\
import sys
text = open("in.csv").read()
open("out.csv", "w").write(text * int(sys.argv[1]))
print("noted", file=sys.stderr)
if len(sys.argv) > 2:
    sys.exit(sys.argv[2])
"""
KEYS = {"id", "seq", "program", "command", "status", "exit_code", "started", "ended", "user",
        "host", "tags", "used", "generated"}  # fmt: skip


@pytest.fixture(scope="module")
def template(provkit_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three recorded runs: two that differ, and one that failed."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "in.csv").write_text("a,b\n")
    (folder / "scale.py").write_text(SCRIPT)
    for words, code in (
        (["--tag", "first", "scale.py", "1"], 0),
        (["--param", "factor=2", "scale.py", "2"], 0),
        (["scale.py", "3", "too large"], 1),
    ):
        done = subprocess.run([provkit_bin, "run", *words], cwd=folder, capture_output=True)  # noqa: PLW1510
        assert done.returncode == code, done.stderr
    return folder


@pytest.fixture
def recorded(provkit: Any, template: Path) -> Any:
    """A copy of that folder, for one test to do with as it likes."""
    shutil.copytree(template, provkit.folder, dirs_exist_ok=True)
    return provkit


def test_the_run_list_in_three_formats(recorded: Any) -> None:
    """interface: table, json, csv; the newest first."""
    rows = recorded("runs", "--json").json
    assert [row["seq"] for row in rows] == [3, 2, 1]
    assert all(set(row) >= KEYS for row in rows)
    assert {row["program"] for row in rows} == {"scale.py"}
    assert [row["status"] for row in rows] == ["failed", "ok", "ok"]
    assert [row["exit_code"] for row in rows] == [1, 0, 0]
    assert [(row["used"], row["generated"]) for row in rows] == [(1, 1)] * 3
    assert rows[2]["tags"] == ["first"]

    table = recorded("runs").text.splitlines()
    assert table[0].split() == ["run", "status", "started", "took", "program", "used", "made",
                                "tags", "id"]  # fmt: skip
    assert len(table) == 4
    sheet = list(csv.DictReader(io.StringIO(recorded("runs", "--format", "csv").text)))
    assert [row["seq"] for row in sheet] == ["3", "2", "1"]
    assert set(sheet[0]) == KEYS


def test_show_reads_like_a_page(recorded: Any) -> None:
    """Details, used, generated, program, parameters."""
    seen = recorded("show", "2", "--json").json
    assert [file["path"] for file in seen["inputs"]] == ["in.csv"]
    assert [(file["path"], file["size"]) for file in seen["outputs"]] == [("out.csv", 8)]
    assert seen["parameters"]["factor"] == "2"
    assert isinstance(seen["environment"], dict)

    page = recorded("show", "2").text
    for title in ("Run 2", "Program", "Used (1)", "Generated (1)", "Parameters"):
        assert title in page


def test_filters_combine(recorded: Any) -> None:
    """One of each kind through the command line; their meaning has its own tests."""

    def seqs(*words: str) -> list[int]:
        return [row["seq"] for row in recorded("runs", "--json", *words).json]

    today = time.strftime("%Y-%m-%d")
    first = recorded("show", "1", "--json").json
    assert seqs("--id", first["id"][:9]) == [1]
    assert seqs("--program", "*.py", "--limit", "2") == [3, 2]
    assert seqs("--file", "in.csv", "--status", "failed") == [3]
    assert seqs("--hash", first["outputs"][0]["sha256"][:12]) == [3, 2, 1]  # equals the input
    assert seqs("--tag", "fi*") == [1]
    assert seqs("--user", "nobody-of-that-name") == []
    assert seqs("--since", today, "--until", today) == [3, 2, 1]
    assert seqs("--until", "2001-01-01") == []
    assert seqs("--seq", "2:3", "--status", "ok") == [2]
    folder = recorded.folder / "sub"
    folder.mkdir()
    found = recorded("runs", "--json", "--file", "../in.csv", cwd=folder).json
    assert len(found) == 3


def test_nothing_found_is_an_empty_list_and_a_word(recorded: Any) -> None:
    """Exit 0: no run matching is an answer."""
    done = recorded("runs", "--tag", "nothing", "--json")
    assert done.json == []
    assert recorded("runs", "--tag", "nothing").err == "No run matches.\n"


def test_versions_come_back(recorded: Any) -> None:
    """cat and restore, by number, and the newest by default."""
    assert recorded("cat", "out.csv@1").out == b"a,b\n"
    assert recorded("cat", "out.csv@2").out == b"a,b\n" * 2
    assert recorded("cat", "out.csv").out == b"a,b\n" * 3
    (recorded.folder / "out.csv").write_bytes(b"edited by hand")

    done = recorded("restore", "out.csv@2")
    assert (recorded.folder / "out.csv").read_bytes() == b"a,b\n" * 2
    kept = re.search(r"archived as sha256 ([0-9a-f]{64})", done.err)
    assert kept is not None
    recorded("restore", "out.csv@1", "-o", "old.csv")
    assert (recorded.folder / "old.csv").read_bytes() == b"a,b\n"


def test_diff_tells_what_changed(recorded: Any) -> None:
    """Between run 1 and 2: argument, parameter, output."""
    found = recorded("diff", "1", "2", "--json").json
    assert found["same"] is False
    assert [entry["finding"] for entry in found["inputs"]] == ["same"]
    assert [entry["finding"] for entry in found["outputs"]] == ["changed"]
    assert "out.csv" in recorded("diff", "1", "2").text


def test_tags_notes_and_deletion(recorded: Any) -> None:
    """Mending is a sentence each."""
    recorded("tag", "latest", "it's", "broken")
    recorded("note", "3", "the sensor\nfailed")
    row = recorded("show", "3", "--json").json
    assert row["tags"] == ["broken", "it's"]
    assert row["notes"] == ["the sensor\nfailed"]

    recorded("rm", code=2)
    assert "would be deleted" in recorded("rm", "--status", "failed", "--dry-run").err
    assert len(recorded("runs", "--json").json) == 3
    recorded("rm", "--status", "failed")
    assert [row["seq"] for row in recorded("runs", "--json").json] == [2, 1]
    recorded("show", "3", code=3)
    recorded("run", "scale.py", "1")
    assert recorded("runs", "--json").json[0]["seq"] == 4


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "99"], 3),
        (["show", "no-such-run"], 3),
        (["show", "../../etc/passwd"], 3),
        (["cat", "never.csv"], 3),
        (["cat", "in.csv@99"], 3),
        (["restore", "never.csv@1"], 3),
        (["diff", "1", "99"], 3),
        (["tag", "99", "x"], 3),
        (["rm", "1", "99"], 3),
        (["tag", "1"], 2),
        (["runs", "--seq", "9:1"], 2),
        (["runs", "--since", "soon"], 2),
        (["config", "record.recorder", "magic"], 2),
        (["run", "missing.py"], 2),
    ],
)
def test_mistakes_are_one_sentence_and_change_nothing(
    recorded: Any, words: list[str], code: int
) -> None:
    """interface: exit codes; and every byte of the truth stays."""

    def truth() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for part in ("runs", "records", "objects", "sequence")
            for path in (recorded.folder / ".provkit" / part).rglob("*")
            if path.is_file()
        }

    before = truth()
    done = recorded(*words, code=code)

    assert done.out == b""
    assert re.fullmatch(r"provkit: .+\n(  hint: .+\n)?", done.err), done.err
    assert truth() == before


def test_a_newer_project_is_refused_before_the_command_starts(recorded: Any) -> None:
    """R15: exit 5."""
    about = recorded.folder / ".provkit" / "project.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 2}))

    for words in (["runs"], ["run", "--", "touch", "started"], ["tag", "1", "x"], ["fsck"]):
        assert "upgrade provkit" in recorded(*words, code=5).err
    assert not (recorded.folder / "started").exists()


def test_a_project_that_cannot_be_written_is_refused_before_the_command_starts(
    recorded: Any,
) -> None:
    """R4: exit 5; nothing ran."""
    runs = recorded.folder / ".provkit" / "runs"
    if os.geteuid() == 0:  # root may write anywhere but into a file
        shutil.rmtree(runs)
        runs.write_text("not a folder")
    else:
        runs.chmod(0o500)

    assert recorded("run", "--", "touch", "started", code=5).err.startswith("provkit: ")
    assert not (recorded.folder / "started").exists()


def test_damage_is_named_and_exit_4(recorded: Any) -> None:
    """R16: records and content; what is not damaged stays."""
    assert recorded("fsck", "--json").json["ok"] is True
    objects = sorted((recorded.folder / ".provkit" / "objects").glob("*/*"))
    objects[0].chmod(0o600)
    objects[0].write_bytes(b"!" + objects[0].read_bytes()[1:])
    record = sorted((recorded.folder / ".provkit" / "runs").glob("*.jsonl"))[0]
    record.write_bytes(record.read_bytes().replace(b"scale", b"scald", 1))

    found = recorded("fsck", "--json", code=4).json
    assert {each["path"] for each in found["damage"]} == {
        str(path.relative_to(recorded.folder)) for path in (objects[0], record)
    }
    assert "2 damaged" in recorded("fsck", code=4).err
    listed = recorded("runs", "--json")
    assert len(listed.json) == 2
    assert str(record) in listed.err


def test_a_killed_recorder_loses_no_earlier_run(recorded: Any, provkit_bin: Path) -> None:
    """R1: kill -9 while a run goes on; it is shown as it is, and recover seals it."""
    going = subprocess.Popen(
        [provkit_bin, "run", "--", "sh", "-c", "cat in.csv; sleep 30"],
        cwd=recorded.folder,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert going.stdout is not None
    assert going.stdout.read(4) == b"a,b\n"
    assert recorded("runs", "--json").json[0]["status"] == "running"
    os.killpg(going.pid, signal.SIGKILL)
    going.wait()
    going.stdout.close()
    deadline = time.monotonic() + 10
    while recorded("runs", "--json").json[0]["status"] == "running":
        assert time.monotonic() < deadline, "its journal is still locked"
        time.sleep(0.2)

    assert [row["status"] for row in recorded("runs", "--json").json] == [
        "interrupted", "failed", "ok", "ok",
    ]  # fmt: skip
    assert "Sealed as interrupted" in recorded("recover").err
    assert recorded("recover").err == "Nothing to do.\n"
    assert recorded("fsck", "--json").json["ok"] is True
    assert len(recorded("runs", "--json").json) == 4


def test_a_corrupt_index_is_made_anew(recorded: Any) -> None:
    """R17: the records are the truth."""
    recorded("reindex")
    store = recorded.folder / ".provkit" / "store"
    for path in store.rglob("*"):
        if path.is_file() and path.name != "LOCK":
            path.write_bytes(b"\xff" * 64)

    assert "Indexed" in recorded("reindex").err
    assert len(recorded("runs", "--json").json) == 3


def test_garbage_goes_when_its_runs_are_gone(recorded: Any) -> None:
    """Only what nobody names: run 3 alone still names what run 2 had left."""
    recorded("rm", "2", "3")
    planned = recorded("gc", "--dry-run", "--json").json
    done = recorded("gc", "--json").json
    assert planned["sha256"] == done["sha256"] != []
    assert recorded("gc", "--json").json["sha256"] == []
    assert recorded("cat", "out.csv@1").out == b"a,b\n"
    assert recorded("fsck", "--json").json["ok"] is True


def test_settings_say_where_they_come_from(recorded: Any) -> None:
    """interface: config --show-origin."""
    recorded("config", "archive.max_size", "5 MB")
    found = recorded(
        "config", "--show-origin", "--json", env={"PROVKIT_RECORD_RECORDER": "none"}
    ).json
    assert found["archive.max_size"]["value"] == 5_000_000
    assert found["archive.max_size"]["origin"] == "project"
    assert found["archive.max_size"]["where"].endswith("config.toml")
    assert found["record.recorder"]["origin"] == "environment"
    assert found["archive.enabled"]["origin"] == "default"
    assert recorded("config", "archive.max_size").text == "5000000\n"


def test_no_control_character_reaches_the_terminal(provkit: Any) -> None:
    """S3: names, tags and notes that try to steer it, in every reading command."""
    (provkit.folder / "evil\x1b]0;owned\x07\u202e.py").write_text("open('x\\x1b[2J', 'w')")
    provkit("run", "--tag", "\x1b[31m", "--note", "\x9b2J\r\n", "evil\x1b]0;owned\x07\u202e.py")
    for words in (["runs"], ["show", "1"], ["diff", "1", "1", "--all"], ["fsck"], ["stats"],
                  ["runs", "--format", "csv"], ["runs", "--json"], ["show", "1", "--json"],
                  ["cat", "\x1b[2J\u202e"], ["show", "\x1b[2J"]):  # fmt: skip
        done = provkit(*words, code=3 if "2J" in words[-1] else 0)
        for character in (done.text + done.err).replace("\n", ""):
            assert character.isprintable(), (words, character)
            assert character != "\u202e"


def test_colour_only_on_a_terminal(recorded: Any, provkit_bin: Path) -> None:
    """And not with NO_COLOR; the table fits the terminal."""

    def on_a_terminal(**env: str) -> str:
        reader, terminal = pty.openpty()
        subprocess.run(
            [provkit_bin, "runs"], cwd=recorded.folder, stdout=terminal, check=True,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "50", **env},
        )  # fmt: skip
        os.close(terminal)
        shown = os.read(reader, 100_000).decode()
        os.close(reader)
        return shown

    assert "\x1b[1m" in on_a_terminal()
    plain = on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in plain
    assert max(len(line) for line in plain.splitlines()) <= 50
    assert "\x1b" not in recorded("runs").text


def test_the_run_list_is_quick(recorded: Any, times_python: Callable[..., float]) -> None:
    """At most eight times what Python itself takes to start."""
    recorded("runs")  # fills the cache

    assert times_python("runs", cwd=recorded.folder) <= 8


def test_many_recorders_at_once_lose_nothing(provkit: Any, provkit_bin: Path) -> None:
    """R6: each run once, each number once, nobody waits for the index or for who looks."""
    workers, each = (16, 25) if os.environ.get("FULL") else (6, 2)
    provkit("init")
    loop = f'for i in $(seq {each}); do "$0" run -- touch "out-$1-$i" || exit 1; done'
    going = [
        subprocess.Popen(["bash", "-c", loop, provkit_bin, str(number)], cwd=provkit.folder)
        for number in range(workers)
    ]
    with_index = 0
    while any(worker.poll() is None for worker in going):
        provkit("runs", "--json")
        provkit("reindex")
        with_index += 1

    assert [worker.returncode for worker in going] == [0] * workers
    rows = provkit("runs", "--json").json
    assert sorted(row["seq"] for row in rows) == list(range(1, workers * each + 1))
    assert {row["status"] for row in rows} <= {"ok", "incomplete"}
    assert len({row["id"] for row in rows}) == workers * each
    assert provkit("fsck", "--json").json["ok"] is True
    assert with_index > 0
