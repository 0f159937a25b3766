"""A DataONE package is what DataONE's own software and independent tools take it for."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import bagit
import pyoxigraph
import pytest
import rdflib

from provkit.errors import PackageError
from provkit.package.bagit import write_bag
from provkit.package.base import Package
from provkit.package.dataone import folder_name, write_dataone
from provkit.package.request import Knowledge, Policy
from provkit.package.settings import Settings
from provkit.package.target import open_target
from provkit.query.catalog import catalog
from provkit.rdf.graphs import text
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI, Triple

FIELDS = catalog.names("export/dataone-index")
RESOLVE = "https://cn.dataone.org/cn/v2/resolve/"


def written(package: Package, folder: Path) -> Path:
    with open_target(str(folder), folder="", date=package.date) as target:
        write_dataone(package, target)
    return folder


def parsed(bag: Path) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    data = (bag / "metadata/oai-ore.xml").read_bytes()
    store.extend(pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.RDF_XML))
    return store


def index(bag: Path) -> dict[str, int]:
    """How many values each search field of DataONE gets from a map."""
    store = parsed(bag)
    return {name.rpartition("/")[2]: len(list(store.query(catalog[name].text))) for name in FIELDS}


def test_all_fourteen_search_fields_are_filled(chain: Any, tmp_path: Path) -> None:
    """recordr fills 7, datapack and matlab-dataone 10 (defects D12, D13)."""
    found = index(written(chain.package(), tmp_path / "bag"))

    assert len(found) == 14
    assert found == {
        "generated": 2,
        "generated-by-execution": 2,
        "generated-by-program": 2,
        "generated-by-user": 2,
        "has-derivations": 3,
        "instance-of-class": 9,  # 4 data, 2 programs, 2 executions, the map
        "used": 3,
        "used-by-execution": 3,
        "used-by-program": 3,
        "used-by-user": 3,
        "was-derived-from": 3,
        "was-executed-by-execution": 2,
        "was-executed-by-user": 2,
        "was-informed-by": 1,
    }


def test_the_parsers_agree(chain: Any, tmp_path: Path) -> None:
    """Oxigraph, rdflib and raptor read the same graph, without a blank node."""
    bag = written(chain.package(), tmp_path / "bag")
    path = bag / "metadata/oai-ore.xml"
    by_oxigraph = set(parsed(bag))
    graph = rdflib.Graph().parse(path, format="xml")
    by_rdflib = pyoxigraph.Store()
    by_rdflib.load(graph.serialize(format="nt").encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)

    assert set(by_rdflib) == by_oxigraph
    assert not any(isinstance(q.object, pyoxigraph.BlankNode) for q in by_oxigraph)
    if shutil.which("rapper"):
        run = subprocess.run(
            ["rapper", "-q", "-i", "rdfxml", "-o", "ntriples", str(path)],
            capture_output=True,
            check=True,
        )
        by_raptor = pyoxigraph.Store()
        by_raptor.load(run.stdout, format=pyoxigraph.RdfFormat.N_TRIPLES)
        assert set(by_raptor) == by_oxigraph


def test_the_map_keeps_the_rules_of_dataone(chain: Any, tmp_path: Path) -> None:
    """R1 to R7 and R12 of the DataPackage page, asked of the graph itself."""
    store = parsed(written(chain.package(), tmp_path / "bag"))

    def objects(subject: str, predicate: str) -> set[str]:
        found = store.quads_for_pattern(
            pyoxigraph.NamedNode(subject), pyoxigraph.NamedNode(predicate), None
        )
        return {quad.object.value for quad in found}

    ore, dcterms = "http://www.openarchives.org/ore/terms/", "http://purl.org/dc/terms/"
    maps = [q.subject.value for q in store if q.object.value == ore + "ResourceMap"]
    (ore_map,) = maps
    (whole,) = objects(ore_map, ore + "describes")
    assert whole == f"{ore_map}#aggregation"
    assert objects(whole, ore + "isDescribedBy") == {ore_map}
    parts = objects(whole, ore + "aggregates")
    assert len(parts) == 7  # six files and the EML
    for part in (ore_map, *parts):
        (pid,) = objects(part, dcterms + "identifier")
        assert part == RESOLVE + pid.replace(":", "%3A")
        assert part == ore_map or objects(part, ore + "isAggregatedBy") == {whole}
    documents = {
        (q.subject.value, q.object.value)
        for q in store
        if q.predicate.value == "http://purl.org/spar/cito/documents"
    }
    (metadata,) = {subject for subject, _ in documents}
    assert {found for _, found in documents} == parts
    assert metadata in parts


def test_an_identifier_is_a_plain_literal(chain: Any, tmp_path: Path) -> None:
    """d1_common with rdflib 7 does not find typed ones."""
    bag = written(chain.package(), tmp_path / "bag")
    assert b"XMLSchema#string" not in (bag / "metadata/oai-ore.xml").read_bytes()


def test_what_has_an_identifier_is_an_object_or_an_execution(chain: Any, tmp_path: Path) -> None:
    """The indexer makes a document for every other one."""
    store = parsed(written(chain.package(), tmp_path / "bag"))
    identified = {
        quad.subject.value
        for quad in store
        if quad.predicate.value == "http://purl.org/dc/terms/identifier"
    }
    executions = {f"urn:uuid:{run.id}" for run in chain.runs}

    assert {iri for iri in identified if not iri.startswith(RESOLVE)} == executions


def test_one_association_with_one_plan_and_one_agent_per_execution(
    chain: Any, tmp_path: Path
) -> None:
    """MetacatUI draws no other shape."""
    store = parsed(written(chain.package(), tmp_path / "bag"))
    prov = "http://www.w3.org/ns/prov#"
    for run in chain.runs:
        execution = pyoxigraph.NamedNode(f"urn:uuid:{run.id}")
        tied = pyoxigraph.NamedNode(prov + "qualifiedAssociation")
        (association,) = [q.object for q in store.quads_for_pattern(execution, tied, None)]
        for name in ("hadPlan", "agent"):
            term = pyoxigraph.NamedNode(prov + name)
            assert len(list(store.quads_for_pattern(association, term, None))) == 1


def test_the_bag_is_valid_for_the_reference_library(chain: Any, tmp_path: Path) -> None:
    """Payload-Oxum too, which datapack gets wrong (defect D26)."""
    bag = written(chain.package(), tmp_path / "bag")

    assert bagit.Bag(str(bag)).validate()
    info = (bag / "bag-info.txt").read_text()
    size = sum(path.stat().st_size for path in (bag / "data").rglob("*") if path.is_file())
    assert f"Payload-Oxum: {size}.6\n" in info
    assert "Bagging-Date: 2026-02-01\n" in info


def test_the_layout_is_that_of_metacat(chain: Any, tmp_path: Path) -> None:
    bag = written(chain.package(), tmp_path / "bag")
    found = {str(path.relative_to(bag)) for path in bag.rglob("*") if path.is_file()}

    assert {f for f in found if "/" not in f} == {
        "bag-info.txt",
        "bagit.txt",
        "manifest-md5.txt",
        "manifest-sha256.txt",
        "pid-mapping.txt",
        "tagmanifest-md5.txt",
        "tagmanifest-sha256.txt",
    }
    assert "data/data/raw.csv" in found
    assert "metadata/oai-ore.xml" in found
    assert "metadata/science-metadata.xml" in found
    assert len([f for f in found if f.startswith("metadata/sysmeta/sysmeta-")]) == 8


@pytest.mark.parametrize("algorithm", ["SHA-256", "SHA-1", "MD5"])
def test_system_metadata_is_true(chain: Any, tmp_path: Path, algorithm: Any) -> None:
    """Every object has a document with its own size and checksum, in the schema's order."""
    package = chain.package(settings=Settings(checksum=algorithm))
    bag = written(package, tmp_path / "bag")
    mapping = dict(
        line.split(" ", 1) for line in (bag / "pid-mapping.txt").read_text().splitlines()
    )
    documents = list((bag / "metadata/sysmeta").iterdir())
    assert len(documents) == len(mapping) == 8
    for document in documents:
        root = ElementTree.parse(document).getroot()  # noqa: S314 - written by us
        assert root.tag == "{http://ns.dataone.org/service/types/v2.0}systemMetadata"
        data = (bag / mapping[root.findtext("identifier") or ""]).read_bytes()
        assert root.findtext("size") == str(len(data))
        checksum = root.find("checksum")
        assert checksum is not None
        assert checksum.get("algorithm") == algorithm
        name = algorithm.replace("-", "").lower()
        assert checksum.text == hashlib.new(name, data).hexdigest()
        assert [child.tag for child in root] == [
            "serialVersion", "identifier", "formatId", "size", "checksum", "submitter",
            "rightsHolder", "accessPolicy", "dateUploaded", "dateSysMetadataModified",
            "mediaType", "fileName",
        ]  # fmt: skip


def test_a_private_package_has_no_access_policy(chain: Any, tmp_path: Path) -> None:
    bag = written(chain.package(settings=Settings(public=False)), tmp_path / "bag")
    for document in (bag / "metadata/sysmeta").iterdir():
        assert "public" not in document.read_text()


def test_eml_says_who_what_and_how(chain: Any, tmp_path: Path) -> None:
    more = Knowledge(methods=("Clean the table.\n\nDraw it.",))
    bag = written(chain.package(knowledge=more), tmp_path / "bag")
    root = ElementTree.parse(bag / "metadata/science-metadata.xml").getroot()  # noqa: S314 - by us

    assert root.tag == "{https://eml.ecoinformatics.org/eml-2.2.0}eml"
    assert root.findtext("dataset/title") == "Monthly means"
    assert root.findtext("dataset/creator/individualName/surName") == "Example"
    assert root.findtext("dataset/creator/userId") == "https://orcid.org/0000-0002-1825-0097"
    steps = root.findall("dataset/methods/methodStep/description/para")
    assert [step.text for step in steps] == ["Clean the table.", "Draw it."]
    entities = {e.findtext("entityName"): e for e in root.findall("dataset/otherEntity")}
    assert set(entities) == {
        "clean.py", "data/clean.csv", "data/raw.csv", "data/style.json", "plot.R", "plot.png"
    }  # fmt: skip
    raw = entities["data/raw.csv"]
    assert raw.findtext("physical/size") == "8"
    assert raw.findtext("physical/authentication") == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (raw.findtext("physical/distribution/online/url") or "").startswith(RESOLVE)


def test_a_pid_names_one_document_only(chain: Any, tmp_path: Path) -> None:
    """A DataONE object never changes: another title is another metadata document and map."""
    first = written(chain.package(), tmp_path / "1")
    second = written(chain.package(settings=Settings(title="Other")), tmp_path / "2")
    pids = [
        {
            path: pid
            for pid, path in (
                line.split(" ", 1) for line in (bag / "pid-mapping.txt").read_text().splitlines()
            )
        }
        for bag in (first, second)
    ]
    differing = {path for path in pids[0] if pids[0][path] != pids[1][path]}
    assert differing == {"metadata/oai-ore.xml", "metadata/science-metadata.xml"}


def test_an_object_elsewhere_is_named_but_not_aggregated(chain: Any, tmp_path: Path) -> None:
    """Wish W28; its PID has a slash, which must be encoded in the URI (rule R3)."""
    raw = next(s for s in chain.runs[0].inputs if s.path == "data/raw.csv")
    package = chain.package(
        knowledge=Knowledge(pids={raw.sha256: "doi:10.5063/F1 X".replace(" ", "")})
    )
    bag = written(package, tmp_path / "bag")
    store = parsed(bag)
    iri = RESOLVE + "doi%3A10.5063%2FF1X"

    about = {q.predicate.value for q in store if q.subject.value == iri}
    assert "http://www.openarchives.org/ore/terms/isAggregatedBy" not in about
    assert "http://purl.org/dc/terms/identifier" in about
    assert index(bag)["used-by-program"] == 3


def test_a_file_left_out_makes_no_search_row(chain: Any, tmp_path: Path) -> None:
    """It is in nobody's repository; an identifier would make an empty page for it."""
    package = chain.package(policy=Policy(exclude=("raw.csv",)))
    bag = written(package, tmp_path / "bag")

    assert index(bag)["used-by-program"] == 2
    used = [q for q in parsed(bag) if q.predicate.value == "http://www.w3.org/ns/prov#used"]
    assert len(used) == 3, "the map still says that it was used"


def test_a_package_outside_of_utf8_and_xml_is_written(lab: Any, tmp_path: Path) -> None:
    """Names, commands, tags and people may hold anything a system call or a keyboard can."""
    odd = "d\x01\n<&>\"'\udce9é\u202e%00.csv"
    lab.files |= {odd: b"1", "p.py": b""}
    lab.run("p.py", [odd], {"out " + odd: b"2"}, user="a\x1b<b>", tags=("\x00&",),
            command=("p", odd))  # fmt: skip
    bag = written(lab.package(settings=Settings(title="\x00<T>")), tmp_path / "bag")

    assert bagit.Bag(str(bag)).validate()
    locations = {
        q.object.value
        for q in parsed(bag)
        if q.predicate.value == "http://www.w3.org/ns/prov#specializationOf"
    }
    assert any(iri.endswith("%E9%C3%A9%E2%80%AE%2500.csv") for iri in locations)


def test_a_zip_holds_the_bag_in_one_folder(chain: Any, tmp_path: Path) -> None:
    """RFC 8493, section 4: a bag is serialised with its base directory."""
    package = chain.package()
    out = tmp_path / "out.zip"
    with open_target(str(out), folder=folder_name(package), date=package.date) as target:
        write_dataone(package, target)
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "in")
    (top,) = {name.split("/")[0] for name in names}

    assert re.fullmatch(r"provkit-[0-9a-f]{8}", top)
    assert bagit.Bag(str(tmp_path / "in" / top)).validate()


def test_a_plain_bag_holds_the_files(chain: Any, tmp_path: Path) -> None:
    package = chain.package()
    with open_target(str(tmp_path / "bag"), folder="", date=package.date) as target:
        write_bag(package, target)

    assert bagit.Bag(str(tmp_path / "bag")).validate()
    assert (tmp_path / "bag/data/data/raw.csv").read_bytes() == b"a,b\n1,2\n"


def test_changed_bytes_are_never_packed(chain: Any, tmp_path: Path) -> None:
    """An archive that was tampered with must not reach a repository under the old hash."""
    package = chain.package()
    (sha256,) = {m.sha256 for m in package.members if m.path == "data/raw.csv"}
    chain.archive[sha256] = b"a,b\n9,9\n"
    with pytest.raises(PackageError, match=r"data/raw\.csv"):
        written(chain.package(), tmp_path / "bag")
    assert list(tmp_path.iterdir()) == []


def test_the_queries_run_in_our_store_too(chain: Any) -> None:
    """They are files for anyone; the store is one that runs them."""
    store = OxigraphStore()
    a, b = IRI("urn:x:a"), IRI("urn:x:b")
    store.replace({IRI("urn:x:g"): [
        Triple(a, IRI("http://www.w3.org/ns/prov#wasDerivedFrom"), b),
        Triple(a, IRI("http://purl.org/dc/terms/identifier"), text("A")),
        Triple(b, IRI("http://purl.org/dc/terms/identifier"), text("B")),
    ]})  # fmt: skip
    rows = store.select(catalog["export/dataone-index/was-derived-from"].text).rows
    assert [tuple(map(str, row)) for row in rows] == [("A", "B")]
