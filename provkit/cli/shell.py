"""``provkit shell``: record an interactive session until it ends."""

from __future__ import annotations

import os
import shutil

import click

from provkit.app.record import record
from provkit.app.request import Request
from provkit.cli import output
from provkit.cli.session import Session, pass_session
from provkit.errors import UsageError

SHELLS = {
    "bash": (("bash", "-i"),),
    "python": (("python3", "-i", "-q"), ("python", "-i", "-q")),
    "r": (("R", "--no-save", "--quiet"),),
    "octave": (("octave-cli", "--quiet"), ("octave", "--no-gui", "--quiet")),
}
"""What each kind may start, the first that is here."""


@click.command()
@click.argument("kind", type=click.Choice([*SHELLS]), default="bash")
@click.option("--name", metavar="X", help="Label of the session; becomes a tag.")
@click.option("--note", metavar="TEXT", default="", help="A sentence about the session.")
@pass_session
def shell(session: Session, kind: str, name: str | None, note: str) -> int:
    r"""Record an interactive session: one run, from its start until you leave it.

    Everything that is read and written meanwhile is seen as in `provkit run`,
    in whatever language; what you type and see is kept as its log.

    \b
    Examples:
      provkit shell --name exploring
      provkit shell r --name "first look at the fish data"
    """
    words = next((words for words in SHELLS[kind] if shutil.which(words[0])), None)
    if words is None:
        raise UsageError(f"{kind} is not installed", hint=f"tried: {SHELLS[kind][0][0]}")
    project, is_new = session.find_or_create()
    if is_new:
        output.say(f"provkit: new project in {project.root}")
    output.say(f"provkit: recording this session; leave it with {_way_out(kind)}")
    recorded = record(project, Request(words=words, tags=(name,) if name else (), note=note))
    output.say(f"provkit: recorded as run {recorded.seq} in {os.path.basename(project.root)}")  # noqa: PTH119
    for problem in recorded.problems:
        output.say(f"provkit: run {recorded.seq} is incomplete, because {problem}")
    return recorded.exit_code


def _way_out(kind: str) -> str:
    return "q()" if kind == "r" else "exit" if kind in ("bash", "octave") else "exit()"
