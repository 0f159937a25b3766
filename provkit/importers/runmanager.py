"""The tables of DataONE's RunManagers as records of runs.

recordr (R) and matlab-dataone keep the same three tables, execmeta, filemeta and
tags, in SQLite, and export them as Prolog facts. Whoever read them hands rows
to :func:`make_records`.

What they know is less than what provkit's recorders see: which files a run
read and wrote, not in which order. So no output is said to derive from an
input; lineage then takes every input of the run (evidence ``assumed``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from posixpath import dirname

from provkit.files import fingerprint_bytes
from provkit.importers.base import Imported, ImportedRun
from provkit.importers.foreign_time import read_foreign_time, zone_of
from provkit.importers.repairs import Repairs, Row
from provkit.model.events import (
    AccessKind,
    CaptureReported,
    EnvironmentObserved,
    Event,
    FileAccessed,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
    Status,
)

EXECMETA = (
    "Seq", "ExecutionId", "MetadataId", "DatapackageId", "User", "Subject", "HostId", "StartTime",
    "OperatingSystem", "Runtime", "SoftwareApplication", "EndTime", "ErrorMessage", "PublishTime",
    "PublishNodeId", "PublishId", "Console",
)  # fmt: skip
FILEMETA = (
    "FileId", "ExecutionId", "FilePath", "Sha256", "Size", "User", "ModifyTime", "CreateTime",
    "Access", "Format", "ArchivedFilePath",
)  # fmt: skip
TAG = ("Seq", "ExecutionId", "Tag")
"""Columns, in the order of the exported facts (execmeta/17, filemeta/11, tag/3)."""
DEPENDENCIES = "ModuleDependencies"
"""Column of recordr's execmeta that its facts lack: ``pkg_version, pkg_version``."""
COPY, WHY = "Copy", "Why"
"""Keys that an importer may add to a row of filemeta: path of bytes that have its Sha256, and
why it has no hash or no copy."""

_NULLS = ("", "null", "NULL", "NA", "N/A", "<NA>")
_EMPTY = fingerprint_bytes(b"").sha256
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_KINDS: dict[str, AccessKind] = {"read": "read", "write": "write"}
_MOST_BYTES = 1 << 53
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_FACTS = {
    "Seq": "runmanager.seq",
    "MetadataId": "runmanager.metadataId",
    "DatapackageId": "runmanager.datapackageId",
    "Subject": "runmanager.subject",
    "OperatingSystem": "os",
    "Runtime": "runtime",
    "ErrorMessage": "runmanager.errorMessage",
    "PublishTime": "runmanager.publishTime",
    "PublishNodeId": "runmanager.publishNodeId",
    "PublishId": "runmanager.publishId",
    DEPENDENCIES: "runmanager.moduleDependencies",
}


def make_records(
    kind: str, execs: Iterable[Row], files: Iterable[Row], tags: Iterable[Row], report: Repairs
) -> Imported:
    """Records of runs from rows of the three tables.

    Args:
        kind: Name of the importer, for the record.
        execs: Rows of execmeta, columns as in :data:`EXECMETA`.
        files: Rows of filemeta, columns as in :data:`FILEMETA`.
        tags: Rows of tags, columns as in :data:`TAG`.
        report: What was repaired while reading the rows; what is repaired here is added.
    """
    runs = _by_id(execs, report)
    accesses: dict[str, list[Row]] = {run: [] for run in runs}
    for row in files:
        _file_under(accesses, row, "filemeta rows of no known execution, left out", report)
    labels: dict[str, list[Row]] = {run: [] for run in runs}
    for row in tags:
        _file_under(labels, row, "tags of no known execution, left out", report)
    made: list[ImportedRun] = []
    copies: dict[str, str] = {}
    for run, row in runs.items():
        words = sorted({plain_text(tag, "Tag") for tag in labels[run]} - {""})
        events = tuple(_events(kind, run, row, accesses[run], tuple(words), report))
        made.append(ImportedRun(id=run, events=events))
        copies |= {
            plain_text(each, "Sha256"): str(each[COPY]) for each in accesses[run] if COPY in each
        }
    return Imported(kind=kind, runs=tuple(made), repairs=report.all(), copies=copies)


def _by_id(execs: Iterable[Row], report: Repairs) -> dict[str, Row]:
    runs: dict[str, Row] = {}
    for row in execs:
        run = plain_text(row, "ExecutionId")
        if not run:
            report.count("executions without an id, left out", row)
        elif run in runs:
            report.count("second rows of one execution, left out", row)
        else:
            runs[run] = row
    return runs


def _file_under(groups: dict[str, list[Row]], row: Row, otherwise: str, report: Repairs) -> None:
    group = groups.get(plain_text(row, "ExecutionId"))
    if group is None:
        report.count(otherwise, row)
    else:
        group.append(row)


def _events(
    kind: str, run: str, row: Row, files: list[Row], tags: tuple[str, ...], report: Repairs
) -> Iterator[Event]:
    started, ended = _times(run, row, report)
    program, states, accesses = _accesses(run, row, files, report)
    command = (program,) if program else ()
    yield RunStarted(
        run=run,
        seq=0,
        at=started,
        command=command,
        directory=dirname(program),
        program=program,
        user=plain_text(row, "User"),
        host=plain_text(row, "HostId"),
        tags=tags,
    )
    facts = {
        name: plain_text(row, column) for column, name in _FACTS.items() if plain_text(row, column)
    }
    yield EnvironmentObserved(facts=facts, packages=_packages(row))
    yield ProcessStarted(process=1, at=started, command=command, directory=dirname(program))
    yield from states
    # All writes before all reads: which read came before which write is not known,
    # and an order would be taken as an observation that outputs derive from inputs.
    yield from (access for access in accesses if access.kind == "write")
    yield from (access for access in accesses if access.kind == "read")
    if ended is not None:
        yield ProcessEnded(process=1, at=ended)
    yield CaptureReported(
        recorder=kind, blind=("files opened by functions that RunManager does not wrap",)
    )
    if ended is not None:
        yield RunEnded(at=ended, elapsed_s=(ended - started).total_seconds(), status=_status(row))


def _packages(row: Row) -> dict[str, str]:
    """What recordr calls module dependencies; no name of an R package holds ``_``."""
    parts = (each.strip().partition("_") for each in plain_text(row, DEPENDENCIES).split(","))
    return {name: version for name, _, version in parts if name and version}


def _status(row: Row) -> Status:
    return "failed" if plain_text(row, "ErrorMessage") else "ok"


def _times(run: str, row: Row, report: Repairs) -> tuple[datetime, datetime | None]:
    started = _time(row, "StartTime", report)
    ended = _time(row, "EndTime", report)
    if started is None:
        report.say(f"{run} has no start time; its end, else 1970, was taken", row)
        started = ended or _NEVER
    if ended is not None and ended < started:
        report.say(f"{run} ended before it started; the end was set to the start", row)
        ended = started
    return started, ended


def _accesses(
    run: str, row: Row, files: list[Row], report: Repairs
) -> tuple[str, list[StateObserved], list[FileAccessed]]:
    """The program, and each state and access once."""
    program = plain_text(row, "SoftwareApplication")
    executed = [plain_text(each, "FilePath") for each in files if _access(each) == "execute"]
    if executed and program not in executed:
        if program:
            report.say(f"{run} names {program!r} as program but executed {executed[0]!r}", row)
        program = executed[0]
    zone = zone_of(plain_text(row, "StartTime"))
    states: dict[tuple[str, str], StateObserved] = {}
    accesses: dict[tuple[str, str], FileAccessed] = {}
    for each in files:
        path, access = plain_text(each, "FilePath"), _access(each)
        if not path or access not in ("read", "write", "execute"):
            report.count("filemeta rows without a path or with an unknown access, left out", each)
            continue
        if access == "execute" and path != program:
            report.count("more scripts executed by one run than its program, left out", each)
            continue
        moment = "left" if access == "write" else "found"
        state = _state(each, moment, path, zone, report)
        before = states.setdefault((moment, path), state)
        if before.sha256 is None:
            before = states[moment, path] = state
        if kind := _KINDS.get(access):
            if (kind, path) in accesses:
                report.count("rows that say again that a run read or wrote a file, joined", each)
            accesses[kind, path] = FileAccessed(process=1, kind=kind, path=path)
        if state.sha256 not in (None, before.sha256):
            report.say(f"{run} has two contents for {path!r} ({access}); the first was kept", each)
    return program, list(states.values()), list(accesses.values())


def _access(row: Row) -> str:
    return plain_text(row, "Access").lower()


def _state(row: Row, moment: str, path: str, zone: str, report: Repairs) -> StateObserved:
    sha256, why = _hash(row, report)
    return StateObserved(
        moment="left" if moment == "left" else "found",
        path=path,
        size_bytes=size_of(row),
        sha256=sha256,
        modified=_time(row, "ModifyTime", report, zone),
        why=why,
    )


def _hash(row: Row, report: Repairs) -> tuple[str | None, str]:
    text, why = plain_text(row, "Sha256"), plain_text(row, WHY)
    if not text and size_of(row) == 0:
        report.count("empty files without a hash, given that of no bytes", row)
        return _EMPTY, ""
    if not text:
        return None, why or "not hashed by the source"
    if text != text.lower():
        # matlab-dataone hashed the text of a file, not its bytes, in upper case.
        report.count(
            "hashes in upper case; written by matlab-dataone they may not be of the bytes", row
        )
    text = text.lower()
    if not _SHA256.match(text):
        report.count("hashes that are no SHA-256, left out", row)
        return None, "not a SHA-256 in the source"
    return text, why


def size_of(row: Row) -> int | None:
    """Its size in bytes; None when it has none that could be."""
    try:
        size = float(str(row.get("Size")))
    except ValueError:
        return None
    return int(size) if size.is_integer() and 0 <= size <= _MOST_BYTES else None


def _time(row: Row, column: str, report: Repairs, zone: str = "") -> datetime | None:
    text = plain_text(row, column)
    if not text:
        return None
    moment, doubt = read_foreign_time(text, zone)
    if doubt:
        report.count(f"{column}: {doubt}" if moment else f"{column} that is no time, left out", row)
    return moment


def plain_text(row: Row, column: str) -> str:
    """A value as text; empty for what stands for nothing, such as NULL or ``NA``."""
    value = row.get(column)
    text = "" if value is None else str(value)
    return "" if text in _NULLS else text
