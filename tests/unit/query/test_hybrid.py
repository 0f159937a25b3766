"""Hybrid rules: what they conclude, and that they never leave old conclusions standing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provkit.model.identifiers import run_iri, state_iri
from provkit.model.run import Run, fold
from provkit.query.catalog import read_query
from provkit.query.hybrid import (
    derived_graph,
    hybrid_rules,
    is_fresh,
    mark_stale,
    refresh,
    refresh_states,
)
from provkit.rdf.graphs import text
from provkit.rdf.prospective import encode_workflow
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import run_events
from provkit.vocab.namespaces import PROV, PROVKIT, YW
from provkit.vocab.terms import IRI, Triple
from provkit.yw.build import build
from provkit.yw.extract import SourceText, extract_all

SCRIPT = b"""# @begin clean
# @in raw @uri file:data/{group}/raw_{n}.csv
# @in lookup
# @out tidy @uri file:tidy.csv
# @out report @uri file:report.txt
# @begin wash
# @in raw
# @out washed
# @end wash
# @begin sort
# @in washed
# @out tidy
# @end sort
# @begin tell
# @in lookup @uri file:lookup.csv
# @out report
# @end tell
# @end clean
"""
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WORKFLOW = build(extract_all([SourceText(path="clean.R", data=SCRIPT)]))


def run(number: int, **facts: object) -> Run:
    known = {"inputs": {"data/a/raw_1.csv": b"r", "lookup.csv": b"l"}, "source": SCRIPT} | facts
    events = run_events(
        run=f"00000000-0000-4000-8000-{number:012d}",
        seq=number,
        started=NOON + timedelta(minutes=number),
        **known,  # type: ignore[arg-type] # arguments of run_events
    )
    folded = fold(events)
    return _in_project(folded)


def _in_project(folded: Run) -> Run:
    """As if the project folder were the working directory; nothing was observed of its order."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(folded, directory=".", derivations=())


def filled(*runs: Run) -> OxigraphStore:
    store = OxigraphStore()
    store.replace(encode_workflow(WORKFLOW))
    for each in runs:
        store.replace(encode_run(each))
    refresh(store)
    return store


def said(store: OxigraphStore, graph: str, predicate: IRI) -> set[tuple[str, str]]:
    """(end of the subject, end of the object) of a derived graph's triples."""
    found = store.triples(IRI(f"https://w3id.org/provkit/id/derived/{graph}"))
    return {
        (t.subject.rpartition("#")[2], str(t.object).rpartition("#")[2])
        for t in found
        if t.predicate == predicate
    }


OUTPUTS = {"tidy.csv": b"t", "report.txt": b"p"}


def test_a_run_follows_the_model_that_its_program_declares() -> None:
    store = filled(run(1), run(2, source=b"# other\n"))

    assert [
        t.subject for t in store.triples(IRI("https://w3id.org/provkit/id/derived/followed"))
    ] == [run_iri(run(1).id)]


def test_files_stand_for_data_by_role_and_across_folders() -> None:
    """Inputs for in-ports, outputs for out-ports; a variable of a recorded path crosses '/'."""
    store = filled(run(1, outputs=OUTPUTS), run(2, outputs={"data/a/raw_1.csv": b"odd"}))
    names = {f"data/{data.id}": data.name for data in WORKFLOW.data}
    found = {(names[data], state) for data, state in said(store, "resource", YW.hasResource)}

    assert found == {
        ("raw", "found/data/a/raw_1.csv"),
        ("lookup", "found/lookup.csv"),
        ("tidy", "left/tidy.csv"),
        ("report", "left/report.txt"),
    }


def test_relative_templates_start_where_the_run_worked() -> None:
    from dataclasses import replace  # noqa: PLC0415

    inside = replace(run(1, inputs={"sub/lookup.csv": b"l"}), directory="sub")
    outside = replace(run(2, inputs={"sub/lookup.csv": b"l"}), directory="elsewhere")

    assert said(filled(inside), "resource", YW.hasResource)
    assert not said(filled(outside), "resource", YW.hasResource)


def test_the_workflow_says_which_output_came_from_which_input() -> None:
    """A template at the workflow's own port counts for the data of its steps of that name."""
    store = filled(run(1, outputs=OUTPUTS))

    assert said(store, "workflow", PROV.wasDerivedFrom) == {
        ("left/tidy.csv", "found/data/a/raw_1.csv"),
        ("left/report.txt", "found/lookup.csv"),
    }


def test_what_nothing_tells_of_comes_from_the_whole_run() -> None:
    store = filled(run(1, outputs={**OUTPUTS, "other.csv": b"o"}))

    assert {output for output, _ in said(store, "whole-run", PROVKIT.fromWholeRun)} == {
        "left/other.csv"
    }


def test_conclusions_of_one_run_are_not_drawn_from_another() -> None:
    store = filled(run(1, outputs={"tidy.csv": b"t"}), run(2, outputs={"report.txt": b"p"}))
    pairs = store.triples(IRI("https://w3id.org/provkit/id/derived/workflow"))

    assert all(
        t.subject.partition("#")[0] == str(t.object).partition("#")[0]
        for t in pairs
        if t.predicate == PROV.wasDerivedFrom
    )


RUNS = [
    run(1, outputs=OUTPUTS),
    run(2, outputs={"tidy.csv": b"other"}),
    run(3, source=b"# plain\n", inputs={"tidy.csv": b"other"}, outputs={"plot.png": b"p"}),
    run(4, outputs={"data/a/raw_1.csv": b"new"}),
]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_run_by_run_gives_the_same_as_all_at_once(order: tuple[int, ...]) -> None:
    """What is concluded from one run only, as runs come, must not differ."""
    step = OxigraphStore()
    step.replace(encode_workflow(WORKFLOW))
    refresh(step)
    for number in order:
        graphs = encode_run(RUNS[number])
        step.replace(graphs)
        states = {
            state_iri(RUNS[number].id, s.moment, s.path): text(s.path) for s in RUNS[number].states
        }
        refresh_states(step, states, [run_iri(RUNS[number].id)])

    assert step.digest() == filled(*RUNS).digest()


def test_a_changed_store_is_stale_until_it_is_refreshed() -> None:
    """A crash in between must not leave old joins that look new."""
    store = filled(run(1))
    assert is_fresh(store)
    mark_stale(store)
    assert not is_fresh(store)
    refresh(store)
    assert is_fresh(store)


def test_another_version_of_a_rule_makes_its_graph_anew() -> None:
    store = filled(run(1))
    newer = [rule._replace(version="99") for rule in hybrid_rules()]

    assert not is_fresh(store, newer)


def test_the_graph_of_a_rule_that_is_no_more_goes() -> None:
    store = filled(run(1))
    lost = IRI("https://w3id.org/provkit/id/derived/lost")
    store.replace({lost: [Triple(IRI("urn:a"), IRI("urn:b"), IRI("urn:c"))]})
    refresh(store)

    assert lost not in store.graphs()


def test_each_rule_owns_one_graph_with_a_version() -> None:
    rules = hybrid_rules()

    assert [rule.name for rule in rules] == sorted(rule.name for rule in rules)
    assert len({derived_graph(rule) for rule in rules}) == len(rules)
    assert all(rule.graph and rule.version and rule.form == "construct" for rule in rules)


def test_a_rule_of_ones_own_can_be_run() -> None:
    """Adding a rule is adding a file."""
    rule = read_query(
        "hybrid/95-own",
        "#+ summary: Own.\n#+ source: here\n#+ graph: own\n#+ version: 1\n"
        "CONSTRUCT { ?run <urn:ran> ?run } WHERE { ?run <https://w3id.org/provkit/ns#sequence> ?n }",
    )
    store = filled(run(1))
    refresh(store, [*hybrid_rules(), rule])

    assert len(store.triples(derived_graph(rule))) == 1
