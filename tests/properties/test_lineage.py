"""Lineage holds for any history: two ways to answer agree, and joins are what they say."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.files import fingerprint_bytes
from provkit.lineage.network import JOINS, Network
from provkit.lineage.walk import Rules, walk_down, walk_up
from provkit.model.events import StateObserved
from provkit.model.identifiers import state_iri
from provkit.model.run import Run
from provkit.query.catalog import catalog
from provkit.query.flow import load_network
from provkit.query.hybrid import refresh
from provkit.rdf.retrospective import encode_run
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI

EXAMPLES = 200 if os.environ.get("FULL") else 25
START = datetime(2026, 1, 31, tzinfo=UTC)

paths = st.sampled_from(["a", "b", "c", "d"])
contents = st.sampled_from([b"1", b"2"])


@st.composite
def histories(draw: st.DrawFn) -> list[Run]:
    """A few runs over few files, so that they meet often; some start at once."""
    runs = []
    for number in range(draw(st.integers(1, 7))):
        inputs = draw(st.dictionaries(paths, contents, max_size=3))
        outputs = draw(st.dictionaries(paths, contents, max_size=3))
        pairs = [(o, i) for o in sorted(outputs) for i in sorted(inputs) if o != i]
        runs.append(
            Run(
                id=f"00000000-0000-4000-8000-{number:012d}",
                seq=number + 1,
                started=START + timedelta(seconds=draw(st.integers(0, 3)) / 2),
                command=("x",),
                directory=".",
                program="x.py",
                user="ann",
                host="here",
                status="ok",
                inputs=tuple(state("found", *each) for each in sorted(inputs.items())),
                outputs=tuple(state("left", *each) for each in sorted(outputs.items())),
                derivations=tuple(p for p in pairs if draw(st.booleans())),
            )
        )
    return runs


def state(moment: str, path: str, content: bytes) -> StateObserved:
    return StateObserved(
        moment="found" if moment == "found" else "left",
        path=path,
        sha256=fingerprint_bytes(content).sha256,
    )


def indexed(runs: list[Run]) -> tuple[OxigraphStore, Network]:
    store = OxigraphStore()
    for run in runs:
        store.replace(encode_run(run))
    refresh(store)
    return store, load_network(store)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_the_queries_and_the_walk_agree(runs: list[Run]) -> None:
    """sparql/lineage runs on any endpoint; provkit walks by itself. Same answer."""
    store, network = indexed(runs)
    for node in list(network.paths):
        for by in JOINS:
            for way, walk in (("upstream", walk_up), ("downstream", walk_down)):
                query = catalog[f"lineage/{way}-{by}"].text
                rows = store.select(query, start=IRI(network.name(node))).rows
                met = walk(network, [node], Rules(by=by)).states
                assert {str(row[1]) for row in rows} == {network.name(each) for each in met}


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_stronger_joins_reach_no_more(runs: list[Run]) -> None:
    """exact ⊂ content ⊂ path."""
    _, network = indexed(runs)
    for node in list(network.paths):
        exact, content, path = (set(walk_up(network, [node], Rules(by=by)).states) for by in JOINS)
        assert exact <= content <= path


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_up_and_down_are_inverse(runs: list[Run]) -> None:
    """a lies upstream of b just when b lies downstream of a."""
    _, network = indexed(runs)
    nodes = list(network.paths)
    up = {n: set(walk_up(network, [n], Rules()).states) for n in nodes}
    down = {n: set(walk_down(network, [n], Rules()).states) for n in nodes}

    assert all((a in up[b]) == (b in down[a]) for a in nodes for b in nodes)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_the_exact_join_is_what_it_says(runs: list[Run]) -> None:
    """Same path, same bytes, no other recorded write between; told again in plain Python."""
    _, network = indexed(runs)
    met: list[tuple[tuple[datetime, str, int], str, str, str]] = []
    for run in runs:
        for place, states in ((0, run.inputs), (1, run.outputs)):
            for each in states:
                at = (run.started, run.id, place)
                met.append(
                    (at, each.path, each.sha256 or "", state_iri(run.id, each.moment, each.path))
                )
    for first in met:
        for second in met:
            if first >= second:
                continue
            written = [other for other in met if other[1] == first[1] and other[0][2] == 1]
            between = any(first[0] < other[0] <= second[0] for other in written)
            expected = first[1] == second[1] and first[2] == second[2] and not between
            assert (key(network, first[3]) == key(network, second[3])) == expected, (first, second)


def key(network: Network, name: str) -> int | None:
    node = network.find(name)
    assert node is not None
    return network.key(node, 0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), st.randoms())
def test_the_order_of_arrival_does_not_matter(runs: list[Run], random: object) -> None:
    """Records may be copied in from elsewhere, late."""
    shuffled = list(runs)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives random.Random
    one, other = indexed(runs)[0], OxigraphStore()
    for run in shuffled:
        other.replace(encode_run(run))
        refresh(other)

    assert one.digest() == other.digest()
