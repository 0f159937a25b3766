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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from posixpath import dirname

from provkit.files import fingerprint_bytes
from provkit.importers.base import Imported, ImportedRun
from provkit.importers.foreign_time import read_foreign_time, zone_of
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

Row = Mapping[str, object]

_NULLS = ("", "null", "NULL", "NA", "N/A", "<NA>")
_EMPTY = fingerprint_bytes(b"").sha256
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_KINDS: dict[str, AccessKind] = {"read": "read", "write": "write"}
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
    "moduleDependencies": "runmanager.moduleDependencies",
}


@dataclass(slots=True)
class _Report:
    """Repairs, with those of one sort counted instead of repeated."""

    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def all(self) -> tuple[str, ...]:
        return (
            *self.lines,
            *(f"{number} × {what}" for what, number in sorted(self.counts.items())),
        )


def make_records(
    kind: str, execs: Iterable[Row], files: Iterable[Row], tags: Iterable[Row], repairs: list[str]
) -> Imported:
    """Records of runs from rows of the three tables.

    Args:
        kind: Name of the importer, for the record.
        execs: Rows of execmeta, columns as in :data:`EXECMETA`.
        files: Rows of filemeta, columns as in :data:`FILEMETA`.
        tags: Rows of tags, columns as in :data:`TAG`.
        repairs: What was repaired while reading the rows.
    """
    report = _Report(list(repairs))
    runs = _by_id(execs, report)
    accesses: dict[str, list[Row]] = {run: [] for run in runs}
    for row in files:
        _file_under(accesses, row, "filemeta rows of no known execution, left out", report)
    labels: dict[str, list[Row]] = {run: [] for run in runs}
    for row in tags:
        _file_under(labels, row, "tags of no known execution, left out", report)
    made = []
    for run, row in runs.items():
        words = sorted({_text(tag, "Tag") for tag in labels[run]} - {""})
        events = tuple(_events(kind, run, row, accesses[run], tuple(words), report))
        made.append(ImportedRun(id=run, events=events))
    return Imported(kind=kind, runs=tuple(made), repairs=report.all())


def _by_id(execs: Iterable[Row], report: _Report) -> dict[str, Row]:
    runs: dict[str, Row] = {}
    for row in execs:
        run = _text(row, "ExecutionId")
        if not run:
            report.count("executions without an id, left out")
        elif run in runs:
            report.count("second rows of one execution, left out")
        else:
            runs[run] = row
    return runs


def _file_under(groups: dict[str, list[Row]], row: Row, otherwise: str, report: _Report) -> None:
    group = groups.get(_text(row, "ExecutionId"))
    if group is None:
        report.count(otherwise)
    else:
        group.append(row)


def _events(
    kind: str, run: str, row: Row, files: list[Row], tags: tuple[str, ...], report: _Report
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
        user=_text(row, "User"),
        host=_text(row, "HostId"),
        tags=tags,
    )
    facts = {name: _text(row, column) for column, name in _FACTS.items() if _text(row, column)}
    yield EnvironmentObserved(facts=facts)
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


def _status(row: Row) -> Status:
    return "failed" if _text(row, "ErrorMessage") else "ok"


def _times(run: str, row: Row, report: _Report) -> tuple[datetime, datetime | None]:
    started = _time(row, "StartTime", report)
    ended = _time(row, "EndTime", report)
    if started is None:
        report.say(f"{run} has no start time; its end, else 1970, was taken")
        started = ended or _NEVER
    if ended is not None and ended < started:
        report.say(f"{run} ended before it started; the end was set to the start")
        ended = started
    return started, ended


def _accesses(
    run: str, row: Row, files: list[Row], report: _Report
) -> tuple[str, list[StateObserved], list[FileAccessed]]:
    """The program, and each state and access once."""
    program = _text(row, "SoftwareApplication")
    executed = [_text(each, "FilePath") for each in files if _access(each) == "execute"]
    if executed and program not in executed:
        if program:
            report.say(f"{run} names {program!r} as program but executed {executed[0]!r}")
        program = executed[0]
    zone = zone_of(_text(row, "StartTime"))
    states: dict[tuple[str, str], StateObserved] = {}
    accesses: dict[tuple[str, str], FileAccessed] = {}
    for each in files:
        path, access = _text(each, "FilePath"), _access(each)
        if not path or access not in ("read", "write", "execute"):
            report.count("filemeta rows without a path or with an unknown access, left out")
            continue
        if access == "execute" and path != program:
            report.count("more scripts executed by one run than its program, left out")
            continue
        moment = "left" if access == "write" else "found"
        state = _state(each, moment, path, zone, report)
        before = states.setdefault((moment, path), state)
        if kind := _KINDS.get(access):
            if (kind, path) in accesses:
                report.count("rows that say again that a run read or wrote a file, joined")
            accesses[kind, path] = FileAccessed(process=1, kind=kind, path=path)
        if before.sha256 != state.sha256:
            report.say(f"{run} has two contents for {path!r} ({access}); the first was kept")
    return program, list(states.values()), list(accesses.values())


def _access(row: Row) -> str:
    return _text(row, "Access").lower()


def _state(row: Row, moment: str, path: str, zone: str, report: _Report) -> StateObserved:
    sha256, why = _hash(row, report)
    return StateObserved(
        moment="left" if moment == "left" else "found",
        path=path,
        size_bytes=_size(row),
        sha256=sha256,
        modified=_time(row, "ModifyTime", report, zone),
        why=why,
    )


def _hash(row: Row, report: _Report) -> tuple[str | None, str]:
    text = _text(row, "Sha256")
    if not text and _size(row) == 0:
        report.count("empty files without a hash, given that of no bytes")
        return _EMPTY, ""
    if not text:
        return None, "not hashed by the source"
    if text != text.lower():
        # matlab-dataone hashed the text of a file, not its bytes, in upper case.
        report.count("hashes in upper case; written by matlab-dataone they may not be of the bytes")
    text = text.lower()
    if not _SHA256.match(text):
        report.count("hashes that are no SHA-256, left out")
        return None, "not a SHA-256 in the source"
    return text, ""


def _size(row: Row) -> int | None:
    try:
        size = int(str(row.get("Size")))
    except ValueError:
        return None
    return size if size >= 0 else None


def _time(row: Row, column: str, report: _Report, zone: str = "") -> datetime | None:
    text = _text(row, column)
    if not text:
        return None
    moment, doubt = read_foreign_time(text, zone)
    if doubt:
        report.count(f"{column}: {doubt}" if moment else f"{column} that is no time, left out")
    return moment


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    text = "" if value is None else str(value)
    return "" if text in _NULLS else text
