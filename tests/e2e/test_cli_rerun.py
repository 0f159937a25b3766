"""Running again from the archive, with the installed program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

STEADY = "open('out/sum.txt', 'w').write(str(sum(map(int, open('in.txt')))))\n"
CHANCE = "import os; open('out/sum.txt', 'wb').write(os.urandom(16))\n"


@pytest.fixture
def recorded(provkit: Any) -> Any:
    """A run whose script, input and output were all changed since."""
    folder = provkit.folder
    (folder / "in.txt").write_text("1\n2\n3\n")
    (folder / "sum.py").write_text(STEADY)
    (folder / "out").mkdir()
    provkit("run", "sum.py")
    (folder / "in.txt").write_text("7\n")
    (folder / "sum.py").write_text("raise SystemExit('edited')\n")
    (folder / "out" / "sum.txt").write_text("touched by hand")
    return provkit


def test_the_first_output_comes_out_again(recorded: Any) -> None:
    """From archived program and input; today's files are neither used nor touched."""
    found = recorded("rerun", "1", "--json").json

    assert found["identical"] is True
    assert found["same"] == ["out/sum.txt"]
    assert not Path(found["folder"]).exists()
    assert (recorded.folder / "out" / "sum.txt").read_text() == "touched by hand"
    assert len(recorded("runs", "--json").json) == 1


def test_a_named_folder_keeps_the_new_run(recorded: Any, tmp_path: Path) -> None:
    """It is a project of its own, whose run names the one it repeats."""
    again = tmp_path / "again"
    recorded("rerun", "latest", "--in", again)

    assert (again / "out" / "sum.txt").read_text() == "6"
    (row,) = recorded("--project", again, "runs", "--json").json
    first = recorded("show", "1", "--json").json["id"]
    assert recorded("--project", again, "show", row["id"], "--json").json["rerun_of"] == first
    recorded("rerun", "1", "--in", again, code=2)


def test_a_difference_is_exit_4_and_stays_to_be_looked_at(provkit: Any) -> None:
    """Chance is not reproducible, and the verdict is on record."""
    (provkit.folder / "out").mkdir()
    (provkit.folder / "dice.py").write_text(CHANCE)
    provkit("run", "dice.py")

    found = provkit("rerun", "1", "--json", code=4).json
    assert found["changed"] == ["out/sum.txt"]
    assert Path(found["folder"], "out", "sum.txt").exists()
    records = (provkit.folder / ".provkit" / "records").glob("*.jsonl")
    (said,) = [json.loads(path.read_text().splitlines()[0]) for path in records]
    assert (said["statement"], said["data"]["changed"]) == ("verdict", ["out/sum.txt"])
    assert provkit("stats", "--json").json["statements"] == {"verdict": 1}
