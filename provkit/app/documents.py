"""Graphs as documents: what ``export`` writes, and ``yw model --format turtle``."""

from __future__ import annotations

from provkit.model.workflow import Workflow
from provkit.rdf.documents import write_document
from provkit.rdf.prospective import encode_workflow


def workflow_turtle(workflow: Workflow) -> str:
    """The graph of a workflow model, as Turtle."""
    return write_document(encode_workflow(workflow), "turtle")
