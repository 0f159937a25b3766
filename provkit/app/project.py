"""A project: its folder, its runs by any name a user gives them, and its index.

Use cases take a :class:`Project` and return frozen values. What lies where is
told in :mod:`provkit.app.folder`.
"""

# Plain os.path: pathlib costs 5 ms, and every command passes here.
# ruff: noqa: PTH208

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provkit.app.folder import (
    ProjectFolder,
    make_folder,
    read_identity,
)
from provkit.app.locate import locate, project_root
from provkit.errors import (
    NotRecordedError,
    ProjectError,
    StoreError,
    StoreLockedError,
    UsageError,
)

if TYPE_CHECKING:
    from provkit.store.base import Store

__all__ = ["Project", "create_project", "find_project", "open_project", "project_root"]

_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Project(ProjectFolder):
    """A folder of files with its ``.provkit/``, and all that is recorded there."""

    def resolve(self, text: str) -> str:
        """Run id of what a user calls a RUN: a number, the start of an id, or ``latest``.

        Raises:
            NotRecordedError: No such run.
            UsageError: More than one run id starts so.
        """
        asked = text.strip()
        if asked == "latest":
            return self._latest()
        if asked.isdecimal() and asked.isascii():
            run = self.run_of(int(asked))
            if run is not None:
                return run
        plain = asked.removeprefix("urn:uuid:").lower()
        runs = [each.run for each in self.records()]
        if plain in runs:
            return plain
        found = [run for run in runs if len(plain) >= _SHORTEST_PREFIX and run.startswith(plain)]
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} runs have an id that starts with {asked!r}",
                hint=f"for example {found[0]} and {found[1]}",
            )
        if not found:
            raise NotRecordedError(f"no run {asked!r} in this project", hint="see `provkit runs`")
        return found[0]

    def run_of(self, seq: int) -> str | None:
        """Id of the run with that number, when there is a record of it.

        Raises:
            NotRecordedError: The number was given to a run that is deleted now.
        """
        try:
            with open(self.path("sequence", str(seq)), encoding="utf-8") as file:  # noqa: PTH123
                run = file.read().strip()
        except FileNotFoundError:
            return None
        try:
            return self.record(run).run
        except NotRecordedError:
            raise NotRecordedError(
                f"run {seq} is not in this project any more", hint="see `provkit runs`"
            ) from None

    def _latest(self) -> str:
        """The run with the greatest number among those recorded."""
        numbers = (int(name) for name in os.listdir(self.path("sequence")) if name.isdecimal())
        for seq in sorted(numbers, reverse=True):
            try:
                run = self.run_of(seq)
            except NotRecordedError:
                continue
            if run is not None:
                return run
        raise NotRecordedError(
            "no run in this project yet", hint="record one with `provkit run -- COMMAND`"
        )

    @contextmanager
    def store(self, *, wait_s: float = 5.0) -> Iterator[Store]:
        """The index, up to date with every record, for as long as the block lasts.

        One process at a time may hold it, so hold it shortly.

        Args:
            wait_s: How long to wait for another process to let go.

        Raises:
            ProjectError: Another process held it all the time, or it is damaged.
        """
        # The engine costs 15 ms that a recorder must not pay. app.ingest takes a
        # ProjectFolder, never a Project, so no cycle arises.
        from provkit.app.ingest import open_index  # noqa: PLC0415

        with ExitStack() as stack:
            try:
                index = stack.enter_context(open_index(self, wait_s=wait_s))
            except StoreLockedError as error:
                raise ProjectError(
                    f"another process holds the index of {self.root}",
                    hint="wait for it to end (`provkit serve` holds it), then try again",
                ) from error
            except StoreError as error:
                raise ProjectError(
                    f"the index of {self.root} cannot be used: {error.message}",
                    hint="`provkit reindex` makes it anew; nothing recorded is lost",
                ) from error
            yield index


def find_project(
    explicit: str | None = None,
    *,
    start: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Project | None:
    """The project in force, found as :func:`provkit.app.folder.locate` says, or None.

    Raises:
        UsageError: The folder named is not there.
        ProjectError: What was found cannot be used.
    """
    root = locate(explicit, start=start, environ=environ)
    return None if root is None else open_project(root)


def open_project(root: str | os.PathLike[str]) -> Project:
    """The project in a folder.

    Raises:
        NotRecordedError: There is none.
        ProjectError: It belongs to somebody else, is damaged, or was made by a newer provkit.
    """
    real = os.path.realpath(root)
    return Project(real, *read_identity(real))


def create_project(root: str | os.PathLike[str], *, version: str) -> Project:
    """Make a project in an existing folder, or open the one that is there already.

    Raises:
        ProjectError: The folder cannot be written, or what is there cannot be used.
    """
    make_folder(os.path.realpath(root), version=version)
    return open_project(root)
