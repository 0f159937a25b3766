"""``provkit show``: one run on a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import join

import click

from provkit.app.project import Project
from provkit.app.view import RunView, view_run
from provkit.cli import output, words
from provkit.cli.params import RUN
from provkit.cli.session import pass_project
from provkit.cli.text import pad, printable, width
from provkit.model.events import StateObserved

_FEW = 30
_LOG_LINES = 12
_COLOURS = {"ok": "green", "failed": "red", "interrupted": "yellow", "incomplete": "yellow"}


@click.command()
@click.argument("run", metavar="RUN", type=RUN)
@click.option("--all", "whole", is_flag=True, help="Every file, package and line, however many.")
@output.format_options("table", "json")
@pass_project
def show(project: Project, run: str, whole: bool, fmt: str) -> None:
    r"""Show one run: what it used and generated, its program, parameters, environment, messages.

    RUN is a number, the start of a run id, or `latest`.

    \b
    Examples:
      provkit show latest
      provkit show 7 --json | jq '.outputs[].path'
    """
    view = view_run(project, run)
    if fmt == "json":
        output.write_json(view.to_json())
        return
    _head(view)
    _files("Program", [view.run.program_state] if view.run.program_state else [], whole)
    _files(f"Used ({len(view.run.inputs)})", view.run.inputs, whole)
    _files(f"Generated ({len(view.run.outputs)})", view.run.outputs, whole)
    _pairs("Parameters", sorted(view.run.parameters.items()))
    _environment(view, whole)
    _messages(view, whole)
    _capture(view)
    if view.damaged:
        output.say("provkit: this record was changed after it was sealed (see `provkit fsck`)")


def _head(view: RunView) -> None:
    run, summary = view.run, view.summary
    status = output.style(run.status, _COLOURS.get(run.status, "bold"))
    output.write(f"{output.style(f'Run {run.seq}', 'bold')}  {status}  {printable(run.id)}")
    output.write(f"  {printable(join(run.command))}\n")
    took = words.duration(run.elapsed_s)
    started = words.local_time(run.started) + (f", took {took}" if took else "")
    rows = [
        ("started", started),
        ("by", f"{run.user} on {run.host}"),
        ("in", run.directory),
        ("why", summary.error),
        ("exit code", "" if run.exit_code in (None, 0) else str(run.exit_code)),
        ("tags", ", ".join(summary.tags)),
        *(("note", note) for note in summary.notes),
        ("part of", run.part_of or ""),
        ("repeats", run.rerun_of or ""),
    ]
    _pairs("", [(name, value) for name, value in rows if value])


def _files(title: str, states: Sequence[StateObserved], whole: bool) -> None:
    if not states:
        return
    output.write("\n" + output.style(title, "bold"))
    shown = states if whole else states[:_FEW]
    output.write_rows(
        [
            (
                state.path,
                words.size(state.size_bytes),
                (state.sha256 or "")[:12],
                state.why or ("" if state.archived else "not archived"),
            )
            for state in shown
        ],
        right=(1,),
        indent="  ",
    )
    if len(states) > len(shown):
        output.write(f"  and {len(states) - len(shown)} more: --all")


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    rows = list(pairs)
    if rows:
        if title:
            output.write("\n" + output.style(title, "bold"))
        widest = max(width(name) for name, _ in rows)
        for name, value in rows:
            output.write(f"  {pad(printable(name), widest)}  {printable(value)}")


def _environment(view: RunView, whole: bool) -> None:
    seen = view.run.environment
    rows = sorted(seen.facts.items()) + sorted(seen.variables.items())
    if whole:
        rows += [(name, version) for name, version in sorted(seen.packages.items())]
    elif seen.packages:
        rows.append(("packages", f"{len(seen.packages)} (listed with --all)"))
    _pairs("Environment", rows)


def _messages(view: RunView, whole: bool) -> None:
    lines = view.messages.splitlines()
    shown = lines if whole else lines[-_LOG_LINES:]
    if shown:
        output.write("\n" + output.style("Messages (end of standard error)", "bold"))
        for line in shown:
            output.write(f"  {printable(line)}")


def _capture(view: RunView) -> None:
    seen = view.run.capture
    if seen is None:
        return
    rows = [("by", f"{seen.recorder} {seen.version}".strip())]
    rows += [("cannot see", sentence) for sentence in seen.blind]
    rows += [("problem", sentence) for sentence in seen.problems]
    rows += [("hidden", f"{number} {kind}") for kind, number in sorted(seen.hidden.items())]
    rows += [("changed unseen", path) for path in seen.untraced]
    _pairs("Recorded", rows)
