"""What works on this machine: each recorder tried, a picture drawn, interpreters looked up.

Nothing is remembered and nothing is left behind.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from provkit import __version__
from provkit.app.project import Project
from provkit.capture.command import INTERPRETERS
from provkit.capture.nested import has_supervisor
from provkit.capture.recorder import AUTO, RECORDERS, Recorder, Verdict, Watch
from provkit.drawing.render import render
from provkit.errors import DrawingError
from provkit.plugins import load_plugin


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderFound:
    """One recorder, tried.

    Attributes:
        name: As in ``--recorder``.
        works: It saw a file being read.
        default: It is the one that ``auto`` takes.
        version: Of the tool or kernel behind it.
        why_not: One sentence, when it does not work.
        blind: What it cannot see.
    """

    name: str
    works: bool
    default: bool
    version: str
    why_not: str
    blind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What works here.

    Attributes:
        provkit: Version.
        python: Version, and path of the interpreter.
        system: Kernel and machine.
        project: Root of the project in force.
        writable: Whether runs can be recorded into it; None without a project.
        recorders: Best first.
        drawing: Why pictures cannot be drawn; empty when they can.
        interpreters: For each extension of a script, path of what runs it, or None.
        limits: What may get in the way, by name.
    """

    provkit: str
    python: str
    system: str
    project: str | None
    writable: bool | None
    recorders: tuple[RecorderFound, ...]
    drawing: str
    interpreters: dict[str, str | None]
    limits: dict[str, str]


def diagnose(project: Project | None) -> Diagnosis:
    """Try everything.

    Args:
        project: The project in force.
    """
    system = os.uname()
    return Diagnosis(
        provkit=__version__,
        python=f"{sys.version.split()[0]} ({sys.executable})",
        system=f"{system.sysname} {system.release} {system.machine}",
        project=None if project is None else project.root,
        writable=None if project is None else os.access(project.path("runs"), os.W_OK | os.X_OK),
        recorders=_try_recorders(),
        drawing=_try_drawing(),
        interpreters=_find_interpreters(),
        limits=_find_limits(project),
    )


def _try_recorders() -> tuple[RecorderFound, ...]:
    names = [*AUTO, *(name for name in RECORDERS if name not in AUTO)]
    found = []
    with tempfile.TemporaryDirectory(prefix="provkit-doctor-") as folder:
        watch = Watch(
            command=(sys.executable, "-c", "pass"),
            executable=sys.executable,
            directory=str(Path.cwd()),
            environment=dict(os.environ),
            project=folder,
            staging=folder,
        )
        for name in names:
            recorder: Recorder = load_plugin("recorders", name, RECORDERS)()
            found.append((recorder, recorder.preflight(watch)))
    default = next((recorder.name for recorder, verdict in found if verdict.works), "")
    return tuple(_describe(recorder, verdict, default) for recorder, verdict in found)


def _describe(recorder: Recorder, verdict: Verdict, default: str) -> RecorderFound:
    return RecorderFound(
        name=recorder.name,
        works=verdict.works,
        default=recorder.name == default,
        version=verdict.version if verdict.works else "",
        why_not=verdict.why_not,
        blind=recorder.blind,
    )


def _try_drawing() -> str:
    try:
        render("digraph { a -> b }", "svg")
    except DrawingError as error:
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return ""


def _find_interpreters() -> dict[str, str | None]:
    return {
        extension: next((path for names in choices if (path := shutil.which(names[0]))), None)
        for extension, choices in INTERPRETERS.items()
    }


def _find_limits(project: Project | None) -> dict[str, str]:
    place = str(Path.cwd()) if project is None else project.folder
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = {
        "free disk": f"{shutil.disk_usage(place).free / 1e9:.1f} GB",
        "open files": f"{soft} (up to {hard})",
        "file names": f"{sys.getfilesystemencoding()}",
    }
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if scope.exists():
        limits["ptrace scope"] = scope.read_text().strip()
    if has_supervisor():
        limits["inside a run"] = "yes: the supervisor of the outer run records for both"
    return limits
