"""``provkit yw graph``: draw the workflow of scripts."""

from __future__ import annotations

import json
from typing import Any

import click

from provkit.app.workflows import ScriptOptions, lint, read_workflow
from provkit.cli.pictures import picture_options, put, write_picture
from provkit.cli.yw_options import script_options, warn
from provkit.yw.draw import draw_view
from provkit.yw.views import GraphOptions, graph_json, view_workflow


def _choice(*values: str) -> click.Choice[str]:
    return click.Choice(values, case_sensitive=False)


@click.command()
@script_options
@click.option(
    "--view", type=_choice("process", "data", "combined"), help="What the nodes are (process)."
)
@click.option(
    "--params",
    type=_choice("reduce", "show", "hide"),
    help="Parameters paler, as data, or not at all (reduce).",
)
@click.option("--layout", type=_choice("TB", "LR", "RL", "BT"), help="Where the arrows go (LR).")
@click.option(
    "--ports",
    type=_choice("group", "relax", "hide"),
    help="Ports of the workflow together, free, or not at all (group).",
)
@click.option("--edge-labels", type=_choice("show", "hide"), help="Names on the arrows (show).")
@click.option("--data-labels", type=_choice("name", "uri", "both"), help="What data shows (both).")
@click.option(
    "--program-labels", type=_choice("name", "description", "both"), help="What steps show (both)."
)
@click.option("--title", metavar="T", help="Instead of the name of the workflow.")
@click.option(
    "--title-position", type=_choice("top", "bottom", "hide"), help="Where the title stands (top)."
)
@click.option("--box", type=_choice("show", "hide"), help="A frame around the workflow (show).")
@click.option("--subworkflow", metavar="Q", help="Draw the block of this qualified name, W.S.")
@picture_options()
def graph(scripts: ScriptOptions, fmt: str, target: str | None, **chosen: Any) -> None:
    r"""Draw the workflow that the annotations of scripts declare.

    \b
    Examples:
      provkit yw graph clean.R --view combined -o clean.svg
      provkit yw graph clean.R --format text
      provkit yw graph clean.R --view data | dot -Tpdf > clean.pdf
    """
    options = GraphOptions(**{key: value for key, value in chosen.items() if value is not None})
    workflow = read_workflow(scripts)
    view = view_workflow(workflow, options)
    warn(lint(workflow))
    if fmt == "json":
        put((json.dumps(graph_json(view, options.layout), indent=2) + "\n").encode(), target)
    else:
        write_picture(draw_view(view, options), fmt, target)
