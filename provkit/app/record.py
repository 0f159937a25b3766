"""Record one run: the only use case that must never do harm.

Up to the moment when the command starts provkit may refuse, in one sentence.
From then on the command keeps its output, files, signals and exit code whatever
fails here; the record then ends as "incomplete" and says why. Nothing here
opens the index: recording waits for nobody.
"""

# Plain os: pathlib costs 5 ms, and every recording passes here.
# ruff: noqa: PTH109

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from provkit import __version__
from provkit.app.folder import ProjectFolder, not_usable
from provkit.app.keeping import Keeper, Policy
from provkit.app.settings import current_user, read_settings
from provkit.archive.store import Archive
from provkit.capture.command import Command, read_command
from provkit.capture.hashes import Hashes
from provkit.capture.journal import Journal
from provkit.capture.noise import Noise
from provkit.capture.observer import Observer
from provkit.capture.recorder import Ending, Watch, choose_recorder
from provkit.capture.tree import Tree
from provkit.errors import ProvkitError
from provkit.model.events import CaptureReported, RunEnded, RunStarted, Status
from provkit.model.identifiers import check_run_id, mint_run_id

_MAIN = 1  # number of the command itself among its processes

RUN_VARIABLE = "PROVKIT_RUN"
"""Tells a command in which run it is; a ``provkit run`` inside becomes part of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run and how to record it.

    Attributes:
        words: Command line.
        tags: Labels.
        note: Free text.
        parameters: Given outright; they win over those found in the arguments.
        recorder: Name, or None for what the settings say.
        include: Globs of files to record although they look like noise.
        exclude: Globs of files not to record.
        inputs: Files to count as read, whether that is seen or not.
        outputs: Files to count as written.
        archive: Whether bytes are kept.
        rerun_of: Run id that this run repeats.
    """

    words: Sequence[str]
    tags: Sequence[str] = ()
    note: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    recorder: str | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    archive: bool = True
    rerun_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What came of it.

    Attributes:
        run: Run id.
        seq: Its number.
        exit_code: Of the command.
        status: As recorded.
        problems: What went wrong in provkit.
        sealed: Whether the record is finished.
    """

    run: str
    seq: int
    exit_code: int
    status: Status
    problems: tuple[str, ...] = ()
    sealed: bool = True


class Recording:
    """One run on its way from request to sealed record."""

    def __init__(self, project: ProjectFolder, request: Request) -> None:
        self._project = project
        self._request = request
        self._settings = read_settings(project)
        self._command: Command = read_command(request.words)
        self.run = mint_run_id()
        self._noise = Noise(
            project.root,
            include=(*self._settings["record.include"], *request.include),
            exclude=(*self._settings["record.exclude"], *request.exclude),
        )
        self._staging = project.path("staging", self.run)
        self._watch = Watch(
            command=self._command.words,
            executable=self._command.executable,
            directory=os.getcwd(),
            environment={**os.environ, RUN_VARIABLE: self.run},
            project=project.root,
            staging=self._staging,
        )
        name = request.recorder or str(self._settings["record.recorder"])
        self._recorder, self._verdict = choose_recorder(name, self._watch)

    def execute(self) -> Recorded:
        """Run the command and record it.

        Raises:
            ProjectError: The project cannot be written; the command was not started.
        """
        self._project.check_writable()
        seq = self._project.reserve_seq(self.run)
        try:
            os.mkdir(self._staging, 0o700)  # noqa: PTH102
            journal = Journal(self._project.path("runs"), self.run)
        except OSError as error:
            raise not_usable(self._project.folder, error) from error
        with journal:
            return self._record(journal, seq)

    def _record(self, journal: Journal, seq: int) -> Recorded:
        before = Tree(self._project.root, self._noise)
        observer = Observer(self._noise, journal.append, before)
        journal.append(self._started(seq))
        begin_s = time.monotonic()
        ending = self._recorder.run(self._watch, observer)
        elapsed_s = time.monotonic() - begin_s
        try:
            self._explain(observer, before)
            self._settle(journal, observer)
        except Exception as error:  # noqa: BLE001 - do no harm: the command has run, whatever fails now
            observer.problem(f"{type(error).__name__}: {error}")
        return self._finish(journal, observer, ending, seq, elapsed_s)

    def _started(self, seq: int) -> RunStarted:
        request, command = self._request, self._command
        return RunStarted(
            run=self.run,
            seq=seq,
            at=datetime.now(UTC),
            command=command.words,
            directory=self._noise.relative(self._watch.directory),
            program=self._noise.relative(command.program),
            user=current_user(self._settings),
            host=os.uname().nodename,
            tags=tuple(request.tags),
            note=request.note,
            parameters={**command.parameters, **request.parameters},
            part_of=_outer_run(),
            rerun_of=request.rerun_of,
            provkit=__version__,
        )

    def _explain(self, observer: Observer, before: Tree) -> None:
        """Compare the project with what it was: who changed what nobody was seen to change?"""
        after = Tree(self._project.root, self._noise)
        changed = [path for path in after.changed_since(before) if path not in observer.written]
        if self._recorder.name == "snapshot":
            for path in changed:
                observer.attribute(_MAIN, path, before.files.get(path))
            for path in after.gone_since(before):
                observer.attribute_gone(_MAIN, path, before.files.get(path))

    def _settle(self, journal: Journal, observer: Observer) -> None:
        program = self._command.program
        if not self._noise.hides(program):
            observer.meet(program)
        policy = Policy(
            archive=self._request.archive and bool(self._settings["archive.enabled"]),
            max_bytes=int(self._settings["archive.max_size"]),
            program=self._noise.relative(program),
        )
        hashes = Hashes(self._project.path("cache", "hashes"))
        keeper = Keeper(Archive(self._project.path("objects")), hashes, self._noise, policy)
        for state in keeper.states(observer):
            journal.append(state)
        hashes.save()

    def _finish(
        self, journal: Journal, observer: Observer, ending: Ending, seq: int, elapsed_s: float
    ) -> Recorded:
        status = _status(ending, observer)
        hidden = observer.hidden
        for kind, count in self._noise.hidden().items():
            hidden[kind] = hidden.get(kind, 0) + count
        journal.append(
            CaptureReported(
                recorder=self._recorder.name,
                version=self._verdict.version,
                blind=(*self._recorder.blind, *observer.blind),
                problems=tuple(observer.problems),
                hidden=dict(sorted(hidden.items())),
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
        sealed = True
        try:
            journal.seal()
        except OSError as error:
            sealed = False
            observer.problem(f"the record could not be finished: {error.strerror}")
        shutil.rmtree(self._staging, ignore_errors=True)
        return Recorded(
            run=self.run,
            seq=seq,
            exit_code=ending.exit_code,
            status=status,
            problems=tuple(observer.problems),
            sealed=sealed,
        )


def record(project: ProjectFolder, request: Request) -> Recorded:
    """Run a command and record it.

    Raises:
        ProvkitError: provkit refused before the command started.
    """
    return Recording(project, request).execute()


def _status(ending: Ending, observer: Observer) -> Status:
    if observer.problems:
        return "incomplete"
    if ending.interrupted:
        return "interrupted"
    return "ok" if ending.exit_code == 0 else "failed"


def _outer_run() -> str | None:
    try:
        return check_run_id(os.environ[RUN_VARIABLE])
    except (KeyError, ProvkitError):
        return None
