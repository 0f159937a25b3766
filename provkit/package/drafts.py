"""Which states of files are one thing: the joins between the runs of a package.

A run that found a file as an earlier packaged run left it, or found it, speaks
of that same thing; whatever a run wrote is a thing of its own, since PROV lets
an entity be generated once (PROV-CONSTRAINTS, constraint 24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from provkit.model.events import StateObserved
from provkit.model.identifiers import state_iri
from provkit.model.run import Run
from provkit.package.base import Role
from provkit.package.request import Knowledge


@dataclass(slots=True)
class Draft:
    """A thing while runs are still being looked at.

    Attributes:
        run: The run that first spoke of it.
        state: As that run saw it.
        is_program: Some run carried it out.
        copy_of: What an earlier run left with these bytes, at another place or time.
    """

    run: Run
    state: StateObserved
    is_program: bool = False
    copy_of: Draft | None = None

    @property
    def name(self) -> str:
        """IRI of the state in which it was first seen."""
        return state_iri(self.run.id, self.state.moment, self.state.path)

    @property
    def role(self) -> Role:
        """What it is for the package."""
        if self.is_program:
            return "program"
        return "output" if self.state.moment == "left" else "input"


@dataclass(slots=True)
class Touched:
    """What one run touched, by path."""

    program: Draft | None = None
    used: dict[str, Draft] = field(default_factory=dict)
    generated: dict[str, Draft] = field(default_factory=dict)


def draft_things(
    runs: Sequence[Run], knowledge: Knowledge
) -> tuple[list[Draft], dict[str, Touched]]:
    """Every thing the runs speak of, in the order it came to be, and who touched it."""
    drafts: list[Draft] = []
    current: dict[str, Draft] = {}
    touched: dict[str, Touched] = {}
    left: dict[str | None, Draft] = {}

    def found(run: Run, state: StateObserved) -> Draft:
        known = current.get(state.path)
        if known is None or not _is_same(known, run, state, knowledge):
            same = left.get(state.sha256) if state.size_bytes else None
            known = current[state.path] = Draft(run, state, copy_of=same)
            drafts.append(known)
        return known

    for run in runs:
        here = touched[run.id] = Touched()
        if run.program_state is not None:
            here.program = found(run, run.program_state)
            here.program.is_program = True
        for state in run.inputs:
            here.used[state.path] = found(run, state)
        for state in run.outputs:
            draft = here.generated[state.path] = current[state.path] = Draft(run, state)
            drafts.append(draft)
        left |= {draft.state.sha256: draft for draft in here.generated.values()}
        left.pop(None, None)
    return drafts, touched


def _is_same(known: Draft, run: Run, state: StateObserved, knowledge: Knowledge) -> bool:
    """Whether a run found a file as it is known: same bytes, no other write between."""
    if state.sha256 is None or state.sha256 != known.state.sha256:
        return False
    if knowledge.versions is None:
        return True
    here = knowledge.versions.get(state_iri(run.id, state.moment, state.path))
    return here is not None and here == knowledge.versions.get(known.name)
