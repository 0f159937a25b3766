"""One project for Python: what every command does, as a method with a value.

::

    import provkit

    project = provkit.open_project("analysis")
    project.runs(status="failed", since="2026-01-01").to_pandas()
    project.show("latest").run.outputs
    project.cat("results/table.csv@7")

Values are frozen; tables show themselves in a notebook. The functions with
RunManager's names (``list_runs`` and its kin) do the same for the project in
force.
"""

from __future__ import annotations

import os
from typing import Any

from provkit import __version__
from provkit.app import mend, project, upkeep
from provkit.app.diff import RunDiff, diff_runs
from provkit.app.export import export
from provkit.app.files import FileVersion, Restored, find_version, open_version, restore_version
from provkit.app.fsck import Health, check_project
from provkit.app.imports import ImportReport, import_source
from provkit.app.lineage import LineageAnswer, LineageQuestion, Way, ask_lineage
from provkit.app.mend import Deletion
from provkit.app.packaging import Packaged, PackageRequest, package_runs
from provkit.app.picture import Picture
from provkit.app.pictures import draw_lineage, draw_runs
from provkit.app.questions import QuestionAnswer, ask_question
from provkit.app.record import record
from provkit.app.recover import Recovery, recover
from provkit.app.reindex import reindex
from provkit.app.request import Recorded, Request
from provkit.app.rerun import Rerun, rerun
from provkit.app.run_graphs import Label, RunGraph, RunGraphQuestion, run_graph
from provkit.app.runs import list_runs
from provkit.app.selection import read_filter
from provkit.app.settings import Settings, read_settings
from provkit.app.soundness import Checked, Inferred, check_graph, infer_graph
from provkit.app.sparql import ask_sparql
from provkit.app.summary import RunList
from provkit.app.upkeep import Collected, Statistics
from provkit.app.view import RunView, view_run
from provkit.errors import NotRecordedError
from provkit.lineage.network import By
from provkit.lineage.walk import Rules
from provkit.model.statement import Statement
from provkit.package.findings import Report
from provkit.package.verify import verify_package


class Project(project.Project):
    """A project, with a method for every command.

    RUN arguments are a number, the start of a run id, or ``"latest"``. Filters
    are those of the command line, as keywords: ``id program file hash tag user
    status since until error seq limit``.
    """

    __slots__ = ()

    def runs(self, **filters: Any) -> RunList:
        """The runs that match all filters, the newest first."""
        return list_runs(self, read_filter(**filters))

    def show(self, run: str | int = "latest") -> RunView:
        """One run: details, used, generated, program, parameters, environment, messages."""
        return view_run(self, str(run))

    def diff(self, left: str | int, right: str | int) -> RunDiff:
        """What differs between two runs."""
        return diff_runs(self, str(left), str(right))

    def version(self, target: str, *, found: bool = False) -> FileVersion:
        """The version of ``FILE@RUN``; paths are from the working directory."""
        return find_version(self, target, found=found)

    def cat(self, target: str, *, found: bool = False) -> bytes:
        """The archived bytes of ``FILE@RUN``, verified by hash."""
        with open_version(self, self.version(target, found=found)) as file:
            return file.read()

    def restore(
        self, target: str, output: str | os.PathLike[str] | None = None, *, found: bool = False
    ) -> Restored:
        """Bring back ``FILE@RUN``; what stands in its place is archived first."""
        to = None if output is None else os.fspath(output)
        return restore_version(self, self.version(target, found=found), to)

    def tag(self, run: str | int, *tags: str, remove: bool = False) -> Statement:
        """Put tags on a run, or take them off."""
        return mend.add_tags(self, str(run), tags, remove=remove)

    def note(self, run: str | int, text: str) -> Statement:
        """Write a note about a run."""
        return mend.add_note(self, str(run), text)

    def rm(
        self,
        *runs: str | int,
        dry_run: bool = False,
        purge: bool = False,
        **filters: Any,
    ) -> Deletion:
        """Delete runs, by name or by filter; a tombstone keeps lineage joined."""
        chosen = read_filter(**filters) if filters else None
        return mend.delete_runs(self, map(str, runs), chosen, dry_run=dry_run, purge=purge)

    def run(self, *words: str, **how: Any) -> Recorded:
        """Run a command and record it; ``how`` as in :class:`provkit.app.request.Request`."""
        return record(self, Request(words=words, **how))

    def rerun(self, run: str | int = "latest", folder: str | None = None) -> Rerun:
        """Run a run again from its archived program and inputs, and compare the outputs."""
        return rerun(self, str(run), folder)

    def lineage(
        self,
        target: str,
        way: Way = "up",
        *,
        through: str | None = None,
        paths: int = 0,
        **rules: Any,
    ) -> LineageAnswer:
        """What a file or run was made from, or what from it; rules are ``by evidence depth``."""
        question = LineageQuestion(
            target=target, way=way, rules=Rules(**rules), through=through, paths=paths
        )
        return ask_lineage(self, question)

    def graph_runs(
        self,
        target: str | None = None,
        way: Way | None = None,
        *,
        by: By = "content",
        label: Label = "path",
        **filters: Any,
    ) -> RunGraph:
        """The multi-run graph, or what leads to a target (``up``) or comes from it (``down``)."""
        question = RunGraphQuestion(
            way=way or ("up" if target else None),
            target=target,
            by=by,
            label=label,
            runs=read_filter(**filters) if filters else None,
        )
        return run_graph(self, question)

    def ask(self, question: str, **values: str) -> QuestionAnswer:
        """Ask a question of the catalogue; ``provkit ask`` lists them."""
        return ask_question(self, question, values)

    def query(self, sparql: str, fmt: str = "json") -> bytes:
        """Ask in SPARQL; the answer in one of the formats of ``provkit query``."""
        return ask_sparql(self, sparql, fmt).written

    def export(self, *runs: str | int, to: str) -> str:
        """Runs, or all of them, as one document in a notation of ``provkit export``."""
        return export(self, tuple(map(str, runs)), to=to)

    def plot(self, answer: LineageAnswer | RunGraph) -> Picture:
        """Draw an answer of :meth:`lineage` or :meth:`graph_runs`."""
        if isinstance(answer, RunGraph):
            return Picture(draw_runs(answer))
        return Picture(draw_lineage(answer.lineage))

    def package(self, *runs: str | int, out: str | None = None, **how: Any) -> Packaged:
        """Package runs; without ``out`` only say what would go in.

        Args:
            runs: RUNs.
            out: Folder or ``.zip``.
            how: As in :class:`provkit.app.packaging.PackageRequest`.
        """
        request = PackageRequest(runs=tuple(map(str, runs)), out=out, **how)
        return package_runs(self, request)

    def verify(self, package: str | os.PathLike[str]) -> Report:
        """Check a package, ours or anybody's."""
        return verify_package(os.fspath(package))

    def import_(self, source: str | os.PathLike[str], kind: str | None = None) -> ImportReport:
        """Read runs that another tool recorded."""
        return import_source(self, os.fspath(source), kind)

    def infer(self, engine: str = "rules") -> Inferred:
        """Add what the graph implies, in a graph of its own."""
        return infer_graph(self, engine=engine)

    def check(self, *, shapes: bool = True) -> Checked:
        """Check the graph against the constraints of PROV and shapes."""
        return check_graph(self, shapes=shapes)

    def settings(self) -> Settings:
        """Every setting in force, and where it comes from."""
        return read_settings(self)

    def stats(self) -> Statistics:
        """How much is recorded, and how much room it takes."""
        return upkeep.count(self)

    def fsck(self) -> Health:
        """Check every record and every archived byte against its checksum."""
        return check_project(self)

    def recover(self) -> Recovery:
        """Tidy up after a crash."""
        return recover(self)

    def reindex(self) -> int:
        """Make the index anew; gives the number of graphs in it."""
        return reindex(self)

    def gc(self, *, dry_run: bool = False) -> Collected:
        """Delete archived bytes that no run names any more."""
        return upkeep.collect_garbage(self, dry_run=dry_run)


def open_project(path: str | os.PathLike[str] | None = None, *, create: bool = False) -> Project:
    """The project in a folder, or the one in force.

    Args:
        path: Folder that holds ``.provkit``; by default ``PROVKIT_PROJECT``, else the one found
            upwards from the working directory.
        create: Make it when it is not there.

    Raises:
        NotRecordedError: There is none.
        UsageError: There is no such folder.
        ProjectError: It cannot be used.
    """
    named = None if path is None else os.fspath(path)
    found = project.find_project(named)
    if found is None and create:
        place = project.project_root(named or os.environ.get("PROVKIT_PROJECT") or ".")
        found = project.create_project(place, version=__version__)
    if found is None:
        raise NotRecordedError(
            f"no provkit project {f'in {named}' if named else 'here or above'}",
            hint="provkit.open_project(path, create=True) makes one",
        )
    return Project(found.root, found.id, found.created)
