"""``provkit query``: ask in SPARQL."""

from __future__ import annotations

from typing import Any

import click

from provkit.app.project import Project
from provkit.app.sparql import FORMATS, ask_sparql, read_query
from provkit.cli import output
from provkit.cli.session import pass_project

_PREFIXES = {
    "http://www.w3.org/ns/prov#": "prov:",
    "http://purl.dataone.org/provone/2015/01/15/ontology#": "provone:",
    "https://w3id.org/provkit/ns#": "provkit:",
    "https://w3id.org/provkit/yw#": "yw:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
    "http://purl.org/dc/terms/": "dcterms:",
}


@click.command()
@click.argument("query", metavar="SPARQL|FILE.rq")
@output.format_options(*FORMATS)
@pass_project
def query(project: Project, query: str, fmt: str) -> None:
    r"""Ask in SPARQL 1.1: the text of a query, a file, or - for standard input.

    The union of all graphs is asked; `GRAPH ?g {…}` tells them apart. docs/reference/graph.md shows
    what is in them. Queries only read, and SERVICE is switched off.

    \b
    Examples:
      provkit query 'SELECT ?run WHERE { ?run <http://www.w3.org/ns/prov#used> ?file } LIMIT 5'
      provkit query question.rq --format csv
      provkit query 'DESCRIBE <urn:uuid:…>' --format turtle
    """
    found = ask_sparql(project, read_query(query), fmt)
    if found.table is None:
        end = b"" if found.written.endswith(b"\n") or not found.written else b"\n"
        output.write_bytes(found.written + end)
    elif "boolean" in found.table:
        output.write("yes" if found.table["boolean"] else "no")
    else:
        _write_rows(found.table)


def _write_rows(table: dict[str, Any]) -> None:
    names = table["head"]["vars"]
    rows = [[_cell(row.get(name)) for name in names] for row in table["results"]["bindings"]]
    if rows:
        output.write_table(names, rows)
    else:
        output.say("Nothing.")


def _cell(term: dict[str, Any] | None) -> str | None:
    if term is None:
        return None
    value = str(term.get("value", ""))
    if term.get("type") == "uri":
        for base, prefix in _PREFIXES.items():
            if value.startswith(base):
                return prefix + value[len(base) :]
    return value
