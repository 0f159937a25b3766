"""``provkit fsck``, ``recover``, ``gc`` and ``stats``: keep a project in order."""

from __future__ import annotations

import click

from provkit import __version__
from provkit.app.fsck import check_project
from provkit.app.locate import locate
from provkit.app.project import Project
from provkit.app.recover import mend_identity
from provkit.app.recover import recover as recover_project
from provkit.app.upkeep import collect_garbage, count
from provkit.cli import output, words
from provkit.cli.session import Session, pass_project, pass_session

_DIFFERENCE = 4


@click.command()
@output.format_options("table", "json", "csv")
@pass_project
def fsck(project: Project, fmt: str) -> int:
    r"""Check every record and every archived byte against its checksum.

    Names what is damaged, and exits with 4 if anything is. What is damaged has
    to come back from a copy; everything else stays usable.

    \b
    Example:
      provkit fsck --json | jq -r '.damage[].path'
    """
    health = check_project(project)
    if fmt == "json":
        output.write_json(health.to_json())
    elif fmt == "csv":
        output.write_csv(health.columns, [(*row[:3], " ".join(row[3])) for row in health.rows])
    elif health.damage:
        rows = [(kind, path, problem, len(runs) or "") for kind, path, problem, runs in health.rows]
        output.write_table(health.columns, rows, right=("runs",))
    for note in health.notes:
        output.say(f"note: {note}")
    output.say(
        f"Checked {words.count(health.records, 'record')}, "
        f"{words.count(health.statements, 'statement')}, "
        f"{words.count(health.objects, 'archived version')} ({words.size(health.size_bytes)}): "
        + (f"{len(health.damage)} damaged." if health.damage else "all sound.")
    )
    return _DIFFERENCE if health.damage else 0


@click.command()
@output.format_options("table", "json")
@pass_session
def recover(session: Session, fmt: str) -> None:
    r"""Tidy up after a crash. Nothing that was recorded is touched; safe to repeat.

    Runs whose recorder died are sealed as interrupted; half-written files go.

    \b
    Example:
      provkit recover && provkit fsck
    """
    root = locate(session.project_dir)
    if root is not None and mend_identity(root, version=__version__):
        output.say("project.json could not be read and is written anew.")
    done = recover_project(session.project)
    if fmt == "json":
        output.write_json(done.to_json())
    for run in done.sealed:
        output.say(f"Sealed as interrupted: {run}")
    for run in done.deleted:
        output.say(f"Deletion completed: {run}")
    for path in done.removed:
        output.say(f"Leftover removed: {path}")
    for sentence in done.mended:
        output.say(sentence.capitalize())
    for sentence in done.left:
        output.say(f"Left as it is: {sentence}")
    if not any((done.sealed, done.deleted, done.removed, done.mended, done.left)):
        output.say("Nothing to do.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@output.format_options("table", "json")
@pass_project
def gc(project: Project, dry_run: bool, fmt: str) -> None:
    r"""Delete archived bytes that no run names any more.

    \b
    Example:
      provkit rm --until 2025-12-31 && provkit gc
    """
    found = collect_garbage(project, dry_run=dry_run)
    if fmt == "json":
        output.write_json(found.to_json())
    verb = "Deleted" if found.done else "Would delete"
    things = words.count(len(found.sha256), "archived version")
    output.say(f"{verb} {things}, {words.size(found.size_bytes)}.")


@click.command()
@output.format_options("table", "json")
@pass_project
def stats(project: Project, fmt: str) -> None:
    r"""How much is recorded, and how much room it takes.

    \b
    Example:
      provkit stats --json | jq .archive_bytes
    """
    found = count(project)
    if fmt == "json":
        output.write_json(found.to_json())
        return
    saved = found.seen_bytes - found.archive_bytes
    rows = [
        ("runs", _counts(found.runs)),
        ("programs", f"{found.programs:,}"),
        ("first run", words.local_time(found.first) if found.first else ""),
        ("last run", words.local_time(found.last) if found.last else ""),
        ("statements", _counts(found.statements)),
        ("archive", f"{found.objects:,} versions, {words.size(found.archive_bytes)}"),
        ("saved", f"{words.size(saved)} by keeping equal bytes once" if saved > 0 else ""),
        ("records", words.size(found.record_bytes)),
        ("index", f"{words.size(found.index_bytes)}, can be made anew"),
    ]
    output.write_rows([row for row in rows if row[1]])


def _counts(numbers: dict[str, int]) -> str:
    parts = ", ".join(f"{number:,} {name}" for name, number in numbers.items())
    return f"{sum(numbers.values()):,} ({parts})" if numbers else "none"
