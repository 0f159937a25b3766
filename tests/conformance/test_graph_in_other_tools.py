"""Every graph we write is read by rdflib and by raptor without a warning, and says the same."""

from __future__ import annotations

import logging
import shutil
import subprocess

import pytest
import rdflib
from hypothesis import HealthCheck, given, settings

from provkit.model.run import Run
from provkit.model.workflow import Workflow
from provkit.rdf.documents import Format, write_document
from provkit.rdf.graphs import Graphs
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.testing import values

sweep = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
RDFLIB = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml"}
RAPPER = {"turtle": "turtle", "ntriples": "ntriples", "rdfxml": "rdfxml", "nquads": "nquads"}
NAMED = {"trig": "trig", "nquads": "nquads", "jsonld": "json-ld"}


def rapper(document: str, kind: str) -> int:
    """Number of triples that raptor finds; any word of complaint fails the test."""
    done = subprocess.run(
        ["rapper", "-q", "-i", RAPPER[kind], "-o", "ntriples", "-", "urn:base"],
        input=document.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return len(set(done.stdout.splitlines()))


def check(graphs: Graphs, caplog: pytest.LogCaptureFixture) -> None:
    wanted = rdflib.Graph().parse(data=write_document(graphs, "ntriples"), format="nt")
    formats: list[Format] = ["turtle", "ntriples", "rdfxml"]
    with caplog.at_level(logging.WARNING):
        for kind in formats:
            document = write_document(graphs, kind)
            read = rdflib.Graph().parse(data=document, format=RDFLIB[kind])
            assert set(read) == set(wanted), kind  # no blank nodes, so sets do
            assert rapper(document, kind) == len(wanted), kind
        for kind, name in NAMED.items():
            dataset = rdflib.Dataset().parse(data=write_document(graphs, kind), format=name)  # type: ignore[arg-type]
            found = {str(g.identifier): len(g) for g in dataset.graphs() if len(g)}
            assert found == {str(g): len(set(triples)) for g, triples in graphs.items()}, kind
        rapper(write_document(graphs, "nquads"), "nquads")
    assert caplog.records == [], "rdflib only warns of IRIs that are none"


pytestmark = [
    pytest.mark.skipif(shutil.which("rapper") is None, reason="needs raptor2-utils"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),  # its own, of itself
]


@sweep
@given(run=values.runs)
def test_any_run(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    check(encode_run(run), caplog)


@sweep
@given(workflow=values.workflows())
def test_any_model(workflow: Workflow, caplog: pytest.LogCaptureFixture) -> None:
    check(encode_workflow(workflow), caplog)
