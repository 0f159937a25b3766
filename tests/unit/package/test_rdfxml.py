"""Three independent parsers read the same triples back from what we write."""

from __future__ import annotations

import shutil
import subprocess

import pyoxigraph
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from provkit.errors import PackageError
from provkit.package.rdfxml import write_rdfxml
from provkit.vocab.namespaces import NAMESPACES, PROV
from provkit.vocab.terms import IRI, XSD, Literal, Triple

PREFIXES = {each.prefix: each.base for each in NAMESPACES}
PREDICATES = st.sampled_from([PROV.used, PROV.atLocation, IRI("http://purl.org/dc/terms/title")])
IRIS = st.text("abcé/&'()~!$*+,;=@%:", max_size=12).map(
    lambda t: IRI("urn:x:" + t.replace("%", "%2F"))
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    | st.sampled_from("\t\n\r<>&\"' ]"),
    max_size=20,
)
LITERALS = TEXTS.map(Literal) | st.sampled_from(["1", "-2"]).map(
    lambda value: Literal(value, XSD + "integer")
)
GRAPHS = st.lists(st.builds(Triple, IRIS, PREDICATES, IRIS | LITERALS), max_size=8)


def _as_rows(triples: list[Triple]) -> set[tuple[str, ...]]:
    return {
        (s, p, o.value, o.datatype) if isinstance(o, Literal) else (s, p, o) for s, p, o in triples
    }


def _by_oxigraph(data: bytes) -> set[tuple[str, ...]]:
    found = set()
    for quad in pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.RDF_XML):
        s, p, o = quad.subject.value, quad.predicate.value, quad.object
        literal = isinstance(o, pyoxigraph.Literal)
        found.add((s, p, o.value, o.datatype.value) if literal else (s, p, o.value))
    return found


def _by_rdflib(data: bytes) -> set[tuple[str, ...]]:
    found = set()
    for s, p, o in rdflib.Graph().parse(data=data, format="xml"):
        if isinstance(o, rdflib.Literal):
            found.add((str(s), str(p), str(o), str(o.datatype or XSD + "string")))
        else:
            found.add((str(s), str(p), str(o)))
    return found


@given(GRAPHS)
def test_what_is_written_is_read_back(triples: list[Triple]) -> None:
    """By pyoxigraph and rdflib alike, white space and markup included."""
    data = write_rdfxml(triples, PREFIXES)
    expected = _as_rows(triples)

    assert _by_oxigraph(data) == expected
    assert _by_rdflib(data) == expected


@given(GRAPHS)
def test_order_and_repetition_do_not_show(triples: list[Triple]) -> None:
    assert write_rdfxml([*triples[::-1], *triples], PREFIXES) == write_rdfxml(triples, PREFIXES)


@pytest.mark.skipif(shutil.which("rapper") is None, reason="needs rapper (apt: raptor2-utils)")
def test_raptor_reads_it_too() -> None:
    """The reader most strict about RDF/XML; it refuses recordr's maps (defect D10)."""
    row = Triple(IRI("urn:x:a&b"), PROV.atLocation, Literal(' <a> & "b"\n\tß '))
    other = Triple(IRI("urn:x:a&b"), PROV.used, IRI("urn:x:c%2Fd"))
    data = write_rdfxml([row, other], PREFIXES)
    run = subprocess.run(
        ["rapper", "-q", "-i", "rdfxml", "-o", "ntriples", "-", "http://x.example/"],
        input=data,
        capture_output=True,
        check=True,
    )
    assert _by_oxigraph(data) == {
        (q.subject.value, q.predicate.value, q.object.value)
        if not isinstance(q.object, pyoxigraph.Literal)
        else (q.subject.value, q.predicate.value, q.object.value, q.object.datatype.value)
        for q in pyoxigraph.parse(run.stdout, format=pyoxigraph.RdfFormat.N_TRIPLES)
    }


@pytest.mark.parametrize(
    "row",
    [
        Triple(IRI("urn:x:a b"), PROV.used, IRI("urn:x:c")),
        Triple(IRI("urn:x:a"), PROV.used, IRI("urn:x:<script>")),
        Triple(IRI("urn:x:a"), PROV.atLocation, Literal("\x01")),
        Triple(IRI("urn:x:a"), PROV.atLocation, Literal("\udce9")),
        Triple(IRI("urn:x:a"), IRI("urn:x:unknown"), IRI("urn:x:c")),
    ],
)
def test_what_cannot_be_written_is_refused(row: Triple) -> None:
    """Never a file that no parser reads, as recordr wrote (defects D10, D11)."""
    with pytest.raises(PackageError):
        write_rdfxml([row], PREFIXES)
