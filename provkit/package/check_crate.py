"""Check an RO-Crate: its descriptor, its root, its files and its actions.

Rules C1 to C6, from RO-Crate 1.1 and Process Run Crate 0.5. Only what can be
told from the crate itself is checked: no context is fetched, and ids that
lead elsewhere are never followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from provkit.errors import PackageError, UnknownDataError
from provkit.package.findings import Ledger
from provkit.package.reading import Contents, read_small, why_unsafe

METADATA = "ro-crate-metadata.json"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")
_PROCESS = "https://w3id.org/ro/wfrun/process/"
_ACTIONS = {"CreateAction", "ActivateAction", "UpdateAction"}
_DEEPEST = 100


def check_crate(contents: Contents, ledger: Ledger) -> None:
    """Take down whatever is wrong with a crate; checksums become claims.

    Args:
        contents: With the metadata at their root.
        ledger: Takes down findings and claims.
    """
    try:
        graph = _read(read_small(contents, METADATA))
    except (UnknownDataError, PackageError) as error:
        ledger.error("C1", METADATA, error.message)
        return
    root = _root(graph, ledger)
    if root is None:
        return
    _check_root(graph, root, ledger)
    for entity in graph.values():
        if "File" in _types(entity):
            _check_file(contents, entity, ledger)
        if "Dataset" in _types(entity) and entity is not root:
            _check_folder(contents, entity, ledger)
    _check_references(graph, ledger)
    if any(iri.startswith(_PROCESS) for iri in _ids(root.get("conformsTo"))):
        _check_actions(graph, ledger)


def _read(data: bytes) -> dict[str, dict[str, Any]]:
    """Entities by id."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnknownDataError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or "@context" not in document:
        raise UnknownDataError("no @context at its top")
    rows = document.get("@graph")
    if not isinstance(rows, list):
        raise UnknownDataError("no @graph at its top")
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("@id"), str):
            raise UnknownDataError("an entity without @id")
        if row["@id"] in found:
            raise UnknownDataError(f"two entities with the id {row['@id']!r}")
        found[row["@id"]] = row
    return found


def _root(graph: dict[str, dict[str, Any]], ledger: Ledger) -> dict[str, Any] | None:
    """The root data entity, which the descriptor is about."""
    descriptor = graph.get(METADATA) or graph.get(f"./{METADATA}")
    if descriptor is None:
        ledger.error("C1", METADATA, "the descriptor of the metadata file is missing")
        return None
    if not any("w3id.org/ro/crate" in iri for iri in _ids(descriptor.get("conformsTo"))):
        ledger.error("C1", METADATA, "the descriptor names no version of RO-Crate")
    about = next(iter(_ids(descriptor.get("about"))), "")
    root = graph.get(about)
    if root is None or "Dataset" not in _types(root):
        ledger.error("C1", METADATA, "the descriptor is not about a data set")
        return None
    return root


def _check_root(graph: dict[str, dict[str, Any]], root: dict[str, Any], ledger: Ledger) -> None:
    for name in ("name", "description", "datePublished", "license"):
        if not root.get(name):
            ledger.error("C2", METADATA, f"the root data entity has no {name}")
    for iri in _ids(root.get("hasPart")):
        if iri not in graph:
            ledger.error("C3", iri, "a part of the crate that is not described")


def _check_file(contents: Contents, entity: dict[str, Any], ledger: Ledger) -> None:
    iri = entity["@id"]
    if _ABSOLUTE.match(iri) or iri.startswith("#"):
        if iri.startswith("file:"):
            ledger.error("C3", iri, "a file of somebody's machine")
        return
    path = unquote(iri).removeprefix("./")
    why = why_unsafe(path)
    if why:
        ledger.error("C3", iri, f"unsafe path: {why}")
    elif path not in contents.sizes:
        ledger.error("C3", iri, "a file that is not in the crate")
    else:
        size, digest = entity.get("contentSize"), entity.get("sha256")
        if size is not None and str(size) != str(contents.sizes[path]):
            ledger.error(
                "C4", iri, f"contentSize is {size}, but it has {contents.sizes[path]} bytes"
            )
        if isinstance(digest, str) and _SHA256.match(digest):
            ledger.claim(path, "sha256", digest, rule="C4", place=METADATA)


def _check_folder(contents: Contents, entity: dict[str, Any], ledger: Ledger) -> None:
    iri = entity["@id"]
    if _ABSOLUTE.match(iri) or iri.startswith("#"):
        return
    path = unquote(iri).removeprefix("./").rstrip("/")
    if path and why_unsafe(path):
        ledger.error("C3", iri, f"unsafe path: {why_unsafe(path)}")
    elif path and path not in contents.folders:
        ledger.error("C3", iri, "a folder that is not in the crate")


def _check_references(graph: dict[str, dict[str, Any]], ledger: Ledger) -> None:
    for iri, entity in graph.items():
        for other in _referred(entity, 0):
            if other.startswith("#") and other not in graph:
                ledger.warn("C5", iri, f"refers to {other}, which is not described")


def _referred(value: Any, depth: int) -> Iterator[str]:
    """Ids of every reference inside an entity."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _referred(each, depth + 1)
    elif isinstance(value, dict):
        if depth > 0 and isinstance(value.get("@id"), str):
            yield value["@id"]
        for key, each in value.items():
            if key != "@id":
                yield from _referred(each, depth + 1)


def _check_actions(graph: dict[str, dict[str, Any]], ledger: Ledger) -> None:
    """Process Run Crate 0.5: an action has an instrument, and it is described."""
    for iri, entity in graph.items():
        if not _ACTIONS & _types(entity):
            continue
        instruments = _ids(entity.get("instrument"))
        if not instruments:
            ledger.error("C6", iri, "an action without instrument")
        for other in instruments:
            if other not in graph:
                ledger.error("C6", iri, f"its instrument {other} is not described")


def _types(entity: dict[str, Any]) -> set[str]:
    value = entity.get("@type")
    return {str(each) for each in (value if isinstance(value, list) else [value])}


def _ids(value: Any) -> list[str]:
    rows = value if isinstance(value, list) else [value]
    return [row["@id"] for row in rows if isinstance(row, dict) and isinstance(row.get("@id"), str)]
