"""Load what lineage walks over from the store, by the queries in ``sparql/lineage/``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from provkit.lineage.network import EVIDENCE, Evidence, Network, RunFacts
from provkit.query.catalog import catalog
from provkit.rdf.graphs import read_text
from provkit.store.base import Store
from provkit.vocab.terms import Term

_CONTENT = "hash://sha256/"


def load_network(store: Store) -> Network:
    """Every run, state, use, generation, derivation and join of a store."""
    network = Network()
    for run, name, sequence, program, started in _rows(store, "runs"):
        facts = RunFacts(
            id=read_text(name),
            seq=int(str(sequence)),
            program=read_text(program),
            started=str(started).removesuffix("Z"),  # then text has the order of time
        )
        network.add_run(network.node(str(run)), facts)
    for state, path, content in _rows(store, "states"):
        sha256 = None if content is None else str(content).removeprefix(_CONTENT)
        network.add_state(network.node(str(state)), read_text(path), sha256)
    for state, version in _rows(store, "joined"):
        network.add_version(network.node(str(state)), str(version))
    for run, state in _rows(store, "used"):
        network.add_used(network.node(str(run)), network.node(str(state)))
    for run, state in _rows(store, "generated"):
        network.add_generated(network.node(str(run)), network.node(str(state)))
    for output, source, evidence in _rows(store, "derived"):
        known = str(evidence) if str(evidence) in EVIDENCE else "stated"
        network.add_derived(
            network.node(str(output)), network.node(str(source)), cast(Evidence, known)
        )
    return network


def _rows(store: Store, query: str) -> Iterable[tuple[Term, ...]]:
    return cast(list[tuple[Term, ...]], store.select(catalog[f"lineage/{query}"].text).rows)
