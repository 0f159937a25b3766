"""What a command knows about where it was called: the project in force.

Every command gets a :class:`Session` as click's ``obj``. Most want the project
and say ``@pass_project``; those that can do without say ``@pass_session``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from provkit import __version__
from provkit.errors import NotRecordedError

if TYPE_CHECKING:
    from provkit.app.project import Project

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Session:
    """One command line.

    Attributes:
        project_dir: Folder named with ``--project``.
    """

    project_dir: str | None = None

    def find(self) -> Project | None:
        """The project in force, or None."""
        from provkit.app.project import find_project  # noqa: PLC0415 - 8 ms; `yw` needs no project

        return find_project(self.project_dir)

    @property
    def project(self) -> Project:
        """The project in force.

        Raises:
            NotRecordedError: There is none.
        """
        found = self.find()
        if found is None:
            raise NotRecordedError(
                "no provkit project here or above",
                hint="record a first run with `provkit run -- COMMAND`, or name one: --project DIR",
            )
        return found

    def find_or_create(self) -> tuple[Project, bool]:
        """The project in force, else a new one, and whether it is new."""
        from provkit.app.project import (  # noqa: PLC0415 - 8 ms; `yw` needs no project
            create_project,
            project_root,
        )

        found = self.find()
        if found is not None:
            return found, False
        named = self.project_dir or os.environ.get("PROVKIT_PROJECT")
        return create_project(project_root(named) if named else ".", version=__version__), True


class HelpPage(click.HelpFormatter):
    r"""Help text in which the two characters ``\b`` keep the lines of a paragraph apart.

    click wants the control character there, which a raw docstring cannot hold.
    """

    def write_text(self, text: str) -> None:
        """Write one block of text."""
        super().write_text(text.replace("\\b\n", "\b\n"))


pass_session = click.make_pass_decorator(Session, ensure=True)


def pass_project(function: Callable[Concatenate[Project, P], R]) -> Callable[P, R]:
    """Give a command the project in force as its first argument."""

    def call(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(session.project, *args, **kwargs)

    return update_wrapper(pass_session(call), function)


def project_option() -> click.Option:
    """``--project`` for a command that hands the rest of its line to another program."""

    def remember(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.ensure_object(Session).project_dir = value

    return click.Option(
        ["--project"],
        metavar="DIR",
        help="Work in that project.",
        expose_value=False,
        callback=remember,
    )
