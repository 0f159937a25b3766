"""Files that changed while a command ran, although nobody was seen to change them.

The project is compared before and after every run. What no event explains was
written by a process that could not be watched, by another recorded run, or by
something that is none of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from provkit.app.folder import ProjectFolder
from provkit.capture.journal import read_record
from provkit.capture.observer import Observer
from provkit.capture.tree import Tree
from provkit.errors import JournalError
from provkit.model.events import FileAccessed, RunStarted

MOST_NAMED = 1000
MAIN = 1
"""Number of the command itself among the processes of its run."""

_GRAIN = timedelta(milliseconds=10)  # of the file system's clock


def explain_changes(
    project: ProjectFolder,
    run: str,
    observer: Observer,
    before: Tree,
    after: Tree,
    *,
    unwatched: Mapping[int, datetime],
    trusting: bool,
) -> tuple[str, ...]:
    """Tell the observer who changed what, as far as that can be known.

    Args:
        project: Where.
        run: Id of the run.
        observer: Of the run.
        before: The project before the command.
        after: The project after it.
        unwatched: When each process began that is known to have run unwatched.
        trusting: Whether the command itself is taken to have made all changes.

    Returns:
        Paths that stay unexplained, as records write them.
    """
    changed = [path for path in after.changed_since(before) if path not in observer.written]
    gone = [path for path in after.gone_since(before) if path not in observer.found]
    if not changed and not (trusting and gone):
        return ()
    others = _written_by_other_runs(project, run, before.taken)
    left = []
    for path in changed:
        if project.relative(path) in others:
            continue
        was = before.files.get(path)
        changed_at = datetime.fromtimestamp(after.files[path].mtime_ns / 1e9, UTC)
        number = MAIN if trusting else _latest(unwatched, changed_at)
        if number is None:
            left.append(project.relative(path))
        else:
            observer.attribute(number, path, was)
    if trusting:
        for path in gone:
            observer.attribute_gone(MAIN, path, before.files[path])
    return tuple(left[:MOST_NAMED])


def _latest(unwatched: Mapping[int, datetime], moment: datetime) -> int | None:
    """The process that began last before a moment."""
    begun = [(at, number) for number, at in unwatched.items() if at <= moment + _GRAIN]
    return max(begun)[1] if begun else None


def _written_by_other_runs(project: ProjectFolder, run: str, since: datetime) -> set[str]:
    """What runs that went on at the same time were seen to write, parts of this one excepted."""
    paths: set[str] = set()
    since_ns = int(since.timestamp() * 1e9)
    for record in project.records():
        if record.run == run or record.modified_ns < since_ns:
            continue
        try:
            events = read_record(record.path)
        except (OSError, JournalError):
            continue  # being sealed, or damaged: not for us to say
        if events and isinstance(events[0], RunStarted) and events[0].part_of == run:
            continue
        for event in events:
            if isinstance(event, FileAccessed) and event.kind in ("write", "rename", "link"):
                paths.add(event.target or event.path)
    return paths
