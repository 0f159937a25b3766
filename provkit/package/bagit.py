"""Write a BagIt 1.0 bag (RFC 8493) in one pass over the bytes.

The payload is copied while SHA-256 and MD5 are taken; a file that is not what
the package says it is stops the writing. Tag files are sorted and dated by
the package, so that writing twice gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import IO, NamedTuple

from provkit.errors import PackageError
from provkit.files import CHUNK_BYTES
from provkit.package.base import Member, Package
from provkit.package.target import Target, write_file

ALGORITHMS = ("md5", "sha256")
"""Of the manifests: SHA-256 for today, MD5 for DataONE's own tools."""

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class Sums(NamedTuple):
    """Checksums of one file."""

    md5: str
    sha256: str


class BagWriter:
    """Writes files into a bag, then the manifests that seal it.

    Args:
        target: Where to.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._payload: dict[str, Sums] = {}
        self._tags: dict[str, Sums] = {}
        self._payload_bytes = 0

    def add_member(self, member: Member) -> Sums:
        """Copy a member to ``data/``.

        Raises:
            PackageError: Its bytes are missing, or are not those that were recorded.
        """
        path = f"data/{member.path}"
        with member.open() as source, self._target.open(path, size_bytes=member.size_bytes) as file:
            sums, size = copy(source, file)
        if sums.sha256 != member.sha256 or size != member.size_bytes:
            raise PackageError(
                f"the archived bytes of {member.path} are not those that were recorded",
                hint="`provkit fsck` names what is damaged",
            )
        self._payload[path] = sums
        self._payload_bytes += size
        return sums

    def add_tag(self, path: str, data: bytes) -> Sums:
        """Write a tag file, anywhere but in ``data/``."""
        write_file(self._target, path, data)
        self._tags[path] = Sums(
            hashlib.md5(data, usedforsecurity=False).hexdigest(), hashlib.sha256(data).hexdigest()
        )
        return self._tags[path]

    def seal(self, info: Mapping[str, str]) -> None:
        """Write ``bagit.txt``, ``bag-info.txt`` and the manifests.

        Args:
            info: Labels and values of ``bag-info.txt``, in their order.
        """
        self.add_tag("bagit.txt", DECLARATION)
        facts = {**info, "Payload-Oxum": f"{self._payload_bytes}.{len(self._payload)}"}
        lines = [f"{label}: {' '.join(value.split())}\n" for label, value in facts.items()]
        self.add_tag("bag-info.txt", "".join(lines).encode())
        for algorithm in ALGORITHMS:
            self.add_tag(f"manifest-{algorithm}.txt", _manifest(self._payload.items(), algorithm))
        tags = dict(self._tags)
        for algorithm in ALGORITHMS:
            data = _manifest(tags.items(), algorithm)
            write_file(self._target, f"tagmanifest-{algorithm}.txt", data)


def write_bag(package: Package, target: Target) -> None:
    """Write the members of a package as a plain bag: the files and nothing else."""
    writer = BagWriter(target)
    for member in package.members:
        writer.add_member(member)
    writer.seal(bag_info(package, identifier=""))


def bag_info(package: Package, *, identifier: str) -> dict[str, str]:
    """Labels of ``bag-info.txt`` (RFC 8493, section 2.2.2).

    Args:
        package: What the bag holds.
        identifier: Of the bag, for whoever keeps it; may be empty.
    """
    contact = package.settings.creators[0] if package.settings.creators else None
    info = {
        "Bag-Software-Agent": package.made_by,
        "Bagging-Date": f"{package.date:%Y-%m-%d}",
        "Bag-Size": readable_size(package.size_bytes),
        "External-Description": package.title,
    }
    if identifier:
        info["External-Identifier"] = identifier
    if contact is not None:
        info["Contact-Name"] = contact.name
        if contact.email:
            info["Contact-Email"] = contact.email
        if contact.organization:
            info["Source-Organization"] = contact.organization
    return {label: value for label, value in info.items() if value.strip()}


def readable_size(size_bytes: int) -> str:
    """A size for people: ``18 bytes``, ``1.2 MB``."""
    size, unit = float(size_bytes), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def copy(source: IO[bytes], target: IO[bytes]) -> tuple[Sums, int]:
    """Copy bytes and take their checksums on the way; gives their size too."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    while block := source.read(CHUNK_BYTES):
        target.write(block)
        md5.update(block)
        sha256.update(block)
        size += len(block)
    return Sums(md5.hexdigest(), sha256.hexdigest()), size


def _manifest(rows: Iterable[tuple[str, Sums]], algorithm: str) -> bytes:
    """Lines ``checksum  path`` by path. Safe paths hold nothing that must be escaped."""
    return "".join(f"{getattr(sums, algorithm)}  {path}\n" for path, sums in sorted(rows)).encode()
