"""Verify a package, ours or anybody's: bag, resource map, metadata, crate and every checksum.

A package is whatever it contains: a bag is checked as a bag, a resource map
as a map, and each file is read once for all that is said about it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from provkit.errors import PackageError, PackageInvalidError
from provkit.files import CHUNK_BYTES
from provkit.package.check_bag import check_bag
from provkit.package.check_crate import METADATA, check_crate
from provkit.package.check_dataone import check_dataone, find_map
from provkit.package.findings import Claim, Ledger, Report, in_order
from provkit.package.opening import open_contents
from provkit.package.reading import Contents, Within


def verify_package(package: str) -> Report:
    """What is wrong with a package.

    Args:
        package: A folder, a zip or tar file, or a resource map on its own.

    Raises:
        UsageError: There is nothing of that name.
        PackageInvalidError: It is nothing that can be verified.
        PackageError: It cannot be read, or is a trap.
    """
    ledger = Ledger()
    with open_contents(package, ledger) as whole:
        contents = _root(whole)
        kinds: list[str] = []
        index: dict[str, int] = {}
        if "bagit.txt" in contents.sizes:
            kinds.append("bagit")
            check_bag(contents, ledger)
        if METADATA in contents.sizes:
            kinds.append("rocrate")
            check_crate(contents, ledger)
        ore = find_map(contents)
        if ore is not None:
            kinds.append("dataone" if "bagit" in kinds else "map")
            index = check_dataone(contents, ore, ledger)
        if not kinds:
            raise PackageInvalidError(
                f"{package} is no bag, crate or resource map",
                violations=[str(each) for each in in_order(ledger.findings)],
                hint="a package has bagit.txt, ro-crate-metadata.json or a resource map",
            )
        _check_claims(contents, ledger)
        return Report(
            package=package,
            kinds=tuple(kinds),
            files=len(contents.sizes),
            size_bytes=sum(contents.sizes.values()),
            findings=in_order(ledger.findings),
            index=tuple(sorted(index.items())),
        )


def _root(whole: Contents) -> Contents:
    """Where the package begins: at the top, or in the one folder that is there."""
    marks = ("bagit.txt", METADATA)
    if any(mark in whole.sizes for mark in marks):
        return whole
    tops = {path.partition("/")[0] for path in whole.sizes}
    if len(tops) == 1:
        inner = Within(whole, f"{tops.pop()}/")
        if any(mark in inner.sizes for mark in marks):
            return inner
    return whole


def _check_claims(contents: Contents, ledger: Ledger) -> None:
    """Read each file once and compare it with all that is said about it."""
    by_path: dict[str, list[Claim]] = defaultdict(list)
    for claim in ledger.claims:
        by_path[claim.path].append(claim)
    for path, claims in sorted(by_path.items()):
        digests = {
            claim.algorithm: hashlib.new(claim.algorithm, usedforsecurity=False) for claim in claims
        }
        try:
            with contents.open(path) as file:
                while block := file.read(CHUNK_BYTES):
                    for digest in digests.values():
                        digest.update(block)
        except (PackageError, OSError) as error:
            ledger.error("P6", path, f"cannot be read: {error}")
            continue
        for claim in claims:
            if digests[claim.algorithm].hexdigest() != claim.digest:
                message = f"{claim.algorithm} of {path} is not what is said here"
                ledger.error(claim.rule, claim.place, message)
