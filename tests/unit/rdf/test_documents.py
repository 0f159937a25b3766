"""Documents come back as they were, and a stranger's document does no harm."""

from __future__ import annotations

import http.server
import json
import os
import resource
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provkit.errors import UnknownDataError
from provkit.model.identifiers import location_iri
from provkit.rdf.documents import FORMATS, Format, read_document, write_document
from provkit.rdf.graphs import number, text
from provkit.rdf.hostile import read_hostile
from provkit.rdf.provdm_write import NOTATIONS
from provkit.testing import values
from provkit.vocab.namespaces import PROVKIT, XSD
from provkit.vocab.terms import IRI, Literal, Triple

DEFAULT = IRI("urn:default")
S, G = IRI("urn:s"), IRI("urn:g")
NAMED = ("trig", "nquads", "jsonld")
sweep = settings(
    max_examples=1000 if os.environ.get("FULL") else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@sweep
@given(name=values.paths, note=values.text)
def test_any_name_comes_back_from_any_format(name: str, note: str) -> None:
    """All bytes but NUL may stand in a file name; RDF/XML and Turtle may not be broken by one."""
    triples = {
        Triple(location_iri(name), PROVKIT.path, text(name)),
        Triple(location_iri(name), PROVKIT.note, text(note)),
    }
    for kind in FORMATS:
        found = read_document(write_document({G: triples}, kind).encode(), kind, default=DEFAULT)
        assert set(found[G if kind in NAMED else DEFAULT]) == triples, kind


@sweep
@given(st.floats())
def test_any_number_is_written_as_the_engine_keeps_it(value: float) -> None:
    written = number(value)
    read = read_document(
        write_document({G: [Triple(S, PROVKIT.value, written)]}, "nquads").encode(),
        "nquads",
        default=DEFAULT,
    )[G][0].object

    assert read == written
    assert repr(float(written.value)) == repr(value)


def test_equal_graphs_give_equal_documents() -> None:
    """Whatever the order in which their triples come."""
    triples = [Triple(S, PROVKIT.tag, Literal(str(n))) for n in range(20)]
    for kind in FORMATS:
        assert write_document({G: triples}, kind) == write_document({G: triples[::-1]}, kind)


def test_blank_nodes_get_names_that_depend_on_content_only() -> None:
    """Two readings, or one with other labels and order, give the same graph."""
    one = b"_:a <urn:p> _:b . _:b <urn:p> 'x' ."
    two = b"_:x <urn:p> 'x' . _:y <urn:p> _:x ."
    other = b"_:a <urn:p> _:b . _:b <urn:p> 'y' ."

    found = [read_document(each, "turtle", default=DEFAULT) for each in (one, two, other)]

    assert found[0] == found[1] != found[2]
    assert {t.subject for t in found[0][DEFAULT]}.isdisjoint(t.subject for t in found[2][DEFAULT])


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"<", b"{", b"@prefix", b"<a> <b> ."])
def test_what_is_no_document_is_a_sentence(kind: Format, data: bytes) -> None:
    with pytest.raises(UnknownDataError, match="not"):
        read_hostile(data, kind, default=DEFAULT)


@pytest.mark.parametrize("kind", [*FORMATS, *NOTATIONS])
def test_a_sound_document_passes_the_child(kind: str) -> None:
    from provkit.rdf.provdm_write import write_prov  # noqa: PLC0415

    graphs = {G: [Triple(IRI("urn:x:a"), PROVKIT.tag, Literal("t"))]}
    document = (
        write_prov(graphs, kind)  # type: ignore[arg-type]
        if kind in NOTATIONS
        else write_document(graphs, kind)  # type: ignore[arg-type]
    )

    found = read_hostile(document.encode(), kind, default=DEFAULT)  # type: ignore[arg-type]

    assert Triple(IRI("urn:x:a"), PROVKIT.tag, Literal("t")) in {
        triple for triples in found.values() for triple in triples
    }


def bomb(levels: int) -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE r [<!ENTITY e0 "boom">{entities}]><r>&e{levels - 1};</r>'


BOMBS = {
    "entities": bomb(12).encode(),
    "utf-16": bomb(12).encode("utf-16"),
    "after a comment": ("<!-- -->\n" + bomb(12)).encode(),
    "lower case": bomb(12).replace("DOCTYPE", "doctype").encode(),
    "external": b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>',
    "parameter entity": b'<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><r/>',
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("kind", ["rdfxml", "prov-xml"])
def test_a_document_type_is_refused_at_once(name: str, kind: str) -> None:
    """774 bytes of RDF/XML grew to 917 MB in a parser."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()

    with pytest.raises(UnknownDataError):
        read_hostile(BOMBS[name], kind, default=DEFAULT)  # type: ignore[arg-type]

    assert time.monotonic() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("jsonld", b"[" * 100_000),
        ("jsonld", b'{"a":' * 100_000),
        ("prov-json", b'{"entity":' * 100_000),
        ("rdfxml", b"<a>" * 100_000),
        ("turtle", b"(" * 200_000),
        ("turtle", b"<< " * 200_000),
        ("trig", b"@prefix a: <urn:a> .\n" * 100_000 + b"x"),
        ("nquads", b"<urn:a> " * 100_000),
    ],
)
def test_depth_and_length_end_in_a_sentence(kind: Format, data: bytes) -> None:
    with pytest.raises(UnknownDataError):
        read_hostile(data, kind, default=DEFAULT)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that should never be asked anything."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_reading_calls_nobody(canary: tuple[str, list[str]]) -> None:
    """Contexts, imports and schemas stay where they are."""
    address, asked = canary
    documents: list[tuple[str, str]] = [
        ("jsonld", json.dumps({"@context": f"{address}/context", "a": 1})),
        ("jsonld", json.dumps({"@context": {"@import": f"{address}/i"}, "urn:a": "b"})),
        ("turtle", f"<{address}/a> <http://www.w3.org/2002/07/owl#imports> <{address}/b> ."),
        (
            "rdfxml",
            (
                '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
                f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a {address}/x"/>'
            ),
        ),
        (
            "prov-xml",
            (
                '<prov:document xmlns:prov="http://www.w3.org/ns/prov#"'
                ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
                f' xsi:schemaLocation="http://www.w3.org/ns/prov# {address}/prov.xsd"/>'
            ),
        ),
    ]
    for kind, document in documents:
        try:
            read_hostile(document.encode(), kind, default=DEFAULT)  # type: ignore[arg-type]
        except UnknownDataError:
            continue

    assert asked == []


def test_a_relative_iri_is_relative_to_the_base() -> None:
    found = read_hostile(b"<a> <b> 5 .", "turtle", default=DEFAULT, base="http://example.org/")

    assert found[DEFAULT] == [
        Triple(IRI("http://example.org/a"), IRI("http://example.org/b"), Literal("5", XSD.integer))
    ]
