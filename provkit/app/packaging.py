"""Put runs and their files into a package: choose, preview, write, check.

What goes in is decided by :mod:`provkit.package.assemble`; here is found what
it needs from a project: the runs, their archived bytes, the models of their
programs, logs, settings. The preview tells everything that would leave the
machine, and what in it looks like a secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from provkit import __version__
from provkit.app.keeping import SECRET
from provkit.app.project import Project
from provkit.app.runs import list_runs
from provkit.app.selection import RunFilter
from provkit.app.settings import read_settings
from provkit.app.upstream import Upstream, look_upstream
from provkit.app.view import view_run
from provkit.archive.store import Archive
from provkit.capture.redact import MARK, Redactor
from provkit.errors import AnnotationError, DrawingError, UsageError
from provkit.files import fingerprint_steady
from provkit.model.events import StateObserved
from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.package.assemble import assemble
from provkit.package.base import Evidence, LeftOut, Opener, Package
from provkit.package.extras import log_file, model_files, provenance_file
from provkit.package.forms import write_package
from provkit.package.request import Extra, Knowledge, Policy
from provkit.package.settings import Settings
from provkit.package.settings import read_settings as read_package_settings
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

_SCANNED_BYTES = 1 << 20
_LONGEST_SOURCE_BYTES = 4 << 20
_MOST_SUSPECTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """What a user asks for.

    Attributes:
        runs: RUNs as users name them.
        chosen: Filter; with names too, both must hold.
        upstream: Take the runs that theirs were made from too.
        form: ``dataone``, ``rocrate``, ``bagit`` or the name of a plugin.
        out: Folder or ``.zip``; None for a preview alone.
        include: Globs; when there are any, only these files are packed.
        exclude: Globs of files that are not.
        max_file_bytes: Largest file that is.
        evidence: Weakest evidence of a derivation that is claimed.
        title: Instead of the configured one.
        private: Nobody may read it in a repository but its owner.
    """

    runs: tuple[str, ...] = ()
    chosen: RunFilter | None = None
    upstream: bool = False
    form: str = "dataone"
    out: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_bytes: int | None = None
    evidence: Evidence = "workflow"
    title: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Suspect:
    """A line of a packed file that looks like a secret; the secret itself is never told."""

    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """What was packed, or would be.

    Attributes:
        package: The package.
        form: In which form.
        out: Where it is; None after a preview.
        suspects: What looks like a secret.
        redacted: Runs (numbers) whose command line or parameters lost a secret when recorded.
    """

    package: Package
    form: str
    out: str | None
    suspects: tuple[Suspect, ...]
    redacted: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """What ``package --json`` prints."""
        package = self.package
        return {
            "out": self.out,
            "as": self.form,
            "title": package.title,
            "runs": [each.run.id for each in package.runs],
            "files": [
                {
                    "path": member.path,
                    "role": member.role,
                    "size": member.size_bytes,
                    "sha256": member.sha256,
                    "pid": member.name,
                    "format": member.format.id,
                }
                for member in package.members
            ],
            "left_out": [
                {"path": other.path, "why": other.why}
                for other in package.others
                if isinstance(other, LeftOut)
            ],
            "size": package.size_bytes,
            "public": package.settings.public,
            "warnings": list(package.warnings),
            "suspects": [{"path": each.path, "line": each.line} for each in self.suspects],
            "redacted": list(self.redacted),
        }


def package_runs(
    project: Project, request: PackageRequest, *, environ: Mapping[str, str] = os.environ
) -> Packaged:
    """Package runs, or only say what the package would hold.

    Args:
        project: Where the runs are.
        request: What is asked for.
        environ: Where ``SOURCE_DATE_EPOCH`` is looked up: the date of the package,
            else the end of the last run, so that the same runs give the same bytes.

    Raises:
        NotRecordedError: A run named is not there.
        UsageError: No run is meant, or something is at ``out`` already.
        ConfigError: A setting cannot be used.
        ArchiveError: Archived bytes are missing.
        PackageError: A run is still going on, or the package cannot be written.
    """
    runs = _chosen_runs(project, request)
    upstream = Upstream()
    if request.upstream or len(runs) > 1:
        upstream = look_upstream(project, runs, evidence=request.evidence)
    if request.upstream:
        runs = _in_order([*runs, *upstream.runs])
    package = assemble(
        runs,
        locate=partial(_locate, project, Archive(project.path("objects"))),
        date=_date(runs, environ),
        made_by=f"provkit {__version__}",
        settings=_settings(project, request, environ),
        policy=Policy(
            include=request.include,
            exclude=request.exclude,
            never=SECRET,
            max_file_bytes=request.max_file_bytes,
            evidence=request.evidence,
        ),
        knowledge=_knowledge(project, runs, upstream if request.upstream else upstream.joins),
    )
    if request.out is not None:
        write_package(package, request.form, request.out)
    return Packaged(
        package=package,
        form=request.form,
        out=request.out,
        suspects=tuple(_suspects(package)),
        redacted=tuple(run.seq for run in runs if _is_redacted(run)),
    )


def _chosen_runs(project: Project, request: PackageRequest) -> list[Run]:
    chosen = request.chosen
    if not request.runs and (chosen is None or chosen.is_empty):
        raise UsageError(
            "no run and no filter given",
            hint="name runs, for example: provkit package latest -o OUT",
        )
    names = [project.resolve(name) for name in request.runs]
    if chosen is not None and not chosen.is_empty:
        fitting = [each.id for each in list_runs(project, chosen)]
        names = [name for name in names if name in fitting] if names else fitting
    runs = [view_run(project, name).run for name in dict.fromkeys(names)]
    if not runs:
        raise UsageError("no run matches", hint="see `provkit runs` with the same filters")
    return _in_order(runs)


def _in_order(runs: Iterable[Run]) -> list[Run]:
    return sorted({run.id: run for run in runs}.values(), key=lambda run: (run.started, run.id))


def _date(runs: Sequence[Run], environ: Mapping[str, str]) -> datetime:
    """Of the package (https://reproducible-builds.org/specs/source-date-epoch/)."""
    told = environ.get("SOURCE_DATE_EPOCH", "")
    if not told:
        return max(run.ended or run.started for run in runs)
    try:
        return datetime.fromtimestamp(int(told), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is not a number of seconds: {told!r}", hint="unset it"
        ) from error


def _settings(project: Project, request: PackageRequest, environ: Mapping[str, str]) -> Settings:
    settings = read_package_settings(read_settings(project, environ=environ).table("package"))
    if request.title:
        settings = replace(settings, title=request.title)
    return replace(settings, public=False) if request.private else settings


def _locate(project: Project, archive: Archive, sha256: str, path: str) -> Opener | None:
    """Archived bytes, else the file itself when it still is what was recorded."""
    if archive.has(sha256):
        return partial(archive.open, sha256)
    place = project.absolute(path)
    if os.path.islink(place) or not os.path.isfile(place):  # noqa: PTH113, PTH114 - names of any bytes
        return None
    try:
        found = fingerprint_steady(place)
    except OSError:
        return None
    if found is None or found.sha256 != sha256:
        return None
    return partial(open, place, "rb")  # type: ignore[return-value]  # mode "rb" opens bytes


def _knowledge(project: Project, runs: Sequence[Run], upstream: Upstream) -> Knowledge:
    archive = Archive(project.path("objects"))
    models: dict[str, Workflow] = {}
    files: list[Extra] = []
    for run in runs:
        state = run.program_state
        if state is None or state.sha256 is None or state.sha256 in models:
            continue
        workflow = _workflow(archive, state)
        if workflow is not None:
            models[state.sha256] = workflow
            files += _drawn(workflow, state.path)
    files += [*_logs(archive, runs), provenance_file(runs)]
    return Knowledge(
        versions=upstream.versions, models=models, extras=tuple(files), remarks=upstream.remarks
    )


def _workflow(archive: Archive, state: StateObserved) -> Workflow | None:
    """The model that a program declares; none when it has no annotations or wrong ones."""
    if state.sha256 is None or not archive.has(state.sha256):
        return None
    with archive.open(state.sha256) as file:
        data = file.read(_LONGEST_SOURCE_BYTES + 1)
    if len(data) > _LONGEST_SOURCE_BYTES or b"\0" in data or b"@begin" not in data.lower():
        return None
    try:
        return build(extract_all([SourceText(path=state.path, data=data)]))
    except (AnnotationError, UsageError):
        return None


def _drawn(workflow: Workflow, path: str) -> Iterable[Extra]:
    """Model and picture; without Graphviz the model alone."""
    try:
        return list(model_files(workflow, path))
    except DrawingError:
        return list(model_files(workflow, path, picture=False))


def _logs(archive: Archive, runs: Sequence[Run]) -> Iterator[Extra]:
    """What each run said, where it was kept."""
    for run in runs:
        for log in run.logs:
            if log.size_bytes and archive.has(log.sha256):
                with archive.open(log.sha256) as file:
                    data = file.read()
                yield log_file(run, log, data)


def _is_redacted(run: Run) -> bool:
    return any(MARK in text for text in (*run.command, *run.parameters.values()))


def _suspects(package: Package) -> Iterator[Suspect]:
    """Lines of small text files that look like secrets; the first hundred."""
    redactor, told = Redactor(), 0
    for member in package.members:
        if member.size_bytes > _SCANNED_BYTES or told >= _MOST_SUSPECTS:
            continue
        with member.open() as file:
            data = file.read(_SCANNED_BYTES)
        if b"\0" in data:
            continue
        for number, line in enumerate(data.split(b"\n"), 1):
            if told < _MOST_SUSPECTS and redactor.data(line) != line:
                told += 1
                yield Suspect(member.path, number)
