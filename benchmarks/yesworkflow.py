"""How quickly the ``yw`` commands answer, as multiples of ``python -c pass``.

    python benchmarks/yesworkflow.py [ROUNDS]

Whole processes, medians of at least nine paired rounds. The inputs are made
here: a script of the size of the field's best-known example (95 annotations),
one of 12,000 lines and 2,000 blocks, a run folder of 405 files, one of 100,000.
The last lines time the matcher alone: 100 templates against 100,000 paths.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paired import compare, print_table

from provkit.yw.matcher import Matcher
from provkit.yw.templates import parse_template

SMALL = "graph, 95 annotations, DOT"
LARGE = "graph, 2,000 blocks, combined, DOT"
RECON = "recon, 405 files"
HUGE = "recon, 100,000 files"
GOALS_S = {LARGE: 0.45, RECON: 0.3, HUGE: 3.0}
GOAL_RATIO = {SMALL: 5.0}
GOAL_MEMORY_MB, GOAL_MATCH_S = 120, 0.5


def workflow(steps: int, ports: int, *, filler: int = 0, template: str = "") -> str:
    """A chain of steps: each reads what the one before wrote, and a parameter."""
    uri = f" @uri file:{template}" if template else ""
    lines = ["# @begin chain @desc a chain of steps", "# @in d0", "# @param p", f"# @out d{steps}"]
    for number in range(steps):
        lines += [f"# @begin step{number} @desc number {number}", f"# @in d{number}{uri}"]
        lines += ["# @param p"] * (ports > 2)
        lines += [f"x = {line}" for line in range(filler)]
        lines += [f"# @out d{number + 1}", f"# @end step{number}"]
    return "\n".join([*lines, "# @end chain", ""])


def make_files(folder: Path, count: int) -> None:
    """Files in a hundred folders at most."""
    for number in range(count):
        place = folder / f"run{number % 100:02d}"
        if number < 100:
            place.mkdir(parents=True)
        (place / f"image_{number:06d}.raw").touch()


def peak_memory_mb(command: list[str], cwd: Path) -> float:
    """Highest resident size of one run of a command."""
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss / 1024


def match_s() -> float:
    """Seconds to hold 100 templates against 100,000 paths."""
    random.seed(1)
    paths = [
        f"/data/p{random.randrange(300):05d}/2026/out_{number:07d}_{number % 3}.nc"
        for number in range(100_000)
    ]
    begin = time.perf_counter()
    matcher = Matcher()
    for number in range(100):
        matcher.add(parse_template(f"/data/p{number:05d}/{{year}}/out_{{run}}_{{k}}.nc"))
    found = sum(len(matches) for _, matches in matcher.match_all(paths))
    elapsed = time.perf_counter() - begin
    assert found > 10_000
    return elapsed


def main() -> None:
    """Make the inputs, time the commands, print the table."""
    rounds = max(9, int(sys.argv[1]) if len(sys.argv) > 1 else 9)
    provkit = str(Path(sys.executable).with_name("provkit"))
    template = "run{run}/image_{number}.raw"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small.py").write_text(workflow(13, 3, filler=3))
        (folder / "large.py").write_text(workflow(2000, 3, filler=1))
        (folder / "files.py").write_text(workflow(2, 3, template=template))
        make_files(folder / "few", 405)
        make_files(folder / "many", 100_000)
        commands = {
            SMALL: [provkit, "yw", "graph", "small.py"],
            LARGE: [provkit, "yw", "graph", "large.py", "--view", "combined"],
            RECON: [provkit, "yw", "recon", "files.py", "--root", "few"],
            HUGE: [provkit, "yw", "recon", "files.py", "--root", "many"],
        }
        rows = compare(commands, baseline=[sys.executable, "-c", "pass"], rounds=rounds, cwd=folder)
        print_table("YesWorkflow", rows, GOAL_RATIO)
        for title, goal in GOALS_S.items():
            print(f"{title:44} {rows[title][0]:8.3f}s          ≤ {goal:g} s")
        for title in (LARGE, HUGE):
            memory = peak_memory_mb(commands[title], folder)
            print(f"{title + ', memory':44} {memory:7.0f}MB          ≤ {GOAL_MEMORY_MB} MB")
    matched = statistics.median(match_s() for _ in range(3))
    print(f"{'100 templates x 100,000 paths':44} {matched:8.3f}s          ≤ {GOAL_MATCH_S:g} s")


if __name__ == "__main__":
    main()
