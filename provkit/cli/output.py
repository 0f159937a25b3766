"""The one way commands print: data to standard output, words to standard error.

Tables fit the terminal when there is one and are whole when there is none;
JSON is sorted only where its maker sorted it, one value, two blanks of indent.
No rich here: it costs 60 ms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from provkit.cli.text import pad, printable, shorten, width

F = TypeVar("F", bound=Callable[..., Any])

_GAP = "  "
_NARROWEST = 4
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def format_options(*formats: str, default: str = "") -> Callable[[F], F]:
    """Add ``--format`` to a command, and ``--json`` as a short form; gives ``fmt``.

    Args:
        formats: Names allowed, for example ``table``, ``json``, ``csv``.
        default: The first by default.
    """

    def prefer_json(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.params["fmt"] = "json"

    def keep_json(context: click.Context, _: click.Parameter, value: str) -> str:
        chosen: str = context.params.get("fmt") or value
        return chosen

    def decorate(function: F) -> F:
        function = click.option(
            "--format",
            "fmt",
            type=click.Choice(formats),
            default=default or formats[0],
            show_default=True,
            callback=keep_json,
            help="How to print the answer.",
        )(function)
        if "json" in formats:
            function = click.option(
                "--json",
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=prefer_json,
                help="Short for --format json.",
            )(function)
        return function

    return decorate


def write(text: str) -> None:
    """Write data to standard output as it is, with a line end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_bytes(data: bytes) -> None:
    """Write raw bytes to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Tell the user something on standard error; unsafe characters are spelled out."""
    sys.stdout.flush()
    sys.stderr.write("\n".join(printable(line) for line in text.split("\n")) + "\n")


def write_json(value: object) -> None:
    """Write one JSON value; text outside ASCII is escaped, so any byte of a name survives."""
    import json  # noqa: PLC0415 - commands that print tables do not pay

    write(json.dumps(value, indent=2))


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write comma-separated values with a header line (RFC 4180, but plain line ends).

    Unsafe characters are spelled out as in tables, so a row is always one line.
    """
    import csv  # noqa: PLC0415 - commands that print tables do not pay

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(
        [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    )


def write_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Iterable[str] = (),
    indent: str = "",
) -> None:
    """Write a table that fits the terminal.

    Args:
        headers: Column titles.
        rows: Cells; None is blank.
        right: Titles of columns whose cells stand at the right edge, such as numbers.
        indent: Put before each line.
    """
    titles = list(headers)
    numbers = [at for at, title in enumerate(titles) if title in set(right)]
    for at, line in enumerate(_lines([titles, *rows], numbers, indent)):
        write(style(line, "bold") if at == 0 else line)


def write_rows(
    rows: Iterable[Sequence[object]], *, right: Iterable[int] = (), indent: str = ""
) -> None:
    """Write a table without titles; ``right`` numbers its columns from 0."""
    for line in _lines(rows, right, indent):
        write(line)


def _lines(rows: Iterable[Sequence[object]], right: Iterable[int], indent: str) -> list[str]:
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    available = terminal_columns()
    if available is not None:
        widths = fit(widths, available - len(indent) - len(_GAP) * (len(widths) - 1))
    numbers = set(right)
    return [
        indent
        + _GAP.join(
            pad(shorten(cell, columns), columns, right=at in numbers)
            for at, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def fit(widths: list[int], available: int) -> list[int]:
    """Column widths that together take no more than available: the widest give way first."""
    fitted = list(widths)
    while sum(fitted) > available and max(fitted) > _NARROWEST:
        widest = max(fitted)
        second = max((each for each in fitted if each < widest), default=_NARROWEST)
        surplus_each = -(-(sum(fitted) - available) // fitted.count(widest))
        goal = max(second, _NARROWEST, widest - surplus_each)
        fitted = [min(each, goal) for each in fitted]
    return fitted


def terminal_columns() -> int | None:
    """Width of the terminal; None when the output goes to a file or another program."""
    if not sys.stdout.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def style(text: str, name: str) -> str:
    """Text in a style, when a person looks and wants it (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return text
    return f"\x1b[{_STYLES[name]}m{text}\x1b[0m"
