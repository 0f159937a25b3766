"""In a notebook a cell is a run, and lineage is a picture."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provkit.errors import UsageError
from provkit.notebook import read_record_line

SESSION = r"""
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "provkit")
shell.run_cell("%%record clean --tag draft\nopen('out.txt', 'w').write(open('in.txt').read())").raise_error()
failed = shell.run_cell("%%record broken\n1 / 0")
picture = shell.run_line_magic("lineage", "out.txt")
print("svg" in picture._repr_svg_(), type(failed.error_in_exec).__name__)
"""


def test_a_recorded_cell_is_a_run_and_its_lineage_a_picture(tmp_path: Path) -> None:
    """In a real IPython, in a process of its own."""
    (tmp_path / "in.txt").write_text("1\n")
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "IPYTHONDIR": str(tmp_path / ".ipython"),
        },
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "True ZeroDivisionError"

    provkit = shutil.which("provkit", path=str(Path(sys.executable).parent))
    assert provkit is not None
    listed = subprocess.run(
        [provkit, "runs", "--json"], cwd=tmp_path, capture_output=True, check=True
    )
    [broken, clean] = json.loads(listed.stdout)
    assert (clean["status"], clean["tags"], clean["used"], clean["generated"]) == (
        "ok",
        ["draft"],
        1,
        1,
    )
    assert broken["status"] == "failed"


@pytest.mark.parametrize(
    ("line", "read"),
    [("", ("cell", ())), ("fit", ("fit", ())), ("fit --tag a --tag 'b c'", ("fit", ("a", "b c")))],
)
def test_a_record_line_names_the_run(line: str, read: tuple[str, tuple[str, ...]]) -> None:
    assert read_record_line(line) == read


@pytest.mark.parametrize("line", ["a b", "--tag", "--what x"])
def test_a_record_line_that_says_something_else_is_refused(line: str) -> None:
    with pytest.raises(UsageError):
        read_record_line(line)
