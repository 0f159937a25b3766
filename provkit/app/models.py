"""Put workflow models of scripts on record, beside the runs.

The model of a program that ran comes with its run. A script that did not run
here, or whose block spans several files, is put in by hand: its bytes go into
the archive and a statement of kind ``model`` names them:

=========== =================================================================
``about``   IRI of the model
``data``    ``{"workflow": name or null, "sources": [{"path", "sha256",
            "language", "comment", "encoding"}, …]}``, in their order
=========== =================================================================

Whoever holds the index makes the graph of the model from the archived bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provkit.app.project import Project
from provkit.app.settings import current_user, read_settings
from provkit.app.statements import read_statements, state
from provkit.app.workflows import ScriptOptions, lint, read_sources
from provkit.archive.store import Archive
from provkit.model.identifiers import model_iri
from provkit.model.workflow import Finding, Workflow
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A model that is on record now.

    Attributes:
        workflow: Name of its top block.
        model: Its IRI.
        sources: Paths of its scripts; empty for standard input.
        new: It was not on record before.
        findings: What is suspicious about it.
    """

    workflow: str
    model: str
    sources: tuple[str, ...]
    new: bool
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """What ``yw add --json`` prints of it."""
        return {
            "workflow": self.workflow,
            "model": self.model,
            "sources": list(self.sources),
            "new": self.new,
        }


def add_models(
    project: Project, options: ScriptOptions, *, together: bool = False
) -> tuple[AddedModel, ...]:
    """Put models on record: one for each script, or one for all of them.

    Nothing is put on record when one of them is wrong.

    Args:
        project: Where to.
        options: The scripts and how they are read.
        together: A block spans the scripts: they are one text.

    Raises:
        UsageError: A script cannot be read.
        AnnotationError: The annotations of one are wrong.
        ProjectError: The project cannot be written.
    """
    project.check_writable()
    texts = read_sources(options)
    groups = [texts] if together else [[text] for text in texts]
    built = [(group, build(extract_all(group), options.workflow)) for group in groups]
    known = {(s.about, repr(s.data)) for s in read_statements(project) if s.kind == "model"}
    return tuple(_add(project, *each, options.workflow, known) for each in built)


def _add(
    project: Project,
    texts: Sequence[SourceText],
    workflow: Workflow,
    chosen: str | None,
    known: set[tuple[tuple[str, ...], str]],
) -> AddedModel:
    archive = Archive(project.path("objects"))
    model = model_iri(workflow.digest)
    paths = [project.relative(text.path) if text.path else "" for text in texts]
    rows = [
        {
            "path": path,
            "sha256": archive.keep_bytes(text.data).sha256,
            "language": text.language,
            "comment": text.comment,
            "encoding": text.encoding,
        }
        for path, text in zip(paths, texts, strict=True)
    ]
    data = {"workflow": chosen, "sources": rows}
    key = ((str(model),), repr(data))
    new = key not in known
    if new:
        known.add(key)
        by = current_user(read_settings(project))
        state(project, "model", [model], by=by, data=data)
    top = workflow.program_by_id[workflow.top]
    return AddedModel(top.name, str(model), tuple(paths), new, tuple(lint(workflow)))
