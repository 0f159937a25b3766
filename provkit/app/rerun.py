"""Run a run again from its archived program and inputs, and compare what comes out.

It happens in a folder of its own, laid out like the project: the program and
every input as the run found them, nothing else. The new run is recorded there,
as a project of its own that names the run it repeats; a verdict on the first
run is stated here. Files outside of the project are read where they are, if
they are still what the run found.
"""

# ruff: noqa: PTH101, PTH103, PTH109, PTH112, PTH113, PTH117, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from provkit import __version__
from provkit.app.project import Project, create_project
from provkit.app.reading import read_run
from provkit.app.record import record
from provkit.app.request import Request
from provkit.app.settings import current_user, read_settings
from provkit.app.statements import state
from provkit.archive.store import Archive
from provkit.errors import NotRecordedError, UsageError
from provkit.files import fingerprint_steady
from provkit.model.events import StateObserved
from provkit.model.identifiers import run_iri
from provkit.model.run import Run


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of running a run again.

    Attributes:
        repeats: Id of the run that was repeated.
        run: Id of the new run.
        folder: Where it ran; gone when it was temporary and nothing differed.
        exit_code: Of the command, this time.
        expected_exit_code: The first time, where known.
        same: Outputs that are equal byte for byte.
        changed: Outputs that differ.
        missing: Outputs that were not written this time.
        unknown: Outputs whose bytes were not hashed the first time.
    """

    repeats: str
    run: str
    folder: str
    exit_code: int
    expected_exit_code: int | None
    same: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Every output came out the same, and so did the exit code."""
        known = self.expected_exit_code in (None, self.exit_code)
        return known and not (self.changed or self.missing)

    def to_json(self) -> dict[str, Any]:
        """What ``rerun --json`` prints."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in row.items()} | {
            "identical": self.is_same
        }


def rerun(project: Project, text: str, folder: str | None = None) -> Rerun:
    """Run a run again and compare its outputs.

    Args:
        project: Where the run is recorded.
        text: The RUN.
        folder: Where to; empty or new. By default a temporary one.

    Raises:
        NotRecordedError: No such run, or its program or an input is not archived.
        UsageError: The folder is not empty, or the run wrote outside of the project, which must
            not happen again unasked.
    """
    run = read_run(project, project.resolve(text))
    _refuse_outside(project, run)
    sources = list(_sources(project, run))
    place = _make_room(folder)
    archive = Archive(project.path("objects"))
    for path, sha256, mode in sources:
        target = os.path.join(place, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        archive.restore(sha256, target)
        os.chmod(target, mode)
    for output in run.outputs:
        os.makedirs(os.path.dirname(os.path.join(place, output.path)), exist_ok=True)
    there = create_project(place, version=__version__)
    words = [_moved(word, project.root, place) for word in run.command]
    with _inside(os.path.normpath(os.path.join(place, run.directory))):
        done = record(there, Request(words=words, parameters=run.parameters, rerun_of=run.id))
    found = {each.path: _compare(each, os.path.join(place, each.path)) for each in run.outputs}
    result = Rerun(
        repeats=run.id,
        run=done.run,
        folder=place,
        exit_code=done.exit_code,
        expected_exit_code=run.exit_code,
        **{
            name: tuple(path for path, finding in found.items() if finding == name)
            for name in ("same", "changed", "missing", "unknown")
        },
    )
    _state_verdict(project, run, result)
    if folder is None and result.is_same:
        shutil.rmtree(place)
    return result


def _sources(project: Project, run: Run) -> Iterator[tuple[str, str, int]]:
    """Path, content and mode of everything that must be there; all or an error."""
    needed = [*run.inputs, *run.replaced, *([run.program_state] if run.program_state else [])]
    for each in needed:
        if os.path.isabs(each.path):
            now = fingerprint_steady(each.path) if os.path.isfile(each.path) else None
            if each.sha256 is not None and (now is None or now.sha256 != each.sha256):
                raise NotRecordedError(
                    f"{each.path} is not what run {run.seq} found",
                    hint=f"provkit cat {each.path}@{run.seq} shows it, if it is archived",
                )
        elif each.sha256 is None or not each.archived:
            if each in run.replaced:
                continue  # it was overwritten without being read
            raise NotRecordedError(
                f"run {run.seq} cannot run again: {each.path!r} was not archived"
                + (f" ({each.why})" if each.why else ""),
                hint="see `provkit config archive.max_size`",
            )
        else:
            yield each.path, each.sha256, (each.mode or 0o644) & 0o777
    if os.path.isabs(run.directory) and not os.path.isdir(run.directory):
        raise NotRecordedError(f"its working directory is gone: {run.directory}")


def _refuse_outside(project: Project, run: Run) -> None:
    for each in (*run.inputs, *run.outputs):
        inside = project.absolute(each.path).startswith(project.root.rstrip("/") + "/")
        if not os.path.isabs(each.path) and not inside:
            raise UsageError(f"a path that leaves the project: {each.path!r}")
    outside = [each.path for each in run.outputs if os.path.isabs(each.path)]
    if outside:
        raise UsageError(
            f"run {run.seq} wrote outside of the project, which would happen again: {outside[0]}",
            hint="run its command yourself, with another place for the output",
        )


def _make_room(folder: str | None) -> str:
    if folder is None:
        return os.path.realpath(tempfile.mkdtemp(prefix="provkit-rerun-"))
    place = os.path.realpath(folder)
    os.makedirs(place, exist_ok=True)
    if os.listdir(place):
        raise UsageError(f"folder is not empty: {place}", hint="name an empty or a new one")
    return place


def _moved(word: str, old: str, new: str) -> str:
    """A word of the command, pointing into the new folder where it pointed into the project."""
    if word == old or word.startswith(f"{old}/"):
        return new + word[len(old) :]
    return word


@contextmanager
def _inside(folder: str) -> Iterator[None]:
    """Work in a folder, with what the command prints on standard error: output is for answers."""
    before, out = os.getcwd(), os.dup(1)
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(out, 1)
        os.close(out)
        os.chdir(before)


def _compare(expected: StateObserved, path: str) -> str:
    if expected.sha256 is None:
        return "unknown"
    found = fingerprint_steady(path) if os.path.isfile(path) else None
    if found is None:
        return "missing"
    return "same" if found.sha256 == expected.sha256 else "changed"


def _state_verdict(project: Project, run: Run, result: Rerun) -> None:
    state(
        project,
        "verdict",
        [run_iri(run.id)],
        by=current_user(read_settings(project)),
        data={"verdict": "rerun", **result.to_json()},
    )
