"""Run a command and record it: the only use case that must never do harm.

Up to the moment when the command starts provkit may refuse, in one sentence.
From then on the command keeps its output, files, signals and exit code whatever
fails here; the record then ends as "incomplete" and says why. Nothing here
opens the index: recording waits for nobody.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace

from provkit.app.folder import ProjectFolder
from provkit.app.patience import Patience
from provkit.app.recording import Recording, unseen
from provkit.app.request import Recorded, Request
from provkit.capture.child import plain_wait
from provkit.capture.command import NOT_EXECUTABLE, CommandNotFoundError, read_command
from provkit.capture.logs import Tee
from provkit.capture.recorder import Ending, Watch, recorders_for
from provkit.errors import CaptureError, ProvkitError


def record(project: ProjectFolder, request: Request) -> Recorded:
    """Run a command and record it.

    Raises:
        ProvkitError: provkit refused, before the command started.
    """
    recorded: Recorded | None = None
    try:
        with unseen(), Patience() as patience:
            recorded = _Run(project, request).execute(patience)
    except Exception:
        if recorded is None:
            raise
    return recorded  # what fails while tidying up changes nothing


class _Run:
    """One command: started at most once, and waited for whatever fails meanwhile."""

    def __init__(self, project: ProjectFolder, request: Request) -> None:
        command = read_command(request.words)
        self.recording = Recording(project, request, command, os.environ)
        self.watch = Watch(
            command=command.words,
            executable=command.executable,
            directory=os.getcwd(),  # noqa: PTH109 - pathlib costs 5 ms
            environment=self.recording.environment,
            project=project.root,
            staging=self.recording.staging,
            started=self._started,
        )
        name = request.recorder or str(self.recording.settings["record.recorder"])
        self.choices = recorders_for(name, self.watch)
        self.choice = next(self.choices)
        self.tee = Tee() if request.logs else None
        self.pid = 0
        self.ending: Ending | None = None

    def execute(self, patience: Patience) -> Recorded:
        """Run the command and record it."""
        self.recording.begin(look=self.choice.recorder.name != "none")
        try:
            return self._record(patience)
        except Exception as error:  # BLE001 - do no harm: the command may have started
            if not self.pid:
                self.recording.forget()
                raise self._reason(error) from error
            return self._rescue(error)

    def _record(self, patience: Patience) -> Recorded:
        watch, tee = self.watch, self.tee
        if tee is not None:
            watch = replace(watch, streams=tee.streams, resized=tee.resized)
        begin_s = time.monotonic()
        self.ending = self._run(watch)
        choice = self.choice
        recorded = self.recording.settle(
            self.ending,
            elapsed_s=time.monotonic() - begin_s,
            recorder=choice.recorder.name,
            version=choice.verdict.version,
            blind=(*choice.recorder.blind, *choice.passed_over),
            logs=tee.end if tee is not None else tuple,
            patience=patience,
        )
        if tee is not None:
            tee.leave()
        return recorded

    def _run(self, watch: Watch) -> Ending:
        """Run the command with the best recorder that starts it, and wait for it in any case."""
        observer = self.recording.observer
        while True:
            try:
                return self.choice.recorder.run(watch, observer)
            except Exception as error:  # BLE001 - do no harm: the command may have started
                if self.pid:
                    observer.problem(f"the recorder failed: {error}")
                    return self._wait()
                if not isinstance(error, CaptureError):
                    raise
                better = error
            try:
                self.choice = next(self.choices)
            except CaptureError:
                raise better from None

    def _started(self, pid: int) -> None:
        self.pid = pid
        if self.tee is not None:
            self.tee.begin()

    def _wait(self) -> Ending:
        """Wait for the command without its recorder."""
        if self.tee is not None:
            self.tee.begin()
        return plain_wait(self.pid, self.watch)

    def _rescue(self, error: Exception) -> Recorded:
        """The record is lost; the command is not."""
        ending = self.ending or self._wait()
        if self.tee is not None:
            self.tee.end()
            self.tee.leave()
        return Recorded(
            run=self.recording.run,
            seq=self.recording.seq,
            exit_code=ending.exit_code,
            status="incomplete",
            problems=(f"{type(error).__name__}: {error}",),
            sealed=False,
        )

    def _reason(self, error: Exception) -> ProvkitError:
        """Why the command was not started."""
        if isinstance(error, ProvkitError):
            return error
        said = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return CommandNotFoundError(
            f"cannot execute {self.watch.command[0]}: {said}", exit_code=NOT_EXECUTABLE
        )
