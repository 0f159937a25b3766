"""The audit hook tells what a Python process opens, and is not felt by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provkit.capture.python_audit import PythonRecorder, is_python
from provkit.capture.recorder import Recorder
from provkit.testing.recorders import Bench, RecorderContract, Seen


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    project = tmp_path / "project"
    (project / ".provkit" / "cache").mkdir(parents=True)
    (project / "in").write_text("in\n")
    (project / "old").write_text("old\n")
    return Bench(project)


def run(bench: Bench, script: str) -> Seen:
    """Record a Python script given as text."""
    (bench.project / "s.py").write_text(script)
    seen = bench.run(PythonRecorder(), [sys.executable, "s.py"])
    assert seen.observer.problems == []
    return seen


class TestPython(RecorderContract):
    @pytest.fixture
    def recorder(self) -> Recorder:
        return PythonRecorder()


@pytest.mark.parametrize(
    ("script", "kind", "path"),
    [
        ("open('in').read()", "read", "in"),
        ("open('new', 'w')", "write", "new"),
        ("open('old', 'a')", "write", "old"),
        ("open('old', 'a')", "read", "old"),
        ("open('old', 'r+')", "read", "old"),
        ("open('x', 'x')", "write", "x"),
        ("import os; os.open('new', os.O_CREAT | os.O_WRONLY)", "write", "new"),
        ("import os; os.truncate('old', 0)", "write", "old"),
        ("from pathlib import Path; Path('new').write_text('x')", "write", "new"),
        ("import shutil; shutil.copy('in', 'copy')", "read", "in"),
        ("import shutil; shutil.copy('in', 'copy')", "write", "copy"),
        ("import os; os.rename('old', 'new')", "rename", "old"),
        ("import os; os.remove('old')", "delete", "old"),
        ("import os; os.link('in', 'hard')", "link", "in"),
        ("import os; os.symlink('in', 'soft')", "link", "in"),
        ("import sqlite3; sqlite3.connect('db').execute('create table t(a)')", "write", "db"),
        ("import os; os.chdir('/'); open('in')", "read", "in"),
        ("open('sub/../in')", "read", "in"),
        ("open(b'in')", "read", "in"),
        ("import io; io.FileIO('in')", "read", "in"),
        ("import threading as t; a = t.Thread(target=open, args=['in']); a.start(); a.join()",
         "read", "in"),
    ],
)  # fmt: skip
def test_what_python_opens_is_told(bench: Bench, script: str, kind: str, path: str) -> None:
    """Through whichever function."""
    (bench.project / "sub").mkdir()
    script = script.replace(
        "os.chdir('/'); open('in')", f"os.chdir('/'); open('{bench.project}/in')"
    )

    assert path in run(bench, script).paths(kind)


@pytest.mark.parametrize(
    "script",
    [
        "try: open('none')\nexcept OSError: pass",
        "try: open('none/new', 'w')\nexcept OSError: pass",
        "try: open('old', 'x')\nexcept OSError: pass",
        "import os\ntry: os.rename('none', 'new')\nexcept OSError: pass",
        "import os\ntry: os.remove('none')\nexcept OSError: pass",
        "import os; os.path.exists('old'); os.stat('old')",
        "import os; os.listdir('.')",
        "open('/dev/null', 'w')",
    ],
)
def test_what_did_not_happen_is_not_told(bench: Bench, script: str) -> None:
    """An audit event comes before the call; most probes find nothing."""
    seen = run(bench, script)

    assert seen.paths("read", "write", "rename", "delete", "link") <= {"s.py"}


def test_old_bytes_are_saved_once_and_exactly(bench: Bench) -> None:
    """Before the first change, by whoever makes it."""
    seen = run(
        bench,
        "import os\nopen('old', 'w').write('1')\nopen('old', 'a').write('2')\n"
        "open('in', 'r+').write('X')\nos.remove('in')\n",
    )

    assert seen.old_bytes(bench.project / "old") == b"old\n"
    assert seen.old_bytes(bench.project / "in") == b"in\n"


def test_a_file_still_open_is_told_again(bench: Bench) -> None:
    """What is read while it is open can get into it; afterwards it cannot."""
    seen = run(
        bench,
        "with open('new', 'w') as new:\n    new.write(open('in').read())\nopen('old').read()\n",
    )

    kinds = [(each.kind, each.path) for each in seen.accesses if each.path != "s.py"]
    assert kinds == [("write", "new"), ("read", "in"), ("write", "new"), ("read", "old")]


def test_compiled_modules_are_told_as_their_source(bench: Bench) -> None:
    """Bytecode is a cache; the source is what was run."""
    (bench.project / "helper.py").write_text("x = 1\n")
    for _ in range(2):
        assert "helper.py" in run(bench, "import helper").paths("read")


def test_pipes_between_processes_are_named(bench: Bench) -> None:
    """So that derivations follow the data."""
    seen = run(
        bench,
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'print(open(\"in\").read())'],"
        " stdout=subprocess.PIPE)\nopen('new', 'w').write(p.stdout.read().decode())\n",
    )

    child = next(each for each in seen.processes if each.parent == 1)
    assert child.writes_to is not None
    assert any(name.startswith("pipe:") for name in child.writes_to)


def test_a_program_may_close_every_descriptor(bench: Bench) -> None:
    """Daemons do; what we write must never end up in a file of theirs."""
    seen = run(
        bench,
        "import os\nos.closerange(3, 512)\n"
        "for n in range(9): os.dup2(os.open('new', os.O_CREAT | os.O_WRONLY), 20 + n)\n"
        "open('in').read()\n",
    )

    assert "in" in seen.paths("read")
    assert (bench.project / "new").read_bytes() == b""


def test_descriptors_are_numbered_as_without_us(bench: Bench) -> None:
    """Some programs count on the next being 3."""
    run(bench, "import os\nopen('new', 'w').write(str(os.open('in', os.O_RDONLY)))\n")

    out = (bench.project / "new").read_text()
    (bench.project / "s.py").write_text(
        "import os\nopen('new', 'w').write(str(os.open('in', os.O_RDONLY)))\n"
    )
    subprocess.run([sys.executable, "s.py"], cwd=bench.project, check=True)
    assert (bench.project / "new").read_text() == out


def test_ctrl_c_passes_through_the_hook(bench: Bench) -> None:
    """KeyboardInterrupt may come up while the hook runs; it is not ours to catch."""
    script = (
        "import os, signal, threading\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n    while True: open('in').close()\n"
        "except KeyboardInterrupt: open('caught', 'w').close()\n"
    )
    run(bench, script)

    assert (bench.project / "caught").exists()


def test_a_lost_spool_is_not_felt(bench: Bench) -> None:
    """The recorder may be gone; the program goes on."""
    (bench.project / "s.py").write_text(
        "import os, glob\n[os.remove(p) for p in glob.glob('.provkit/staging/*/python.spool')]\n"
        "open('new', 'w').write('x')\nprint('done')\n"
    )
    seen = bench.run(PythonRecorder(), [sys.executable, "s.py"])

    assert seen.ending.exit_code == 0
    assert (bench.project / "new").read_text() == "x"


@pytest.mark.parametrize("option", ["-I", "-E", "-S", "-Im"])
def test_auto_passes_over_a_python_that_would_not_load_the_hook(bench: Bench, option: str) -> None:
    """Another recorder sees more then."""
    watch = bench.watch_of([sys.executable, option, "s.py"])

    assert not PythonRecorder().preflight(watch).suits


def test_a_script_is_python_by_its_first_line(bench: Bench) -> None:
    """``./fit`` with ``#!/usr/bin/env python3``."""
    script = bench.project / "fit"
    script.write_text("#!/usr/bin/env python3\n")
    script.chmod(0o755)

    assert is_python(bench.watch_of([str(script)]))
    assert not is_python(bench.watch_of(["sh"]))


def test_the_bootstrap_is_plain_enough_for_any_python() -> None:
    """It is loaded by whatever Python a run starts, 3.8 and older included."""
    folder = Path(__file__).resolve().parents[3] / "provkit" / "capture" / "bootstrap"
    text = (folder / "sitecustomize.py").read_text()

    assert 'f"' not in text
    assert "from __future__" not in text
    assert os.listdir(folder)  # noqa: PTH208
