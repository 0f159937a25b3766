"""What is asked of a package: what may be in it, and what is known beside the runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from provkit.model.workflow import Workflow
from provkit.package.base import Agent, Evidence, Opener, Role
from provkit.package.formats import Format

Locate = Callable[[str, str], Opener | None]
"""Bytes of a content (sha256, recorded path), or None when they are not kept."""

PathDerivation = tuple[str, str, Evidence]
"""(output path, input path, evidence) within one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be packed, and what may be claimed.

    Attributes:
        include: Globs on recorded paths; when there are any, only these files are packed.
        exclude: Globs on recorded paths that are never packed.
        never: Matches recorded paths that are packed only when ``include`` has them
            letter by letter, because files of such names hold secrets.
        max_file_bytes: Greater files are left out.
        evidence: Weakest evidence of a derivation that is asserted; ``assumed``
            asserts every output from every input, as recordr and matlab-dataone do.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    never: re.Pattern[str] | None = None
    max_file_bytes: int | None = None
    evidence: Evidence = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A file made for the package, such as a workflow model or its picture.

    Attributes:
        path: Where it should be in the package.
        role: ``model``, ``picture``, ``log`` or ``provenance``.
        data: Its bytes.
        about: What it shows, one sentence.
    """

    path: str
    role: Role
    data: bytes
    format: Format
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the project knows beside the runs themselves.

    Attributes:
        versions: State IRI to the version of the file that it is a state of, where
            the whole project was asked (exact join); None: the packaged runs decide.
        derivations: By run id, with evidence ``stated``.
        agents: By run id, where a statement names a person.
        pids: State IRI or SHA-256 to the PID of a repository's object.
        models: SHA-256 of a program to the workflow that its annotations declare.
        extras: Files made for this package.
        methods: What was done, a paragraph per step; told from the runs when empty.
        remarks: What the reader should know before sharing it, one sentence each.
    """

    versions: Mapping[str, str] | None = None
    derivations: Mapping[str, Sequence[PathDerivation]] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    pids: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Workflow] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()
    methods: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
