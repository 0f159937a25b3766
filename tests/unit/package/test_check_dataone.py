"""Each rule of a DataONE package has a package that breaks it, and a sound one breaks none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provkit.errors import PackageInvalidError, UsageError
from provkit.package.dataone import EML_PATH, MAP_PATH, folder_name, write_dataone
from provkit.package.ore import map_triples
from provkit.package.target import open_target
from provkit.package.verify import verify_package
from provkit.rdf.documents import write_document
from provkit.vocab.namespaces import CITO, DC, DCTERMS, ORE, PROV, RDF
from provkit.vocab.terms import IRI, Literal, Triple

Change = Callable[[list[Triple]], list[Triple]]


def without(*predicates: IRI) -> Change:
    return lambda rows: [row for row in rows if row.predicate not in predicates]


def objects_as_text(predicate: IRI) -> Change:
    return lambda rows: [
        Triple(s, p, Literal(str(o))) if p == predicate else Triple(s, p, o) for s, p, o in rows
    ]


def reverse(predicate: IRI, also: Change = lambda rows: rows) -> Change:
    """Drop one triple of a predicate only."""

    def change(rows: list[Triple]) -> list[Triple]:
        first = next(row for row in rows if row.predicate == predicate)
        return also([row for row in rows if row != first])

    return change


def add(*more: tuple[str, IRI, Any]) -> Change:
    return lambda rows: [*rows, *(Triple(IRI(s), p, o) for s, p, o in more)]


def rename(old: str, new: str) -> Change:
    """In IRIs only."""

    def name(term: Any) -> Any:
        return IRI(term.replace(old, new)) if isinstance(term, IRI) else term

    return lambda rows: [Triple(name(s), p, name(o)) for s, p, o in rows]


def text(old: str, new: str, predicate: IRI) -> Change:
    return lambda rows: [
        Triple(s, p, Literal(str(o).replace(old, new)) if p == predicate else o) for s, p, o in rows
    ]


R = "https://cn.dataone.org/cn/v2/resolve/"
MAPS: dict[str, tuple[str, set[str], Change]] = {
    "no map": ("error", {"R1"}, lambda r: [t for t in r if t.object != ORE.ResourceMap]),
    "two maps": ("error", {"R1"}, add(("urn:x:m", RDF.type, ORE.ResourceMap))),
    "no creator": ("error", {"R1"}, without(DC.creator, DCTERMS.creator)),
    "no date": ("error", {"R1"}, without(DCTERMS.modified)),
    "no aggregation": ("error", {"R1"}, without(ORE.describes)),
    "aggregation of another name": ("warning", {"R2"}, rename("#aggregation", "#all")),
    "not resolvable": ("error", {"R3"}, rename(R, "urn:x:")),
    "identifier not of its URI": ("error", {"R3"}, text("urn:uuid:0", "x", DCTERMS.identifier)),
    "no identifiers": ("error", {"R4"}, without(DCTERMS.identifier)),
    "not described by": ("error", {"R5"}, without(ORE.isDescribedBy)),
    "aggregates nothing": ("error", {"R6", "R7"}, without(ORE.aggregates)),
    "inverse missing": ("warning", {"R6"}, without(ORE.isAggregatedBy)),
    "inverse as text": ("error", {"R6"}, objects_as_text(ORE.isAggregatedBy)),
    "no documentation": ("warning", {"R7"}, without(CITO.documents, CITO.isDocumentedBy)),
    "documents a stranger": (
        "error",
        {"R7"},
        add((f"{R}a", CITO.documents, IRI(f"{R}b"))),
    ),
    "location upwards": ("error", {"R11"}, text("data/", "../", PROV.atLocation)),
    "location absolute": ("error", {"R11"}, text("data/", "/data/", PROV.atLocation)),
    "two services": (
        "error",
        {"R12"},
        rename("v2/resolve/resource_map", "v1/resolve/resource_map"),
    ),
    "execution not identified": (
        "warning",
        {"I1"},
        lambda r: [t for t in r if not (t[1] == DCTERMS.identifier and "urn:uuid" in t[0])],
    ),
    "no association": ("warning", {"I2"}, without(PROV.qualifiedAssociation)),
    "no plan": ("warning", {"I3"}, without(PROV.hadPlan)),
    "no agent": ("warning", {"I4"}, without(PROV.agent)),
    "agent as text": ("warning", {"I4"}, objects_as_text(PROV.agent)),
    "used leads to text": ("error", {"I5"}, objects_as_text(PROV.used)),
    "class as property": (
        "warning",
        {"I6"},
        lambda r: [Triple(s, PROV.Agent if p == PROV.agent else p, o) for s, p, o in r],
    ),
}  # fmt: skip


def write_map_of(chain: Any, path: Path, change: Change) -> None:
    triples = map_triples(chain.package(), pid="resource_map_x", metadata="urn:uuid:m")
    path.write_text(write_document({IRI("urn:x:map"): change(triples)}, "rdfxml"))


def test_a_sound_map_has_no_finding(chain: Any, tmp_path: Path) -> None:
    write_map_of(chain, tmp_path / "map.rdf", lambda rows: rows)
    report = verify_package(str(tmp_path / "map.rdf"))

    assert report.findings == ()
    assert report.kinds == ("map",)
    assert len([count for _, count in report.index if count]) == 14


@pytest.mark.parametrize("name", MAPS)
def test_each_fault_of_a_map_is_named(chain: Any, tmp_path: Path, name: str) -> None:
    severity, rules, change = MAPS[name]
    write_map_of(chain, tmp_path / "map.rdf", change)
    report = verify_package(str(tmp_path / "map.rdf"))

    assert rules <= {each.rule for each in report.findings if each.severity == severity}
    if severity == "error" and name not in ("no map", "no aggregation", "no identifiers"):
        assert {each.rule for each in report.errors} == rules


def test_findings_are_the_same_every_time(tmp_path: Path) -> None:
    """Blank nodes have no names that could be told."""
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ore="http://www.openarchives.org/ore/terms/">'
        "<ore:ResourceMap/><rdf:Description><prov:used><rdf:Description/></prov:used>"
        "</rdf:Description></rdf:RDF>"
    )
    (tmp_path / "map.rdf").write_text(rdf)
    found = {verify_package(str(tmp_path / "map.rdf")).findings for _ in range(3)}
    assert len(found) == 1


RDF_HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:o="http://www.openarchives.org/ore/terms/">'
)
NO_RDF_XML = {
    "text": "http://www.openarchives.org/ore/terms/",
    "not well-formed": "<a>http://www.openarchives.org/ore/terms/</b>",
    "bomb": '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>',
    "file from outside": '<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>',
    "deep": "<r>" * 100_000,
    "unknown encoding": '<?xml version="1.0" encoding="nonsense"?><r/>',
    "label of a blank node (D10)": (
        f'{RDF_HEAD}<rdf:Description rdf:nodeID="_:A0"><o:describes/></rdf:Description></rdf:RDF>'
    ),
    "name as IRI (D11)": (
        f'{RDF_HEAD}<rdf:Description rdf:about="urn:x:a">'
        '<o:describes rdf:resource="Ann Example"/></rdf:Description></rdf:RDF>'
    ),
}


@pytest.mark.parametrize("name", NO_RDF_XML)
def test_what_is_no_rdf_xml_is_rule_nine(tmp_path: Path, name: str) -> None:
    """Bombs and files from outside are never read, and nothing ends in a traceback."""
    text = f"{NO_RDF_XML[name]}<!-- http://www.openarchives.org/ore/terms/ -->"
    (tmp_path / "map.rdf").write_text(text)
    assert [each.rule for each in verify_package(str(tmp_path / "map.rdf")).errors] == ["R9"]


@pytest.fixture
def bag(chain: Any, tmp_path: Path) -> Path:
    """A DataONE package as a folder."""
    package = chain.package()
    with open_target(str(tmp_path / "bag"), folder="", date=package.date) as target:
        write_dataone(package, target)
    return tmp_path / "bag"


def reseal(bag: Path) -> None:
    """Make manifests true again, so that only the rule in question is broken."""
    for manifest in bag.glob("*manifest-*.txt"):
        manifest.unlink()
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(bag)}\n"
        for path in sorted((bag / "data").rglob("*"))
        if path.is_file()
    ]
    (bag / "manifest-sha256.txt").write_text("".join(lines))
    oxum = sum(p.stat().st_size for p in (bag / "data").rglob("*") if p.is_file())
    (bag / "bag-info.txt").write_text(f"Payload-Oxum: {oxum}.{len(lines)}\n")


def sysmeta(bag: Path, path: str) -> Path:
    """System metadata of the object whose bytes are at a path."""
    pids = dict(line.split(" ", 1)[::-1] for line in _lines(bag / "pid-mapping.txt"))
    return bag / f"metadata/sysmeta/sysmeta-{pids[path].replace(':', '_')}.xml"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


RAW = "data/data/raw.csv"
ANN = "http://orcid.org/0000-0002-1825-0097"
PACKAGES: dict[str, tuple[set[str], Callable[[Path], Any]]] = {
    "system metadata not well-formed": (
        {"S1"}, lambda bag: sysmeta(bag, RAW).write_text("<a>")),
    "system metadata of another kind": (
        {"S1"}, lambda bag: sysmeta(bag, RAW).write_text("<a/>")),
    "system metadata with a bomb": (
        {"S1"}, lambda bag: sysmeta(bag, RAW).write_text("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")),
    "unknown element": (
        {"S2"}, lambda bag: replace(sysmeta(bag, RAW), "<fileName>raw.csv</fileName>", "<x/>")),
    "wrong order": (
        {"S2"}, lambda bag: replace(
            sysmeta(bag, RAW), "<formatId>text/csv</formatId>\n  <size>8</size>",
            "<size>8</size>\n  <formatId>text/csv</formatId>")),
    "no rights holder": (
        {"S3"}, lambda bag: replace(sysmeta(bag, RAW), f"rightsHolder>{ANN}<", "rightsHolder><")),
    "described twice": (
        {"S4"}, lambda bag: (bag / "metadata/sysmeta/sysmeta-again.xml").write_bytes(
            sysmeta(bag, RAW).read_bytes())),
    "wrong size": ({"S5"}, lambda bag: replace(sysmeta(bag, RAW), ">8<", ">9<")),
    "size not a number": ({"S5"}, lambda bag: replace(sysmeta(bag, RAW), ">8<", ">eight<")),
    "changed bytes": ({"S7"}, lambda bag: (bag / RAW).write_bytes(b"a,b\n1,3\n")),
    "changed map": ({"S7"}, lambda bag: replace(bag / MAP_PATH, "Monthly", "Weekly_")),
    "mapping to nothing": (
        {"S8"}, lambda bag: replace(bag / "pid-mapping.txt", RAW, "data/none.csv")),
    "file of the map missing": ({"R11", "S8"}, lambda bag: (bag / RAW).unlink()),
    "wrong format of the map": (
        {"R10"}, lambda bag: replace(sysmeta(bag, MAP_PATH), "ore/terms<", "ore/terms/<")),
    "EML not well-formed": ({"E1", "S5", "S7"}, lambda bag: (bag / EML_PATH).write_text("<")),
    "EML without creator": (
        {"E3", "S5", "S7"}, lambda bag: replace(bag / EML_PATH, "creator", "author")),
    "EML without identifier": (
        {"E2", "S5", "S7"}, lambda bag: replace(bag / EML_PATH, " packageId", " packageName")),
}  # fmt: skip


def test_a_sound_package_has_no_finding(bag: Path) -> None:
    report = verify_package(str(bag))
    assert report.findings == ()
    assert report.kinds == ("bagit", "dataone")


@pytest.mark.parametrize("name", PACKAGES)
def test_each_fault_of_a_package_is_named(bag: Path, name: str) -> None:
    rules, break_it = PACKAGES[name]
    break_it(bag)
    reseal(bag)
    assert {each.rule for each in verify_package(str(bag)).errors} == rules


def test_any_changed_byte_is_found(bag: Path) -> None:
    """Payload and tag files alike; only the seals themselves are outside of all checksums."""
    for path in sorted(p for p in bag.rglob("*") if p.is_file()):
        if path.name.startswith("tagmanifest-"):
            continue
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if data else b"x")
        assert not verify_package(str(bag)).is_sound, path
        path.write_bytes(data)


def test_a_zip_is_verified_like_its_folder(chain: Any, bag: Path, tmp_path: Path) -> None:
    package = chain.package()
    out = tmp_path / "out.zip"
    with open_target(str(out), folder=folder_name(package), date=package.date) as target:
        write_dataone(package, target)
    zipped, folder = verify_package(str(out)), verify_package(str(bag))

    assert zipped.findings == ()
    assert (zipped.files, zipped.size_bytes) == (folder.files, folder.size_bytes)


def test_a_bag_without_mapping_is_understood(bag: Path) -> None:
    """Metacat and datapack write none: locations and names lead to the bytes."""
    (bag / "pid-mapping.txt").unlink()
    reseal(bag)
    assert verify_package(str(bag)).findings == ()


def test_what_is_nothing_is_said_to_be_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(PackageInvalidError, match="no bag"):
        verify_package(str(tmp_path / "a.txt"))
    with pytest.raises(UsageError):
        verify_package(str(tmp_path / "missing"))
