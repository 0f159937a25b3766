"""``provkit package``: put runs and their files into a package."""

from __future__ import annotations

import click

from provkit.app.packaging import Packaged, PackageRequest, package_runs
from provkit.app.project import Project
from provkit.app.selection import RunFilter
from provkit.app.settings import check_value
from provkit.cli import output, words
from provkit.cli.filters import filter_options
from provkit.cli.params import RUN
from provkit.cli.session import pass_project
from provkit.errors import UsageError
from provkit.package.base import EVIDENCE, Evidence
from provkit.package.forms import FORMS

_FEW = 20


@click.command()
@click.argument("runs", metavar="RUN...", type=RUN, nargs=-1)
@click.option("--upstream", is_flag=True, help="Also the runs that these were made from.")
@click.option("-o", "out", metavar="OUT", help="Folder to make, or a name that ends in .zip.")
@click.option(
    "--as",
    "form",
    metavar="|".join(FORMS),
    default="dataone",
    show_default=True,
    help="Form of the package.",
)
@click.option("--include", metavar="GLOB", multiple=True, help="Pack only these files.")
@click.option("--exclude", metavar="GLOB", multiple=True, help="Do not pack these files.")
@click.option("--max-size", metavar="SIZE", help="Leave out larger files, such as 500MB.")
@click.option(
    "--derivations",
    type=click.Choice(EVIDENCE),
    default="workflow",
    show_default=True,
    help="Weakest evidence for 'this was made from that'; assumed: every output from every input.",
)
@click.option("--title", metavar="TEXT", help="Instead of the configured title.")
@click.option("--private", is_flag=True, help="Not readable by the public once published.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be packed.")
@filter_options
@output.format_options("table", "json")
@pass_project
def package(  # noqa: PLR0913 - one parameter per option
    project: Project,
    *,
    chosen: RunFilter,
    runs: tuple[str, ...],
    upstream: bool,
    out: str | None,
    form: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    max_size: str | None,
    derivations: Evidence,
    title: str | None,
    private: bool,
    dry_run: bool,
    fmt: str,
) -> None:
    r"""Put runs and their files into a package that stands for itself.

    RUN is a number, the start of a run id, or `latest`; filters choose runs too.
    The package is checked before it gets its name. The same runs give the same bytes.

    \b
    Examples:
      provkit package latest --upstream -o paper.zip
      provkit package 3 7 -o crate --as rocrate
      provkit package --tag final --dry-run
    """
    if out is None and not dry_run:
        raise UsageError("nowhere to write to", hint="name a place: -o OUT, or add --dry-run")
    request = PackageRequest(
        runs=runs,
        chosen=chosen,
        upstream=upstream,
        form=form,
        out=None if dry_run else out,
        include=include,
        exclude=exclude,
        max_file_bytes=_size(max_size),
        evidence=derivations,
        title=title or "",
        private=private,
    )
    packaged = package_runs(project, request)
    if fmt == "json":
        output.write_json(packaged.to_json())
        return
    if dry_run:
        output.write_table(
            ("file", "what", "size"),
            [(m.path, m.role, words.size(m.size_bytes)) for m in packaged.package.members],
            right=("size",),
        )
    _tell(packaged)


def _size(text: str | None) -> int | None:
    return None if text is None else int(check_value("archive.max_size", text, "--max-size"))


def _tell(packaged: Packaged) -> None:
    """Sum up on standard error what leaves the machine, and what to think of before it does."""
    made = packaged.package
    files = words.count(len(made.members), "file")
    runs = words.count(len(made.runs), "run")
    done = f"packaged into {packaged.out}" if packaged.out else "would be packaged"
    output.say(f"{runs}, {files}, {words.size(made.size_bytes)}: {done}")
    for warning in made.warnings[:_FEW]:
        output.say(f"  warning: {warning}")
    if len(made.warnings) > _FEW:
        output.say(f"  … {len(made.warnings) - _FEW} more warnings: see --json")
    for suspect in packaged.suspects[:_FEW]:
        output.say(f"  looks like a secret: {suspect.path}:{suspect.line}")
    if len(packaged.suspects) > _FEW:
        output.say(f"  … {len(packaged.suspects) - _FEW} more: see --json")
    if packaged.redacted:
        numbers = ", ".join(map(str, packaged.redacted))
        output.say(f"  secrets were taken out when recording: run {numbers}")
