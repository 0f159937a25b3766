"""``provkit doctor``: say what works on this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from provkit.app.doctor import Diagnosis, diagnose
from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.errors import ProjectError


@click.command()
@output.format_options("table", "json")
@pass_session
def doctor(session: Session, fmt: str) -> None:
    r"""Say what works on this machine: recorders, drawing, interpreters, limits.

    Each recorder is tried on a small command; the reason is given when it does
    not work. `provkit run` takes the first that works.

    \b
    Examples:
      provkit doctor
      provkit doctor --json | jq -r '.recorders[] | select(.default) | .name'
    """
    try:
        project = session.find()
    except ProjectError as error:  # all the more reason to look at the rest
        output.say(f"provkit: {error.message}")
        project = None
    found = diagnose(project)
    if fmt == "json":
        output.write_json(asdict(found))
    else:
        _show(found)


def _show(found: Diagnosis) -> None:
    place = "none here or above" if found.project is None else found.project
    if found.writable is False:
        place += " (not writable: runs cannot be recorded)"
    output.write_rows(
        [
            ("provkit", found.provkit),
            ("python", found.python),
            ("system", found.system),
            ("project", place),
        ]
    )
    _title("Recorders")
    output.write_rows(
        [
            (
                each.name,
                "default" if each.default else "works" if each.works else "no",
                each.version if each.works else each.why_not,
            )
            for each in found.recorders
        ],
        indent="  ",
    )
    default = next((each for each in found.recorders if each.default), None)
    if default is not None:
        _title(f"What {default.name} cannot see")
        output.write_rows([(sentence,) for sentence in default.blind], indent="  ")
    _title("Interpreters")
    output.write_rows(
        [(extension, path or "none found") for extension, path in found.interpreters.items()],
        indent="  ",
    )
    _title("Drawing")
    output.write(f"  {found.drawing or 'works: SVG, PNG and PDF'}")
    _title("Limits")
    output.write_rows(list(found.limits.items()), indent="  ")


def _title(text: str) -> None:
    output.write("\n" + output.style(text, "bold"))
