"""How fast records become answers, beside what the engine alone takes for the same quads.

    python benchmarks/ingest.py [RUNS]

Three questions: how many quads a second a fresh index takes in, beside plain
``pyoxigraph`` (bulk_load of N-Quads, and extend); what one more run costs once
its record is sealed; and what opening costs when nothing is new.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from provkit.app.ingest import ingest, open_index
from provkit.app.project import Project, create_project
from provkit.app.reindex import reindex
from provkit.model.run import fold
from provkit.rdf.documents import write_document
from provkit.rdf.engine import Encoder
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import run_events, write_run

LEAST_QUADS_PER_SECOND = 25_000
MOST_MS_A_RUN = 2.0
QUADS_A_RUN = 25


def record(project: Project, number: int) -> None:
    """One run of a chain: it reads what the one before it wrote."""
    events = run_events(
        inputs={f"data/step{number}.csv": b"%d" % number},
        outputs={f"data/step{number + 1}.csv": b"%d" % (number + 1)},
        environment={"os": "Linux"},
    )
    write_run(project, events)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def engine_alone(folder: Path, quads: list[ox.Quad], nquads: bytes) -> tuple[float, float]:
    """Seconds for bulk_load and for extend of the same quads, on disk."""
    loaded, extended = ox.Store(folder / "load"), ox.Store(folder / "extend")
    return (
        seconds(lambda: loaded.bulk_load(input=nquads, format=ox.RdfFormat.N_QUADS)),
        seconds(lambda: extended.extend(quads)),
    )


def one_run() -> tuple[int, float, float]:
    """Quads of a run; milliseconds from its value to the store, joins apart; engine alone."""
    with tempfile.TemporaryDirectory() as folder, OxigraphStore(f"{folder}/a") as store:
        alone = ox.Store(f"{folder}/b")
        ours, theirs, size = [], [], 0
        for number in range(200):
            events = run_events(seq=number + 1, inputs={"a": b"a"}, outputs={f"b{number}": b"b"})
            run = fold(events)
            ours.append(seconds(lambda run=run: store.replace(encode_run(run))))
            quads = list(Encoder().quads(encode_run(run)))
            size = len(quads)
            theirs.append(seconds(lambda quads=quads: alone.extend(quads)))
        return size, statistics.median(ours) * 1000, statistics.median(theirs) * 1000


def main() -> None:
    """Print the figures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"load average {os.getloadavg()[0]:.1f}")
    size, ours, theirs = one_run()
    goal = MOST_MS_A_RUN * size / QUADS_A_RUN
    print(f"one run of {size} quads: {ours:.2f} ms (goal {goal:.1f}); extend alone {theirs:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        project = create_project(folder, version="0")
        for number in range(runs):
            record(project, number)
        first = seconds(lambda: OxigraphStore(project.path("store")).close())
        with OxigraphStore(project.path("store")) as store:
            elapsed = seconds(lambda: ingest(project, store))
            quads = store.size()
            graphs = {name: store.triples(name) for name in store.graphs()}
        nquads = write_document(graphs, "nquads").encode()
        bulk, extend = engine_alone(Path(folder), list(Encoder().quads(graphs)), nquads)
        print(f"{runs} runs, {quads} quads (joins included)")
        print(f"  fresh index   {quads / elapsed:10.0f} quads/s (goal {LEAST_QUADS_PER_SECOND})")
        print(f"  bulk_load     {quads / bulk:10.0f} quads/s")
        print(f"  extend        {quads / extend:10.0f} quads/s")
        more = []
        for number in range(runs, runs + 5):
            record(project, number)
            with OxigraphStore(project.path("store")) as store:
                more.append(seconds(lambda store=store: ingest(project, store)) * 1000)
        print(f"  one more run  {statistics.median(more):10.1f} ms, joins brought up to date")

        def look() -> None:
            with open_index(project):
                return

        print(
            f"  nothing new   {seconds(look) * 1000:10.1f} ms; opening alone {first * 1000:.1f} ms"
        )
        print(f"  reindex       {seconds(lambda: reindex(project)):10.1f} s")


if __name__ == "__main__":
    main()
