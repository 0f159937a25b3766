"""Take PROV and RDF documents of other tools into the graph.

The document's bytes go into the archive and a statement of kind ``import`` says
who brought them, from where, in which format and what had to be mended; its
graph then holds what the document says. Reading happens in a child process
with limits, now and at every reindex. Bundles and named graphs of the document are
joined into that one graph, so that no document can speak in the name of a run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provkit.app.folder import ProjectFolder
from provkit.app.settings import current_user, read_settings
from provkit.app.statements import read_statements, state
from provkit.archive.store import Archive
from provkit.errors import ArchiveError, UnknownDataError, UsageError
from provkit.files import fingerprint_bytes
from provkit.model.identifiers import content_iri
from provkit.model.statement import Statement
from provkit.rdf.documents import EXTENSIONS, FORMATS, Format
from provkit.rdf.hostile import LONGEST_BYTES, read_hostile
from provkit.rdf.provdm_write import NOTATIONS, Notation
from provkit.rdf.repairs import mend
from provkit.vocab.terms import IRI, Triple

KINDS: tuple[str, ...] = (*NOTATIONS, *FORMATS)
"""What ``--as`` takes for documents."""

_EXTENSIONS: dict[str, str] = {
    **EXTENSIONS,
    ".provn": "prov-n",
    ".provx": "prov-xml",
    ".json": "prov-json",
}
_DEFAULT = IRI("urn:x-provkit:document")


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What an import of a document did.

    Attributes:
        kind: Format that it was read as.
        triples: How many it holds.
        already: It was here before; nothing was done.
        repairs: What was mended.
    """

    kind: str
    triples: int
    already: bool
    repairs: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What ``import --json`` prints."""
        return {
            "kind": self.kind,
            "triples": self.triples,
            "already": self.already,
            "repairs": list(self.repairs),
        }


def document_kind(path: str, kind: str | None = None) -> str | None:
    """Format of a document: what the user says, else what its name says, else None."""
    return kind if kind in KINDS else _EXTENSIONS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122


def import_document(project: ProjectFolder, path: str, kind: str | None = None) -> DocumentReport:
    """Put a PROV or RDF document on record. Importing it again changes nothing.

    Args:
        project: Where to.
        path: The document.
        kind: One of :data:`KINDS`; by the name of the file when None.

    Raises:
        UsageError: There is no such file, or nothing tells its format.
        UnknownDataError: It is not in that format, or is a trap.
        ProjectError: The project cannot be written.
    """
    found = document_kind(path, kind)
    if found is None:
        raise UsageError(f"nothing tells the format of {path}", hint=f"--as {'|'.join(KINDS)}")
    if not Path(path).is_file():
        raise UsageError(f"no such file: {path}")
    if Path(path).stat().st_size > LONGEST_BYTES:
        raise UnknownDataError(f"{path} is longer than {LONGEST_BYTES >> 20} MiB")
    data = Path(path).read_bytes()
    base = Path(path).resolve().as_uri()
    triples, repairs = read_foreign(data, found, base=base)
    sha256 = fingerprint_bytes(data).sha256
    told = {"document": sha256, "format": found}
    if any(_tells(statement, told) for statement in read_statements(project)):
        return DocumentReport(found, len(triples), True, repairs)
    project.check_writable()
    Archive(project.path("objects")).keep_bytes(data)
    state(
        project,
        "import",
        [content_iri(sha256)],
        by=current_user(read_settings(project)),
        data={**told, "base": base, "source": os.path.abspath(path), "repairs": list(repairs)},  # noqa: PTH100
    )
    return DocumentReport(found, len(triples), False, repairs)


def read_foreign(data: bytes, kind: str, *, base: str) -> tuple[list[Triple], tuple[str, ...]]:
    """What a stranger's document says, mended, and what was mended.

    Raises:
        UnknownDataError: It is not in that format, or is a trap.
    """
    known: list[Format | Notation] = [*FORMATS, *NOTATIONS]
    of = next(each for each in known if each == kind)
    graphs = read_hostile(data, of, default=_DEFAULT, base=base)
    return mend(triple for triples in graphs.values() for triple in triples)


def document_triples(project: ProjectFolder, statement: Statement) -> list[Triple]:
    """What the document of an import statement says; nothing when the import was of runs.

    Raises:
        UnknownDataError: The archived bytes can no longer be read.
    """
    sha256, kind = statement.data.get("document"), statement.data.get("format")
    if not isinstance(sha256, str) or kind not in KINDS:
        return []
    try:
        with Archive(project.path("objects")).open(sha256) as file:
            data = file.read(LONGEST_BYTES)
    except (ArchiveError, OSError) as error:
        raise UnknownDataError(f"the imported document is gone: {error}") from error
    return read_foreign(data, str(kind), base=str(statement.data.get("base", "")))[0]


def _tells(statement: Statement, told: dict[str, str]) -> bool:
    return statement.kind == "import" and {key: statement.data.get(key) for key in told} == told
