"""The quick way to the exact join gives what its rule says."""

from __future__ import annotations

import random

import pytest

from provkit.model.events import RunEnded, RunStarted
from provkit.model.run import fold
from provkit.query.catalog import catalog
from provkit.query.hybrid import derived_graph, hybrid_rules, refresh, refresh_states
from provkit.query.versions import join_versions
from provkit.rdf.graphs import text
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.testing.records import NOON, run_events
from provkit.vocab.namespaces import PROVKIT, RDF
from provkit.vocab.terms import IRI, Literal, Triple

NAMES = ("a.csv", "b.csv", "caf\udce9")


def random_runs(seed: int, count: int) -> list[dict[IRI, list[Triple]]]:
    """Runs that read and write a few files again and again, some at the same moment."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        events = run_events(
            run=f"{seed:08x}-0000-4000-8000-{number:012x}",
            seq=number + 1,
            started=NOON.replace(minute=chance.randrange(5), microsecond=chance.choice((0, 500))),
            inputs={n: chance.choice((b"1", b"2")) for n in NAMES if chance.random() < 0.5},
            outputs={n: chance.choice((b"1", b"2")) for n in NAMES if chance.random() < 0.4},
        )
        assert isinstance(events[0], RunStarted)
        assert isinstance(events[-1], RunEnded)
        made.append(encode_run(fold(events)))
    return made


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_give_the_same_versions(seed: int) -> None:
    rule = catalog["hybrid/10-exact"].text
    with OxigraphStore() as store:
        for graphs in random_runs(seed, 12):
            store.replace(graphs)

        assert set(join_versions(store)) == set(store.construct(rule))
        for name in (*NAMES, "clean.R", "never"):
            path = text(name)
            assert set(join_versions(store, path)) == set(store.construct(rule, path=path))


@pytest.mark.parametrize("seed", range(6))
def test_joining_run_by_run_gives_what_joining_all_at_once_gives(seed: int) -> None:
    """Also when a run arrives that went before others."""
    runs = random_runs(seed, 10)
    random.Random(seed).shuffle(runs)
    with OxigraphStore() as step, OxigraphStore() as whole:
        refresh(step)
        for graphs in runs:
            step.replace(graphs)
            whole.replace(graphs)
            states = {
                triple.subject: triple.object
                for triples in graphs.values()
                for triple in triples
                if triple.predicate == PROVKIT.path and isinstance(triple.object, Literal)
                if Triple(triple.subject, RDF.type, PROVKIT.State) in triples
            }
            refresh_states(step, states)
        refresh(whole)

        for rule in hybrid_rules():
            graph = derived_graph(rule)
            assert step.triples(graph) == whole.triples(graph), rule.name
