"""List runs and look at one: ``runs``, ``show``, and RunManager's listRuns and viewRun.

The list is made from the records themselves, through a cache, so it needs no
index, waits for nobody, and shows a run that is going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from provkit.app.cache import Entry, SealedFile, Worked, remember
from provkit.app.folder import ProjectFolder, RecordFile
from provkit.app.messages import error_of, log_tail
from provkit.app.project import Project
from provkit.app.selection import EVERY_RUN, Facts, FileTouched, RunFilter
from provkit.app.statements import Said, what_was_said
from provkit.app.tabular import Tabular
from provkit.capture.journal import read_record
from provkit.errors import JournalError, NotRecordedError
from provkit.model.events import StateObserved
from provkit.model.identifiers import run_iri
from provkit.model.run import Run, fold
from provkit.model.seal import Soundness, check_seal
from provkit.times import read_time, write_time


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(Facts):
    """One row of the run list.

    Attributes:
        command: The argument vector.
        exit_code: Of the command, where known.
        ended: When it ended, where known.
        elapsed_s: By the monotonic clock, where known.
        host: Where it ran.
        notes: What people wrote about it.
        used: How many files it read.
        generated: How many files it wrote.
    """

    command: tuple[str, ...]
    exit_code: int | None
    ended: datetime | None
    elapsed_s: float | None
    host: str
    notes: tuple[str, ...]
    used: int
    generated: int

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


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, with what was said about it later.

    Attributes:
        summary: Its row in the run list.
        run: The run itself; its tags are those of now.
        messages: The end of what it said on standard error.
        damaged: The record was changed after it was sealed.
    """

    summary: RunSummary
    run: Run
    messages: str
    damaged: bool

    def to_json(self) -> dict[str, Any]:
        """What ``show --json`` prints."""
        run, capture = self.run, self.run.capture
        return {
            **self.summary.to_json(),
            "inputs": [_file_row(state) for state in run.inputs],
            "outputs": [_file_row(state) for state in run.outputs],
            "temporaries": [_file_row(state) for state in run.temporaries],
            "program_state": _file_row(run.program_state) if run.program_state else None,
            "parameters": dict(sorted(run.parameters.items())),
            "environment": {
                "facts": dict(sorted(run.environment.facts.items())),
                "variables": dict(sorted(run.environment.variables.items())),
                "packages": dict(sorted(run.environment.packages.items())),
            },
            "directory": run.directory,
            "signal": run.signal,
            "part_of": run.part_of,
            "rerun_of": run.rerun_of,
            "derivations": [list(pair) for pair in run.derivations],
            "messages": self.messages,
            "recorder": capture.recorder if capture else None,
            "blind": list(capture.blind) if capture else [],
            "problems": list(capture.problems) if capture else [],
            "damaged": self.damaged,
        }


def list_runs(project: ProjectFolder, chosen: RunFilter = EVERY_RUN) -> RunList:
    """The runs that a filter accepts, the newest first."""
    unread: list[str] = []
    found = [
        row.summary
        for row in _rows(project, unread)
        if chosen.accepts(row.summary)
        and (not chosen.needs_files or chosen.accepts_files(row.files()))
    ]
    found.sort(key=_age, reverse=True)
    return RunList(tuple(found[: chosen.limit]), tuple(unread))


def runs_touching(project: ProjectFolder, paths: Iterable[str]) -> list[RunSummary]:
    """The runs that read, wrote or ran one of these files, named as records do; newest first."""
    wanted = set(paths)
    found = [
        row.summary
        for row in _rows(project, [])
        if any(file.path in wanted for file in row.files())
    ]
    return sorted(found, key=_age, reverse=True)


def read_run(project: ProjectFolder, run: str) -> Run:
    """The run of that id, as recorded; ``running`` while its recorder lives.

    Raises:
        NotRecordedError: There is no such run.
        JournalError: Its record cannot be read.
    """
    record = project.record(run)
    folded = fold(read_record(record.path))
    return replace(folded, status="running") if record.state == "recording" else folded


def view_run(project: Project, text: str) -> RunView:
    """One run, by number, start of its id, or ``latest``.

    Raises:
        NotRecordedError: There is no such run.
        JournalError: Its record cannot be read.
    """
    name = project.resolve(text)
    run = read_run(project, name)
    summary = _with_said(_summary(project, run), what_was_said(project))
    if summary is None:
        raise NotRecordedError(f"run {text} was deleted", hint="see `provkit runs`")
    record = project.record(name)
    return RunView(
        summary=summary,
        run=replace(run, tags=summary.tags),
        messages=log_tail(project, run),
        damaged=record.state == "sealed" and soundness(record.path) != "sealed",
    )


def files_of(run: Run) -> list[FileTouched]:
    """Every file a run names, for filters."""
    found = [FileTouched(path=state.path, sha256=state.sha256) for state in run.states]
    if run.program_state is None:
        found.append(FileTouched(path=run.program, sha256=None))
    return found


def soundness(path: str) -> Soundness:
    """Whether a record is whole, by its seal.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs 5 ms
        return check_seal(file.read())


@dataclass(frozen=True, slots=True)
class _Row:
    """A run of the list; its files are decoded when asked for."""

    summary: RunSummary
    files: Callable[[], list[FileTouched]]


def _rows(project: ProjectFolder, unread: list[str]) -> Iterator[_Row]:
    """Every run that is not deleted; adds the path of each damaged record to ``unread``."""
    said = what_was_said(project)
    records = list(project.records())
    sealed = [
        SealedFile(each.path, each.size_bytes, each.modified_ns)
        for each in records
        if each.state == "sealed"
    ]
    damaged = {file.path for file in sealed}

    def work_out(path: str) -> Worked:
        return _work_out(project, path)

    for entry in remember(project.path("cache", "runs.jsonl"), sealed, work_out):
        damaged.discard(entry.file.path)
        summary = _with_said(_read_summary(entry.first), said)
        if summary is not None:
            yield _Row(summary, partial(_remembered_files, entry))
    for record in records:
        run = _unsealed(record)
        summary = None if run is None else _with_said(_summary(project, run), said)
        if run is not None and summary is not None:
            yield _Row(summary, partial(files_of, run))
    unread.extend(sorted(damaged))


def _remembered_files(entry: Entry) -> list[FileTouched]:
    return [FileTouched(path=path, sha256=sha256) for path, sha256 in entry.second]


def _age(run: RunSummary) -> tuple[datetime, int, str]:
    return run.started, run.seq, run.id


def _work_out(project: ProjectFolder, path: str) -> Worked:
    if soundness(path) != "sealed":
        raise JournalError(f"damaged record: {path}", hint="see `provkit fsck`")
    run = fold(read_record(path))
    row = _summary(project, run).to_json()
    return row, [[file.path, file.sha256] for file in files_of(run)]


def _unsealed(record: RecordFile) -> Run | None:
    """A run that is going on or was broken off; None before its first line is written."""
    if record.state == "sealed":
        return None
    try:
        run = fold(read_record(record.path))
    except (JournalError, OSError):
        return None
    return replace(run, status="running") if record.state == "recording" else run


def _summary(project: ProjectFolder, run: Run) -> RunSummary:
    return RunSummary(
        id=run.id,
        seq=run.seq,
        program=run.program,
        command=run.command,
        status=run.status,
        exit_code=run.exit_code,
        started=run.started,
        ended=run.ended,
        elapsed_s=run.elapsed_s,
        user=run.user,
        host=run.host,
        tags=tuple(sorted(set(run.tags))),
        notes=(run.note,) if run.note else (),
        used=len(run.inputs),
        generated=len(run.outputs),
        error=error_of(project, run),
    )


def _read_summary(row: dict[str, Any]) -> RunSummary:
    """Inverse of :meth:`RunSummary.to_json`."""
    row["started"] = read_time(row["started"])
    row["ended"] = read_time(row["ended"]) if row["ended"] else None
    row["error"] = row["error"] or ""
    for name in ("command", "tags", "notes"):
        row[name] = tuple(row[name])
    return RunSummary(**row)


def _with_said(run: RunSummary, said: dict[str, Said]) -> RunSummary | None:
    """A run with the tags and notes of now; None when it is deleted."""
    later = said.get(run_iri(run.id))
    if later is None:
        return run
    if later.deleted:
        return None
    tags = (set(run.tags) | set(later.tags_added)) - set(later.tags_removed)
    return replace(run, tags=tuple(sorted(tags)), notes=(*run.notes, *later.notes))


def _file_row(state: StateObserved) -> dict[str, Any]:
    return {
        "path": state.path,
        "sha256": state.sha256,
        "size": state.size_bytes,
        "archived": state.archived,
        "why": state.why or None,
    }
