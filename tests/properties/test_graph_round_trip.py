"""What is written into the graph is what is read from it."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings

from provkit.model.identifiers import model_iri, run_iri
from provkit.model.run import Run
from provkit.model.statement import Statement
from provkit.model.workflow import Workflow
from provkit.rdf.graphs import Graphs
from provkit.rdf.prospective import decode_workflow, encode_workflow
from provkit.rdf.retrospective import decode_run, encode_run
from provkit.rdf.statements import decode_statement, encode_statement
from provkit.store.oxigraph import OxigraphStore
from provkit.testing import values
from provkit.vocab.terms import Triple

CASES = 2000 if os.environ.get("FULL") else 60
sweep = settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def through_store(graphs: Graphs) -> list[Triple]:
    """Content of the graphs after a store has held them."""
    with OxigraphStore() as store:
        store.replace(graphs)
        read = {name: store.triples(name) for name in graphs}
    for name, triples in graphs.items():
        assert set(read[name]) == set(triples), "the engine must keep each literal as written"
    return [triple for triples in read.values() for triple in triples]


@sweep
@given(values.runs)
def test_a_run_comes_back_equal(run: Run) -> None:
    assert decode_run(run_iri(run.id), through_store(encode_run(run))) == run


@sweep
@given(values.workflows())
def test_a_model_comes_back_equal(workflow: Workflow) -> None:
    triples = through_store(encode_workflow(workflow))

    assert decode_workflow(model_iri(workflow.digest), triples) == workflow


@sweep
@given(values.statements())
def test_a_statement_comes_back_equal(statement: Statement) -> None:
    triples = through_store(encode_statement(statement))

    assert decode_statement(run_iri(statement.id), triples) == statement
