"""Check a bag against RFC 8493, and older ones against the drafts before it.

Rules B1 to B14. The reference library misses white space that the RFC forbids
in ``bagit.txt``; a bag of version 1.0 is held to the letter here, an older one
with a warning.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from provkit.errors import PackageError
from provkit.package.findings import Ledger
from provkit.package.reading import Contents, read_small, why_unsafe

_DECLARED = re.compile(
    r"BagIt-Version: (\d+)\.(\d+)(?:\r\n|\n|\r)"
    r"Tag-File-Character-Encoding: ([A-Za-z0-9_.:\-]+)(?:\r\n|\n|\r)?\Z"
)
_LOOSELY = re.compile(
    r"\ufeff?\s*BagIt-Version\s*:\s*(\d+)\.(\d+)\s+"
    r"Tag-File-Character-Encoding\s*:\s*([A-Za-z0-9_.:\-]+)\s*\Z"
)
_LABEL = re.compile(r"(?P<label>[^:\s](?:[^:]*[^:\s])?):[ \t](?P<value>.*)\Z", re.DOTALL)
_LOOSE_LABEL = re.compile(r"\s*(?P<label>[^:]*?)\s*:\s*(?P<value>.*)\Z", re.DOTALL)
_LINE = re.compile(r"(?P<digest>[0-9A-Fa-f]+)[ \t]+(?P<path>.+)\Z", re.DOTALL)
_FETCH = re.compile(r"\S+[ \t]+(\d+|-)[ \t]+(?P<path>.+)\Z", re.DOTALL)
_OXUM = re.compile(r"(\d+)\.(\d+)\Z")
_MANIFEST = re.compile(r"(?P<tag>tag)?manifest-(?P<algorithm>[A-Za-z0-9\-]+)\.txt\Z")
_ESCAPED = re.compile(r"%(0[aAdD]|25)")
# Encodings of text that decode in linear time; "punycode" and its like do not.
_ENCODINGS = re.compile(r"(utf-(8|16|32)|ascii|iso8859-|cp\d|koi8|mac|shift_jis|euc_|gb|big5)")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(slots=True)
class _Bag:
    """What is known of a bag while it is checked."""

    contents: Contents
    ledger: Ledger
    version: tuple[int, int] = (1, 0)
    encoding: str = "utf-8"
    listed: dict[str, set[str]] = field(default_factory=dict)

    @property
    def is_strict(self) -> bool:
        return self.version >= (1, 0)

    def fault(self, rule: str, place: str, message: str) -> None:
        """Forbidden since version 1.0, unwise before."""
        (self.ledger.error if self.is_strict else self.ledger.warn)(rule, place, message)


def check_bag(contents: Contents, ledger: Ledger) -> None:
    """Take down whatever is wrong with a bag; checksums become claims to be looked at.

    Args:
        contents: With ``bagit.txt`` at their root.
        ledger: Takes down findings and claims.
    """
    bag = _Bag(contents, ledger)
    _check_declaration(bag)
    manifests = [name for name in sorted(contents.sizes) if _MANIFEST.match(name)]
    for name in manifests:
        _check_manifest(bag, name)
    payload = {path for path in contents.sizes if path.startswith("data/")}
    _check_payload(bag, payload)
    if "bag-info.txt" in contents.sizes:
        _check_info(bag, payload)
    if "fetch.txt" in contents.sizes:
        _check_fetch(bag)
    _check_names(bag, payload)


def _text(bag: _Bag, name: str) -> str | None:
    """A tag file as text; None when it cannot be read, which is a finding."""
    try:
        return read_small(bag.contents, name).decode(bag.encoding)
    except UnicodeError:
        bag.ledger.error("B1", name, f"not in the encoding declared in bagit.txt ({bag.encoding})")
    except PackageError as error:
        bag.ledger.error("B1", name, error.message)
    return None


def _check_declaration(bag: _Bag) -> None:
    """RFC 8493, section 2.1.1: two lines, in UTF-8, without a byte order mark."""
    text = _text(bag, "bagit.txt")
    if text is None:
        return
    exact, loose = _DECLARED.match(text), _LOOSELY.match(text)
    found = exact or loose
    if found is None:
        bag.ledger.error("B1", "bagit.txt", "does not declare a version and an encoding")
        return
    bag.version = (int(found[1]), int(found[2]))
    if text.startswith("\ufeff"):
        bag.ledger.error("B1", "bagit.txt", "begins with a byte order mark")
    elif exact is None:
        bag.fault("B1", "bagit.txt", "white space where the two lines may not have any")
    if bag.version > (1, 0):
        bag.ledger.warn("B1", "bagit.txt", f"version {found[1]}.{found[2]} is newer than 1.0")
    try:
        name = codecs.lookup(found[3]).name
    except LookupError:
        name = ""
    if not _ENCODINGS.match(name):
        bag.ledger.error("B1", "bagit.txt", f"not an encoding that is read here: {found[3]}")
        return
    bag.encoding = name


def _lines(text: str) -> Iterator[str]:
    """Lines by the line ends of the RFC; others can be part of a name."""
    return (line for line in _LINE_END.split(text.removeprefix("\ufeff")) if line.strip())


def _check_manifest(bag: _Bag, name: str) -> None:
    """RFC 8493, sections 2.1.3 and 2.2.1: a checksum, white space, a path on each line."""
    match = _MANIFEST.match(name)
    text = _text(bag, name)
    if match is None or text is None:
        return
    algorithm = match["algorithm"].lower().replace("-", "")
    if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        bag.ledger.warn("B11", name, f"checksums of {match['algorithm']} cannot be computed here")
        algorithm = ""
    listed = bag.listed.setdefault(name, set())
    for line in _lines(text):
        row = _LINE.match(line)
        if row is None:
            bag.fault("B5", name, f"not a checksum and a path: {line[:80]!r}")
            continue
        path = _listed_path(bag, name, row["path"])
        if path is None:
            continue
        if path in listed:
            bag.fault("B10", name, f"listed twice: {path}")
        listed.add(path)
        _check_place(bag, name, path, is_tag=match["tag"] is not None)
        if path not in bag.contents.sizes:
            bag.ledger.error("B7", name, f"listed but missing: {path}")
        elif algorithm:
            bag.ledger.claim(path, algorithm, row["digest"], rule="B9", place=name)


def _check_place(bag: _Bag, name: str, path: str, *, is_tag: bool) -> None:
    if not is_tag and not path.startswith("data/"):
        bag.ledger.error("B6", name, f"not in data/: {path}")
    if is_tag and path.startswith("data/"):
        bag.fault("B6", name, f"a tag manifest does not list payload: {path}")
    if is_tag and path.startswith("tagmanifest-"):
        bag.fault("B12", name, f"a tag manifest cannot list tag manifests: {path}")


def _listed_path(bag: _Bag, name: str, written: str) -> str | None:
    """The file that a manifest means; None when the path is unsafe, which is a finding."""
    decoded = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), written)
    path = decoded
    if path.startswith("*"):  # md5sum's mark for binary files
        bag.ledger.warn("B5", name, f"a * of md5sum before {path[1:]}")
        path = path[1:]
    if path.startswith("./"):
        bag.ledger.warn("B6", name, f"needless ./ before {path[2:]}")
        path = path[2:]
    why = why_unsafe(path)
    if why:
        bag.ledger.error("B6", name, f"unsafe path {path!r}: {why}")
        return None
    if path in bag.contents.sizes:
        return path
    for other, remark in (
        (written, "a percent sign that is not escaped"),
        (unicodedata.normalize("NFC", path), "a name in another Unicode normalisation"),
        (unicodedata.normalize("NFD", path), "a name in another Unicode normalisation"),
    ):
        if other in bag.contents.sizes:
            bag.ledger.warn("B6", name, f"{remark}: {path}")
            return other
    return path


def _check_payload(bag: _Bag, payload: set[str]) -> None:
    manifests = {name: paths for name, paths in bag.listed.items() if name.startswith("manifest-")}
    if not manifests:
        bag.ledger.error("B4", "", "no payload manifest (manifest-sha256.txt or another)")
        return
    if not payload and "data" not in bag.contents.folders:
        bag.ledger.error("B4", "data", "the folder data/ is missing")
    if bag.is_strict:
        for name, paths in manifests.items():
            for path in sorted(payload - paths):
                bag.ledger.error("B8", path, f"not listed in {name}")
    else:
        for path in sorted(payload.difference(*manifests.values())):
            bag.ledger.error("B8", path, "not listed in any manifest")


def _check_info(bag: _Bag, payload: set[str]) -> None:
    """RFC 8493, section 2.2.2: label, colon, one blank, value; a blank line goes on."""
    text = _text(bag, "bag-info.txt")
    if text is None:
        return
    oxums = []
    for number, line in enumerate(_lines(text)):
        if line[0] in " \t" and number > 0:
            continue
        row = _LABEL.match(line)
        if row is None:
            bag.fault("B2", "bag-info.txt", f"not a label and a value: {line[:80]!r}")
            row = _LOOSE_LABEL.match(line)
        if row is not None and row["label"].lower() == "payload-oxum":
            oxums.append(row["value"].strip())
    if len(oxums) > 1:
        bag.ledger.error("B3", "bag-info.txt", "more than one Payload-Oxum")
    for oxum in oxums:
        size, count = sum(bag.contents.sizes[path] for path in payload), len(payload)
        told = _OXUM.match(oxum)
        if told is None:
            bag.ledger.error("B3", "bag-info.txt", f"Payload-Oxum cannot be read: {oxum!r}")
        elif (int(told[1]), int(told[2])) != (size, count):
            bag.ledger.error(
                "B3", "bag-info.txt", f"Payload-Oxum says {oxum}, but data/ holds {size}.{count}"
            )


def _check_fetch(bag: _Bag) -> None:
    """RFC 8493, section 2.2.3: nothing is ever fetched here."""
    text = _text(bag, "fetch.txt")
    for line in _lines(text or ""):
        row = _FETCH.match(line)
        if row is None:
            bag.ledger.error("B13", "fetch.txt", f"not a URL, a length and a path: {line[:80]!r}")
            continue
        path = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), row["path"])
        why = why_unsafe(path)
        if why or not path.startswith("data/"):
            bag.ledger.error("B13", "fetch.txt", f"unsafe path {path!r}: {why or 'not in data/'}")
        elif path not in bag.contents.sizes:
            bag.ledger.error("B13", path, "still to be fetched: the bag is not complete")


def _check_names(bag: _Bag, payload: set[str]) -> None:
    """RFC 8493, section 3: names that some file systems take for one."""
    folded: dict[str, str] = {}
    for path in sorted(payload):
        key = unicodedata.normalize("NFC", path.casefold())
        if key in folded:
            bag.ledger.warn("B14", path, f"the same name as {folded[key]} on some systems")
        folded.setdefault(key, path)
