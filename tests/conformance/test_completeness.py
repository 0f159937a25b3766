"""Which files of generated workloads each recorder sees, against what is known to be true.

Each workload reads and writes files that are known beforehand. The default
recorder must tell exactly those. What the others see is a table in
``docs/reference/recorders.md``, which these tests hold to what happens here;
``--update-golden`` writes it anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from provkit.app.project import create_project
from provkit.app.record import record
from provkit.app.request import Request
from provkit.capture.journal import read_record
from provkit.capture.recorder import RECORDERS, Watch
from provkit.model.run import Run, fold
from provkit.plugins import load_plugin

FULL = os.environ.get("FULL") == "1"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "recorders.md"
BEGIN, END = "<!-- completeness -->\n", "<!-- /completeness -->\n"
COLUMNS = ("notify", "strace", "preload", "python", "snapshot")
PROGRAMS = Path(__file__).parent / "programs"
SHORT = 300 if FULL else 40

SEES_NOTHING_LIKE_IT = 77
"""Exit code of programs that find this machine unable to do what they show."""


@dataclass(frozen=True)
class Workload:
    """A command whose files are known.

    Attributes:
        title: As in the table.
        command: Words; ``{lab}`` stands for a folder with compiled programs.
        reads: Paths it reads.
        writes: Paths it leaves.
        setup: Files that are there before, with their text.
        needs: Programs or modules without which it is skipped.
        blind: The default recorder is known not to see it.
    """

    title: str
    command: Sequence[str]
    reads: frozenset[str]
    writes: frozenset[str]
    setup: dict[str, str] = field(default_factory=lambda: {"in": "3\n1\n2\n"})
    needs: tuple[str, ...] = ()
    blind: bool = False


def python(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def shell(text: str) -> list[str]:
    return ["bash", "-c", text]


def workload(
    title: str,
    command: Sequence[str],
    reads: str = "in",
    writes: str = "out",
    **more: object,
) -> Workload:
    return Workload(title, command, frozenset(reads.split()), frozenset(writes.split()), **more)  # type: ignore[arg-type]


NUMBERS = {"in.csv": "a,b\n1,2\n3,4\n"}
MANY = {f"in{n}": f"{n}\n" for n in range(SHORT)}
TEN = {f"in{n}": f"{n}\n" for n in range(10)}

WORKLOADS = (
    workload(
        "Python: open, pathlib",
        python("from pathlib import Path; open('out', 'w').write(Path('in').read_text())"),
    ),
    workload(
        "Python: numpy",
        python("import numpy as np; np.save('out.npy', np.loadtxt('in'))"),
        writes="out.npy",
        needs=("numpy",),
    ),
    workload(
        "Python: pandas",
        python("import pandas as pd; pd.read_csv('in.csv').to_csv('out.csv')"),
        reads="in.csv",
        writes="out.csv",
        setup=NUMBERS,
        needs=("pandas",),
    ),
    workload(
        "Python: sqlite3 (opens in C)",
        python(
            """
            import sqlite3
            with open("in") as file, sqlite3.connect("out.db") as base:
                base.execute("create table t (x)")
                base.executemany("insert into t values (?)", ((line,) for line in file))
            """
        ),
        writes="out.db",
    ),
    workload(
        "Python: mmap",
        python(
            """
            import mmap
            with open("in", "rb") as file, open("out", "w+b") as out:
                source = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
                out.truncate(len(source))
                mmap.mmap(out.fileno(), 0)[:] = source[:]
            """
        ),
    ),
    workload(
        "Python: below a folder's descriptor",
        python(
            """
            import os
            os.mkdir("sub")
            folder = os.open("sub", os.O_RDONLY)
            here = os.open(".", os.O_RDONLY)
            os.chdir("/")
            text = os.read(os.open("in", os.O_RDONLY, dir_fd=here), 100)
            os.write(os.open("out", os.O_WRONLY | os.O_CREAT, dir_fd=folder), text)
            """
        ),
        writes="sub/out",
    ),
    workload(
        "Python: in place (r+, a, truncate)",
        python(
            """
            import os
            with open("a", "r+") as file:
                file.write("new")
            with open("b", "a") as file:
                file.write("new")
            os.truncate("c", 1)
            """
        ),
        reads="a b",
        writes="a b c",
        setup={"a": "old\n", "b": "old\n", "c": "old\n"},
    ),
    workload(
        "Python: ten threads",
        python(
            """
            from concurrent.futures import ThreadPoolExecutor
            def work(n):
                open(f"out{n}", "w").write(open(f"in{n}").read())
            with ThreadPoolExecutor(10) as pool:
                list(pool.map(work, range(10)))
            """
        ),
        reads=" ".join(TEN),
        writes=" ".join(f"out{n}" for n in range(10)),
        setup=TEN,
    ),
    workload(
        "Python: fork server",
        python(
            """
            import multiprocessing as mp, pathlib
            def work(n):
                open(f"out{n}", "w").write(open(f"in{n}").read())
            context = mp.get_context("fork")
            with context.Pool(3) as pool:
                pool.map(work, range(10))
            """
        ),
        reads=" ".join(TEN),
        writes=" ".join(f"out{n}" for n in range(10)),
        setup=TEN,
    ),
    workload(
        "Python: daemon (forks twice)",
        python(
            """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(0.05)
                    text = open("in").read()
                    with open("out.part", "w") as file:
                        file.write(text)
                    os.rename("out.part", "out")
                os._exit(0)
            os.wait()
            while not os.path.exists("out"):
                time.sleep(0.01)
            """
        ),
    ),
    workload(
        "Python: system call without libc",
        python(
            """
            import ctypes, os, platform
            number = {"x86_64": 257, "aarch64": 56}[platform.machine()]
            call = ctypes.CDLL(None).syscall
            text = os.read(call(number, -100, b"in", os.O_RDONLY), 100)
            os.write(call(number, -100, b"out", os.O_WRONLY | os.O_CREAT, 0o644), text)
            """
        ),
    ),
    workload("shell: pipeline", shell("sort < in | uniq | tail -n 2 > out")),
    workload("shell: child of `env -i`", shell("env -i /bin/sh -c '/bin/cat in > out'")),
    workload("shell: cp (copies in the kernel)", shell("cp in out")),
    workload("shell: rename into place", shell("sort in > out.tmp && mv out.tmp out")),
    workload(
        "shell: read, then deleted",
        shell("cat in > out; rm in"),
    ),
    workload(
        "shell: through a symbolic link",
        shell("cat link > out"),
        reads="link in",
        setup={"in": "x\n", "link": "-> in"},
    ),
    workload(
        "shell: names that are no UTF-8",
        shell(r"cat $'caf\xe9\x01' > $'\xff'"),
        reads="caf\udce9\x01",
        writes="\udcff",
        setup={"caf\udce9\x01": "x\n"},
    ),
    workload(
        f"shell: {SHORT} short processes",
        shell(f"for n in $(seq 0 {SHORT - 1}); do cat in$n > out$n; done"),
        reads=" ".join(MANY),
        writes=" ".join(f"out{n}" for n in range(SHORT)),
        setup=MANY,
    ),
    workload(
        "R: read.csv, write.csv",
        ["Rscript", "-e", "write.csv(read.csv('in.csv'), 'out.csv')"],
        reads="in.csv",
        writes="out.csv",
        setup=NUMBERS,
        needs=("Rscript",),
    ),
    workload(
        "Octave: csvread, csvwrite",
        ["octave-cli", "--eval", "csvwrite('out.csv', csvread('in.csv', 1, 0))"],
        reads="in.csv",
        writes="out.csv",
        setup=NUMBERS,
        needs=("octave-cli",),
    ),
    workload("static binary", ["{lab}/copy_static", "in", "out"], needs=("gcc",)),
    workload("32-bit system calls", ["{lab}/copy_i386"], needs=("gcc", "x86_64")),
    workload("io_uring", ["{lab}/copy_uring"], needs=("gcc",), blind=True),
    workload(
        "server that ran before",
        python("open('wish', 'w').close()\nimport os\nwhile not os.path.exists('out'): pass"),
        writes="wish out",
        blind=True,
    ),
)


def slug(work: Workload) -> str:
    return work.title.replace(" ", "_").replace(":", "")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the compiled programs."""
    folder = tmp_path_factory.mktemp("lab")
    if shutil.which("gcc"):
        for source in PROGRAMS.glob("*.c"):
            target = folder / source.stem
            words = ["gcc", "-static", "-no-pie", "-O1", "-o", str(target), str(source)]
            subprocess.run(words, check=False, capture_output=True)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A process from before the run that writes ``out`` when it finds ``wish``."""
    text = """
        import os, time
        while not os.path.exists("wish"):
            time.sleep(0.002)
        with open("out.part", "w") as file:
            file.write(open("in").read())
        os.rename("out.part", "out")
        """
    begun: list[subprocess.Popen[bytes]] = []
    yield lambda: begun.append(subprocess.Popen(python(text), cwd=tmp_path))
    for process in begun:
        process.kill()
        process.wait()


def missing(work: Workload, lab: Path) -> str:
    """Why a workload cannot be run here."""
    for need in work.needs:
        if need == "x86_64":
            if os.uname().machine != need:
                return f"needs {need}"
        elif not (shutil.which(need) or find_spec(need)):
            return f"needs {need}"
    program = work.command[0].format(lab=lab)
    return "" if shutil.which(program) else f"{program} could not be compiled"


def run(work: Workload, recorder: str, project: Path, lab: Path) -> Run:
    """Record a workload."""
    for name, text in work.setup.items():
        if text.startswith("-> "):
            (project / name).symlink_to(text[3:])
        else:
            (project / name).write_text(text)
    folder = create_project(project, version="0")
    words = [word.replace("{lab}", str(lab)) for word in work.command]
    before = Path.cwd()
    os.chdir(project)
    try:
        done = record(folder, Request(words=words, recorder=recorder, archive=False))
    finally:
        os.chdir(before)
    if done.exit_code == SEES_NOTHING_LIKE_IT:
        pytest.skip("this machine cannot do what the program shows")
    assert done.exit_code == 0
    assert done.problems == ()
    return fold(read_record(folder.record(done.run).path))


def seen(run: Run) -> tuple[set[str], set[str]]:
    """Files of the project that the record names as read and as written."""
    reads, writes = (
        {state.path for state in states if not state.path.startswith("/")}
        for states in (run.inputs, run.outputs)
    )
    return reads, writes


def verdict(work: Workload, run: Run) -> str:
    """A cell of the table."""
    reads, writes = seen(run)
    read = "R" if reads == work.reads else "–"
    written = "W" if writes == work.writes else "–"
    return read + written


def usable(recorder: str, project: Path, words: Sequence[str]) -> str:
    """Why a recorder cannot be used for a command here."""
    watch = Watch(
        command=tuple(words),
        executable=shutil.which(words[0]) or words[0],
        directory=str(project),
        environment=dict(os.environ),
        project=str(project),
        staging=str(project),
    )
    found = load_plugin("recorders", recorder, RECORDERS)().preflight(watch)
    return "" if found.works else found.why_not


@pytest.mark.parametrize("work", WORKLOADS, ids=slug)
def test_the_default_recorder_sees_every_file(
    work: Workload, tmp_path: Path, lab: Path, server: Callable[[], None]
) -> None:
    """No declaration, no wrapper, any language: what was read and written is in the record."""
    if why := missing(work, lab) or usable("notify", tmp_path, ["true"]):
        pytest.skip(why)
    if work.title.startswith("server"):
        (tmp_path / "in").write_text("x\n")
        server()
    found = run(work, "notify", tmp_path, lab)

    if work.blind:
        # Not seen, but not passed over in silence either.
        assert found.capture is not None
        assert "out" in found.capture.untraced
    else:
        assert seen(found) == (set(work.reads), set(work.writes))


TABLE: dict[tuple[str, str], str] = {}


ALL = FULL or "--update-golden" in sys.argv
CELLS = [
    (work, recorder)
    for row, work in enumerate(WORKLOADS)
    for column, recorder in enumerate(COLUMNS)
    if (recorder != "python" or work.command[0] == sys.executable)
    and (ALL or (recorder != "notify" and (row + column) % 3 == 0))
]
"""What is held to the table: all of it, or as much as is quick."""


@pytest.mark.parametrize(
    ("work", "recorder"), CELLS, ids=[f"{slug(work)}-{name}" for work, name in CELLS]
)
def test_the_table_says_what_each_recorder_sees(
    work: Workload,
    recorder: str,
    tmp_path: Path,
    lab: Path,
    server: Callable[[], None],
    request: pytest.FixtureRequest,
) -> None:
    """A reader chooses by this table, so it must be true."""
    if why := missing(work, lab):
        pytest.skip(why)
    if why := usable(recorder, tmp_path, work.command):
        pytest.skip(why)
    if work.title.startswith("server"):
        (tmp_path / "in").write_text("x\n")
        server()
    cell = verdict(work, run(work, recorder, tmp_path, lab))
    if request.config.getoption("--update-golden"):
        TABLE[work.title.replace(str(SHORT), "300"), recorder] = cell
    else:
        assert cell == written_table()[work.title.replace(str(SHORT), "300"), recorder]


def written_table() -> dict[tuple[str, str], str]:
    """The table of the page: by workload and recorder."""
    lines = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line]
    if not rows:
        return {}
    names = rows[0][1:]
    return {(row[0], name): cell for row in rows[2:] for name, cell in zip(names, row[1:])}  # noqa: B905


def test_the_table_is_written(request: pytest.FixtureRequest) -> None:
    """With ``--update-golden``, after all cells are known."""
    if not request.config.getoption("--update-golden"):
        pytest.skip("nothing to write")
    known = {**written_table(), **TABLE}
    lines = ["| workload | " + " | ".join(COLUMNS) + " |", "| --- |" + " :-: |" * len(COLUMNS)]
    for work in WORKLOADS:
        title = work.title.replace(str(SHORT), "300")
        cells = [known.get((title, name), "") for name in COLUMNS]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")
