"""What an importer is, and which ones there are.

An importer reads one kind of foreign source and says in provkit's own words
what happened: one list of events per run, as a recorder would have told it,
and every repair it had to make. It never writes; :mod:`provkit.app.imports`
puts the answer on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from provkit.errors import UnknownDataError
from provkit.model.events import Event
from provkit.plugins import load_plugin

BUILTIN = {
    "recordr": "provkit.importers.recordr:importer",
    "matlab-dataone": "provkit.importers.matlab_dataone:importer",
    "runmanager-facts": "provkit.importers.runmanager_facts:importer",
}
"""Kind of source to its importer, in the order in which they are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One run of a foreign source.

    Attributes:
        id: Its own id, kept as it is.
        events: What a recorder would have told, with ``seq`` 0: the project gives the number.
    """

    id: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a foreign source says.

    Attributes:
        kind: Name of the importer.
        runs: In the order of the source.
        repairs: What was wrong or unclear in it and what was done about it, one sentence each.
        copies: SHA-256 to path of a file of the source that holds those bytes, as far as it kept
            what runs read and wrote.
    """

    kind: str
    runs: tuple[ImportedRun, ...]
    repairs: tuple[str, ...] = ()
    copies: Mapping[str, str] = field(default_factory=dict)


class Importer(Protocol):
    """Reads one kind of source."""

    def recognizes(self, source: str) -> bool:
        """Whether this file or folder looks like one; never raises for strange content."""

    def read(self, source: str) -> Imported:
        """What it says.

        Raises:
            UnknownDataError: It is not what this importer reads.
        """


def find_importer(source: str, kind: str | None = None) -> tuple[str, Importer]:
    """The importer for a source.

    Args:
        source: File or folder.
        kind: Its name, when the user gave one.

    Raises:
        PluginError: No importer has that name.
        UnknownDataError: None recognizes the source.
    """
    if kind is not None:
        return kind, cast(Importer, load_plugin("importers", kind, BUILTIN))
    for name in BUILTIN:
        importer = cast(Importer, load_plugin("importers", name, BUILTIN))
        if importer.recognizes(source):
            return name, importer
    raise UnknownDataError(
        f"nothing that provkit can import: {source}",
        hint=f"say what it is with --as; known: {', '.join(BUILTIN)}",
    )
