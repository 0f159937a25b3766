"""What all ``yw`` commands take: the scripts and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

import click

from provkit.app.workflows import ScriptOptions
from provkit.cli import output
from provkit.model.workflow import Finding

F = TypeVar("F", bound=Callable[..., Any])


def script_options(function: F) -> Callable[..., Any]:
    """Add FILE… and the reading options to a command; gives ``scripts``.

    Without a file, every script of a known language in the working directory is read.
    """

    @click.argument("files", nargs=-1, metavar="[FILE]...")
    @click.option("--language", metavar="L", help="Language, instead of what the file names tell.")
    @click.option("--comment", metavar="D", help="What begins a comment, instead of a language.")
    @click.option("--encoding", default="utf-8", metavar="E", help="Of the files (utf-8).")
    @click.option("--workflow", metavar="NAME", help="Top-level block to use (the first).")
    @wraps(function)
    def command(
        files: tuple[str, ...],
        language: str | None,
        comment: str | None,
        encoding: str,
        workflow: str | None,
        **others: Any,
    ) -> Any:
        scripts = ScriptOptions(
            files=files, language=language, comment=comment, encoding=encoding, workflow=workflow
        )
        return function(scripts=scripts, **others)

    return command


def warn(findings: Iterable[Finding]) -> None:
    """Tell each finding on standard error, one line each."""
    for finding in findings:
        output.say(str(finding))
