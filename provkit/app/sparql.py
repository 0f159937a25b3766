"""Ask the index in SPARQL, in a process that may be lost.

The engine cannot be interrupted, and some queries end its process (ordering
values of mixed kinds); so a worker asks a snapshot of the index. Others may
record and ask meanwhile, and Ctrl-C ends the worker.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provkit.app.project import Project
from provkit.app.snapshots import take_snapshot
from provkit.errors import QuerySyntaxError, StoreError, UsageError
from provkit.rdf.documents import Format, read_document, write_document
from provkit.vocab.namespaces import BASE
from provkit.vocab.terms import IRI

FORMATS = ("table", "json", "csv", "tsv", "xml", "turtle", "jsonld")
"""How an answer can be written."""

_ROWS = {
    "table": "application/sparql-results+json",
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
}
_TRIPLES = "application/n-triples"
_DOCUMENTS: dict[str, Format] = {
    "table": "turtle",
    "turtle": "turtle",
    "json": "jsonld",
    "jsonld": "jsonld",
    "xml": "rdfxml",
}
_UPDATE = re.compile(
    r"(?:\s|#[^\n]*\n|(?:PREFIX|BASE)\b[^>]*>)*"
    r"(?:INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|COPY|MOVE|ADD|WITH)\b",
    re.IGNORECASE,
)
_LONGEST_MESSAGE = 160
_ANSWER = IRI(f"{BASE}id/answer")
_QUERY_FILES = (".rq", ".sparql")


@dataclass(frozen=True, slots=True)
class SparqlAnswer:
    """An answer, as it is to be written.

    Attributes:
        written: The answer in the format that was asked for.
        table: Of rows, when a table was asked for: the SPARQL JSON result, parsed.
    """

    written: bytes
    table: dict[str, Any] | None = None


def read_query(text: str) -> str:
    """The query that a user gave: as such, as the name of a file, or ``-`` for standard input.

    Raises:
        UsageError: The file cannot be read.
    """
    if text == "-":
        return sys.stdin.read()
    if text.endswith(_QUERY_FILES) or ("{" not in text and Path(text).exists()):
        try:
            return Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{text}: {getattr(error, 'strerror', error)}") from error
    return text


def ask_sparql(project: Project, query: str, fmt: str) -> SparqlAnswer:
    """Answer a query.

    Args:
        project: Whom to ask.
        query: SPARQL 1.1; it only reads.
        fmt: One of :data:`FORMATS`.

    Raises:
        QuerySyntaxError: It cannot be parsed, or would ask another server.
        UsageError: The format does not fit the form of the query.
        StoreError: The engine failed.
    """
    if _UPDATE.match(query):
        raise UsageError("a query only reads", hint="records are the truth; nothing is edited here")
    accepted = [
        media for media in (_ROWS.get(fmt), _TRIPLES if fmt in _DOCUMENTS else None) if media
    ]
    folder = project.path("cache", f"query.{os.getpid()}")
    try:
        take_snapshot(project, folder)
        media, written = _ask_worker(folder, query, accepted, fmt)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if media == _TRIPLES:
        graphs = read_document(written, "ntriples", default=_ANSWER)
        return SparqlAnswer(write_document(graphs, _DOCUMENTS[fmt]).encode())
    return SparqlAnswer(written, json.loads(written) if fmt == "table" else None)


def _ask_worker(folder: str, query: str, accepted: list[str], fmt: str) -> tuple[str, bytes]:
    told = {
        "snapshot": folder,
        "query": query,
        "accepted": accepted,
        "memory_bytes": -1,
        "cpu_s": -1,
    }
    done = subprocess.run(
        [sys.executable, "-m", "provkit.web.worker"],
        input=json.dumps(told).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        how = signal.Signals(-done.returncode).name if done.returncode < 0 else done.returncode
        raise StoreError(
            f"the engine failed on this query ({how})",
            hint="ordering values of mixed kinds does that: write ORDER BY STR(?x)",
        )
    about = json.loads(head)
    if "media" in about:
        return about["media"], body
    if about["error"].startswith("no media type"):
        raise UsageError(
            f"this query cannot be answered as {fmt}",
            hint="rows: table, json, csv, tsv, xml; graphs: turtle, jsonld, json, xml",
        )
    kind = QuerySyntaxError if about["kind"] == "QuerySyntaxError" else StoreError
    message = about["error"]
    if len(message) > _LONGEST_MESSAGE:  # the engine lists everything that it would have taken
        message = message[:_LONGEST_MESSAGE].rpartition(" ")[0] + " …"
    raise kind(message, hint=about["hint"])
