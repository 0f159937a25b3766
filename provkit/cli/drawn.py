"""How commands that draw print: in one of seven formats, to standard output or a file.

No click here: the quickest drawing waits for nothing it does not need.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import get_args

from provkit.drawing.diagram import Diagram, PictureFormat
from provkit.drawing.dot import write_dot
from provkit.errors import DrawingError, UsageError

PICTURES: tuple[PictureFormat, ...] = get_args(PictureFormat)
FORMATS = ("dot", "mermaid", "text", *PICTURES, "json")
_BY_EXTENSION = {"gv": "dot", "mmd": "mermaid", "txt": "text"}


def format_of(target: str | None, formats: Sequence[str] = FORMATS, default: str = "dot") -> str:
    """Format that the name of a file says, if it is one of those; else the default."""
    extension = os.path.splitext(target or "")[1][1:].lower()  # noqa: PTH122
    named = _BY_EXTENSION.get(extension, extension)
    return named if named in formats else default


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
        width = _columns()
        return write_text(diagram, width=width, unicode=encoding.startswith("utf")).encode()
    return write_dot(diagram).encode()


def _columns() -> int:
    """Width of the terminal, or enough for most files."""
    if not sys.stdout.isatty():
        return 100
    return os.get_terminal_size(sys.stdout.fileno()).columns or 100


def put(data: bytes, target: str | None) -> None:
    """Write bytes to a file or to standard output."""
    if target is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(data)
