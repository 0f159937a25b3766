"""``provkit verify``: check a package, ours or anybody's."""

from __future__ import annotations

import click

from provkit.cli import output, words
from provkit.cli.text import printable
from provkit.package.findings import Report
from provkit.package.verify import verify_package

_DIFFERENCE = 4


@click.command()
@click.argument("package", metavar="PACKAGE")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@output.format_options("table", "json")
@click.pass_context
def verify(context: click.Context, package: str, strict: bool, fmt: str) -> None:
    r"""Check a package: bag, resource map, metadata, crate, every checksum.

    PACKAGE is a folder, a zip or tar file, or a resource map. Nothing is unpacked
    and nothing is fetched. Exit code 4 when a rule is broken.

    \b
    Examples:
      provkit verify paper.zip
      provkit verify crate/ --json | jq '.findings[]'
    """
    report = verify_package(package)
    if fmt == "json":
        output.write_json(report.to_json())
    else:
        _write(report)
    failed = report.findings if strict else report.errors
    context.exit(_DIFFERENCE if failed else 0)


def _write(report: Report) -> None:
    for finding in report.findings:
        output.write(printable(str(finding)))
    if report.index:
        filled = sum(1 for _, count in report.index if count)
        output.say(f"{filled} of {len(report.index)} DataONE search fields are filled")
    files = words.count(report.files, "file")
    kinds = ", ".join(report.kinds)
    verdict = "sound" if report.is_sound else words.count(len(report.errors), "error")
    output.say(f"{report.package} ({kinds}): {files}, {words.size(report.size_bytes)}: {verdict}")
