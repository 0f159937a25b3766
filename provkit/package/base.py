"""A package as a value: what is in it, what it speaks of, and how runs tie them together.

The members are decided once, by :mod:`provkit.package.assemble`; each format
writes the same :class:`Package`. Bytes are not in it: a member knows how to
open them. Nothing here depends on the clock, the machine or where the package
is written to, so that two exports of one run are equal byte for byte.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import IO, Literal

from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.package.formats import Format
from provkit.package.settings import Settings

Opener = Callable[[], IO[bytes]]
"""Opens the bytes of a member for reading, from their start."""

Role = Literal["program", "input", "output", "model", "picture", "log", "provenance"]
"""What a member is in its package; ``input`` and ``output`` are seen from the runs together."""

Evidence = Literal["stated", "observed", "workflow", "assumed"]
"""Why a derivation is asserted, from the strongest to the weakest."""

EVIDENCE: tuple[Evidence, ...] = ("stated", "observed", "workflow", "assumed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something the package speaks of: a file state.

    Attributes:
        name: Its PID, or the IRI of its state when it has none.
        path: Where it is in the package, or where it was; relative, with ``/``.
        role: What it is.
        origin: Recorded path, when that is inside the project.
        sha256: Content, where known.
        size_bytes: Size, where known.
    """

    name: str
    path: str
    role: Role
    origin: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Thing):
    """A file that is in the package; its ``sha256`` and ``size_bytes`` are always known.

    Attributes:
        format: DataONE format id and media type.
        open: Opens its bytes.
        about: What it shows or says, one sentence.
    """

    format: Format
    open: Opener = field(compare=False)
    sha256: str
    size_bytes: int
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(Thing):
    """A file that has a PID already: it is referred to, not packed again.

    The Run-manager API of DataONE asks for this: what is an object already is
    named in the relations and not aggregated.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut(Thing):
    """A file that runs touched and that is neither here nor in a repository.

    Attributes:
        why: ``not archived``, ``excluded``, ``too large``, ….
    """

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One thing was made from another, and how we know.

    Attributes:
        output: Name of what was made.
        input: Name of what it was made from.
        evidence: How we know.
    """

    output: str
    input: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who ran something.

    Attributes:
        iri: ORCID, else an IRI made of login and host.
        label: Name for readers.
    """

    iri: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedRun:
    """A run, with the names of the things it touched.

    Attributes:
        iri: ``urn:uuid:…`` of the execution.
        plan: Name of its program.
        used: Names of its inputs, sorted.
        generated: Names of its outputs, sorted.
        derivations: Sorted.
        informed_by: IRIs of the packaged runs whose outputs it read, sorted.
        part_of: IRI of the packaged run that started it.
    """

    run: Run
    iri: str
    agent: Agent | None
    plan: str
    used: tuple[str, ...]
    generated: tuple[str, ...]
    derivations: tuple[Derivation, ...]
    informed_by: tuple[str, ...]
    part_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Package:
    """Runs with their files, ready to be written.

    Attributes:
        runs: In the order of start, then id.
        members: By path.
        others: What the runs touched and the package does not hold; by name.
        date: Of the package: fixed by the caller, never the clock.
        made_by: Software and version.
        copies: (name, name) of a thing found and the earlier one, left by a packaged run,
            whose bytes it has; empty files are all alike and do not count.
        models: Name of a program to the workflow it declares.
        title: One line.
        methods: What was done, one paragraph per step.
        warnings: What the reader should know before sharing it.
    """

    runs: tuple[PackagedRun, ...]
    members: tuple[Member, ...]
    others: tuple[Elsewhere | LeftOut, ...]
    date: datetime
    made_by: str
    settings: Settings
    title: str
    copies: tuple[tuple[str, str], ...] = ()
    models: Mapping[str, Workflow] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def things(self) -> Mapping[str, Thing]:
        """Everything the package speaks of, by name."""
        return {thing.name: thing for thing in (*self.members, *self.others)}

    @property
    def size_bytes(self) -> int:
        """Of all members together."""
        return sum(member.size_bytes for member in self.members)


def pid_of(name: str) -> str:
    """PID derived from a name, such as the IRI of a file state.

    A version 5 UUID (RFC 9562, 5.5) depends on nothing but the name: exporting
    twice gives the same PID, and another run's file never does.
    """
    encodable = name.encode("utf-8", "backslashreplace").decode()
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, encodable)}"
