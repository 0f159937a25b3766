"""Hybrid join: 100 URI templates against 100,000 recorded files, up to the derived graph.

    python benchmarks/hybrid.py [FILES]

Three parts: matching the templates to the paths of the runs
(:mod:`provkit.query.matching`), the join in SPARQL
(``sparql/hybrid/50-resource.rq``) and writing the derived graphs. Beside them what
one would do first: a loop of 100 compiled regular expressions.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from provkit.model.events import StateObserved
from provkit.model.run import Run
from provkit.query.catalog import catalog
from provkit.query.hybrid import refresh
from provkit.query.matching import match_recorded
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

TEMPLATES, PLACES, RUNS = 100, 300, 20
GOAL_S = 1.5
MATCHES = IRI("https://w3id.org/provkit/id/derived/matches")
RESOURCE = IRI("https://w3id.org/provkit/id/derived/resource")


def main(files: int) -> None:
    """Time each part, the median of three."""
    chance = random.Random(1)
    templates = [f"data/p{n:05d}/{{year}}/out_{{run}}_{{k}}.nc" for n in range(TEMPLATES)]
    paths = [
        f"data/p{chance.randrange(PLACES):05d}/2026/out_{n:07d}_{n % 3}.nc" for n in range(files)
    ]
    store = filled(templates, paths)
    rule = catalog["hybrid/50-resource"].text

    expressions = [
        re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+?", re.escape(t)) + r"\Z") for t in templates
    ]
    loop, _ = timed(
        "a loop of 100 regular expressions",
        lambda: [(n, p) for p in paths for n, each in enumerate(expressions) if each.match(p)],
    )
    match, found = timed("match the templates to recorded paths", lambda: match_recorded(store))
    write, _ = timed("write what matched", lambda: store.replace({MATCHES: found}))
    join, _ = timed("join on locations in SPARQL, written", lambda: store.remake(RESOURCE, rule))
    whole = match + write + join
    print(f"{len(found)} matches; the loop takes {loop / match:.1f} times as long as the trie")
    verdict = "reached" if whole <= GOAL_S else "MISSED"
    print(f"{verdict}: the hybrid join takes {whole:.2f} s, goal {GOAL_S} s for 100,000 files")


def filled(templates: list[str], paths: list[str]) -> OxigraphStore:
    """A store with a model of that many ports and runs that read those files."""
    ports = [f"# @in data_{number}\n" for number in range(len(templates))]
    inner = [f"{port[:-1]} @uri file:{text}\n" for port, text in zip(ports, templates, strict=True)]
    lines = ["# @begin main\n", *ports, "# @out x\n# @begin step\n", *inner]
    text = "".join([*lines, "# @out x\n# @end step\n# @end main\n"])
    workflow = build(extract_all([SourceText(path="main.py", data=text.encode())]))
    store = OxigraphStore()
    graphs: dict[Any, Any] = dict(encode_workflow(workflow))
    program = StateObserved(moment="found", path="main.py", sha256=workflow.sources[0].sha256)
    share = -(-len(paths) // RUNS)
    for number in range(RUNS):
        some = sorted(set(paths[number * share : (number + 1) * share]))
        run = Run(
            id=f"00000000-0000-4000-8000-{number:012d}",
            seq=number + 1,
            started=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            command=("python3", "main.py"),
            directory=".",
            program="main.py",
            user="ann",
            host="here",
            status="ok",
            inputs=tuple(
                StateObserved(moment="found", path=path, sha256=f"{n:064x}")
                for n, path in enumerate(some)
            ),
            program_state=program,
        )
        graphs |= encode_run(run)
    store.load([graphs])
    begin = time.perf_counter()
    refresh(store)
    print(f"all rules over {len(paths)} files: {time.perf_counter() - begin:.2f} s")
    return store


def timed(name: str, work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, the median of three, and the last result; wall time is shown beside.

    One thread that waits for nothing: on a quiet machine both are alike.
    """
    took = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        took.append((time.process_time() - processor, time.perf_counter() - wall))
    median, wall = sorted(took)[1]
    print(f"{name:<42} {median * 1000:8.1f} ms   (wall {wall * 1000:8.1f} ms)")
    return median, result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
