"""List runs: ``runs``, and RunManager's listRuns.

The list is made from the records themselves, through a cache, so it needs no
index, waits for nobody, and shows a run that is going on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from provkit.app.cache import Entry, SealedFile, Worked, remember
from provkit.app.folder import ProjectFolder, RecordState
from provkit.app.selection import EVERY_RUN, FileTouched, RunFilter
from provkit.app.statements import what_was_said
from provkit.app.summary import RunList, RunSummary, read_summary, with_said
from provkit.errors import JournalError


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


class _Row(NamedTuple):
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

    for entry in remember(project.path("cache", "runs.jsonl"), sealed, partial(_read, project)):
        damaged.discard(entry.file.path)
        summary = with_said(read_summary(entry.first), said)
        if summary is not None:
            yield _Row(summary, partial(_remembered_files, entry))
    for record in records:
        if record.state != "sealed":
            try:
                row, files = _read(project, record.path, record.state)
            except (JournalError, OSError):
                continue  # not even its first line is written
            summary = with_said(read_summary(row), said)
            if summary is not None:
                yield _Row(summary, partial(_files, files))
    unread.extend(sorted(damaged))


def _read(project: ProjectFolder, path: str, state: RecordState = "sealed") -> Worked:
    """What a record says of its run: a row, and its files.

    Raises:
        JournalError: It is damaged.
    """
    # Lazy: the model costs 15 ms, which a list from the cache does not pay.
    from provkit.app.reading import work_out  # noqa: PLC0415

    return work_out(project, path, state)


def _remembered_files(entry: Entry) -> list[FileTouched]:
    return _files(entry.second)


def _files(pairs: list[tuple[str, str | None]]) -> list[FileTouched]:
    return [FileTouched(path=path, sha256=sha256) for path, sha256 in pairs]


def _age(run: RunSummary) -> tuple[datetime, int, str]:
    return run.started, run.seq, run.id
