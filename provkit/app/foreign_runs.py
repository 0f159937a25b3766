"""Make foreign runs look as if they had been recorded here: their paths, their archived bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from provkit.app.keeping import Policy
from provkit.app.project import Project
from provkit.app.settings import read_settings
from provkit.archive.store import Archive
from provkit.errors import ArchiveError
from provkit.importers.base import ImportedRun
from provkit.model.events import Event, FileAccessed, ProcessStarted, RunStarted, StateObserved


class Adoption:
    """Takes foreign runs into a project; their records are not written here.

    Args:
        project: Where to.
        copies: SHA-256 to path of a file of the source with those bytes.

    Attributes:
        problems: Copies that could not be taken over, one sentence each.
    """

    def __init__(self, project: Project, copies: Mapping[str, str]) -> None:
        self._root = project.root.rstrip("/")
        self._copies = copies
        self._archive = Archive(project.path("objects"))
        self._settings = read_settings(project)
        self._failed: dict[str, str] = {}  # SHA-256 of what was tried; empty when it is kept
        self.problems: list[str] = []

    @property
    def kept(self) -> int:
        """How many contents are archived here now, new or not."""
        return sum(not why for why in self._failed.values())

    def adopt(self, run: ImportedRun) -> ImportedRun:
        """The run as this project would have recorded it; its bytes are archived."""
        policy = Policy(
            archive=bool(self._settings["archive.enabled"]),
            max_bytes=int(self._settings["archive.max_size"]),
            script=self._below(_program(run)),
            is_noise=lambda _: False,
        )
        placed = (self._placed(event) for event in run.events)
        return replace(run, events=tuple(self._with_bytes(event, policy) for event in placed))

    def _placed(self, event: Event) -> Event:
        """With paths as records write them: from the root of the project when below it."""
        if isinstance(event, RunStarted):
            program, directory = self._below(event.program), self._below(event.directory)
            return replace(event, program=program, directory=directory)
        if isinstance(event, ProcessStarted):
            return replace(event, directory=self._below(event.directory))
        if isinstance(event, FileAccessed | StateObserved):
            return replace(event, path=self._below(event.path))
        return event

    def _below(self, path: str) -> str:
        """Nothing is looked up: the files need not be on this machine."""
        if path == self._root:
            return "."
        inside = path.startswith(f"{self._root}/") and os.path.normpath(path) == path
        return path.removeprefix(f"{self._root}/") if inside else path

    def _with_bytes(self, event: Event, policy: Policy) -> Event:
        if not isinstance(event, StateObserved) or event.sha256 is None:
            return event
        copy = self._copies.get(event.sha256)
        if copy is None:
            return event
        why = policy.refuses(event.path, event.size_bytes or 0)
        if not why:
            if event.sha256 not in self._failed:
                self._failed[event.sha256] = self._keep(event.sha256, copy)
            why = self._failed[event.sha256]
        return replace(event, archived=not why, why=why)

    def _keep(self, sha256: str, copy: str) -> str:
        """Archive a copy; says why it could not be."""
        try:
            found = self._archive.keep(copy)
        except (OSError, ArchiveError):
            why = "its copy in the source could not be taken over"
        else:
            why = "" if found.sha256 == sha256 else "its copy in the source changed meanwhile"
        if why:
            self.problems.append(f"{copy}: {why}")
        return why


def _program(run: ImportedRun) -> str:
    return next((event.program for event in run.events if isinstance(event, RunStarted)), "")
