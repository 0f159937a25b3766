"""Read the record of a run: the whole of it, or what the run list needs."""

from __future__ import annotations

from dataclasses import replace

from provkit.app.cache import Worked
from provkit.app.folder import ProjectFolder, RecordState
from provkit.app.messages import error_of
from provkit.app.selection import FileTouched
from provkit.app.summary import RunSummary
from provkit.capture.journal import read_record
from provkit.errors import JournalError
from provkit.model.run import Run, fold
from provkit.model.seal import Soundness, check_seal


def read_run(project: ProjectFolder, run: str) -> Run:
    """The run of that id, as recorded; ``running`` while its recorder lives.

    Raises:
        NotRecordedError: There is no such run.
        JournalError: Its record cannot be read.
    """
    record = project.record(run)
    folded = fold(read_record(record.path))
    return replace(folded, status="running") if record.state == "recording" else folded


def summarize(project: ProjectFolder, run: Run) -> RunSummary:
    """A run as a row of the run list."""
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


def work_out(project: ProjectFolder, path: str, state: RecordState) -> Worked:
    """What the run list needs of a record: its row, and its files.

    Raises:
        JournalError: It is damaged, or not begun.
        OSError: It cannot be read.
    """
    if state == "sealed" and soundness(path) != "sealed":
        raise JournalError(f"damaged record: {path}", hint="see `provkit fsck`")
    run = fold(read_record(path))
    if state == "recording":
        run = replace(run, status="running")
    row = summarize(project, run).to_json()
    return row, [[file.path, file.sha256] for file in files_of(run)]
