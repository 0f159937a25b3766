"""The embedded store keeps its promises, and the engine's errors stay inside."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from provkit.errors import (
    QueryParameterError,
    QuerySyntaxError,
    StoreError,
    StoreLockedError,
)
from provkit.store import oxigraph
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI, XSD, Literal, Term, Triple

S, P, Q = IRI("urn:s"), IRI("urn:p"), IRI("urn:q")
A, B = IRI("urn:graph:a"), IRI("urn:graph:b")


def one(value: Term, graph: IRI = A) -> dict[IRI, list[Triple]]:
    return {graph: [Triple(S, P, value)]}


@pytest.fixture
def store() -> Iterator[OxigraphStore]:
    with OxigraphStore() as made:
        yield made


def test_a_query_sees_the_union_of_all_graphs(store: OxigraphStore) -> None:
    store.replace({**one(Literal("1"), A), **one(Literal("2"), B)})

    rows = store.select("SELECT ?o WHERE { ?s ?p ?o } ORDER BY ?o").rows

    assert rows == [(Literal("1"),), (Literal("2"),)]


def test_a_graph_is_replaced_as_a_whole(store: OxigraphStore) -> None:
    store.replace({A: [Triple(S, P, Literal("old")), Triple(S, Q, Literal("old"))]})
    store.replace({**one(Literal("new"), A), **one(Literal("b"), B)})

    assert store.triples(A) == [Triple(S, P, Literal("new"))]
    assert store.graphs() == [A, B], "nothing that was staged is left"


def test_replacing_is_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash after staging is made good at the next opening; before it, nothing changed."""
    path = tmp_path / "store"
    with OxigraphStore(path) as store:
        store.replace({**one(Literal("old"), A), **one(Literal("old"), B)})
    with OxigraphStore(path) as store:
        with monkeypatch.context() as patch:
            patch.setattr(OxigraphStore, "_carry_out", lambda _: None)  # as if killed here
            store.replace({**one(Literal("new"), A), **one(Literal("new"), B)})
        assert store.triples(A) == [Triple(S, P, Literal("old"))]
    with OxigraphStore(path) as store:
        assert store.graphs() == [A, B]
        assert store.triples(A) == store.triples(B) == [Triple(S, P, Literal("new"))]


def test_a_term_that_cannot_be_changes_nothing(store: OxigraphStore) -> None:
    store.replace(one(Literal("old")))

    for bad in (IRI("not an iri"), Literal("\udce9"), Literal("x", "no datatype")):
        with pytest.raises(StoreError):
            store.replace({**one(Literal("new")), **one(bad, B)})

    assert store.triples(A) == [Triple(S, P, Literal("old"))]
    assert store.graphs() == [A]


def test_removed_graphs_are_gone(store: OxigraphStore) -> None:
    store.replace({**one(Literal("1"), A), **one(Literal("2"), B)})
    store.remove([A, IRI("urn:never")])

    assert store.graphs() == [B]
    assert not store.has_graph(A)


def test_values_are_bound_never_pasted(store: OxigraphStore) -> None:
    evil = Literal('x" } ; DROP ALL #')
    store.replace({A: [Triple(S, P, evil), Triple(S, P, Literal("other"))]})
    query = "SELECT ?s ?o WHERE { ?s ?p ?o }"

    assert store.select(query, o=evil).rows == [(S, evil)]
    assert store.select(query, o=Literal("x")).rows == []


def test_a_parameter_must_be_projected(store: OxigraphStore) -> None:
    with pytest.raises(QueryParameterError):
        store.select("SELECT ?s WHERE { ?s ?p ?o }", o=Literal("x"))


@pytest.mark.parametrize(
    ("query", "place"),
    [("SELECT ?x WHERE {\n ?x ?y }", "2:9"), ("", "1:1")],
)
def test_a_query_that_cannot_be_parsed_is_placed(
    store: OxigraphStore, query: str, place: str
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        store.select(query)

    assert caught.value.message.startswith(f"{place}:")


def test_each_kind_of_query_has_its_own_method(store: OxigraphStore) -> None:
    for asked in (store.select, store.construct):
        with pytest.raises(QuerySyntaxError):
            asked("ASK {}")
    with pytest.raises(QuerySyntaxError):
        store.ask("SELECT * {}")
    assert store.ask("ASK {}")


def test_construct_gives_each_triple_once_and_sorted(store: OxigraphStore) -> None:
    store.replace(
        {A: [Triple(S, P, Literal("2")), Triple(S, P, Literal("1"))], **one(Literal("1"), B)}
    )

    found = store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")

    assert found == [Triple(S, P, Literal("1")), Triple(S, P, Literal("2"))]


def test_the_digest_is_that_of_canonical_n_quads(store: OxigraphStore) -> None:
    """RDFC-1.0, as the engine itself works it out."""
    store.replace(
        {A: [Triple(S, P, Literal('a"\n\t\r\\é\x7f')), Triple(S, P, Literal("5", XSD + "integer"))]}
    )
    dataset = ox.Dataset(
        [
            ox.Quad(
                ox.NamedNode(S), ox.NamedNode(P), ox.Literal('a"\n\t\r\\é\x7f'), ox.NamedNode(A)
            ),
            ox.Quad(ox.NamedNode(S), ox.NamedNode(P), ox.Literal(5), ox.NamedNode(A)),
        ]
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(ox.serialize([quad], format=ox.RdfFormat.N_QUADS) or b"" for quad in dataset)

    assert store.digest() == hashlib.sha256(b"".join(lines)).hexdigest()


def test_one_process_at_a_time_and_the_other_waits(tmp_path: Path) -> None:
    path = tmp_path / "store"
    code = "import sys; from provkit.store.oxigraph import OxigraphStore as S; S(sys.argv[1])"
    with OxigraphStore(path):
        with pytest.raises(StoreLockedError):
            OxigraphStore(path, wait_s=0.1)
        waiting = subprocess.Popen([sys.executable, "-c", code, str(path)])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=0.5)
    assert waiting.wait(timeout=10) == 0


def test_a_damaged_store_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with OxigraphStore(path) as store:
        store.replace(one(Literal("1")))
    for manifest in path.glob("MANIFEST-*"):
        manifest.write_bytes(b"block lock garbage")

    with pytest.raises(StoreError, match="cannot be opened") as caught:
        OxigraphStore(path, wait_s=0.1)

    assert not isinstance(caught.value, StoreLockedError)
    assert "reindex" in caught.value.hint


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_others_cannot_read_it_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with OxigraphStore(tmp_path / "store") as store:
            store.replace(one(Literal("1")))
    finally:
        os.umask(before)

    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "store").iterdir()} == {0o600}


def test_a_closed_store_says_so(store: OxigraphStore) -> None:
    store.close()

    with pytest.raises(StoreError, match="closed"):
        store.graphs()


def test_a_blank_node_gets_an_iri(store: OxigraphStore) -> None:
    """Floors above know IRIs and literals only."""
    (row,) = store.select("SELECT (BNODE() AS ?x) WHERE {}").rows

    assert isinstance(row[0], IRI)
    assert row[0].startswith("https://w3id.org/provkit/.well-known/genid/")


def test_bulk_loading_gives_the_same_store(
    store: OxigraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oxigraph, "_BATCH", 2)
    graphs = [one(Literal(str(n)), IRI(f"urn:g{n}")) for n in range(7)]
    with OxigraphStore() as other:
        other.load(graphs)
        for each in graphs:
            store.replace(each)

        assert other.digest() == store.digest()
        assert other.size() == 7
