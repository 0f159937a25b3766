"""Which runs came before some runs, and which of their files are one, in the whole project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from provkit.app.lineage import walk_target
from provkit.app.network import open_network
from provkit.app.project import Project
from provkit.app.targets import find_target
from provkit.app.view import view_run
from provkit.errors import NotRecordedError
from provkit.lineage.network import Adjacency
from provkit.lineage.walk import Rules
from provkit.model.identifiers import run_iri
from provkit.model.run import Run
from provkit.package.base import Evidence
from provkit.query.catalog import catalog
from provkit.store.base import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What the project knows of what came before.

    Attributes:
        runs: The runs before, without those asked about.
        versions: State IRI to the version of the file that it is a state of; None when not asked.
        remarks: What a reader should know, one sentence each.
    """

    runs: tuple[Run, ...] = ()
    versions: Mapping[str, str] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def joins(self) -> Upstream:
        """The versions alone."""
        return replace(self, runs=(), remarks=())


def look_upstream(project: Project, runs: Sequence[Run], *, evidence: Evidence) -> Upstream:
    """Ask the index.

    Args:
        project: Where.
        runs: The runs to start from.
        evidence: Weakest evidence that a way upstream may need.

    Raises:
        ProjectError: Another process holds the index.
    """
    network = open_network(project)
    with project.store() as store:
        versions = _versions(store)
    asked = {run.id for run in runs}
    before: dict[str, Run] = {}
    remarks: list[str] = []
    for name in _before(project, network, runs, Rules(evidence=evidence)):
        if name in asked or name in before:
            continue
        try:
            before[name] = view_run(project, name).run
        except NotRecordedError:
            remarks.append(f"a run upstream is not in the package, for it was deleted: {name}")
    return Upstream(
        runs=tuple(before[name] for name in sorted(before)),
        versions=versions,
        remarks=tuple(sorted(remarks)),
    )


def _before(project: Project, network: Adjacency, runs: Sequence[Run], rules: Rules) -> list[str]:
    found: set[str] = set()
    for run in runs:
        target = find_target(project, network, run_iri(run.id))
        met = walk_target(network, target, "up", rules)
        found |= {facts.id for number in met.runs if (facts := network.run(number))}
    return sorted(found)


def _versions(store: Store) -> dict[str, str]:
    """State to version, for every state that another one is equal to."""
    rows = store.select(catalog["lineage/joined"].text).rows
    return {str(state): str(version) for state, version in rows}
