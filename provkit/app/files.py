"""Find the version of a file that a run found or left, and bring its bytes back.

``FILE@RUN`` names what the run left, else what it found. Without ``@RUN`` it is
the newest version that any run left or found. The last ``@`` counts, if a run
follows; a file that exists or is recorded under the whole name comes first.
"""

# Plain os.path beside the rooms this one serves.
# ruff: noqa: PTH103, PTH118, PTH120

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from provkit.app.project import Project
from provkit.app.reading import read_run
from provkit.app.runs import runs_touching
from provkit.archive.store import Archive
from provkit.errors import JournalError, NotRecordedError, ProjectError, UsageError
from provkit.files import fingerprint
from provkit.model.events import StateObserved
from provkit.model.run import Run

_LIKE_A_RUN = re.compile(r"\d+|latest|[0-9a-f]{4,}[0-9a-f-]*\Z")


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A state of a file, and the run that saw it.

    Attributes:
        run: Run id.
        seq: Number of that run.
        state: What it saw.
    """

    run: str
    seq: int
    state: StateObserved

    @property
    def sha256(self) -> str:
        """Its content.

        Raises:
            NotRecordedError: Its bytes were never read, or are not kept; says why.
        """
        if self.state.sha256 is None or not self.state.archived:
            why = f" ({self.state.why})" if self.state.why else ""
            raise NotRecordedError(
                f"the bytes of {self.state.path!r} in run {self.seq} were not archived{why}",
                hint="see `provkit config archive.max_size` and `provkit run --include`",
            )
        return self.state.sha256


@dataclass(frozen=True, slots=True)
class Restored:
    """What was written back.

    Attributes:
        version: The version.
        path: Where its bytes are now.
        replaced: SHA-256 of what stood there before, archived; None when nothing did.
    """

    version: FileVersion
    path: str
    replaced: str | None


def find_version(
    project: Project, target: str, *, found: bool = False, start: str | None = None
) -> FileVersion:
    """The version that a user means with ``FILE@RUN`` or ``FILE``.

    Args:
        project: Where.
        target: ``FILE@RUN`` or ``FILE``.
        found: What the run found before it changed the file, not what it left.
        start: Folder that relative paths start from; the working directory by default.

    Raises:
        NotRecordedError: No such run, or it never touched that file.
    """
    path, run = split_target(project, target, start=start)
    names = path_names(project, path, start=start)
    ids = [run] if run else [each.record for each in runs_touching(project, names)]
    for each in ids:
        try:
            seen = read_run(project, each)
        except JournalError:
            if run:
                raise
            continue
        state = _state(seen, names, found=found)
        if state is not None:
            return FileVersion(seen.id, seen.seq, state)
    if run:
        raise NotRecordedError(
            f"that run never touched {path!r}",
            hint=f"see `provkit show {target.rpartition('@')[2]}`",
        )
    raise NotRecordedError(
        f"no run ever touched {path!r}", hint="see `provkit runs` and `provkit show RUN`"
    )


def split_target(
    project: Project, target: str, *, start: str | None = None
) -> tuple[str, str | None]:
    """Path and run id of ``FILE@RUN``; no run when there is none in it.

    Raises:
        NotRecordedError: What follows the ``@`` looks like a run, but there is no such run.
    """
    path, at, run = target.rpartition("@")
    if not at or not path or not run:
        return target, None
    whole = os.path.join(start or os.getcwd(), target)  # noqa: PTH109
    if os.path.lexists(whole) or runs_touching(project, path_names(project, target, start=start)):
        return target, None
    try:
        return path, project.resolve(run)
    except NotRecordedError:
        if _LIKE_A_RUN.match(run):
            raise
        return target, None


def path_names(project: Project, path: str, *, start: str | None = None) -> tuple[str, ...]:
    """How records may write a path given on a command line: from here, else as it is."""
    return tuple(dict.fromkeys((project.relative(path, start=start), path)))


def open_version(project: Project, version: FileVersion) -> IO[bytes]:
    """The archived bytes, checked against their hash before the first is given out.

    Raises:
        NotRecordedError: They were not kept.
        ArchiveError: They are missing, or not what was archived.
    """
    archive = Archive(project.path("objects"))
    archive.verify(version.sha256)
    return archive.open(version.sha256)


def restore_version(
    project: Project, version: FileVersion, to: str | None = None, *, start: str | None = None
) -> Restored:
    """Write an archived version to its place, or to another.

    What stands there is archived first, so nothing is ever lost by this.

    Args:
        project: Where.
        version: What to bring back.
        to: Where to; by default where the run saw it.
        start: Folder that a relative ``to`` starts from.

    Raises:
        NotRecordedError: The bytes were not kept.
        UsageError: Its place is outside of the project, so ``to`` must name one.
        ArchiveError: The bytes are missing or damaged; nothing was changed.
        ProjectError: What stands there cannot be archived; nothing was changed.
    """
    sha256 = version.sha256
    archive = Archive(project.path("objects"))
    place = _place(project, version) if to is None else os.path.join(start or os.getcwd(), to)  # noqa: PTH109
    if to is not None and os.path.isdir(place):  # noqa: PTH112
        place = os.path.join(place, os.path.basename(version.state.path))  # noqa: PTH119
    archive.verify(sha256)
    replaced = _keep_what_stands(archive, place, sha256)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    archive.restore(sha256, place)
    if version.state.mode is not None:
        os.chmod(place, version.state.mode & 0o777)  # noqa: PTH101
    return Restored(version, place, replaced)


def _place(project: Project, version: FileVersion) -> str:
    """Where a recorded path is: an imported or forged record must not write just anywhere."""
    place = project.absolute(version.state.path)
    if not place.startswith(project.root.rstrip("/") + "/"):
        raise UsageError(
            f"its place is outside of the project: {place}", hint="name a place with -o PATH"
        )
    return place


def _keep_what_stands(archive: Archive, place: str, sha256: str) -> str | None:
    if not os.path.lexists(place):
        return None
    if os.path.islink(place) or not os.path.isfile(place):  # noqa: PTH113, PTH114
        raise ProjectError(
            f"not a regular file, so not replaced: {place}", hint="name another place with -o"
        )
    if fingerprint(place).sha256 == sha256:
        return sha256
    return archive.keep(place).sha256


def _state(run: Run, names: Iterable[str], *, found: bool) -> StateObserved | None:
    left = [*run.outputs, *run.temporaries]
    before = [*run.inputs, *run.replaced, *([run.program_state] if run.program_state else [])]
    for name in names:
        for state in before if found else [*left, *before]:
            if state.path == name:
                return state
    return None
