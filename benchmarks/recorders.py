"""What recording costs: time with each recorder as a ratio to the time without, in one table.

    python benchmarks/recorders.py [--rounds 5] [--only a,c] [--peers] [--write]

Workloads: **a** computing only, **b** pandas, 20 CSV files in and 5 out, **c** 5,000 small files
read and 5,000 written, **d** 300 short processes, **e** R and **f** Octave, 50 CSV files in and 50
out. The first rows are the recorder alone, as it watches; *whole* rows are ``provkit run`` from
start to sealed record, with every file hashed and archived. Rounds are interleaved, and each waits
for a quiet moment, up to a limit; a cell is the median, less the fixed cost, which is measured on
``true`` (on ``python -c pass`` for the recorder that sees Python only).

``--peers`` installs noWorkflow, ReproZip and roar into throw-away environments and adds them, as
their users feel them. ``--write`` puts the table into ``docs/reference/recorders.md``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from provkit.capture.recorder import RECORDERS
from provkit.plugins import load_plugin
from provkit.testing.recorders import Bench

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "recorders.md"
BEGIN, END = "<!-- cost -->\n", "<!-- /cost -->\n"
FILES, PROCESSES = 5000, 300
GOALS = {
    ("notify", "a"): 1.03,
    ("notify", "b"): 1.25,
    ("notify", "c"): 2.1,
    ("notify", "d"): 1.6,
    ("preload", "a"): 1.02,
    ("preload", "b"): 1.1,
    ("preload", "c"): 1.2,
    ("preload", "d"): 1.2,
    ("whole: notify", "c"): 4.0,
}
FIXED_GOAL_S = 0.1
FAST = ("/dev/shm",)  # noqa: S108 - where files cost least, so that recording them costs most

PROGRAMS = {
    "a": "n = 0\nfor i in range(45_000_000):\n    n += i\n",
    "b": (
        "import pandas as pd\n"
        "frames = [pd.read_csv(f'in/{n}.csv') for n in range(20)]\n"
        "whole = pd.concat(frames)\n"
        "for n in range(5):\n    whole[whole.group == n].to_csv(f'out/{n}.csv')\n"
    ),
    "c": (
        f"for n in range({FILES}):\n"
        "    with open(f'in/{n}') as file:\n        file.read()\n"
        f"for n in range({FILES}):\n"
        "    with open(f'out/{n}', 'w') as file:\n        file.write('x' * 100)\n"
    ),
    "d": (f"for n in $(seq {PROCESSES // 3}); do grep -v 7 in/$n | sort | wc -l > out/$n; done\n"),
    "e": (
        "for (n in 0:49) write.csv(read.csv(sprintf('in/%d.csv', n)), sprintf('out/%d.csv', n))\n"
    ),
    "f": (
        "for n = 0:49, csvwrite(sprintf('out/%d.csv', n), csvread(sprintf('in/%d.csv', n))); end\n"
    ),
}
INTERPRETERS = {
    "a": [sys.executable, "a.py"],
    "b": [sys.executable, "b.py"],
    "c": [sys.executable, "c.py"],
    "d": ["bash", "d.sh"],
    "e": ["Rscript", "e.R"],
    "f": ["octave-cli", "f.m"],
    "pass": [sys.executable, "-c", "pass"],
}
NEEDS = {"b": "pandas", "e": "Rscript", "f": "octave-cli"}

QUIET_SHARE, QUIET_WAIT_S, QUIET_LOOK_S = 0.15, 2.5, 0.06

Way = Callable[[Path, list[str]], float]


def prepare(name: str, folder: Path) -> list[str]:
    """Lay out the files of a workload; its command."""
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    command = INTERPRETERS.get(name, ["true"])
    if name in PROGRAMS:
        (folder / command[1]).write_text(PROGRAMS[name])
    if name == "b":
        rows = "".join(f"{n},{n % 5},{n * 0.37:.3f},some text here\n" for n in range(40_000))
        for n in range(20):
            (folder / f"in/{n}.csv").write_text("id,group,value,label\n" + rows)
    elif name in "cd":
        for n in range(FILES if name == "c" else PROCESSES):
            (folder / f"in/{n}").write_text(f"{n}\n{n + 1}\n{n + 2}\n")
    elif name in "ef":
        for n in range(50):
            (folder / f"in/{n}.csv").write_text("".join(f"{k},{n}\n" for k in range(50)))
    return command


def clean(folder: Path) -> None:
    """Take away what the last round wrote."""
    for name in ("out", ".provkit", ".reprozip-trace", ".noworkflow", ".roar"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "out").mkdir()
    (folder / ".provkit" / "cache").mkdir(parents=True)


def unrecorded(folder: Path, command: list[str]) -> float:
    """The command alone."""
    return spent([], folder, command)


def by_recorder(name: str) -> Way:
    """The command, watched; the recorder alone, as ``provkit run`` uses it."""

    def way(folder: Path, command: list[str]) -> float:
        bench = Bench(folder)
        recorder = load_plugin("recorders", name, RECORDERS)()
        begin = time.perf_counter()
        bench.run(recorder, command)
        return time.perf_counter() - begin

    return way


def by_command(*words: str, **options: str) -> Way:
    """The command, given to another."""
    return lambda folder, command: spent(list(words), folder, command, options)


def whole(name: str) -> Way:
    """``provkit run``, to the sealed record; the preflight is remembered, as in real use."""
    provkit = str(Path(sys.executable).with_name("provkit"))

    def way(folder: Path, command: list[str]) -> float:
        shutil.rmtree(folder / ".provkit")
        subprocess.run([provkit, "init"], cwd=folder, check=True, capture_output=True)
        words = [provkit, "run", "--recorder", name, "--"]
        spent(words, folder, ["true"])
        return spent(words, folder, command)

    return way


def spent(
    before: list[str], folder: Path, command: list[str], options: dict[str, str] | None = None
) -> float:
    """Seconds that a command line takes."""
    begin = time.perf_counter()
    done = subprocess.run(
        [*before, *command],
        cwd=folder,
        capture_output=True,
        env={**os.environ, **(options or {})},
        check=False,
    )
    took = time.perf_counter() - begin
    if done.returncode:
        print(f"{before + command}: {done.stderr.decode(errors='replace')[-300:]}", file=sys.stderr)
        return float("nan")
    return took


def ways(*, peers: bool, temporary: Path) -> dict[str, Way]:
    """Each way to run a command, by the name of its row."""
    found: dict[str, Way] = {
        name: by_recorder(name) for name in ("notify", "strace", "preload", "python", "snapshot")
    }
    found["whole: notify"] = whole("notify")
    found["whole: preload"] = whole("preload")
    if shutil.which("strace"):
        found["strace -f --seccomp-bpf"] = by_command(
            "strace", "-f", "--seccomp-bpf", "-e", "trace=file", "-o", "/dev/null"
        )
        found["strace -f"] = by_command("strace", "-f", "-e", "trace=file", "-o", "/dev/null")
    if peers:
        found |= install_peers(temporary)
    return found


def install_peers(temporary: Path) -> dict[str, Way]:
    """Other recorders, each in an environment of its own, where they install."""
    lines = {
        "noworkflow": ("now", "run", "-cg"),
        "reprozip": ("reprozip", "trace", "--dont-identify-packages"),
        "roar-cli": ("roar", "run"),
    }
    found: dict[str, Way] = {}
    for package, (program, *words) in lines.items():
        folder = temporary / package
        venv.create(folder, with_pip=True)
        words_ = [str(folder / "bin" / "pip"), "install", "-q", package]
        if subprocess.run(words_, capture_output=True, check=False).returncode:
            print(f"{package} cannot be installed here", file=sys.stderr)
            continue
        found[f"{package} ({' '.join([program, *words])})"] = by_command(
            str(folder / "bin" / program), *words, REPROZIP_USAGE_STATS="off"
        )
    return found


def wait_for_quiet() -> None:
    """Wait until other processes leave the machine alone, but not for ever."""
    deadline = time.monotonic() + QUIET_WAIT_S
    while time.monotonic() < deadline:
        before = cpu_ticks()
        time.sleep(QUIET_LOOK_S)
        idle, whole = (now - then for now, then in zip(cpu_ticks(), before, strict=True))
        if whole and 1 - idle / whole < QUIET_SHARE:
            return


def cpu_ticks() -> tuple[int, int]:
    """Idle and all time of the processors since the machine started."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return fields[3] + fields[4], sum(fields)


def measure(names: list[str], found: dict[str, Way], rounds: int, base: Path) -> dict:
    """Median seconds by row and workload; the unrecorded row is called ``none``."""
    took: dict[tuple[str, str], list[float]] = {}
    for name in ["true", "pass", *names]:
        folder = base / name
        folder.mkdir()
        command = prepare(name, folder)
        for _ in range(rounds):
            for row, way in {"none": unrecorded, **found}.items():
                if skips(row, name, command):
                    continue
                clean(folder)
                wait_for_quiet()
                took.setdefault((row, name), []).append(way(folder, command))
        print(f"{name} measured", file=sys.stderr)
    return {key: statistics.median(times) for key, times in took.items()}


def skips(row: str, name: str, command: list[str]) -> bool:
    """Whether a row has no figure for a command."""
    if only_python(row):
        return command[0] != sys.executable
    return name == "pass" and row != "none"


def only_python(row: str) -> bool:
    """Whether a recorder sees Python only."""
    return row == "python" or row.startswith("noworkflow")


def table(names: list[str], found: dict[str, Way], median: dict) -> list[str]:
    """The Markdown table, and a line for each goal."""
    lines = ["| recorder | fixed | " + " | ".join(names) + " |"]
    lines.append("| --- | --: |" + " --: |" * len(names))
    base = ["none", ""] + [f"{median['none', name]:.2f} s" for name in names]
    lines.append("| " + " | ".join(base) + " |")
    goals = []
    for row in found:
        empty = "pass" if only_python(row) else "true"
        fixed = median[row, empty] - median["none", empty]
        cells = [row, f"{fixed * 1000:.0f} ms"]
        for name in names:
            if (row, name) not in median:
                cells.append("")
                continue
            ratio = (median[row, name] - fixed) / median["none", name]
            cells.append(f"{ratio:.2f}")
            goal = GOALS.get((row, name))
            if goal:
                verdict = "reached" if ratio <= goal else "MISSED"
                goals.append(f"{verdict}: {row} {name} {ratio:.2f}, goal {goal}")
        lines.append("| " + " | ".join(cells) + " |")
        if row == "whole: notify":
            verdict = "reached" if fixed <= FIXED_GOAL_S else "MISSED"
            goals.append(f"{verdict}: fixed cost {fixed * 1000:.0f} ms, goal 100 ms")
    print("\n".join([*lines, "", *goals]))
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="a,b,c,d,e,f")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    names = [
        name
        for name in asked.only.split(",")
        if name not in NEEDS or shutil.which(NEEDS[name]) or find_spec(NEEDS[name])
    ]
    room = next((each for each in FAST if os.access(each, os.W_OK)), None)
    with tempfile.TemporaryDirectory(dir=room) as base, tempfile.TemporaryDirectory() as other:
        found = ways(peers=asked.peers, temporary=Path(other))
        lines = table(names, found, measure(names, found, asked.rounds, Path(base)))
    if asked.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        text = "\n".join(lines)
        PAGE.write_text(f"{before}{BEGIN}{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
