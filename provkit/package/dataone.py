"""Write a package as DataONE exchanges it: a bag with resource map, EML and system metadata.

The layout is that of Metacat's package download (``application/bagit-1.0``)::

    data/<path of the file>                 every member
    metadata/oai-ore.xml                    the resource map
    metadata/science-metadata.xml           EML 2.2.0
    metadata/sysmeta/sysmeta-<pid>.xml      one per object
    pid-mapping.txt                         PID, then where its bytes are
"""

from __future__ import annotations

import re
from io import BytesIO

from provkit.files import fingerprint_bytes
from provkit.package.bagit import BagWriter, bag_info
from provkit.package.base import Package, pid_of
from provkit.package.eml import write_eml
from provkit.package.formats import EML_220, RESOURCE_MAP, Format
from provkit.package.ore import write_map
from provkit.package.sysmeta import checksum_of, system_metadata
from provkit.package.target import Target

MAP_PATH = "metadata/oai-ore.xml"
EML_PATH = "metadata/science-metadata.xml"


def write_dataone(package: Package, target: Target) -> None:
    """Write a package as a DataONE bag.

    Raises:
        PackageError: The bytes of a member are missing or changed.
    """
    metadata, eml = describe(package)
    pid, ore = map_of(package, metadata)
    writer = BagWriter(target)
    mapping = {pid: MAP_PATH, metadata: EML_PATH}
    for member in package.members:
        sums = writer.add_member(member)
        mapping[member.name] = f"data/{member.path}"
        algorithm = package.settings.checksum
        known = {"SHA-256": sums.sha256, "MD5": sums.md5}.get(algorithm)
        checksum = known or checksum_of(member.open, algorithm, sha256=member.sha256)
        document = system_metadata(
            package,
            pid=member.name,
            kind=member.format,
            size_bytes=member.size_bytes,
            checksum=checksum,
            file_name=member.path.rpartition("/")[2],
        )
        writer.add_tag(_sysmeta_path(member.name), document)
    for name, kind, path, data in (
        (metadata, EML_220, EML_PATH, eml),
        (pid, RESOURCE_MAP, MAP_PATH, ore),
    ):
        writer.add_tag(path, data)
        writer.add_tag(_sysmeta_path(name), _sysmeta_of(package, name, kind, path, data))
    rows = "".join(f"{name} {path}\n" for name, path in sorted(mapping.items()))
    writer.add_tag("pid-mapping.txt", rows.encode())
    writer.seal(bag_info(package, identifier=pid))


def describe(package: Package) -> tuple[str, bytes]:
    """PID and bytes of the metadata document.

    A PID never names two different documents: it is made of what the document
    says, apart from itself.
    """
    draft = fingerprint_bytes(write_eml(package, pid=""))
    pid = pid_of(f"eml#{draft.sha256}")
    return pid, write_eml(package, pid=pid)


def map_of(package: Package, metadata: str) -> tuple[str, bytes]:
    """PID and bytes of the resource map; the PID is made of what the map says."""
    draft = fingerprint_bytes(write_map(package, pid="", metadata=metadata))
    pid = f"resource_map_{pid_of(f'map#{draft.sha256}')}"
    return pid, write_map(package, pid=pid, metadata=metadata)


def folder_name(package: Package) -> str:
    """Name of the folder that holds the bag inside a zip file, the same for the same package."""
    return f"provkit-{pid_of(package.runs[-1].iri + package.title)[9:17]}"


def _sysmeta_of(package: Package, name: str, kind: Format, path: str, data: bytes) -> bytes:
    algorithm = package.settings.checksum
    return system_metadata(
        package,
        pid=name,
        kind=kind,
        size_bytes=len(data),
        checksum=checksum_of(lambda: BytesIO(data), algorithm),
        file_name=path.rpartition("/")[2],
    )


def _sysmeta_path(pid: str) -> str:
    return f"metadata/sysmeta/sysmeta-{re.sub(r'[^A-Za-z0-9.-]', '_', pid)}.xml"
