"""Mend what is known of runs: tags, notes, and deletion that keeps lineage joined.

Nothing recorded is edited. A tag or a note is a statement of its own; a
deleted run leaves a tombstone, sealed before its record goes, with just enough
of the record to join what came before it to what came after: which states it
found and left, and when. Command line, parameters, environment and messages
are gone. A purged run leaves nothing but its number, which is never given again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provkit.app.folder import not_usable
from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import RunFilter, read_filter
from provkit.app.settings import current_user, read_settings
from provkit.app.statements import read_statement, state, statement_files
from provkit.app.summary import RunSummary
from provkit.capture.journal import read_record
from provkit.errors import JournalError, ProjectError, UsageError
from provkit.files import sync_folder
from provkit.model.events import (
    Event,
    FileAccessed,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
    encode_event,
)
from provkit.model.identifiers import run_iri
from provkit.model.statement import Statement
from provkit.vocab.terms import IRI

_LONGEST_TAG = 200


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted, or would be.

    Attributes:
        runs: The runs.
        purged: No tombstone is left.
        done: False after a dry run.
    """

    runs: tuple[RunSummary, ...]
    purged: bool
    done: bool


def add_tags(project: Project, run: str, tags: Sequence[str], *, remove: bool = False) -> Statement:
    """Put tags on a run, or take them off.

    Raises:
        NotRecordedError: There is no such run.
        UsageError: A tag is empty, or too long to be one.
    """
    for tag in tags:
        if not tag.strip() or len(tag) > _LONGEST_TAG:
            raise UsageError(f"not a tag: {tag[:40]!r}", hint=f"1 to {_LONGEST_TAG} characters")
    data: dict[str, Any] = {"tags": sorted(set(tags))}
    if remove:
        data["removed"] = True
    return _say(project, run, "tag", data)


def add_note(project: Project, run: str, text: str) -> Statement:
    """Write a note about a run.

    Raises:
        NotRecordedError: There is no such run.
        UsageError: The note is empty.
    """
    if not text.strip():
        raise UsageError("an empty note says nothing")
    return _say(project, run, "note", {"text": text})


def delete_runs(
    project: Project,
    runs: Iterable[str] = (),
    chosen: RunFilter | None = None,
    *,
    dry_run: bool = False,
    purge: bool = False,
) -> Deletion:
    """Delete runs, named or chosen by a filter; a run that is going on is never deleted.

    Archived bytes stay until ``gc``.

    Args:
        project: Where.
        runs: RUNs as users name them.
        chosen: Filter; with names too, both must hold.
        dry_run: Change nothing, only say which runs it would be.
        purge: Leave no tombstone: lineage then ends where the run was.

    Raises:
        NotRecordedError: A run named is not there; nothing was deleted.
        UsageError: Nothing was named: that would mean every run.
        ProjectError: One of them is being recorded, or the folder cannot be written.
    """
    named = list(runs)
    if not named and (chosen is None or chosen.is_empty):
        raise UsageError(
            "no run and no filter given, which would mean every run",
            hint="to delete them all: provkit rm --id '*'",
        )
    wanted = {project.resolve(name) for name in named}
    found = [
        run
        for run in list_runs(project, chosen or read_filter())
        if not named or run.record in wanted
    ]
    going = [run for run in found if run.status == "running"]
    if going:
        raise ProjectError(
            f"run {going[0].seq} is being recorded", hint="wait for it to end, or stop it"
        )
    if not dry_run:
        project.check_writable()
        for run in found:
            if not purge:
                _leave_tombstone(project, run)
            finish_deletion(project, run.record)
        if purge:
            _forget_statements(project, {run_iri(run.record) for run in found})
    return Deletion(tuple(found), purge, not dry_run)


def finish_deletion(project: Project, run: str) -> None:
    """Take away what is left of a run whose tombstone is sealed."""
    for name in (f"{run}.jsonl", f"{run}.jsonl.open"):
        path = project.path("runs", name)
        try:
            os.unlink(path)  # noqa: PTH108 - os is loaded, pathlib may not be
        except FileNotFoundError:
            continue
        except OSError as error:
            raise not_usable(path, error) from error
    sync_folder(project.path("runs"))


def skeleton(events: Iterable[Event]) -> list[Event]:
    """What a tombstone keeps of a record: when it ran, which states it found and left."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted):
            kept.append(replace(event, command=(), tags=(), note="", parameters={}, directory=""))
        elif isinstance(event, ProcessStarted):
            kept.append(replace(event, command=(), directory="", executable="", pid=None))
        elif isinstance(event, FileAccessed | RunEnded):
            kept.append(event)
        elif isinstance(event, ProcessEnded):
            kept.append(replace(event, exit_code=None, cpu_s=None, peak_memory_bytes=None))
        elif isinstance(event, StateObserved):
            kept.append(replace(event, archived=False))
    return kept


def _leave_tombstone(project: Project, run: RunSummary) -> None:
    try:
        events = skeleton(read_record(project.record(run.record).path))
    except JournalError:
        events = []  # too damaged to read: a bare tombstone
    state(
        project,
        "tombstone",
        [run_iri(run.record)],
        by=current_user(read_settings(project)),
        data={"run": run.record, "seq": run.seq, "record": [encode_event(each) for each in events]},
    )


def _forget_statements(project: Project, runs: set[IRI]) -> None:
    """Delete what was said about these runs and nothing else."""
    for file in statement_files(project):
        try:
            about = read_statement(file.path).about
        except (JournalError, OSError):
            continue
        if about and all(iri.partition("#")[0] in runs for iri in about):
            os.unlink(file.path)  # noqa: PTH108 - os is loaded, pathlib may not be


def _say(project: Project, run: str, kind: Any, data: dict[str, Any]) -> Statement:
    name = project.resolve(run)
    project.check_writable()
    by = current_user(read_settings(project))
    return state(project, kind, [run_iri(name)], by=by, data=data)
