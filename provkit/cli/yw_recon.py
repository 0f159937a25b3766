"""``provkit yw recon``: find the files that the URI templates of scripts name."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from provkit.app.workflows import ScriptOptions, lint, read_workflow
from provkit.cli import output
from provkit.cli.yw_options import script_options, warn
from provkit.errors import UsageError
from provkit.model.workflow import Workflow
from provkit.yw.facts import recon_facts
from provkit.yw.recon import reconstruct_below, reconstruct_recorded
from provkit.yw.reconstruction import Reconstruction
from provkit.yw.relations import csv_parts, prolog_parts
from provkit.yw.shapes import recon_rows


@click.command()
@script_options
@click.option("--root", metavar="DIR", help="Folder of the run; paths are relative to it.")
@click.option(
    "--resources",
    metavar="LIST",
    help="YAML file with the recorded `inputs:` and `outputs:` of a run, instead of a folder.",
)
@output.format_options("prolog", "json", "csv")
def recon(scripts: ScriptOptions, root: str | None, resources: str | None, fmt: str) -> None:
    r"""Match files to the URI templates of scripts, and read the entries of their logs.

    Files are looked for below DIR (here, if nothing is said), where a variable
    stands for a part of one name; or among recorded inputs and outputs, where
    it may hold `/`. With both, DIR is cut off from the recorded paths.

    \b
    Examples:
      provkit yw recon simulate.py --root run
      provkit yw recon estimate.R --resources estimate.yaml --json
    """
    workflow = read_workflow(scripts)
    found = _reconstruct(workflow, root, resources)
    warn([*lint(workflow), *found.findings])
    for part in _parts(workflow, found, fmt):
        sys.stdout.write(part)


def _parts(workflow: Workflow, found: Reconstruction, fmt: str) -> Iterator[str]:
    """The answer piece by piece: a run may have a million files."""
    if fmt == "prolog":
        yield from prolog_parts(recon_facts(found))
        return
    if fmt == "csv":
        yield from csv_parts(recon_facts(found))
        return
    before = "{"
    for key, rows in recon_rows(workflow, found):
        yield f'{before}\n  "{key}": ['
        between = "\n"
        for row in rows:
            yield f"{between}    {json.dumps(row)}"
            between = ",\n"
        yield "]" if between == "\n" else "\n  ]"
        before = ","
    yield "\n}\n"


def _reconstruct(workflow: Workflow, root: str | None, resources: str | None) -> Reconstruction:
    if resources is None:
        return reconstruct_below(workflow, root or ".")
    from provkit.yw.resource_list import parse_resource_list  # noqa: PLC0415 - rarely needed

    try:
        with open(resources, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            text = file.read()
    except OSError as error:
        raise UsageError(f"{resources}: {error.strerror or error}") from error
    return reconstruct_recorded(workflow, parse_resource_list(text, file=resources), root=root)
