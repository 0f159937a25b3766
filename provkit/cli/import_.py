"""``provkit import``: read runs recorded by other tools."""

from __future__ import annotations

import click

from provkit.app.imports import import_source
from provkit.cli import output, words
from provkit.cli.import_document import is_document, take_document
from provkit.cli.session import Session, pass_session

_SHOWN = 20


@click.command("import")
@click.argument("source", metavar="SOURCE")
@click.option("--as", "kind", metavar="KIND", help="What it is; found by looking by default.")
@output.format_options("table", "json")
@pass_session
def import_(session: Session, source: str, kind: str | None, fmt: str) -> None:
    r"""Read runs recorded by other tools; every repair is told.

    SOURCE is a file or folder: the home of recordr (recordr.sqlite), the
    provenance folder of matlab-dataone (recordm.sqlite), or the Prolog facts
    that a RunManager exported. Runs keep their own ids, and archived files
    whose hash agrees are archived here; importing twice changes nothing.

    A PROV or RDF document (PROV-N, PROV-JSON, PROV-XML, Turtle, TriG, N-Quads,
    JSON-LD, RDF/XML) is put into the graph as it is, apart from repairs.

    \b
    Examples:
      provkit import ~/.recordr
      provkit import ~/.d1/provenance
      provkit import facts/
      provkit import theirs.provn
      provkit import facts/ --as runmanager-facts --json | jq '.repairs'
    """
    project, is_new = session.find_or_create()
    if is_new:
        output.say(f"New project in {project.root}")
    if is_document(source, kind):
        take_document(project, source, kind, fmt)
        return
    report = import_source(project, source, kind)
    if fmt == "json":
        output.write_json(report.to_json())
        return
    output.write(f"{words.count(len(report.added), 'run')} imported as {report.kind}")
    if report.added:
        numbers = [seq for _, seq in report.added]
        output.write(f"  numbers {min(numbers)} to {max(numbers)}; see `provkit runs`")
        output.write(f"  {words.count(report.kept, 'content')} of their files archived")
    for ids, what in ((report.already, "here already"), (report.deleted, "deleted here, left so")):
        if ids:
            output.write(f"{words.count(len(ids), 'run')} {what}")
    if report.repairs:
        output.say(f"Repairs ({len(report.repairs)}):")
        for repair in report.repairs[:_SHOWN]:
            output.say(f"  {repair}")
        if len(report.repairs) > _SHOWN:
            output.say(f"  and {len(report.repairs) - _SHOWN} more: --json")
