"""Check what a DataONE package says about its objects: system metadata and EML.

Rules S1 to S8 (types v2.0; v1.0 is accepted) and E1 to E3. The file of an
object is found by ``pid-mapping.txt``, else by its location in the map, else
by the name that its system metadata gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from provkit.errors import PackageError, UnknownDataError
from provkit.package.findings import Ledger
from provkit.package.formats import RESOURCE_MAP
from provkit.package.reading import Contents, read_small
from provkit.package.xmlguard import parse_xml

_SYSMETA = re.compile(r"\{http://ns\.dataone\.org/service/types/v[12]\.0\}systemMetadata\Z")
_ORDER = (
    "serialVersion", "identifier", "formatId", "size", "checksum", "submitter", "rightsHolder",
    "accessPolicy", "replicationPolicy", "obsoletes", "obsoletedBy", "archived", "dateUploaded",
    "dateSysMetadataModified", "originMemberNode", "authoritativeMemberNode", "replica",
    "seriesId", "mediaType", "fileName",
)  # fmt: skip
_NEEDED = ("identifier", "formatId", "size", "checksum", "rightsHolder")
_PID = re.compile(r"\S{1,800}\Z")
_ALGORITHMS = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}
_EML = re.compile(
    r"\{(https://eml\.ecoinformatics\.org/eml-2\.2|eml://ecoinformatics\.org/eml-2)\."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An object as its system metadata describes it.

    Attributes:
        document: Path of the system metadata.
    """

    document: str
    pid: str
    format_id: str
    size_bytes: int | None
    algorithm: str
    digest: str
    file_name: str


def read_descriptions(contents: Contents, ledger: Ledger) -> list[Described]:
    """Every system metadata document of a package; what is wrong with one is a finding."""
    found: dict[str, Described] = {}
    for path in sorted(contents.sizes):
        if re.search(r"(?:\A|/)sysmeta[^/]*\.xml\Z|\.sysmeta\.xml\Z", path):
            described = _read_description(contents, path, ledger)
            if described is None:
                continue
            if described.pid in found:
                ledger.error("S4", path, f"a second document for {described.pid}")
            found.setdefault(described.pid, described)
    return list(found.values())


def _read_description(contents: Contents, path: str, ledger: Ledger) -> Described | None:
    try:
        root = parse_xml(read_small(contents, path))
    except (UnknownDataError, PackageError) as error:
        ledger.error("S1", path, error.message)
        return None
    if not _SYSMETA.match(root.tag):
        ledger.error("S1", path, f"not system metadata, but {root.tag}")
        return None
    tags = [child.tag for child in root]
    for tag in dict.fromkeys(tags):
        if tag not in _ORDER:
            ledger.error("S2", path, f"unknown element {tag}")
    known = [_ORDER.index(tag) for tag in tags if tag in _ORDER]
    if known != sorted(known):
        ledger.error("S2", path, "elements stand in another order than the schema's")
    for tag in _NEEDED:
        if not _child(root, tag):
            ledger.error("S3", path, f"{tag} is missing or empty")
    checksum = root.find("checksum")
    algorithm = "" if checksum is None else checksum.get("algorithm", "")
    pid, size = _child(root, "identifier"), _child(root, "size")
    if pid and not _PID.match(pid):
        ledger.error("S4", path, "an identifier has 1 to 800 characters, none of them blank")
    if size and not re.match(r"\d+\Z", size, re.ASCII):
        ledger.error("S5", path, f"size is not a number: {size[:40]!r}")
        size = ""
    return Described(
        document=path,
        pid=pid,
        format_id=_child(root, "formatId"),
        size_bytes=int(size[:18]) if size else None,
        algorithm=_ALGORITHMS.get(algorithm.upper().replace("-", ""), ""),
        digest=_child(root, "checksum").lower(),
        file_name=_child(root, "fileName"),
    )


def _child(root: Element, tag: str) -> str:
    return (root.findtext(tag) or "").strip()


def check_objects(
    contents: Contents,
    descriptions: Iterable[Described],
    *,
    locations: Mapping[str, str],
    map_pid: str | None,
    ledger: Ledger,
) -> dict[str, str]:
    """Compare each object with its description; checksums become claims.

    Args:
        contents: The package.
        descriptions: From its system metadata.
        locations: PID to ``prov:atLocation``, from the map.
        map_pid: PID of the resource map, if there is one.
        ledger: Takes down findings and claims.

    Returns:
        PID to the path of its bytes, for each object that is here.
    """
    listed = _read_mapping(contents, ledger)
    places: dict[str, str] = {}
    for each in descriptions:
        path = _find(contents, each, listed, locations)
        if path is None:
            ledger.warn("S6", each.document, f"the bytes of {each.pid} are not in this package")
            continue
        places[each.pid] = path
        if each.size_bytes is not None and each.size_bytes != contents.sizes[path]:
            ledger.error(
                "S5",
                each.document,
                f"says {each.size_bytes} bytes, but {path} has {contents.sizes[path]}",
            )
        if not each.algorithm:
            ledger.warn("S7", each.document, "its checksum algorithm is not known here")
        else:
            ledger.claim(path, each.algorithm, each.digest, rule="S7", place=each.document)
        if each.pid == map_pid and each.format_id != RESOURCE_MAP.id:
            ledger.error("R10", each.document, f"the format of a map is {RESOURCE_MAP.id}")
    return places


def _read_mapping(contents: Contents, ledger: Ledger) -> dict[str, str]:
    """``pid-mapping.txt``: a PID, white space, a path; GMN puts the base folder before it."""
    if "pid-mapping.txt" not in contents.sizes:
        return {}
    text = read_small(contents, "pid-mapping.txt").decode("utf-8", "replace")
    found: dict[str, str] = {}
    for line in filter(str.strip, text.split("\n")):
        pid, _, path = line.strip().replace("\t", " ").partition(" ")
        path = path.strip()
        inner = path.partition("/")[2]
        if path in contents.sizes or inner in contents.sizes:
            found[pid] = path if path in contents.sizes else inner
        else:
            ledger.error("S8", "pid-mapping.txt", f"no such file: {path}")
    return found


def _find(
    contents: Contents,
    each: Described,
    listed: Mapping[str, str],
    locations: Mapping[str, str],
) -> str | None:
    """Where the bytes of an object are: as said, else by name and size."""
    if each.pid in listed:
        return listed[each.pid]
    wanted = [locations.get(each.pid, ""), each.file_name]
    for name in filter(None, wanted):
        for path in (f"data/{name}", f"metadata/{name}", name):
            if path in contents.sizes:
                return path
    by_format = {RESOURCE_MAP.id: "metadata/oai-ore.xml"}
    path = by_format.get(each.format_id, "")
    if not path and is_eml_format(each.format_id):
        path = next(
            (
                p
                for p in ("metadata/science-metadata.xml", "metadata/eml.xml")
                if p in contents.sizes
            ),
            "",
        )
    return path if path in contents.sizes else None


def is_eml_format(format_id: str) -> bool:
    """Whether a format id is that of EML 2."""
    return "ecoinformatics.org/eml-2" in format_id


def check_eml(contents: Contents, path: str, pid: str | None, ledger: Ledger) -> None:
    """The least an EML document must have: an identifier, a title, a creator, a contact."""
    try:
        root = parse_xml(read_small(contents, path))
    except (UnknownDataError, PackageError) as error:
        ledger.error("E1", path, error.message)
        return
    if not _EML.match(root.tag):
        ledger.warn("E1", path, f"not EML, and not checked: {root.tag}")
        return
    told = root.get("packageId", "")
    if not told:
        ledger.error("E2", path, "packageId is missing")
    elif pid is not None and told != pid:
        ledger.warn("E2", path, f"packageId is {told}, but the object is {pid}")
    for tag in ("title", "creator", "contact"):
        found = root.find(f"dataset/{tag}")
        if root.find("dataset") is not None and (
            found is None or not "".join(found.itertext()).strip()
        ):
            ledger.error("E3", path, f"dataset/{tag} is missing or empty")
