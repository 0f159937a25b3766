"""Put the runs of a foreign source on record.

An imported run is a sealed run record like any other, under its own id and
with a number of this project, so that everything that works on runs works on
it. One statement says who imported what, from where, and what had to be
repaired. A run that is here already, or was deleted here, is left as it is:
importing twice changes nothing.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, replace
from typing import Any

from provkit.app.folder import not_usable
from provkit.app.foreign_runs import Adoption
from provkit.app.project import Project
from provkit.app.settings import current_user, read_settings
from provkit.app.statements import state, what_was_said
from provkit.capture.journal import Journal
from provkit.errors import IdentifierError, NotRecordedError, UsageError
from provkit.importers.base import ImportedRun, find_importer
from provkit.model.events import RunStarted
from provkit.model.identifiers import check_run_id, run_iri

_NAMESPACE = uuid.UUID("5f0cdd3c-7b0e-5a51-9f53-1b6a3a7d9b7e")
_MOST_REPAIRS = 200


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        kind: Importer that read the source.
        added: Id and number of each run that was put on record.
        kept: How many contents were taken over into the archive, new or not.
        already: Ids of runs that were here before.
        deleted: Ids of runs that were deleted here and stay so.
        repairs: What was wrong in the source and what was done about it.
    """

    kind: str
    added: tuple[tuple[str, int], ...]
    kept: int
    already: tuple[str, ...]
    deleted: tuple[str, ...]
    repairs: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What ``import --json`` prints."""
        return {
            "kind": self.kind,
            "added": [{"id": run, "seq": seq} for run, seq in self.added],
            "kept": self.kept,
            "already": list(self.already),
            "deleted": list(self.deleted),
            "repairs": list(self.repairs),
        }


def import_source(project: Project, source: str, kind: str | None = None) -> ImportReport:
    """Import a file or folder that another tool wrote.

    Args:
        project: Where to.
        source: File or folder.
        kind: Name of the importer; found by looking when None.

    Raises:
        UsageError: There is no such file.
        UnknownDataError: It is nothing that can be imported.
        ProjectError: The project cannot be written.
    """
    if not os.path.exists(source):  # noqa: PTH110
        raise UsageError(f"no such file or folder: {source}")
    project.check_writable()
    name, importer = find_importer(source, kind)
    found = importer.read(source)
    said = what_was_said(project)
    fresh: list[tuple[str, ImportedRun]] = []
    seen: set[str] = set()
    already, deleted, notes = [], [], []
    for run in found.runs:
        record, note = _record_name(run.id)
        heard = said.get(run_iri(record))
        if heard is not None and heard.deleted:
            deleted.append(run.id)
        elif record in seen or _is_here(project, record):
            already.append(run.id)
        else:
            seen.add(record)
            fresh.append((record, run))
            notes += [note] if note else []
    adoption = Adoption(project, found.copies)
    fresh = [(record, adoption.adopt(run)) for record, run in fresh]
    repairs = (*found.repairs, *notes, *adoption.problems)
    if fresh:
        _state_import(project, source, name, [record for record, _ in fresh], repairs)
    added = [(run.id, _record(project, record, run)) for record, run in fresh]
    return ImportReport(name, tuple(added), adoption.kept, tuple(already), tuple(deleted), repairs)


def _state_import(
    project: Project, source: str, importer: str, records: list[str], repairs: tuple[str, ...]
) -> None:
    """Say who imported what, before it is done: a crash may leave less than was said, not more."""
    state(
        project,
        "import",
        [run_iri(record) for record in records],
        by=current_user(read_settings(project)),
        data={
            "source": os.path.abspath(source),  # noqa: PTH100
            "importer": importer,
            "runs": len(records),
            "repairs": list(repairs[:_MOST_REPAIRS]),
        },
    )


def _record_name(run: str) -> tuple[str, str]:
    """Under which UUID the record of a run is kept, and what to say about it."""
    plain = run.removeprefix("urn:uuid:").lower()
    try:
        return check_run_id(plain), ""
    except IdentifierError:
        made = str(uuid.uuid5(_NAMESPACE, run))
        return made, f"{run!r} is no UUID; the run is known here as {made}"


def _is_here(project: Project, record: str) -> bool:
    try:
        project.record(record)
    except NotRecordedError:
        return False
    return True


def _record(project: Project, record: str, run: ImportedRun) -> int:
    """Seal the record of one run; gives its number."""
    seq = project.reserve_seq(record)
    keeps_id = run.id.removeprefix("urn:uuid:").lower() == record
    try:
        with Journal(project.path("runs"), record) as journal:
            for event in run.events:
                if isinstance(event, RunStarted):
                    named = run.id if keeps_id else record
                    journal.append(replace(event, seq=seq, run=named))
                else:
                    journal.append(event)
            journal.seal()
    except OSError as error:
        raise not_usable(project.path("runs"), error) from error
    return seq
