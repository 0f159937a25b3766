"""The options of commands that draw; how they print is in :mod:`provkit.cli.drawn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from provkit.cli.drawn import FORMATS, format_of, put, write_picture

__all__ = ["picture_options", "put", "write_picture"]

F = TypeVar("F", bound=Callable[..., Any])


def picture_options(*more: str, default: str = "dot") -> Callable[[F], F]:
    """Add ``--format``, ``--json`` and ``-o`` to a command; gives ``fmt`` and ``target``.

    Without ``--format`` the extension of the file decides, else the default.

    Args:
        more: Formats that the command writes itself; ``json`` is always one.
        default: What is written when nothing else decides.
    """
    formats = (*FORMATS, *more)

    def prefer_json(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.params["fmt"] = "json"

    def choose(context: click.Context, _: click.Parameter, value: str | None) -> str:
        target = context.params.get("target")
        chosen: str = context.params.get("fmt") or value or format_of(target, formats, default)
        return chosen

    def decorate(function: F) -> F:
        add_format = click.option(
            "--format",
            "fmt",
            type=click.Choice(formats, case_sensitive=False),
            callback=choose,
            help=f"What to write (what FILE says, else {default}).",
        )
        add_json = click.option(
            "--json",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=prefer_json,
            help="Short for --format json.",
        )
        add_target = click.option(
            "-o", "target", metavar="FILE", is_eager=True, help="Write to FILE."
        )
        return add_target(add_json(add_format(function)))

    return decorate
