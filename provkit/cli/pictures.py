"""How commands that draw print: in one of seven formats, to standard output or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from provkit.cli import output
from provkit.drawing.diagram import Diagram, PictureFormat
from provkit.drawing.dot import write_dot
from provkit.errors import DrawingError, UsageError

F = TypeVar("F", bound=Callable[..., Any])

TEXTS = ("dot", "mermaid", "text")
PICTURES: tuple[PictureFormat, ...] = get_args(PictureFormat)
_BY_EXTENSION = {"gv": "dot", "mmd": "mermaid", "txt": "text"}


def picture_options(*more: str, default: str = "dot") -> Callable[[F], F]:
    """Add ``--format``, ``--json`` and ``-o`` to a command; gives ``fmt`` and ``target``.

    Without ``--format`` the extension of the file decides, else the default.

    Args:
        more: Formats that the command writes itself; ``json`` is always one.
        default: What is written when nothing else decides.
    """
    formats = (*TEXTS, *PICTURES, "json", *more)

    def prefer_json(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.params["fmt"] = "json"

    def choose(context: click.Context, _: click.Parameter, value: str | None) -> str:
        extension = os.path.splitext(context.params.get("target") or "")[1][1:].lower()  # noqa: PTH122
        named = _BY_EXTENSION.get(extension, extension)
        chosen: str = context.params.get("fmt") or value or (named if named in formats else default)
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


def write_picture(diagram: Diagram, fmt: str, target: str | None) -> None:
    """Write a diagram to a file or to standard output.

    Raises:
        DrawingError: It cannot be drawn here; then DOT lies beside the file that was asked for.
        UsageError: A picture was to go to a terminal.
    """
    if fmt not in PICTURES:
        put(encode(diagram, fmt), target)
        return
    if target is None and fmt != "svg" and sys.stdout.isatty():
        raise UsageError(f"{fmt.upper()} is not for a terminal", hint=f"say -o FILE.{fmt}")
    from provkit.drawing.render import render  # noqa: PLC0415 - DOT need not wait for it

    dot = write_dot(diagram)
    try:
        drawn = render(dot, "svg" if fmt == "svg" else "png" if fmt == "png" else "pdf")
    except DrawingError as error:
        if target is None:
            raise
        beside = os.path.splitext(target)[0] + ".dot"  # noqa: PTH122
        put(dot.encode(), beside)
        raise DrawingError(f"{error.message}; wrote {beside} instead", hint=error.hint) from error
    put(drawn, target)


def encode(diagram: Diagram, fmt: str) -> bytes:
    """A diagram as UTF-8 text: DOT, Mermaid or rows for a terminal."""
    if fmt == "mermaid":
        from provkit.drawing.mermaid import write_mermaid  # noqa: PLC0415 - DOT need not wait for it

        return write_mermaid(diagram).encode()
    if fmt == "text":
        from provkit.drawing.text import write_text  # noqa: PLC0415 - DOT need not wait for it

        encoding = (sys.stdout.encoding or "ascii").lower()
        width = output.terminal_columns() or 100
        return write_text(diagram, width=width, unicode=encoding.startswith("utf")).encode()
    return write_dot(diagram).encode()


def put(data: bytes, target: str | None) -> None:
    """Write bytes to a file or to standard output."""
    if target is None:
        output.write_bytes(data)
        return
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(data)
