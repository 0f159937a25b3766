"""``provkit run``: run any command and record it."""

from __future__ import annotations

from contextlib import suppress

import click

from provkit.app.record import record
from provkit.app.request import Request
from provkit.capture.recorder import RECORDERS
from provkit.cli import output
from provkit.cli.session import Session, pass_session


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option("--tag", "tags", metavar="T", multiple=True, help="Label the run; repeat for more.")
@click.option("--note", metavar="TEXT", default="", help="A sentence about the run.")
@click.option(
    "--param", "parameters", metavar="K=V", multiple=True, help="A parameter; repeat for more."
)
@click.option(
    "--recorder",
    type=click.Choice(["auto", *RECORDERS]),
    default=None,
    help="How to watch; see `provkit doctor`.",
)
@click.option("--include", metavar="GLOB", multiple=True, help="Record it although it is noise.")
@click.option("--exclude", metavar="GLOB", multiple=True, help="Do not record it.")
@click.option("--input", "inputs", metavar="FILE", multiple=True, help="Count it as read.")
@click.option("--output", "outputs", metavar="FILE", multiple=True, help="Count it as written.")
@click.option("--no-archive", is_flag=True, help="Keep hashes, not bytes.")
@click.option("--no-logs", is_flag=True, help="Do not keep, nor touch, what the command says.")
@click.argument("command", metavar="-- COMMAND [ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
@pass_session
def run(  # noqa: PLR0913 - one for each option
    session: Session,
    *,
    tags: tuple[str, ...],
    note: str,
    parameters: tuple[str, ...],
    recorder: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    no_archive: bool,
    no_logs: bool,
    command: tuple[str, ...],
) -> int:
    r"""Run any command and record what it reads and writes.

    A script needs no interpreter: .py .R .m .jl .sh are run by theirs. The
    command keeps its output, signals and exit code. The first run makes a
    project in the working directory.

    \b
    Examples:
      provkit run analysis.R
      provkit run --tag final fit.py --threshold 2.5
      provkit run -- bash -c 'sort data.csv | head > top.csv'
    """
    request = Request(
        words=command,
        tags=tags,
        note=note,
        parameters=dict(_pair(text) for text in parameters),
        recorder=recorder,
        include=include,
        exclude=exclude,
        inputs=inputs,
        outputs=outputs,
        archive=not no_archive,
        logs=not no_logs,
    )
    project, is_new = session.find_or_create()
    if is_new:
        output.say(f"provkit: new project in {project.root}")
    recorded = record(project, request)
    with suppress(OSError):  # nobody may listen; the exit code is the command's all the same
        for problem in recorded.problems:
            output.say(f"provkit: run {recorded.seq} is incomplete, because {problem}")
    return recorded.exit_code


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
    return name, value
