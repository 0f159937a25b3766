"""One run on its way from request to sealed record, whoever runs it.

:mod:`provkit.app.record` runs a command, :mod:`provkit.app.inprocess` is the
program itself. Both open a recording, let an observer see, and settle: explain
what nobody saw, keep the files, say where it happened, seal.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH102, PTH113, PTH208

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from provkit import __version__
from provkit.app.folder import ProjectFolder, not_usable, recorder_is_alive
from provkit.app.keeping import Keeper, Policy
from provkit.app.patience import Patience
from provkit.app.request import Recorded, Request
from provkit.app.settings import current_user, read_settings
from provkit.app.unexplained import MAIN, explain_changes
from provkit.archive.store import Batch
from provkit.capture.command import Command
from provkit.capture.environment import observe_environment
from provkit.capture.hashes import Hashes
from provkit.capture.journal import Journal
from provkit.capture.logs import Log
from provkit.capture.nested import be_quiet
from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending
from provkit.capture.redact import Redactor
from provkit.capture.told import TELL_VARIABLE, read_told
from provkit.capture.tree import Tree
from provkit.errors import IdentifierError, UsageError
from provkit.model.events import (
    CaptureReported,
    Event,
    OutputLogged,
    ParameterSet,
    ProcessStarted,
    RunEnded,
    RunStarted,
    StateObserved,
    Status,
)
from provkit.model.identifiers import check_run_id, mint_run_id

RUN_VARIABLE = "PROVKIT_RUN"
"""Tells a command in which run it is; a ``provkit run`` inside becomes part of that."""

_OURS = ("PROVKIT_SPOOL", "PROVKIT_ROOT", "PROVKIT_SAVE_BYTES", "PROVKIT_BEGAN")
"""What the recorder of an outer run has put into the environment."""

_STALE_S = 60.0


@contextmanager
def unseen() -> Iterator[None]:
    """Our own reading and writing is not the work of an outer run that watches this process."""
    sys.audit("provkit.quiet", True)
    be_quiet(True)
    try:
        yield
    finally:
        be_quiet(False)
        sys.audit("provkit.quiet", False)


class Recording:
    """A run that is being recorded.

    Args:
        project: Where.
        request: What is asked for.
        command: What runs.
        environ: Its environment, without what provkit adds.

    Attributes:
        run: Run id.
        seq: Its number, once begun.
        told: Variables that tell a command of its run.
        environment: What the command is to see.
        staging: Folder of this run for copies and spools.
        observer: Who sees, once begun.

    Raises:
        UsageError: A file named in the request is not there.
        ConfigError: A setting cannot be used.
    """

    seq: int
    observer: Observer
    _journal: Journal
    _before: Tree

    def __init__(
        self,
        project: ProjectFolder,
        request: Request,
        command: Command,
        environ: Mapping[str, str],
    ) -> None:
        self.project = project
        self.request = request
        self.command = command
        self.run = mint_run_id()
        self.settings = read_settings(project)
        self.staging = project.path("staging", self.run)
        own = {name: value for name, value in environ.items() if name not in _OURS}
        self.told = {RUN_VARIABLE: self.run, TELL_VARIABLE: f"{self.staging}/told"}
        self.environment: dict[str, str] = {**own, **self.told}
        self.redactor = Redactor(own, request.words)
        self.noise = Noise(
            project.root,
            include=(*self.settings["record.include"], *request.include),
            exclude=(*self.settings["record.exclude"], *request.exclude),
        )
        self._inputs = [self._named(path) for path in request.inputs]
        self._outputs = [self._named(path) for path in request.outputs]
        for path, given in zip(self._inputs, request.inputs, strict=True):
            if not os.path.isfile(path):
                raise UsageError(f"no such file: {given}", hint="--input names a file that exists")
        self._archive = Batch(project.path("objects"), f"{self.staging}/objects")
        self._kept: list[OutputLogged | StateObserved] = []
        self._programs: list[ProcessStarted] = []
        self._untraced: tuple[str, ...] = ()

    def begin(self, *, look: bool = True) -> None:
        """Open the record and look at the project as it is.

        Args:
            look: Whether the project is compared before and after.

        Raises:
            ProjectError: The project cannot be written; nothing was left behind.
        """
        self.project.check_writable()
        self._sweep()
        self.seq = self.project.reserve_seq(self.run)
        try:
            self._journal = Journal(self.project.path("runs"), self.run)
        except OSError as error:
            raise not_usable(self.project.path("runs"), error) from error
        try:
            os.mkdir(self.staging, 0o700)
        except OSError as error:
            self.forget()
            raise not_usable(self.staging, error) from error
        self._journal.append(self._started())
        self._before = Tree(self.project.root, self.noise, look=look)
        self.observer = Observer(self.noise, self._append, self._before, clean=self.redactor.words)
        self.observer.meet_program(self.command.program)
        for path in self._inputs:
            self.observer.declare(MAIN, path)
        for path in self._outputs:
            self.observer.save(path, self.staging)

    def forget(self) -> None:
        """Leave no record of a run that did not start."""
        self._journal.discard()
        shutil.rmtree(self.staging, ignore_errors=True)

    def settle(
        self,
        ending: Ending,
        *,
        elapsed_s: float,
        recorder: str,
        version: str = "",
        blind: Sequence[str] = (),
        logs: Callable[[], Sequence[tuple[str, Log]]] = tuple,
        patience: Patience | None = None,
    ) -> Recorded:
        """Finish the record. Never raises: what fails is said in it, and in what is returned.

        Args:
            ending: How it ended.
            elapsed_s: By the monotonic clock.
            recorder: Name of what has seen it.
            version: Version of that.
            blind: What that cannot see.
            logs: What was said, by stream.
            patience: Of the user, for reading files.
        """
        observer = self.observer
        sealed: list[bool] = []
        steps: tuple[Callable[[], object], ...] = (
            lambda: self._keep_logs(logs()),
            lambda: self._explain(trusting=recorder == "snapshot"),
            lambda: self._keep_files(patience or Patience()),
            self._publish,
            self._tell_more,
            lambda: self._report(ending, recorder, version, blind, elapsed_s),
            lambda: sealed.append(bool(self._journal.seal())),
        )
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - do no harm: it has run, whatever fails now
                observer.problem(_told(error))
        self._journal.close()
        shutil.rmtree(self.staging, ignore_errors=True)
        return Recorded(
            run=self.run,
            seq=self.seq,
            exit_code=ending.exit_code,
            status=_status(ending, observer),
            problems=tuple(map(self.redactor.text, observer.problems)),
            sealed=bool(sealed),
        )

    def _append(self, event: Event) -> None:
        if isinstance(event, ProcessStarted):
            self._programs.append(event)
        self._journal.append(event)

    def _started(self) -> RunStarted:
        request, command, redactor = self.request, self.command, self.redactor
        parameters = {**command.parameters, **request.parameters}
        return RunStarted(
            run=self.run,
            seq=self.seq,
            at=datetime.now(UTC),
            command=redactor.words(command.words),
            directory=self.project.relative("."),
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

    def _keep_logs(self, logs: Sequence[tuple[str, Log]]) -> None:
        for stream, log in logs:
            kept = self._archive.keep_bytes(self.redactor.data(log.text()))
            self._kept.append(
                OutputLogged(
                    stream="stdout" if stream == "stdout" else "stderr",
                    sha256=kept.sha256,
                    size_bytes=log.size_bytes,
                    truncated=log.truncated,
                )
            )

    def _publish(self) -> None:
        """The record names archived bytes only once they are on disk."""
        try:
            self._archive.publish()
        except OSError as error:
            self.observer.problem(f"what was read and written is not archived: {error.strerror}")
            self._kept = [
                replace(each, archived=False, why=each.why or "not archived: no room on the disk")
                for each in self._kept
                if isinstance(each, StateObserved)
            ]
        for event in self._kept:
            self._journal.append(event)

    def _explain(self, *, trusting: bool) -> None:
        observer, before = self.observer, self._before
        for path in self._outputs:
            observer.attribute(MAIN, path, before.files.get(path))
        if not before.looked:
            return
        after = Tree(self.project.root, self.noise)
        self._untraced = explain_changes(
            self.project,
            self.run,
            observer,
            before,
            after,
            unwatched={
                each.process: each.at
                for each in self._programs
                if each.process in observer.unwatched
            },
            trusting=trusting,
        )
        if not (before.complete and after.complete):
            observer.cannot_see("changes that nothing explains: the project has too many files")

    def _keep_files(self, patience: Patience) -> None:
        command = self.command
        interpreted = command.program != command.executable
        policy = Policy(
            archive=self.request.archive and bool(self.settings["archive.enabled"]),
            max_bytes=int(self.settings["archive.max_size"]),
            script=self.noise.relative(command.program) if interpreted else "",
            is_noise=lambda path: self.noise.kind(path) is not None,
        )
        keeper = Keeper(
            self._archive,
            Hashes(self.project.path("cache", "hashes")),
            self.noise,
            policy,
            self.observer,
            patience=patience,
        )
        self._kept += keeper.states()

    def _tell_more(self) -> None:
        for name, value in read_told(self.environment[TELL_VARIABLE]):
            self._journal.append(ParameterSet(name=name, value=self.redactor.value(name, value)))
        self._journal.append(
            observe_environment(
                self.environment,
                self._programs,
                self._before,
                self.redactor,
                also=self.settings["record.environment"],
            )
        )

    def _report(
        self, ending: Ending, recorder: str, version: str, blind: Sequence[str], elapsed_s: float
    ) -> None:
        observer = self.observer
        if self._journal.waits:
            observer.problem("no room on the disk for the record while the run went on")
        hidden = observer.hidden
        for kind, count in self.noise.hidden().items():
            hidden[kind] = hidden.get(kind, 0) + count
        self._journal.append(
            CaptureReported(
                recorder=recorder,
                version=version,
                blind=(*blind, *observer.blind),
                problems=tuple(map(self.redactor.text, observer.problems)),
                hidden=dict(sorted(hidden.items())),
                untraced=self._untraced,
            )
        )
        self._journal.append(
            RunEnded(
                at=ending.at,
                elapsed_s=elapsed_s,
                status=_status(ending, observer),
                exit_code=ending.exit_code,
                signal=ending.signal,
            )
        )

    def _named(self, path: str) -> str:
        """Absolute path of a file that the user names, which is then no noise."""
        full = self.project.absolute(self.project.relative(path))
        self.noise.let_through(full)
        return full

    def _sweep(self) -> None:
        """Take away what recorders that died have left in staging."""
        folder = self.project.path("staging")
        for name in os.listdir(folder):
            path = f"{folder}/{name}"
            try:
                age_s = time.time() - os.lstat(path).st_mtime
            except OSError:
                continue
            if age_s > _STALE_S and not recorder_is_alive(
                self.project.path("runs", f"{name}.jsonl.open")
            ):
                shutil.rmtree(path, ignore_errors=True)


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or error}"
    return f"{type(error).__name__}: {error}"


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
