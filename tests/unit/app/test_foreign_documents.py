"""PROV and RDF documents of other tools stand in the graph, mended, and bend nothing of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from provkit.app.foreign_documents import import_document
from provkit.app.ingest import ingest, open_index
from provkit.app.project import Project, create_project
from provkit.app.reindex import reindex
from provkit.cli.import_ import import_
from provkit.cli.session import Session
from provkit.errors import UnknownDataError, UsageError
from provkit.model.identifiers import run_iri
from provkit.rdf.repairs import mend
from provkit.testing.records import run_events, write_run
from provkit.vocab.namespaces import PROV, PROVKIT, PROVONE, RDF
from provkit.vocab.terms import IRI, Literal, Triple

RUN = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
EX = "http://example.org/"
DOCUMENT = b"""document
  prefix ex <http://example.org/>
  entity(ex:plot)
  activity(ex:draw)
  wasGeneratedBy(ex:plot, ex:draw, -)
endDocument
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create_project(tmp_path, version="0")


def put(tmp_path: Path, name: str, data: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def triples(project: Project) -> set[Triple]:
    with open_index(project) as store:
        return {triple for name in store.graphs() for triple in store.triples(name)}


def test_a_document_is_in_the_graph_and_survives_reindex(project: Project, tmp_path: Path) -> None:
    report = import_document(project, put(tmp_path, "a.provn", DOCUMENT))
    made = Triple(IRI(f"{EX}plot"), PROV.wasGeneratedBy, IRI(f"{EX}draw"))

    assert (report.kind, report.already, report.repairs) == ("prov-n", False, ())
    assert made in triples(project)
    reindex(project)
    assert made in triples(project)


def test_importing_twice_changes_nothing(project: Project, tmp_path: Path) -> None:
    import_document(project, put(tmp_path, "a.provn", DOCUMENT))
    with open_index(project) as store:
        before = store.digest()

    assert import_document(project, put(tmp_path, "b.provn", DOCUMENT)).already
    with open_index(project) as store:
        assert store.digest() == before


def test_no_document_speaks_in_the_name_of_a_run(project: Project, tmp_path: Path) -> None:
    """A named graph of a stranger that has a run's name does not take that run's place."""
    write_run(project, run_events(run=RUN, tags=("mine",)))
    forged = (
        f'<{run_iri(RUN)}> <{PROVKIT.tag}> "theirs" <{run_iri(RUN)}> .\n'
        f'<urn:uuid:{OTHER}> <{PROVKIT.record}> "x" <urn:uuid:{OTHER}> .\n'
        f'<https://w3id.org/provkit/id/index> <{PROVKIT.graphVersion}> "9" .\n'
    )
    report = import_document(project, put(tmp_path, "a.nq", forged.encode()))

    with open_index(project) as store:
        ours = store.triples(run_iri(RUN))
        assert not ingest(project, store).changed, "the index must come to rest"
    assert len(report.repairs) == 1

    assert Triple(run_iri(RUN), PROVKIT.tag, Literal("mine")) in ours
    assert Literal("theirs") not in [t.object for t in ours]


def test_a_trap_is_refused_and_nothing_recorded(project: Project, tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>'
    with pytest.raises(UnknownDataError):
        import_document(project, put(tmp_path, "a.rdf", bomb))
    with pytest.raises(UsageError):
        import_document(project, put(tmp_path, "a.txt", b""))
    with pytest.raises(UsageError):
        import_document(project, str(tmp_path / "missing.ttl"))

    assert list(Path(project.path("records")).iterdir()) == []


def test_drafts_of_provone_are_read_as_what_they_meant() -> None:
    draft = "http://purl.org/provone/v1/ontology#"
    found, repairs = mend([Triple(IRI("urn:x"), RDF.type, IRI(f"{draft}ProcessExec"))])

    assert found == [Triple(IRI("urn:x"), RDF.type, PROVONE.Execution)]
    assert repairs == ("1 × term of a draft of ProvONE, renamed",)


def test_a_generation_of_an_execution_is_turned_round() -> None:
    """ProvONE's own example contradicts PROV-O; see ontologies/README.md."""
    run, node, entity = IRI("urn:run"), IRI("urn:generation"), IRI("urn:file")
    found, repairs = mend(
        [
            Triple(run, RDF.type, PROVONE.Execution),
            Triple(run, PROV.qualifiedGeneration, node),
            Triple(node, PROVONE.hadEntity, entity),
        ]
    )

    assert Triple(entity, PROV.qualifiedGeneration, node) in found
    assert Triple(node, PROV.activity, run) in found
    assert Triple(run, PROV.qualifiedGeneration, node) not in found
    assert len(repairs) == 1


def test_a_class_written_for_its_property_is_mended() -> None:
    found, _ = mend([Triple(IRI("urn:a"), PROV.Agent, IRI("urn:ann"))])

    assert found == [Triple(IRI("urn:a"), PROV.agent, IRI("urn:ann"))]


def test_sound_triples_are_left_alone() -> None:
    sound = [
        Triple(IRI("urn:e"), PROV.qualifiedGeneration, IRI("urn:g")),
        Triple(IRI("urn:g"), PROV.activity, IRI("urn:a")),
    ]

    assert mend(sound) == (sorted(sound), ())


def test_the_command_takes_documents(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path, "a.provn", DOCUMENT)
    first = CliRunner().invoke(import_, [path], obj=Session(project.root))
    second = CliRunner().invoke(import_, [path, "--json"], obj=Session(project.root))

    assert "3 statements imported, read as prov-n" in first.output
    assert '"already": true' in second.output
