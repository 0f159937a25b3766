"""Run a command and record it: the only use case that must never do harm.

Up to the moment when the command starts provkit may refuse, in one sentence.
From then on the command keeps its output, files, signals and exit code whatever
fails here; the record then ends as "incomplete" and says why. Nothing here
opens the index: recording waits for nobody.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from provkit.app.folder import ProjectFolder
from provkit.app.patience import Patience
from provkit.app.recording import Recording, unseen
from provkit.app.request import Recorded, Request
from provkit.capture.child import plain_wait
from provkit.capture.command import NOT_EXECUTABLE, CommandNotFoundError, read_command
from provkit.capture.logs import Log, Tee
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Recorder, Watch, choose_recorder
from provkit.errors import ProvkitError


class _NotStartedError(Exception):
    """Carries the reason why the command was not started."""

    def __init__(self, reason: ProvkitError) -> None:
        super().__init__(reason.message)
        self.reason = reason


def record(project: ProjectFolder, request: Request) -> Recorded:
    """Run a command and record it.

    Raises:
        ProvkitError: provkit refused, before the command started.
    """
    with unseen():
        return _record(project, request)


def _record(project: ProjectFolder, request: Request) -> Recorded:
    command = read_command(request.words)
    recording = Recording(project, request, command, os.environ)
    watch = Watch(
        command=command.words,
        executable=command.executable,
        directory=os.getcwd(),  # noqa: PTH109 - pathlib costs 5 ms
        environment=recording.environment,
        project=project.root,
        staging=recording.staging,
    )
    name = request.recorder or str(recording.settings["record.recorder"])
    recorder, verdict = choose_recorder(name, watch)
    with Patience() as patience:
        recording.begin(look=recorder.name != "none")
        tee = Tee() if request.logs else None
        begin_s = time.monotonic()
        try:
            ending = _run(recorder, watch, recording.observer, tee)
        except _NotStartedError as error:
            recording.forget()
            raise error.reason from error
        recorded = recording.settle(
            ending,
            elapsed_s=time.monotonic() - begin_s,
            recorder=recorder.name,
            version=verdict.version,
            blind=recorder.blind,
            logs=lambda: _logs(tee),
            hurried=lambda: patience.is_over,
        )
    if tee is not None:
        tee.leave()
    return recorded


def _run(recorder: Recorder, watch: Watch, observer: Observer, tee: Tee | None) -> Ending:
    """Run the command; whatever happens to the recorder, wait for the command's own end.

    Raises:
        _NotStartedError: The command did not start.
    """
    pids: list[int] = []

    def started(pid: int) -> None:
        pids.append(pid)
        if tee is not None:
            tee.begin()

    held = replace(watch, started=started)
    if tee is not None:
        held = replace(held, streams=tee.streams, resized=tee.resized)
    try:
        return recorder.run(held, observer)
    except Exception as error:  # BLE001 - do no harm: the command may have started
        if not pids:
            raise _NotStartedError(_reason(error, watch)) from error
        observer.problem(f"the recorder failed: {type(error).__name__}: {error}")
        return plain_wait(pids[0])


def _reason(error: Exception, watch: Watch) -> ProvkitError:
    """Why the command was not started."""
    if isinstance(error, ProvkitError):
        return error
    said = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return CommandNotFoundError(
        f"cannot execute {watch.command[0]}: {said}", exit_code=NOT_EXECUTABLE
    )


def _logs(tee: Tee | None) -> Sequence[tuple[str, Log]]:
    return () if tee is None else tee.end()
