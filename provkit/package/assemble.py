"""Decide what is in a package: from runs to one :class:`~provkit.package.base.Package`.

The members are decided here, once; every format writes the same value.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime

from provkit.errors import PackageError, UsageError
from provkit.model.identifiers import person_iri, run_iri
from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.package.base import (
    EVIDENCE,
    Agent,
    Derivation,
    Elsewhere,
    Evidence,
    LeftOut,
    Package,
    PackagedRun,
)
from provkit.package.drafts import Draft, Touched, draft_things
from provkit.package.markup import clean
from provkit.package.models import files_at_ports, tell_methods, workflow_derivations
from provkit.package.packer import Packer
from provkit.package.request import Knowledge, Locate, PathDerivation, Policy
from provkit.package.settings import Settings
from provkit.package.sharing import without_home


def assemble(
    runs: Iterable[Run],
    *,
    locate: Locate,
    date: datetime,
    made_by: str,
    settings: Settings | None = None,
    policy: Policy | None = None,
    knowledge: Knowledge | None = None,
) -> Package:
    """The package of some runs.

    Args:
        runs: In any order; each once.
        locate: Finds archived bytes.
        date: Of the package; the same date gives the same bytes.
        made_by: Software and version.
        settings: What no run can know.
        policy: What may be packed and claimed.
        knowledge: What the project knows beside the runs.

    Raises:
        UsageError: No run at all.
        PackageError: A run is still going on, or no file may be packed.
    """
    named = {run.id: without_home(run) for run in runs}
    ordered = sorted(named.values(), key=lambda run: (run.started, run.id))
    _check_runs(ordered)
    settings, policy = settings or Settings(), policy or Policy()
    knowledge = knowledge or Knowledge()
    drafts, touched = draft_things(ordered, knowledge)
    packer = Packer(policy, knowledge, locate)
    packer.pack(drafts)
    plans = {run.id: packer.plan(run, touched[run.id].program) for run in ordered}
    packer.add_extras(knowledge.extras)
    if not packer.members:
        raise PackageError("no file to package", hint="see --include and --exclude")
    packaged = tuple(
        _packaged(run, touched, plans, packer.names, settings, policy, knowledge) for run in ordered
    )
    spoken_of = {name for each in packaged for name in (each.plan, *each.used, *each.generated)}
    others = tuple(other for other in packer.others if other.name in spoken_of)
    return Package(
        runs=packaged,
        members=tuple(sorted(packer.members, key=lambda member: member.path)),
        others=tuple(sorted(others, key=lambda other: other.name)),
        date=date.astimezone(UTC),
        made_by=made_by,
        settings=settings,
        title=clean(settings.title or _title(ordered)),
        copies=tuple(sorted(_copies(drafts, packer.names))),
        models=dict(_models(ordered, plans, set(packer.names.values()), knowledge)),
        methods=knowledge.methods or tuple(_methods(ordered, knowledge)),
        warnings=(*knowledge.remarks, *_warnings(ordered, others, settings)),
    )


def _check_runs(runs: Sequence[Run]) -> None:
    if not runs:
        raise UsageError("no run to package", hint="name runs, for example `latest`")
    for run in runs:
        if run.status == "running":
            raise PackageError(
                f"run {run.seq} is still going on", hint="wait for it to end, then package it"
            )


def _packaged(
    run: Run,
    touched: Mapping[str, Touched],
    plans: Mapping[str, str],
    names: Mapping[str, str],
    settings: Settings,
    policy: Policy,
    knowledge: Knowledge,
) -> PackagedRun:
    here = touched[run.id]
    informers = {draft.run.id for draft in here.used.values() if draft.state.moment == "left"}
    return PackagedRun(
        run=run,
        iri=run_iri(run.id),
        agent=knowledge.agents.get(run.id) or _agent(run, settings),
        plan=plans[run.id],
        used=tuple(sorted({names[draft.name] for draft in here.used.values()})),
        generated=tuple(sorted({names[draft.name] for draft in here.generated.values()})),
        derivations=tuple(_derivations(run, here, names, policy, knowledge)),
        informed_by=tuple(sorted(run_iri(other) for other in informers - {run.id})),
        part_of=run_iri(run.part_of) if run.part_of and run.part_of in touched else None,
    )


def _derivations(
    run: Run,
    here: Touched,
    names: Mapping[str, str],
    policy: Policy,
    knowledge: Knowledge,
) -> list[Derivation]:
    """What each output was made from, with the strongest evidence there is."""
    claims: list[PathDerivation] = [(out, source, "observed") for out, source in run.derivations]
    claims += knowledge.derivations.get(run.id, ())
    model = _model(run, knowledge)
    if model is not None:
        claims += workflow_derivations(model, files_at_ports(model, run))
    if policy.evidence == "assumed":
        claims += [(out, source, "assumed") for out in here.generated for source in here.used]
    strongest: dict[tuple[str, str], Evidence] = {}
    for out, source, evidence in sorted(claims, key=lambda claim: EVIDENCE.index(claim[2])):
        allowed = EVIDENCE.index(evidence) <= EVIDENCE.index(policy.evidence)
        if allowed and out in here.generated and source in here.used:
            pair = names[here.generated[out].name], names[here.used[source].name]
            strongest.setdefault(pair, evidence)
    return [
        Derivation(output=out, input=source, evidence=evidence)
        for (out, source), evidence in sorted(strongest.items())
    ]


def _agent(run: Run, settings: Settings) -> Agent | None:
    """Who ran it: the ORCID recorded, else the only creator's, else login and host."""
    iri = person_iri(run.user)
    for creator in settings.creators:
        if creator.orcid and iri == person_iri(creator.orcid):
            return Agent(iri=iri, label=creator.name)
    if iri.startswith("https://orcid.org/"):
        return Agent(iri=iri, label=iri.rpartition("/")[2])
    if len(settings.creators) == 1 and settings.creators[0].orcid:
        creator = settings.creators[0]
        return Agent(iri=person_iri(creator.orcid), label=creator.name)
    if not run.user:
        return None
    return Agent(iri=person_iri(f"{run.user}@{run.host}"), label=run.user)


def _title(runs: Sequence[Run]) -> str:
    name = runs[-1].program.rpartition("/")[2]
    if len(runs) == 1:
        return f"Run {runs[0].seq} of {name}"
    return f"{len(runs)} runs, the last of {name}"


def _methods(runs: Sequence[Run], knowledge: Knowledge) -> Iterator[str]:
    """Each run in a sentence, and each workflow where its program first ran."""
    told: set[str] = set()
    for run in runs:
        when = f"{run.started:%Y-%m-%d}"
        yield f"Run {run.seq} on {when}: {shlex.join(run.command) or run.program}"
        model = _model(run, knowledge)
        if model is not None and model.digest not in told:
            told.add(model.digest)
            yield from tell_methods(model)


def _model(run: Run, knowledge: Knowledge) -> Workflow | None:
    state = run.program_state
    return None if state is None else knowledge.models.get(state.sha256 or "")


def _models(
    runs: Sequence[Run], plans: Mapping[str, str], packed: Set[str], knowledge: Knowledge
) -> Iterator[tuple[str, Workflow]]:
    """Name of each program with the workflow it declares; not of a command in its place."""
    for run in runs:
        model = _model(run, knowledge)
        if model is not None and plans[run.id] in packed:
            yield plans[run.id], model


def _copies(drafts: Sequence[Draft], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for draft in drafts:
        if draft.copy_of is not None:
            yield names[draft.name], names[draft.copy_of.name]


def _warnings(
    runs: Sequence[Run], others: Sequence[Elsewhere | LeftOut], settings: Settings
) -> list[str]:
    found = [
        f"run {run.seq} ended as {run.status}: what it left may be incomplete"
        for run in runs
        if run.status != "ok"
    ]
    found += [f"{o.path} is not in the package: {o.why}" for o in others if isinstance(o, LeftOut)]
    if not settings.creators:
        found.append("no creator is configured: the login name stands in the metadata")
    if not settings.title:
        found.append("no title is configured: one was made from the runs")
    return found
