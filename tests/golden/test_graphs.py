"""The graphs we write, line by line: a change here is a change of the format.

Golden files are sorted canonical N-Quads (RDFC-1.0; there are no blank nodes).
They were read against docs/reference/graph.md when they were made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from provkit.model.events import (
    CaptureReported,
    EnvironmentObserved,
    FileAccessed,
    OutputLogged,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
)
from provkit.model.run import fold
from provkit.model.statement import Statement
from provkit.rdf.documents import write_document
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.rdf.statements import encode_statement
from provkit.testing.records import NOON
from provkit.yw.build import build
from provkit.yw.extract import extract

Golden = Callable[[str, str], None]

RUN = "00000000-0000-4000-8000-000000000001"
OUTER = "00000000-0000-4000-8000-000000000002"
LATER = NOON + timedelta(seconds=1, milliseconds=500)
SCRIPT = """\
# @begin clean @desc Throw away what is broken
# @param limit
# @in raw @uri file:data/{day}.csv
# @out tidy @as clean_data @uri file:out.csv @log {time} {line}
#   @begin sift
#   @in raw
#   @param limit
#   @out tidy @as clean_data
#   @call helper
#   @end sift
# @end clean
"""


def test_a_run(golden: Golden) -> None:
    events = [
        RunStarted(
            run=RUN,
            seq=7,
            at=NOON,
            command=("Rscript", "clean.R", "two words"),
            directory="work",
            program="clean.R",
            user="0000-0002-1825-0097",
            host="here",
            tags=("first",),
            note="A note",
            parameters={"limit": "5"},
            part_of=OUTER,
            provkit="0.1.0",
        ),
        ProcessStarted(process=1, at=NOON, command=("Rscript", "clean.R"), directory="work"),
        ProcessStarted(process=2, at=NOON, command=("cat",), directory="work", parent=1),
        EnvironmentObserved(
            facts={"os": "Linux"}, variables={"LANG": "C"}, packages={"dplyr": "1.1"}
        ),
        FileAccessed(process=1, kind="read", path="clean.R", at=NOON),
        FileAccessed(process=1, kind="read", path="data/caf\udce9.csv", at=NOON),
        FileAccessed(process=2, kind="write", path="tmp.csv", at=NOON),
        FileAccessed(process=1, kind="read", path="tmp.csv", at=LATER),
        FileAccessed(process=1, kind="write", path="out.csv", at=LATER),
        StateObserved(moment="found", path="clean.R", sha256="c" * 64, size_bytes=9),
        StateObserved(
            moment="found", path="data/caf\udce9.csv", sha256="a" * 64, size_bytes=3, archived=True
        ),
        StateObserved(moment="temporary", path="tmp.csv", size_bytes=2, why="too large"),
        StateObserved(
            moment="left", path="out.csv", sha256="b" * 64, size_bytes=3, mode=0o644, modified=LATER
        ),
        OutputLogged(stream="stderr", sha256="d" * 64, size_bytes=4),
        CaptureReported(recorder="strace", blind=("memory maps",), hidden={"system": 3}),
        ProcessEnded(process=2, at=LATER, exit_code=0),
        ProcessEnded(process=1, at=LATER, exit_code=0, cpu_s=0.5, peak_memory_bytes=1024),
        RunEnded(at=LATER, elapsed_s=1.5, status="ok", exit_code=0),
    ]

    golden("run.nq", write_document(encode_run(fold(events)), "nquads"))


def test_a_model(golden: Golden) -> None:
    model = build(extract(SCRIPT, "r"))

    golden("model.nq", write_document(encode_workflow(model), "nquads"))


def test_a_statement(golden: Golden) -> None:
    statement = Statement(
        id=OUTER,
        kind="note",
        about=(f"urn:uuid:{RUN}",),
        at=NOON,
        by="ann",
        data={"text": "Looks wrong"},
    )

    golden("statement.nq", write_document(encode_statement(statement), "nquads"))
