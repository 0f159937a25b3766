"""A run as a row of the run list, and the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from provkit.app.folder import record_name
from provkit.app.statements import Said
from provkit.app.tabular import Tabular
from provkit.model.identifiers import run_iri
from provkit.times import read_time, write_time

if TYPE_CHECKING:
    from provkit.model.events import Status


class RunSummary(NamedTuple):
    """One row of the run list.

    A named tuple, as dataclasses cost the run list some milliseconds.

    Attributes:
        id: Run id.
        seq: Its number.
        program: What ran.
        command: The argument vector.
        status: How it ended.
        exit_code: Of the command, where known.
        started: When it started.
        ended: When it ended, where known.
        elapsed_s: By the monotonic clock, where known.
        user: Who ran it.
        host: Where it ran.
        tags: Its tags of now, sorted.
        notes: What people wrote about it.
        used: How many files it read.
        generated: How many files it wrote.
        error: Why it did not end well, in one line; empty when it did.
    """

    id: str
    seq: int
    program: str
    command: tuple[str, ...]
    status: Status
    exit_code: int | None
    started: datetime
    ended: datetime | None
    elapsed_s: float | None
    user: str
    host: str
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    used: int
    generated: int
    error: str

    @property
    def record(self) -> str:
        """Under which name its record lies."""
        return record_name(self.id)

    def to_json(self) -> dict[str, Any]:
        """The object that ``runs --json`` prints."""
        return {
            "id": self.id,
            "seq": self.seq,
            "program": self.program,
            "command": list(self.command),
            "status": self.status,
            "exit_code": self.exit_code,
            "started": write_time(self.started),
            "ended": write_time(self.ended) if self.ended else None,
            "user": self.user,
            "host": self.host,
            "tags": list(self.tags),
            "used": self.used,
            "generated": self.generated,
            "elapsed_s": self.elapsed_s,
            "error": self.error or None,
            "notes": list(self.notes),
        }


RUN_COLUMNS = (
    "id", "seq", "program", "command", "status", "exit_code", "started", "ended", "user", "host",
    "tags", "used", "generated",
)  # fmt: skip
"""Columns of the run list, in the order of the contract."""


@dataclass(frozen=True, slots=True)
class RunList(Tabular):
    """Runs, the newest first.

    Attributes:
        runs: Those that were asked for.
        damaged: Paths of records that cannot be read, and might have been among them.
    """

    runs: tuple[RunSummary, ...]
    damaged: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RunSummary]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, at: int) -> RunSummary:
        return self.runs[at]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return RUN_COLUMNS

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """One row a run."""
        return [tuple(getattr(run, name) for name in RUN_COLUMNS) for run in self.runs]

    def to_json(self) -> list[dict[str, Any]]:
        """What ``runs --json`` prints."""
        return [run.to_json() for run in self.runs]


def read_summary(row: dict[str, Any]) -> RunSummary:
    """Inverse of :meth:`RunSummary.to_json`."""
    row["started"] = read_time(row["started"])
    row["ended"] = read_time(row["ended"]) if row["ended"] else None
    row["error"] = row["error"] or ""
    for name in ("command", "tags", "notes"):
        row[name] = tuple(row[name])
    return RunSummary(**row)


def with_said(run: RunSummary, said: Mapping[str, Said]) -> RunSummary | None:
    """A run with the tags and notes of now; None when it is deleted."""
    later = said.get(run_iri(run.record))
    if later is None:
        return run
    if later.deleted:
        return None
    tags = (set(run.tags) | set(later.tags_added)) - set(later.tags_removed)
    return run._replace(tags=tuple(sorted(tags)), notes=(*run.notes, *later.notes))
