"""Graphs and questions of one workflow, with or without the files of a run in it.

They work on scripts alone: the model goes into a store in memory, and the
queries of :mod:`provkit.query.workflow` answer. A project is needed only to
look up a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from provkit.app.project import Project
from provkit.app.reading import read_run
from provkit.app.workflows import ScriptOptions, read_workflow
from provkit.errors import NotRecordedError, UsageError
from provkit.model.run import Run
from provkit.model.workflow import Finding, Workflow
from provkit.query import workflow as questions
from provkit.query.workflow import Direction, WorkflowGraph
from provkit.rdf.prospective import encode_workflow
from provkit.store.oxigraph import OxigraphStore
from provkit.yw.recon import reconstruct_below, reconstruct_recorded
from provkit.yw.resource_list import RecordedResources, parse_resource_list

QUESTIONS = ("outputs", "inputs-of", "outputs-of")
"""What can be asked of a workflow by a word; all but the first need a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Where the files of a hybrid graph come from; at most one of ``run`` and ``resources``.

    Attributes:
        run: A recorded run: its inputs for in-ports, its outputs for out-ports.
        root: A folder: files below it; with the others, what is cut off from their paths.
        resources: A file that lists recorded ``inputs`` and ``outputs``.
    """

    run: str | None = None
    root: str | None = None
    resources: str | None = None

    def __post_init__(self) -> None:
        if self.run is not None and self.resources is not None:
            raise UsageError("--run and --resources exclude each other", hint="give one of them")


def ask_workflow(scripts: ScriptOptions, question: str, name: str = "") -> tuple[str, ...]:
    """Names that answer a question of :data:`QUESTIONS` on the workflow of scripts, sorted.

    Raises:
        AnnotationError: The markup is wrong.
        UsageError: No data of the workflow has that name.
    """
    workflow = read_workflow(scripts)
    with _store_of(workflow) as store:
        if question == "outputs":
            return questions.workflow_outputs(store, workflow.digest)
        ask = questions.inputs_of if question == "inputs-of" else questions.outputs_of
        return ask(store, workflow.digest, name)


def prospective_graph(
    scripts: ScriptOptions, direction: Direction | None = None, name: str | None = None
) -> WorkflowGraph:
    """The workflow, or what of it leads to or from a data item.

    Raises:
        AnnotationError: The markup is wrong.
        UsageError: No data of the workflow has that name.
    """
    workflow = read_workflow(scripts)
    with _store_of(workflow) as store:
        return questions.workflow_graph(
            store,
            workflow.digest,
            title=workflow.program_by_id[workflow.top].name,
            direction=direction,
            name=name,
        )


def hybrid_graph(
    scripts: ScriptOptions,
    files: FileSource,
    project: Project | None,
    direction: Direction | None = None,
    name: str | None = None,
) -> tuple[WorkflowGraph, tuple[Finding, ...]]:
    """The workflow with the files of a run in it, and what was looked for in vain.

    Raises:
        AnnotationError: The markup is wrong.
        UsageError: No data has that name, or there is no such folder or list.
        NotRecordedError: There is no such run.
    """
    workflow = read_workflow(scripts)
    resources, findings = _find_files(workflow, files, project)
    with _store_of(workflow) as store:
        triples = questions.resource_triples(workflow.digest, resources)
        store.replace({questions.resource_graph(workflow.digest): triples})
        graph = questions.workflow_graph(
            store,
            workflow.digest,
            title=workflow.program_by_id[workflow.top].name,
            direction=direction,
            name=name,
            hybrid=True,
        )
    return graph, findings


def _store_of(workflow: Workflow) -> OxigraphStore:
    store = OxigraphStore()
    store.replace(encode_workflow(workflow))
    return store


def _find_files(
    workflow: Workflow, files: FileSource, project: Project | None
) -> tuple[Iterable[tuple[int, str]], tuple[Finding, ...]]:
    """(id of the data, path) of each file that a template names."""
    named: dict[str, str] = {}
    if files.run is not None:
        run = _run(project, files.run)
        recorded, named = _recorded(run, project, files.root)
        found = reconstruct_recorded(workflow, recorded)
    elif files.resources is not None:
        recorded = parse_resource_list(_read(files.resources), file=files.resources)
        found = reconstruct_recorded(workflow, recorded, root=files.root)
    else:
        root = files.root or (project.root if project is not None else ".")
        found = reconstruct_below(workflow, root)
    paths = {each.id: named.get(each.path, each.path) for each in found.resources}
    return [(each.data, paths[each.resource]) for each in found.bindings], found.findings


def _run(project: Project | None, text: str) -> Run:
    if project is None:
        raise NotRecordedError(
            f"no run {text!r}: there is no provkit project here",
            hint="name one with --project DIR, or the files with --root or --resources",
        )
    return read_run(project, project.resolve(text))


def _recorded(
    run: Run, project: Project | None, root: str | None
) -> tuple[RecordedResources, dict[str, str]]:
    """What a run read and wrote, seen from its working directory, and the recorded paths.

    Relative templates start where the run did.
    """
    where = project.absolute if project is not None else os.path.abspath
    base = os.path.abspath(root) if root else where(run.directory)  # noqa: PTH100
    names: dict[str, str] = {}

    def seen(path: str) -> str:
        full = where(path)
        inside = full.removeprefix(base.rstrip("/") + "/")
        names[inside] = path
        return inside

    inputs = tuple(seen(state.path) for state in run.inputs)
    outputs = tuple(seen(state.path) for state in run.outputs)
    return RecordedResources(inputs=inputs, outputs=outputs), names


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
