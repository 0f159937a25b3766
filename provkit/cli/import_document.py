"""The part of ``provkit import`` that takes PROV and RDF documents."""

from __future__ import annotations

from pathlib import Path

from provkit.app.foreign_documents import KINDS, document_kind, import_document
from provkit.app.project import Project
from provkit.cli import output, words


def is_document(path: str, kind: str | None) -> bool:
    """Whether a source is a document, by what the user says or by its name."""
    if kind is not None:
        return kind in KINDS
    return document_kind(path) is not None and not Path(path).is_dir()


def take_document(project: Project, path: str, kind: str | None, fmt: str) -> None:
    """Import a document and tell what was done."""
    report = import_document(project, path, kind)
    if fmt == "json":
        output.write_json(report.to_json())
        return
    said = "here already" if report.already else "imported"
    output.write(f"{words.count(report.triples, 'statement')} {said}, read as {report.kind}")
    for repair in report.repairs:
        output.say(f"  repaired: {repair}")
