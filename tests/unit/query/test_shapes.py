"""Graphs have the shapes that the reference page promises, and wrong ones are named."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provkit.model.run import Run, fold
from provkit.model.statement import Statement
from provkit.model.workflow import Workflow
from provkit.query.shapes import check_shapes
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.rdf.statements import encode_statement
from provkit.store.oxigraph import OxigraphStore
from provkit.testing import values
from provkit.testing.records import run_events
from provkit.vocab.namespaces import PROV, PROVKIT, RDF, XSD
from provkit.vocab.terms import IRI, Literal, Triple

pytest.importorskip("pyshacl")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pyshacl and rdflib

RUN = "00000000-0000-4000-8000-000000000001"
R = IRI(f"urn:uuid:{RUN}")
OUT = IRI(f"{R}#left/out.csv")


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(values.runs, max_size=4),
    st.lists(values.workflows(), max_size=3),
    st.lists(values.statements(), max_size=3),
)
def test_whatever_we_write_has_its_shape(
    runs: list[Run], workflows: list[Workflow], statements: list[Statement]
) -> None:
    with OxigraphStore() as store:
        for run in runs:
            store.replace(encode_run(run))
        for workflow in workflows:
            store.replace(encode_workflow(workflow))
        for statement in statements:
            store.replace(encode_statement(statement))

        assert check_shapes(store) == []


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("shape/MaxCount", Triple(R, PROVKIT.status, Literal("ok"))),
        ("shape/In", Triple(R, PROVKIT.status, Literal("splendid"))),
        ("shape/Datatype", Triple(OUT, PROVKIT.size, Literal("many"))),
        ("shape/Or", Triple(OUT, PROV.specializationOf, IRI("urn:something"))),
        ("shape/Class", Triple(IRI(f"{R}#process/1"), PROV.used, IRI("urn:unknown"))),
        ("shape/Pattern", Triple(IRI("hash://md5/x"), RDF.type, PROVKIT.Content)),
        ("shape/MinInclusive", Triple(OUT, PROVKIT.mode, Literal("-1", XSD.integer))),
    ],
)
def test_what_is_wrong_is_named(rule: str, wrong: Triple) -> None:
    graphs = encode_run(fold(run_events(run=RUN, outputs={"out.csv": b"x"})))
    graphs[R] = [
        triple
        for triple in graphs[R]
        if rule == "shape/MaxCount"
        or triple[:2] != wrong[:2]
        or rule in ("shape/Or", "shape/Class")
    ]
    if rule == "shape/MaxCount":
        wrong = Triple(R, PROVKIT.status, Literal("failed"))
    with OxigraphStore() as store:
        store.replace({R: [*graphs[R], wrong]})

        found = check_shapes(store)

    assert rule in {finding.rule for finding in found}
    assert wrong.subject in {node for finding in found for node in finding.nodes}
