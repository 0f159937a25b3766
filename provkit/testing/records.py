"""Write run records as a recorder would, for tests that need runs but no recorder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provkit.app.folder import ProjectFolder
from provkit.archive.store import Archive
from provkit.capture.journal import Journal
from provkit.files import fingerprint_bytes
from provkit.model.events import (
    EnvironmentObserved,
    Event,
    FileAccessed,
    OutputLogged,
    ProcessEnded,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
    Status,
)
from provkit.model.identifiers import mint_run_id

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def run_events(  # noqa: PLR0913 - one argument for each thing a test may care about
    *,
    run: str = "",
    seq: int = 1,
    program: str = "clean.R",
    command: tuple[str, ...] = ("Rscript", "clean.R"),
    started: datetime = NOON,
    elapsed_s: float = 2.0,
    status: Status = "ok",
    exit_code: int | None = None,
    user: str = "ann",
    tags: tuple[str, ...] = (),
    note: str = "",
    parameters: Mapping[str, str] | None = None,
    inputs: Mapping[str, bytes] | None = None,
    outputs: Mapping[str, bytes] | None = None,
    source: bytes = b"# a script\n",
    environment: Mapping[str, str] | None = None,
) -> list[Event]:
    """Events of a run of one process that read all inputs, then wrote all outputs."""
    code = exit_code if exit_code is not None else 0 if status == "ok" else 1
    ended = started + timedelta(seconds=elapsed_s)
    inputs, outputs = inputs or {}, outputs or {}
    events: list[Event] = [
        RunStarted(
            run=run or mint_run_id(),
            seq=seq,
            at=started,
            command=command,
            directory="/work",
            program=program,
            user=user,
            host="here",
            tags=tags,
            note=note,
            parameters=dict(parameters or {}),
            provkit="0.1.0",
        ),
        ProcessStarted(process=1, at=started, command=command, directory="/work"),
        EnvironmentObserved(facts=dict(environment or {})),
    ]
    found = {program: source, **inputs}
    for path, content in found.items():
        events.append(FileAccessed(process=1, kind="read", path=path, at=started))
        events.append(_state("found", path, content))
    for path, content in outputs.items():
        events.append(FileAccessed(process=1, kind="write", path=path, at=ended))
        events.append(_state("left", path, content))
    events.append(ProcessEnded(process=1, at=ended, exit_code=code))
    events.append(RunEnded(at=ended, elapsed_s=elapsed_s, status=status, exit_code=code))
    return events


def write_run(
    project: ProjectFolder,
    events: Iterable[Event],
    *,
    contents: Iterable[bytes] = (),
    stderr: bytes = b"",
    seal: bool = True,
) -> str:
    """Record a run in a project: number, archived bytes, sealed record.

    Args:
        project: Where.
        events: From :func:`run_events`; the number is reserved here.
        contents: Bytes to archive.
        stderr: What the run said, archived too.
        seal: Without, the record stays as a recorder that died would leave it.

    Returns:
        The run id.
    """
    rows = list(events)
    start = rows[0]
    assert isinstance(start, RunStarted)  # noqa: S101 - a test that gets this wrong must stop
    rows[0] = replace(start, seq=project.reserve_seq(start.run))
    archive = Archive(project.path("objects"))
    for content in contents:
        archive.keep_bytes(content)
    if stderr:
        seen = archive.keep_bytes(stderr)
        log = OutputLogged(stream="stderr", sha256=seen.sha256, size_bytes=seen.size_bytes)
        rows.insert(-1, log)
    with Journal(project.path("runs"), start.run) as journal:
        for row in rows:
            journal.append(row)
        if seal:
            journal.seal()
    return start.run


def _state(moment: str, path: str, content: bytes) -> StateObserved:
    seen = fingerprint_bytes(content)
    return StateObserved(
        moment="found" if moment == "found" else "left",
        path=path,
        size_bytes=seen.size_bytes,
        sha256=seen.sha256,
        mode=0o644,
        archived=True,
    )
