"""Record one run: the only use case that must never do harm.

Up to the moment when the command starts provkit may refuse, in one sentence.
From then on the command keeps its output, files, signals and exit code whatever
fails here; the record then ends as "incomplete" and says why. Nothing here
opens the index: recording waits for nobody.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH102, PTH109, PTH113

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from provkit import __version__
from provkit.app.folder import ProjectFolder, not_usable, recorder_is_alive
from provkit.app.keeping import Keeper, Policy
from provkit.app.patience import Patience
from provkit.app.request import Recorded, Request
from provkit.app.settings import current_user, read_settings
from provkit.app.unexplained import MAIN, explain_changes
from provkit.archive.store import Archive
from provkit.capture.child import plain_wait
from provkit.capture.command import NOT_EXECUTABLE, CommandNotFoundError, read_command
from provkit.capture.environment import observe_environment
from provkit.capture.hashes import Hashes
from provkit.capture.journal import Journal
from provkit.capture.logs import Tee
from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Watch, choose_recorder
from provkit.capture.redact import Redactor
from provkit.capture.told import TELL_VARIABLE, read_told
from provkit.capture.tree import Tree
from provkit.errors import IdentifierError, ProvkitError, UsageError
from provkit.model.events import (
    CaptureReported,
    Event,
    OutputLogged,
    ParameterSet,
    ProcessStarted,
    RunEnded,
    RunStarted,
    Status,
)
from provkit.model.identifiers import check_run_id, mint_run_id

__all__ = ["RUN_VARIABLE", "Recorded", "Request", "record"]

RUN_VARIABLE = "PROVKIT_RUN"
"""Tells a command in which run it is; a ``provkit run`` inside becomes part of that."""

_OURS = ("PROVKIT_SPOOL", "PROVKIT_ROOT", "PROVKIT_SAVE_BYTES", "PROVKIT_BEGAN")
"""What the recorder of an outer run has put into the environment."""

_STALE_S = 60.0


def record(project: ProjectFolder, request: Request) -> Recorded:
    """Run a command and record it.

    Raises:
        ProvkitError: provkit refused, before the command started.
    """
    sys.audit("provkit.quiet")  # an outer run does not take our reading for the command's
    return _Recording(project, request).execute()


class _NotStartedError(Exception):
    """Carries the reason why the command was not started."""

    def __init__(self, reason: ProvkitError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class _Recording:
    """One run on its way from request to sealed record."""

    def __init__(self, project: ProjectFolder, request: Request) -> None:
        self.project = project
        self.request = request
        self.run = mint_run_id()
        self.settings = read_settings(project)
        self.command = read_command(request.words)
        environment = {name: value for name, value in os.environ.items() if name not in _OURS}
        self.redactor = Redactor(environment, request.words)
        self.noise = Noise(
            project.root,
            include=(*self.settings["record.include"], *request.include),
            exclude=(*self.settings["record.exclude"], *request.exclude),
        )
        self.inputs = [self._named(path) for path in request.inputs]
        self.outputs = [self._named(path) for path in request.outputs]
        for path in self.inputs:
            if not os.path.isfile(path):
                raise UsageError(f"no such file: {path}", hint="--input names a file that is there")
        staging = project.path("staging", self.run)
        self.watch = Watch(
            command=self.command.words,
            executable=self.command.executable,
            directory=os.getcwd(),
            environment={
                **environment,
                RUN_VARIABLE: self.run,
                TELL_VARIABLE: f"{staging}/told",
            },
            project=project.root,
            staging=staging,
        )
        name = request.recorder or str(self.settings["record.recorder"])
        self.recorder, self.verdict = choose_recorder(name, self.watch)
        self.programs: list[ProcessStarted] = []
        self.unexplained: tuple[str, ...] = ()

    def execute(self) -> Recorded:
        """Run the command and record it."""
        self.project.check_writable()
        self._sweep()
        seq = self.project.reserve_seq(self.run)
        try:
            journal = Journal(self.project.path("runs"), self.run)
        except OSError as error:
            raise not_usable(self.project.path("runs"), error) from error
        with journal, Patience() as patience:
            try:
                os.mkdir(self.watch.staging, 0o700)
                return self._record(journal, seq, patience)
            except _NotStartedError as error:
                self._forget(journal)
                raise error.reason from error
            except OSError as error:
                self._forget(journal)
                raise not_usable(self.watch.staging, error) from error

    def _record(self, journal: Journal, seq: int, patience: Patience) -> Recorded:
        def append(event: Event) -> None:
            if isinstance(event, ProcessStarted):
                self.programs.append(event)
            journal.append(event)

        journal.append(self._started(seq))
        before = Tree(self.project.root, self.noise, look=self.recorder.name != "none")
        observer = Observer(self.noise, append, before, clean=self.redactor.words)
        observer.meet_program(self.command.program)
        for path in self.inputs:
            observer.declare(MAIN, path)
        for path in self.outputs:
            observer.save(path, self.watch.staging)
        begin_s = time.monotonic()
        tee = Tee() if self.request.logs else None
        ending = self._run(self._with(tee), observer)
        elapsed_s = time.monotonic() - begin_s
        recorded: list[Recorded] = []
        for step in (
            lambda: self._keep_logs(journal, tee),
            lambda: self._explain(observer, before),
            lambda: self._keep_files(journal, observer, patience),
            lambda: self._tell_more(journal, before),
            lambda: recorded.append(self._finish(journal, observer, ending, seq, elapsed_s)),
            tee.leave if tee is not None else lambda: None,
        ):
            _attempt(step, observer)
        return recorded[0] if recorded else self._lost(observer, ending, seq)

    def _run(self, watch: Watch, observer: Observer) -> Ending:
        """Run the command; whatever happens to the recorder, wait for the command's own end."""
        started: list[int] = []

        def note(pid: int) -> None:
            started.append(pid)
            watch.started(pid)

        try:
            return self.recorder.run(replace(watch, started=note), observer)
        except Exception as error:
            if not started:
                raise _NotStartedError(self._reason(error)) from error
            observer.problem(f"the recorder failed: {type(error).__name__}: {error}")
            return plain_wait(started[0])

    def _with(self, tee: Tee | None) -> Watch:
        """What to run, with its output streams taken hold of."""
        if tee is None:
            return self.watch
        return replace(
            self.watch,
            streams=tee.streams,
            started=lambda pid: tee.begin(),
            resized=tee.resized,
        )

    def _reason(self, error: Exception) -> ProvkitError:
        """Why the command was not started."""
        if isinstance(error, ProvkitError):
            return error
        said = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return CommandNotFoundError(
            f"cannot execute {self.command.words[0]}: {said}", exit_code=NOT_EXECUTABLE
        )

    def _forget(self, journal: Journal) -> None:
        """Leave no trace of a run whose command was not started."""
        journal.discard()
        shutil.rmtree(self.watch.staging, ignore_errors=True)

    def _lost(self, observer: Observer, ending: Ending, seq: int) -> Recorded:
        """The command has run, and its record could not be finished."""
        return Recorded(
            run=self.run,
            seq=seq,
            exit_code=ending.exit_code,
            status="incomplete",
            problems=tuple(map(self.redactor.text, observer.problems)),
            sealed=False,
        )

    def _started(self, seq: int) -> RunStarted:
        request, command, redactor = self.request, self.command, self.redactor
        parameters = {**command.parameters, **request.parameters}
        return RunStarted(
            run=self.run,
            seq=seq,
            at=datetime.now(UTC),
            command=redactor.words(command.words),
            directory=self.noise.relative(self.watch.directory),
            program=self.noise.relative(command.program),
            user=current_user(self.settings),
            host=os.uname().nodename,
            tags=tuple(request.tags),
            note=redactor.text(request.note),
            parameters={name: redactor.value(name, value) for name, value in parameters.items()},
            part_of=_outer_run(),
            rerun_of=request.rerun_of,
            provkit=__version__,
        )

    def _keep_logs(self, journal: Journal, tee: Tee | None) -> None:
        if tee is None:
            return
        archive = Archive(self.project.path("objects"))
        for stream, log in tee.end():
            kept = archive.keep_bytes(self.redactor.data(log.text()))
            journal.append(
                OutputLogged(
                    stream=stream,
                    sha256=kept.sha256,
                    size_bytes=log.size_bytes,
                    truncated=log.truncated,
                )
            )

    def _explain(self, observer: Observer, before: Tree) -> None:
        after = Tree(self.project.root, self.noise, look=before.looked)
        unwatched = {
            event.process: event.at
            for event in self.programs
            if event.process in observer.unwatched
        }
        for path in self.outputs:
            observer.attribute(MAIN, path, before.files.get(path))
        self.unexplained = explain_changes(
            self.project,
            self.run,
            observer,
            before,
            after,
            unwatched=unwatched,
            trusting=self.recorder.name == "snapshot",
        )
        if not (before.complete and after.complete):
            observer.cannot_see("changes that nothing explains: the project has too many files")

    def _keep_files(self, journal: Journal, observer: Observer, patience: Patience) -> None:
        policy = Policy(
            archive=self.request.archive and bool(self.settings["archive.enabled"]),
            max_bytes=int(self.settings["archive.max_size"]),
            script=self.noise.relative(self.command.program)
            if self.command.program != self.command.executable
            else "",
            is_noise=lambda path: self.noise.kind(path) is not None,
        )
        keeper = Keeper(
            Archive(self.project.path("objects")),
            Hashes(self.project.path("cache", "hashes")),
            self.noise,
            policy,
            observer,
            hurried=lambda: patience.is_over,
        )
        for state in keeper.states():
            journal.append(state)

    def _tell_more(self, journal: Journal, before: Tree) -> None:
        for name, value in read_told(self.watch.environment[TELL_VARIABLE]):
            journal.append(ParameterSet(name=name, value=self.redactor.value(name, value)))
        journal.append(
            observe_environment(
                self.watch.environment,
                self.programs,
                before,
                self.redactor,
                also=self.settings["record.environment"],
            )
        )

    def _finish(
        self, journal: Journal, observer: Observer, ending: Ending, seq: int, elapsed_s: float
    ) -> Recorded:
        if journal.waits:
            observer.problem("no room on the disk for the record while the run went on")
        hidden = observer.hidden
        for kind, count in self.noise.hidden().items():
            hidden[kind] = hidden.get(kind, 0) + count
        problems = tuple(map(self.redactor.text, observer.problems))
        status = _status(ending, observer)
        journal.append(
            CaptureReported(
                recorder=self.recorder.name,
                version=self.verdict.version,
                blind=(*self.recorder.blind, *observer.blind),
                problems=problems,
                hidden=dict(sorted(hidden.items())),
                untraced=self.unexplained,
            )
        )
        journal.append(
            RunEnded(
                at=ending.at,
                elapsed_s=elapsed_s,
                status=status,
                exit_code=ending.exit_code,
                signal=ending.signal,
            )
        )
        try:
            journal.seal()
        except OSError as error:
            problems += (f"the record could not be finished: {error.strerror}",)
        shutil.rmtree(self.watch.staging, ignore_errors=True)
        return Recorded(
            run=self.run,
            seq=seq,
            exit_code=ending.exit_code,
            status=status,
            problems=problems,
            sealed=journal.sealed,
        )

    def _named(self, path: str) -> str:
        """Absolute path of a file that the user names, which is then no noise."""
        full = self.project.absolute(self.project.relative(path))
        self.noise.let_through(full)
        return full

    def _sweep(self) -> None:
        """Take away what recorders that died have left in staging."""
        folder = self.project.path("staging")
        for name in os.listdir(folder):  # noqa: PTH208
            path = f"{folder}/{name}"
            try:
                age_s = time.time() - os.lstat(path).st_mtime
            except OSError:
                continue
            if age_s > _STALE_S and not recorder_is_alive(
                self.project.path("runs", f"{name}.jsonl.open")
            ):
                shutil.rmtree(path, ignore_errors=True)


def _attempt(step: Callable[[], None], observer: Observer) -> None:
    try:
        step()
    except Exception as error:  # noqa: BLE001 - do no harm: the command has run, whatever fails now
        observer.problem(f"{type(error).__name__}: {error}")


def _status(ending: Ending, observer: Observer) -> Status:
    if observer.problems:
        return "incomplete"
    if ending.interrupted:
        return "interrupted"
    return "ok" if ending.exit_code == 0 else "failed"


def _outer_run() -> str | None:
    try:
        return check_run_id(os.environ[RUN_VARIABLE])
    except (KeyError, IdentifierError):
        return None
