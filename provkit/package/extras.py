"""Files made for a package: workflow models and their pictures, logs, the whole provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provkit.drawing.dot import write_dot
from provkit.drawing.render import render
from provkit.model.events import OutputLogged
from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.package.formats import SVG, TEXT, TURTLE
from provkit.package.request import Extra
from provkit.package.sharing import shared_run
from provkit.rdf.documents import write_document
from provkit.rdf.graphs import Graphs
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.yw.draw import draw_view
from provkit.yw.views import GraphOptions, view_workflow


def model_files(workflow: Workflow, path: str, *, picture: bool = True) -> Iterator[Extra]:
    """The files that tell of a workflow.

    Args:
        workflow: The model.
        path: Recorded path of its program.
        picture: Draw it too.

    Raises:
        DrawingError: There is no Graphviz, or the graph is too large for it.
    """
    name = workflow.program_by_id[workflow.top].name
    yield Extra(
        path=f"workflow/{path.lstrip('/')}.ttl",
        role="model",
        data=write_document(encode_workflow(workflow), "turtle").encode(),
        format=TURTLE,
        about=f"YesWorkflow model of {name}, in ProvONE.",
    )
    if picture:
        options = GraphOptions(view="combined")
        dot = write_dot(draw_view(view_workflow(workflow, options), options))
        yield Extra(
            path=f"workflow/{path.lstrip('/')}.svg",
            role="picture",
            data=render(dot, "svg"),
            format=SVG,
            about=f"Workflow {name}: its steps and its data.",
        )


def provenance_file(runs: Iterable[Run]) -> Extra:
    """Everything known of the runs that may be shown to strangers, as PROV-O in Turtle."""
    graphs: Graphs = {}
    for run in runs:
        graphs |= encode_run(shared_run(run))
    return Extra(
        path="provenance/runs.ttl",
        role="provenance",
        data=write_document(graphs, "turtle").encode(),
        format=TURTLE,
        about="The runs in PROV-O and ProvONE, with parameters and environment.",
    )


def log_file(run: Run, log: OutputLogged, data: bytes) -> Extra:
    """What a run said on a stream."""
    return Extra(
        path=f"logs/run-{run.seq}-{log.stream}.txt",
        role="log",
        data=data,
        format=TEXT,
        about=f"What run {run.seq} wrote to {log.stream}.",
    )
