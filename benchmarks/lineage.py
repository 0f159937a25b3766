"""Lineage of one file, over the mapped index and as SQLite would find it.

    python benchmarks/lineage.py [RUNS]

Runs in a chain of projects, each reading some recent files and writing two. The same walk, from
states to what is joined to them, to runs, to inputs, is done by ``provkit.lineage.walk.walk_up``
over the mapped file, and by a recursive query over the same edges as integers in SQLite. The walk
also keeps every edge and why it is believed; SQLite gives the nodes alone.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from provkit.lineage.index import Index, open_index, write_index
from provkit.lineage.network import Network, RunFacts
from provkit.lineage.walk import Rules, walk_up

ROUNDS = 5
GOAL = 2.5


def main(runs: int) -> None:
    """Time both, turn by turn, for a small and for the largest lineage."""
    network = history(runs)
    folder = Path(tempfile.mkdtemp())
    begin = time.perf_counter()
    write_index(str(folder / "lineage"), network, "now")
    took = time.perf_counter() - begin
    print(f"{runs} runs, {len(network.paths)} states; file written in {took:.2f} s")
    begin = time.perf_counter()
    index = open_index(str(folder / "lineage"), "now")
    assert index is not None
    print(f"opened in {(time.perf_counter() - begin) * 1000:.2f} ms")
    database = edges_of(network)
    outputs = [state for run in list(network.runs())[-200:] for state in network.outputs(run)]
    sizes = {state: len(walk_up(index, [state], Rules()).states) for state in outputs}
    for start in (min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)):
        compare(index, database, start)


def compare(index: Index, database: sqlite3.Connection, start: int) -> None:
    """One lineage, both ways, the same states."""
    ours: list[float] = []
    theirs: list[float] = []
    met: set[int] = set()
    found: set[int] = set()
    for _ in range(ROUNDS):
        took, states = timed(lambda: walk_up(index, [start], Rules()).states)
        ours.append(took)
        met = set(states)
        took, rows = timed(lambda: database.execute(RECURSIVE, (start,)).fetchall())
        theirs.append(took)
        found = {row[0] for row in rows if row[0] >= 0}
    assert met == {node for node in found if index.path(node) is not None}, "not the same answer"
    one, other = statistics.median(ours), statistics.median(theirs)
    verdict = "reached" if other / one >= GOAL or len(met) < 1000 else "MISSED"
    print(
        f"{len(met):>7} states: walk {one * 1000:8.2f} ms, SQLite {other * 1000:8.2f} ms,"
        f" {other / one:5.1f} times ({verdict}, goal {GOAL})"
    )


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


RECURSIVE = """
WITH RECURSIVE met(node) AS (VALUES(?) UNION SELECT target FROM met JOIN edge ON source = node)
SELECT node FROM met
"""


def edges_of(network: Network) -> sqlite3.Connection:
    """The edges a walk upstream follows, as integers; keys are negative."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE edge (source INTEGER, target INTEGER,"
        " PRIMARY KEY (source, target)) WITHOUT ROWID"
    )
    rows = set()
    for state in network.paths:
        for join in (0, 1):
            key = network.key(state, join)
            if key is not None:
                rows |= {(state, -1 - key), (-1 - key, state)}
        sources = network.sources(state, 2)
        rows |= {(state, source) for source in sources}
        if not sources:
            rows |= {(state, run) for run in network.makers(state)}
    rows |= {(run, state) for run in network.runs() for state in network.inputs(run)}
    database.executemany("INSERT INTO edge VALUES (?, ?)", sorted(rows))
    database.execute("ANALYZE")
    return database


def history(runs: int) -> Network:
    """Runs that read what was written lately, so that lineages grow deep and wide."""
    chance = random.Random(1)
    network = Network()
    recent: list[tuple[str, str, str]] = []
    for number in range(runs):
        run = network.node(f"urn:uuid:{number:032x}")
        network.add_run(
            run, RunFacts(f"{number:032x}", number + 1, "step.py", f"2026-{number:09d}")
        )
        for path, content, version in chance.sample(recent, min(len(recent), chance.randint(1, 4))):
            state = network.node(f"urn:uuid:{number:032x}#found/{path}")
            network.add_state(state, path, content)
            network.add_version(state, version)
            network.add_used(run, state)
        for part in range(2):
            path = f"results/{number}_{part}.csv"
            state = network.node(f"urn:uuid:{number:032x}#left/{path}")
            network.add_state(state, path, f"{number * 2 + part:064x}")
            network.add_version(state, f"v{number}_{part}")
            network.add_generated(run, state)
            recent.append((path, f"{number * 2 + part:064x}", f"v{number}_{part}"))
        recent = recent[-2000:]
    return network


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
