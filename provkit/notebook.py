"""Jupyter and IPython: ``%load_ext provkit``, then ``%%record`` and ``%lineage``.

::

    %load_ext provkit

    %%record clean --tag draft
    table = pandas.read_csv("raw.csv").dropna()
    table.to_csv("clean.csv")

    %lineage clean.csv
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any, Protocol

from provkit.app.facade import open_project
from provkit.app.inprocess import recording
from provkit.app.picture import Picture
from provkit.errors import UsageError


class Shell(Protocol):
    """What is needed of IPython's interactive shell."""

    def register_magic_function(
        self, func: Callable[..., Any], magic_kind: str, magic_name: str
    ) -> None:
        """Make a function callable as ``%name`` or ``%%name``."""

    def run_cell(self, raw_cell: str) -> Any:
        """Run the text of a cell; the answer has ``error_in_exec``."""


def load_ipython_extension(shell: Shell) -> None:
    """Register the magics; IPython calls this at ``%load_ext provkit``."""

    def record(line: str, cell: str) -> None:
        name, tags = read_record_line(line)
        with recording(name, tags=tags):
            result = shell.run_cell(cell)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                raise error

    shell.register_magic_function(record, "cell", "record")
    shell.register_magic_function(draw_lineage, "line", "lineage")


def read_record_line(line: str) -> tuple[str, tuple[str, ...]]:
    """Name and tags of a ``%%record`` line: ``[NAME] [--tag TAG]…``.

    Raises:
        UsageError: The line says something else.
    """
    names: list[str] = []
    tags: list[str] = []
    words = iter(shlex.split(line))
    for word in words:
        if word == "--tag":
            tag = next(words, None)
            if tag is None:
                raise UsageError("--tag needs a tag", hint="%%record NAME --tag TAG")
            tags.append(tag)
        else:
            names.append(word)
    if len(names) > 1 or any(name.startswith("-") for name in names):
        raise UsageError(f"not understood: {line!r}", hint="%%record [NAME] [--tag TAG]...")
    return (names[0] if names else "cell"), tuple(tags)


def draw_lineage(line: str) -> Picture:
    """``%lineage FILE``: what a file was made from, drawn.

    Raises:
        NotRecordedError: No run knows that file.
    """
    project = open_project()
    return project.plot(project.lineage(line.strip()))
