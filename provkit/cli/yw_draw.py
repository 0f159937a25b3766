"""What ``provkit yw graph`` does, and its options as a table.

click reads the table for help, completion and messages. A plain command line
is read here instead, before click is loaded: that halves the time a drawing
takes. Whatever is not plain, a wrong word among it, is left to click.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from provkit.app.workflows import ScriptOptions, lint, read_workflow
from provkit.cli.drawn import FORMATS, format_of, put, write_picture
from provkit.cli.text import printable
from provkit.yw.draw import draw_view
from provkit.yw.views import GraphOptions, graph_json, view_workflow


class Option(NamedTuple):
    """An option of ``yw graph``.

    Attributes:
        name: Field of :class:`GraphOptions`; ``-`` for ``_`` on the command line.
        values: What it may be; none if any text will do.
        help: One line, with the default in brackets.
        metavar: Stands for the value in the help.
    """

    name: str
    values: tuple[str, ...]
    help: str
    metavar: str | None = None


OPTIONS = (
    Option("view", ("process", "data", "combined"), "What the nodes are (process)."),
    Option("params", ("reduce", "show", "hide"), "Parameters paler, as data, or hidden (reduce)."),
    Option("layout", ("TB", "LR", "RL", "BT"), "Where the arrows go (LR)."),
    Option("ports", ("group", "relax", "hide"), "Ports together, free, or not at all (group)."),
    Option("edge_labels", ("show", "hide"), "Names on the arrows (show)."),
    Option("data_labels", ("name", "uri", "both"), "What data shows (both)."),
    Option("program_labels", ("name", "description", "both"), "What steps show (both)."),
    Option("title", (), "Instead of the name of the workflow.", "T"),
    Option("title_position", ("top", "bottom", "hide"), "Where the title stands (top)."),
    Option("box", ("show", "hide"), "A frame around the workflow (show)."),
    Option("subworkflow", (), "Draw the block of this qualified name, W.S.", "Q"),
)  # fmt: skip


def draw(
    scripts: ScriptOptions, chosen: Mapping[str, str | None], fmt: str, target: str | None
) -> None:
    """Draw a workflow; what is suspicious goes to standard error.

    Args:
        scripts: What to read.
        chosen: Value of each of :data:`OPTIONS`; None is the default.
        fmt: One of :data:`provkit.cli.drawn.FORMATS`.
        target: File to write, or standard output.
    """
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    options = GraphOptions()._replace(**given)
    workflow = read_workflow(scripts)
    view = view_workflow(workflow, options)
    for finding in lint(workflow):
        sys.stderr.write(f"{printable(str(finding))}\n")
    if fmt == "json":
        put((json.dumps(graph_json(view, options.layout), indent=2) + "\n").encode(), target)
    else:
        write_picture(draw_view(view, options), fmt, target)


def draw_if_plain(words: Sequence[str]) -> bool:
    """Do what a plain command line asks for; False leaves it to click.

    Plain are files, options of the table with a value of theirs, ``--format``,
    ``--json`` and ``-o``.
    """
    values: dict[str, tuple[str, ...]] = {
        f"--{o.name.replace('_', '-')}": o.values for o in OPTIONS
    }
    values |= {f"--{name}": () for name in ScriptOptions._fields if name != "files"}
    values |= {"--format": FORMATS, "-o": ()}
    found: dict[str, str] = {}
    files: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--json":
            found["--json"] = word
        elif word in values:
            value = next(waiting, None)
            known = {each.lower(): each for each in values[word]}
            if value is None or (known and value.lower() not in known):
                return False
            found[word] = known.get(value.lower(), value)
        elif word.startswith("-") and word != "-":
            return False
        else:
            files.append(word)
    target = found.pop("-o", None)
    fmt = found.pop("--format", "") or format_of(target)
    fmt = "json" if found.pop("--json", "") else fmt
    named = {word[2:].replace("-", "_"): value for word, value in found.items()}
    reading: dict[str, Any] = {
        name: named.pop(name) for name in ScriptOptions._fields if name in named
    }
    draw(ScriptOptions(tuple(files))._replace(**reading), named, fmt, target)
    return True
