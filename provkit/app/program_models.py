"""Workflow models of the programs that ran, and of scripts put in, from their archived bytes.

A script may have changed since; what it meant to do when it ran stands in the
archive. A program without annotations, or with wrong ones, has no model:
``provkit yw check`` says why.
"""

from __future__ import annotations

from provkit.app.folder import ProjectFolder
from provkit.archive.store import Archive
from provkit.errors import AnnotationError, ArchiveError, ModelError, UsageError
from provkit.model.identifiers import content_iri
from provkit.model.run import Run
from provkit.model.statement import Statement
from provkit.query.catalog import catalog
from provkit.rdf.graphs import Graphs
from provkit.rdf.prospective import encode_workflow
from provkit.store.base import Store
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

_LONGEST_SOURCE_BYTES = 4 << 20


class Models:
    """Makes the model of each program once.

    Args:
        project: Whose archive has the programs.
        store: Models that are in there already are not made again.
    """

    def __init__(self, project: ProjectFolder, store: Store) -> None:
        self.project = project
        self._archive = Archive(project.path("objects"))
        self._store = store
        self._done: set[tuple[str, str]] = set()

    def of_program(self, run: Run) -> Graphs:
        """Graph of the model that a run's program declares; none when it declares none."""
        state = run.program_state
        if state is None or state.sha256 is None or not state.archived:
            return {}
        suffix = state.path.rpartition("/")[2].rpartition(".")[2].lower()
        key = (state.sha256, suffix)
        if key in self._done:
            return {}
        self._done.add(key)
        data = self._read(state.sha256)
        if b"\0" in data or b"@begin" not in data.lower():
            return {}
        source = SourceText(path=state.path, data=data)
        if source.looks_like().name in self._languages(state.sha256):
            return {}
        try:
            return encode_workflow(build(extract_all([source])))
        except (AnnotationError, UsageError):
            return {}

    def of_statement(self, statement: Statement) -> Graphs:
        """Graph of a model that was put on record, see :mod:`provkit.app.models`.

        Raises:
            ArchiveError: The bytes of a script are not archived any more.
            AnnotationError: They are not what was put on record.
            UsageError: Likewise.
            ModelError: The statement is not one that provkit made.
        """
        try:
            rows = [dict(row) for row in statement.data["sources"]]
            digests = [row.pop("sha256") for row in rows]
            texts = [
                SourceText(data=self._whole(d), **row) for d, row in zip(digests, rows, strict=True)
            ]
            chosen = statement.data["workflow"]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the statement {statement.id} names no model: {error!r}") from error
        return encode_workflow(build(extract_all(texts), chosen))

    def _whole(self, sha256: str) -> bytes:
        with self._archive.open(sha256) as file:
            return file.read()

    def _read(self, sha256: str) -> bytes:
        try:
            with self._archive.open(sha256) as file:
                data = file.read(_LONGEST_SOURCE_BYTES + 1)
        except (ArchiveError, OSError):
            return b""  # `provkit fsck` tells of it
        return data if len(data) <= _LONGEST_SOURCE_BYTES else b""

    def _languages(self, sha256: str) -> set[str]:
        """Languages in which the store has a model of these bytes."""
        rows = self._store.select(catalog["store/models-of"].text, content=content_iri(sha256)).rows
        return {str(row[1]) for row in rows}
