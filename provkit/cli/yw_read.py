"""``provkit yw extract``, ``model`` and ``check``."""

from __future__ import annotations

import click

from provkit.app.workflows import (
    ScriptOptions,
    check_scripts,
    lint,
    read_annotations,
    read_workflow,
)
from provkit.cli import output
from provkit.cli.yw_options import script_options, warn
from provkit.yw import facts, shapes, skeleton
from provkit.yw.blocks import first_error
from provkit.yw.relations import write_csv, write_prolog


@click.command()
@script_options
@output.format_options("prolog", "json", "csv", "listing", "skeleton")
def extract(scripts: ScriptOptions, fmt: str) -> None:
    r"""Print the annotations of scripts, in reading order.

    \b
    Examples:
      provkit yw extract clean.R
      provkit yw extract a.py b.m --json | jq -r '.annotations[].value'
      provkit yw extract clean.R --format skeleton > skeleton.R
    """
    annotations = read_annotations(scripts)
    if fmt == "listing":
        output.write(skeleton.listing(annotations))
        return
    error = first_error(annotations.findings)
    if error is not None:
        raise error
    warn(lint(annotations))
    if fmt == "json":
        output.write_json(shapes.extract_json(annotations))
    elif fmt == "skeleton":
        output.write(skeleton.skeleton(annotations, comment=scripts.comment))
    else:
        found = facts.extract_facts(annotations)
        output.write(write_csv(found) if fmt == "csv" else write_prolog(found))


@click.command()
@script_options
@output.format_options("prolog", "json", "csv", "turtle")
def model(scripts: ScriptOptions, fmt: str) -> None:
    r"""Print the workflow model that the annotations of scripts declare.

    \b
    Examples:
      provkit yw model clean.R --json
      provkit yw model prepare.py plot.R --workflow plot
    """
    workflow = read_workflow(scripts)
    warn(lint(workflow))
    if fmt == "json":
        output.write_json(shapes.model_json(workflow))
    elif fmt == "turtle":
        from provkit.app.documents import workflow_turtle  # noqa: PLC0415 - loads the engine

        output.write(workflow_turtle(workflow))
    else:
        found = facts.model_facts(workflow)
        output.write(write_csv(found) if fmt == "csv" else write_prolog(found))


@click.command()
@script_options
@click.option("--strict", is_flag=True, help="Let warnings fail, too.")
@output.format_options("text", "json")
def check(scripts: ScriptOptions, strict: bool, fmt: str) -> int:
    r"""Report every suspicious thing: file:line:column, a code, a sentence, a suggestion.

    Ends with 1 when there is an error. The codes are explained in docs/reference/yw-check.md.

    \b
    Examples:
      provkit yw check *.R
      provkit yw check --strict clean.py
    """
    found = check_scripts(scripts)
    if fmt == "json":
        output.write_json([finding.to_json() for finding in found])
    else:
        for finding in found:
            output.write(str(finding))
    errors = sum(finding.severity == "error" for finding in found)
    if fmt == "text":
        output.say(f"{errors} errors, {len(found) - errors} warnings")
    return 1 if errors or (strict and found) else 0
