"""System metadata of DataONE objects, version 2 of the types.

One small document per object tells a repository what the object is, whose it
is and who may read it. The order of the elements is that of the schema
http://ns.dataone.org/service/types/v2.0 and matters; only the root is
qualified.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

from provkit.errors import PackageError
from provkit.files import CHUNK_BYTES
from provkit.package.base import Package
from provkit.package.formats import Format
from provkit.package.markup import Element, add, write_xml
from provkit.package.settings import Checksum
from provkit.times import write_time

NAMESPACE = "http://ns.dataone.org/service/types/v2.0"
HASHES = {"SHA-256": "sha256", "SHA-1": "sha1", "MD5": "md5"}
"""Names of algorithms as DataONE writes them, to those of hashlib."""


def system_metadata(
    package: Package,
    *,
    pid: str,
    kind: Format,
    size_bytes: int,
    checksum: str,
    file_name: str,
) -> bytes:
    """System metadata of one object.

    Args:
        package: Where the settings and the date come from.
        pid: Identifier of the object.
        kind: Its format.
        size_bytes: Its size.
        checksum: Of its bytes, by the algorithm in the settings.
        file_name: Name it should be saved under.
    """
    settings = package.settings
    holder = rights_holder(package)
    root = Element("d1:systemMetadata", {"xmlns:d1": NAMESPACE})
    add(root, "serialVersion", "0")
    add(root, "identifier", pid)
    add(root, "formatId", kind.id)
    add(root, "size", str(size_bytes))
    add(root, "checksum", checksum, algorithm=settings.checksum)
    add(root, "submitter", settings.submitter or holder)
    add(root, "rightsHolder", holder)
    if settings.public:
        allow = add(add(root, "accessPolicy"), "allow")
        add(allow, "subject", "public")
        add(allow, "permission", "read")
    add(root, "dateUploaded", write_time(package.date))
    add(root, "dateSysMetadataModified", write_time(package.date))
    if settings.node:
        add(root, "originMemberNode", settings.node)
        add(root, "authoritativeMemberNode", settings.node)
    add(root, "mediaType", name=kind.media_type)
    add(root, "fileName", file_name)
    return write_xml(root)


def rights_holder(package: Package) -> str:
    """Subject that owns the objects: as set, else the first ORCID, else who ran it.

    DataONE writes ORCID subjects with ``http``.
    """
    settings = package.settings
    if settings.rights_holder:
        return settings.rights_holder
    for creator in settings.creators:
        if creator.orcid:
            return f"http://orcid.org/{creator.orcid}"
    for each in package.runs:
        if each.agent is not None:
            return each.agent.iri.replace("https://orcid.org/", "http://orcid.org/")
    return "unknown"


def checksum_of(
    open_bytes: Callable[[], IO[bytes]], algorithm: Checksum, *, sha256: str | None = None
) -> str:
    """Checksum of some bytes, read in pieces.

    Args:
        open_bytes: Opens them.
        algorithm: As DataONE spells it.
        sha256: Their SHA-256 when it is known already, which saves reading.

    Raises:
        PackageError: The bytes are not those of ``sha256`` any more.
    """
    if algorithm == "SHA-256" and sha256 is not None:
        return sha256
    digest = hashlib.new(HASHES[algorithm], usedforsecurity=False)
    again = hashlib.sha256()
    with open_bytes() as file:
        while block := file.read(CHUNK_BYTES):
            digest.update(block)
            again.update(block)
    if sha256 is not None and again.hexdigest() != sha256:
        raise PackageError("archived bytes changed while they were read", hint="run `provkit fsck`")
    return digest.hexdigest()
