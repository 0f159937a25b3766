"""Record the Python program that asks for it: a script, a notebook cell, a function.

The audit hook of the ``python`` recorder is installed in this very process; the
Python processes it starts are followed as under ``provkit run``. Files that were
open before, and what code in C opens by itself, are not seen.
"""

# Plain os: a program that records itself must not pay for pathlib.
# ruff: noqa: PTH100, PTH109

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, overload

from provkit import __version__
from provkit.app import record as recording_of_commands
from provkit.app.locate import project_root
from provkit.app.project import Project, create_project, find_project
from provkit.app.recording import Recording, unseen
from provkit.app.request import Recorded, Request
from provkit.capture.bootstrap.provkit_audit import begin
from provkit.capture.command import Command
from provkit.capture.logs import Log
from provkit.capture.python_audit import PythonRecorder, SpoolReader, open_spool
from provkit.capture.recorder import Ending, Watch
from provkit.capture.told import parameter, shorten
from provkit.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")

_BLIND = ("files that were open before the recording began",)


class recording:  # noqa: N801 - used as a keyword: ``with provkit.recording("fit"):``
    """Record what this program reads and writes inside a ``with`` block.

    An error in the block is recorded and goes on as it would.

    Args:
        name: What the run is called where there is no script: the program.
        tags: Labels.
        note: Free text.
        parameters: Names and values; more with :meth:`parameter`.
        project: Folder of the project; by default the one in force, else a new one here.

    Attributes:
        id: Run id, once begun.
        seq: Its number.
        result: What came of it, once ended.
    """

    def __init__(
        self,
        name: str = "",
        *,
        tags: Sequence[str] = (),
        note: str = "",
        parameters: Mapping[str, Any] | None = None,
        project: str | os.PathLike[str] | None = None,
    ) -> None:
        self.id = ""
        self.seq = 0
        self.result: Recorded | None = None
        self._name = name
        self._request = Request(
            words=tuple(sys.orig_argv),
            tags=(tags,) if isinstance(tags, str) else tuple(tags),
            note=note,
            parameters={key: shorten(value) for key, value in (parameters or {}).items()},
        )
        self._folder = None if project is None else os.fspath(project)
        self._saved: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        return self.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(error)

    def begin(self) -> Self:
        """Begin to record.

        Raises:
            ProvkitError: The project cannot be used.
        """
        if self.id:
            raise UsageError("this recording has begun already", hint="make a new one")
        project = _project(self._folder)
        self._recording = Recording(project, self._request, self._command(), os.environ)
        with unseen():
            self._recording.begin()
        self.id, self.seq = self._recording.run, self._recording.seq
        watch = Watch(
            command=tuple(sys.orig_argv),
            executable=sys.executable,
            directory=os.getcwd(),
            environment=self._recording.environment,
            project=project.root,
            staging=self._recording.staging,
        )
        path, added = open_spool(watch)
        observer = self._recording.observer
        observer.process(
            os.getpid(),
            parent=None,
            command=watch.command,
            directory=watch.directory,
            executable=watch.executable,
            reads_from=(),
            writes_to=(),
        )
        self._spool = SpoolReader(path, watch, observer, os.getpid())
        for name, value in {**self._recording.told, **added}.items():
            self._saved[name] = os.environ.get(name)
            os.environ[name] = value
        self._begin_s = time.monotonic()
        self._silence = begin()
        atexit.register(self.end)
        return self

    def end(self, error: BaseException | None = None) -> Recorded:
        """Finish the record; safe to repeat.

        Args:
            error: Why the program could not go on, if so.
        """
        if self.result is not None:
            return self.result
        self._silence()
        atexit.unregister(self.end)
        for name, value in self._saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._spool.read_on()
        self._spool.tell_unwatched()
        ending = _ending(error)
        self._recording.observer.ended(os.getpid(), exit_code=ending.exit_code, at=ending.at)
        with unseen():
            self.result = self._recording.settle(
                ending,
                elapsed_s=time.monotonic() - self._begin_s,
                recorder=PythonRecorder.name,
                blind=(*PythonRecorder.blind, *_BLIND),
                logs=lambda: _traceback(error),
            )
        return self.result

    def parameter(self, name: str, value: R) -> R:
        """Record a parameter; returns its value."""
        return parameter(name, value)

    def _command(self) -> Command:
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        program = os.path.abspath(main) if main else os.path.join(os.getcwd(), self._name)  # noqa: PTH118
        if not main and not self._name:
            program = sys.executable
        return Command(words=tuple(sys.orig_argv), executable=sys.executable, program=program)


@overload
def recorded(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def recorded(
    *, tags: Sequence[str] = (), note: str = "", project: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def recorded(function: Any = None, /, **how: Any) -> Any:
    """Record each call of a function as a run; its arguments are the parameters.

    ::

        @provkit.recorded(tags=["nightly"])
        def clean(source: str, threshold: float = 2.5) -> None: ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            names = function.__code__.co_varnames if hasattr(function, "__code__") else ()
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            with recording(function.__qualname__, parameters=given, **how):
                return function(*args, **kwargs)

        return call

    return decorate if function is None else decorate(function)


# RunManager's calls have no handle, so the recording they mean is kept here.
_SESSIONS: list[recording] = []


def start_record(
    name: str = "", *, tags: Sequence[str] = (), note: str = "", project: str | None = None
) -> str:
    """Begin to record this program until :func:`end_record`, as RunManager's ``startRecord``.

    Returns:
        Run id.

    Raises:
        UsageError: A recording is going on.
    """
    if _SESSIONS:
        raise UsageError(
            f"run {_SESSIONS[-1].seq} is being recorded", hint="end it with provkit.end_record()"
        )
    session = recording(name, tags=tags, note=note, project=project).begin()
    _SESSIONS.append(session)
    return session.id


def end_record() -> str:
    """End what :func:`start_record` began.

    Returns:
        Run id.

    Raises:
        UsageError: Nothing is being recorded.
    """
    if not _SESSIONS:
        raise UsageError("nothing is being recorded", hint="begin with provkit.start_record()")
    return _SESSIONS.pop().end().run


def record(
    script: str | os.PathLike[str],
    *arguments: str,
    project: str | os.PathLike[str] | None = None,
    **how: Any,
) -> Recorded:
    """Run a script, or any command, and record it, as ``provkit run`` does.

    Args:
        script: A script, or a command.
        arguments: Its arguments.
        project: Folder of the project; by default the one in force, else a new one here.
        how: As in :class:`provkit.app.request.Request`: ``tags``, ``note``, ``parameters``, ….
    """
    words = (os.fspath(script), *map(str, arguments))
    folder = None if project is None else os.fspath(project)
    if "parameters" in how:
        how["parameters"] = {name: shorten(value) for name, value in how["parameters"].items()}
    return recording_of_commands.record(_project(folder), Request(words=words, **how))


def _project(folder: str | None) -> Project:
    found = find_project(folder)
    if found is not None:
        return found
    named = folder or os.environ.get("PROVKIT_PROJECT")
    return create_project(project_root(named) if named else ".", version=__version__)


def _ending(error: BaseException | None) -> Ending:
    code = 0 if error is None else 1
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    interrupted = isinstance(error, KeyboardInterrupt)
    return Ending(
        at=datetime.now(UTC), exit_code=130 if interrupted else code, interrupted=interrupted
    )


def _traceback(error: BaseException | None) -> list[tuple[str, Log]]:
    if error is None or isinstance(error, SystemExit):
        return []
    from traceback import format_exception  # noqa: PLC0415 - only for errors

    log = Log()
    log.add("".join(format_exception(error)).encode("utf-8", "backslashreplace"))
    return [("stderr", log)]
