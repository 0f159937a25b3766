"""``provkit yw graph``: draw the workflow of scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from provkit.app.workflows import ScriptOptions
from provkit.cli.pictures import picture_options
from provkit.cli.yw_draw import OPTIONS, draw
from provkit.cli.yw_options import script_options

F = TypeVar("F", bound=Callable[..., Any])


def _options(function: F) -> F:
    """Add the options of the table."""
    for option in reversed(OPTIONS):
        function = click.option(
            f"--{option.name.replace('_', '-')}",
            type=click.Choice(option.values, case_sensitive=False) if option.values else str,
            metavar=option.metavar,
            help=option.help,
        )(function)
    return function


@click.command()
@script_options
@_options
@picture_options()
def graph(scripts: ScriptOptions, fmt: str, target: str | None, **chosen: str | None) -> None:
    r"""Draw the workflow that the annotations of scripts declare.

    \b
    Examples:
      provkit yw graph clean.R --view combined -o clean.svg
      provkit yw graph clean.R --format text
      provkit yw graph clean.R --view data | dot -Tpdf > clean.pdf
    """
    draw(scripts, chosen, fmt, target)
