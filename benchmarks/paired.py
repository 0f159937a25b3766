"""Time whole commands against a baseline, turn by turn, and print the ratio.

Each round runs every command once, in the same order, so that a drift of the
machine hits all alike. Medians of whole-process wall time are compared; the
load average is printed because a number from a busy machine says little.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def time_once(command: Sequence[str], cwd: Path | None = None) -> float:
    """Wall time of one run of a command, in seconds; its output is thrown away.

    Raises:
        subprocess.CalledProcessError: It failed, so its time means nothing.
    """
    begin = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def compare(
    commands: Mapping[str, Sequence[str]],
    *,
    baseline: Sequence[str],
    rounds: int = 9,
    cwd: Path | None = None,
) -> dict[str, tuple[float, float]]:
    """Median seconds and ratio to the baseline, for each command.

    Args:
        commands: Name to argument vector.
        baseline: What everything is compared with, such as ``python -c pass``.
        rounds: Counted rounds after one that warms the caches.
        cwd: Where the commands run.
    """
    everything = {"baseline": baseline, **commands}
    times: dict[str, list[float]] = {name: [] for name in everything}
    for number in range(rounds + 1):
        for name, command in everything.items():
            elapsed = time_once(command, cwd)
            if number:
                times[name].append(elapsed)
    unit = statistics.median(times["baseline"])
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {name: (value, value / unit) for name, value in medians.items()}


def print_table(
    title: str, rows: Mapping[str, tuple[float, float]], goals: Mapping[str, float]
) -> None:
    """Print the rows of :func:`compare` with the goal of each, where there is one."""
    load = os.getloadavg()[0]
    print(f"{title} (load average {load:.1f})")
    print(f"{'command':44} {'median':>9} {'ratio':>7}  goal")
    for name, (seconds, ratio) in rows.items():
        goal = f"≤ {goals[name]:g}" if name in goals else ""
        print(f"{name:44} {seconds * 1000:7.1f}ms {ratio:7.2f}  {goal}")
