"""Keep a project in order: collect unused bytes, count, make the index anew."""

# ruff: noqa: PTH108

from __future__ import annotations

import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provkit.app.folder import not_usable
from provkit.app.fsck import named_objects, objects
from provkit.app.project import Project
from provkit.app.reading import read_run
from provkit.app.runs import list_runs
from provkit.app.statements import read_statement, statement_files
from provkit.errors import JournalError, ProjectError
from provkit.times import write_time

_SHA256 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Collected:
    """Archived versions that no run names.

    Attributes:
        sha256: Their content.
        size_bytes: How much room they took.
        done: False after a dry run.
    """

    sha256: tuple[str, ...]
    size_bytes: int
    done: bool

    def to_json(self) -> dict[str, Any]:
        """What ``gc --json`` prints."""
        return {"sha256": list(self.sha256), "bytes": self.size_bytes, "done": self.done}


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much is recorded.

    Attributes:
        runs: Number of runs by status.
        first: When the first one started.
        last: When the last one started.
        programs: How many programs were run.
        statements: Number of later statements by kind.
        objects: How many versions are archived.
        archive_bytes: Room they take.
        seen_bytes: Room they would take if each run kept its own copies.
        record_bytes: Room that records and statements take.
        index_bytes: Room that the index and caches take; they can be made anew.
    """

    runs: dict[str, int]
    first: datetime | None
    last: datetime | None
    programs: int
    statements: dict[str, int]
    objects: int
    archive_bytes: int
    seen_bytes: int
    record_bytes: int
    index_bytes: int

    def to_json(self) -> dict[str, Any]:
        """What ``stats --json`` prints."""
        row = {name: getattr(self, name) for name in self.__slots__}
        for name in ("first", "last"):
            row[name] = write_time(row[name]) if row[name] else None
        return row


def collect_garbage(project: Project, *, dry_run: bool = False) -> Collected:
    """Delete archived versions that neither a run nor a statement names.

    What was archived since this began, or since the oldest run that is going on, is left alone.

    Raises:
        ProjectError: A record cannot be read, so nobody knows what it names.
    """
    now = time.time()
    listed = list_runs(project)
    if listed.damaged:
        raise ProjectError(
            f"a record cannot be read, so what it needs is not known: {listed.damaged[0]}",
            hint="see `provkit fsck`",
        )
    going = [run.started.timestamp() for run in listed if run.status == "running"]
    before = min(going, default=now)
    wanted = {sha256 for run in listed for sha256 in named_objects(read_run(project, run.record))}
    wanted |= _named_by_statements(project)
    gone, size = [], 0
    for sha256, path in objects(project):
        info = os.lstat(path)
        if sha256 not in wanted and info.st_mtime < before:
            gone.append(sha256)
            size += info.st_size
            if not dry_run:
                _delete(path)
    return Collected(tuple(gone), size, not dry_run)


def count(project: Project) -> Statistics:
    """How much is recorded, and how much room it takes."""
    runs = list_runs(project)
    seen = 0
    for run in runs:
        states = {state.sha256: state for state in read_run(project, run.record).states}
        seen += sum(s.size_bytes or 0 for s in states.values() if s.archived)
    kinds: Counter[str] = Counter()
    for file in statement_files(project):
        try:
            kinds[read_statement(file.path).kind] += 1
        except JournalError:
            kinds["damaged"] += 1
    sizes = [os.lstat(path).st_size for _, path in objects(project)]
    started = [run.started for run in runs]
    return Statistics(
        runs=dict(sorted(Counter(run.status for run in runs).items())),
        first=min(started, default=None),
        last=max(started, default=None),
        programs=len({run.program for run in runs}),
        statements=dict(sorted(kinds.items())),
        objects=len(sizes),
        archive_bytes=sum(sizes),
        seen_bytes=seen,
        record_bytes=_room(project, "runs") + _room(project, "records"),
        index_bytes=sum(_room(project, part) for part in ("store", "index", "cache")),
    )


def _named_by_statements(project: Project) -> set[str]:
    """Every SHA-256 in a statement, except of what a tombstone says was there."""
    named: set[str] = set()
    for file in statement_files(project):
        statement = read_statement(file.path)
        if statement.kind != "tombstone":
            named.update(_SHA256.findall(repr((statement.about, statement.data))))
    return named


def _delete(path: str) -> None:
    try:
        os.unlink(path)
    except OSError as error:
        raise not_usable(path, error) from error


def _room(project: Project, part: str) -> int:
    return sum(
        os.lstat(f"{folder}/{name}").st_size
        for folder, _, names in os.walk(project.path(part))
        for name in names
    )
