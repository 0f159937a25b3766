"""Mint and read the IRIs that provkit gives to things.

One place decides how anything is named, so that every floor names it alike
and a name never depends on the machine or the moment. No blank nodes: every
node of a graph has a name from here.

================== =====================================================
run                ``urn:uuid:<run>``
process            ``urn:uuid:<run>#process/<n>``
state of a file    ``urn:uuid:<run>#found/<path>``, ``#left/<path>``,
                   ``#temporary/<path>``
usage, generation  ``urn:uuid:<run>#usage/…``, ``#generation/…``
content            ``hash://sha256/<64 hex>``
location           ``<BASE>id/path/<path>`` inside the project,
                   ``file:///<path>`` outside
model              ``<BASE>id/model/<digest>`` and ``…#…`` within it
person             ORCID IRI, else ``<BASE>id/user/<name>@<host>``
================== =====================================================
"""

from __future__ import annotations

import re
import uuid
from typing import Literal
from urllib.parse import quote_from_bytes, unquote_to_bytes

from provkit.errors import IdentifierError
from provkit.vocab.namespaces import BASE
from provkit.vocab.terms import IRI

Moment = Literal["found", "left", "temporary"]

_HEX64 = re.compile(r"[0-9a-f]{64}\Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])\Z")
_SAFE = "/-._~!$&'()*+,;=:@"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_IN_IRI = re.compile(
    r"%(?![0-9A-Fa-f]{2})"
    r"|[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd]"
)


def mint_run_id() -> str:
    """New run id: a random UUID, which needs no clock and no lock."""
    return str(uuid.uuid4())


def check_run_id(text: str) -> str:
    """The id itself, when it is a lower-case UUID.

    Raises:
        IdentifierError: It is not; nothing else may become part of a file name.
    """
    if not _UUID.match(text):
        raise IdentifierError(f"not a run id: {text!r}", hint="a run id is a lower-case UUID")
    return text


def encode_path(path: str) -> str:
    r"""A path as it stands in an IRI: each byte outside the safe set as ``%XX``.

    Paths are POSIX text with surrogateescape, so a byte that is not UTF-8
    survives: ``caf\udce9`` becomes ``caf%E9``. Text that no file name can be
    (a lone surrogate of another kind) still gives an IRI.
    """
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "surrogatepass")
    return quote_from_bytes(data, safe=_SAFE)


def decode_path(text: str) -> str:
    """Inverse of :func:`encode_path`."""
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def clean_iri(text: str) -> IRI:
    """An IRI that somebody else minted, with each character that no IRI may have as ``%XX``.

    Source: RFC 3987, section 2.2; what it forbids would break Turtle and SPARQL.
    """
    whole, hash_sign, fragment = text.partition("#")
    text = whole + hash_sign + fragment.replace("#", "%23")
    return IRI(_NOT_IN_IRI.sub(lambda found: encode_path(found.group()), text))


def run_iri(run: str) -> IRI:
    """IRI of a run; an imported id that is an IRI already is kept."""
    if _UUID.match(run):
        return IRI(f"urn:uuid:{run}")
    if _SCHEME.match(run):
        return clean_iri(run)
    return IRI(f"{BASE}id/run/{encode_path(run)}")


def read_run(iri: str) -> str:
    """Inverse of :func:`run_iri`: the id of a run, by its IRI."""
    for prefix in ("urn:uuid:", f"{BASE}id/run/"):
        if iri.startswith(prefix):
            return decode_path(iri[len(prefix) :])
    return str(iri)


def within_run(run: str, *parts: str) -> IRI:
    """IRI of something that belongs to one run, for example ``within_run(r, "process", "1")``."""
    whole = run_iri(run)
    separator = "/" if "#" in whole else "#"  # an imported run may have a fragment of its own
    return IRI(f"{whole}{separator}{'/'.join(encode_path(part) for part in parts)}")


def state_iri(run: str, moment: Moment, path: str) -> IRI:
    """IRI of the state in which a run found or left a file."""
    return within_run(run, moment, path)


def content_iri(sha256: str) -> IRI:
    """IRI of bytes, whatever they are called.

    Raises:
        IdentifierError: Not 64 lower-case hexadecimal digits.
    """
    if not _HEX64.match(sha256):
        raise IdentifierError(f"not a SHA-256: {sha256!r}", hint="64 lower-case hex digits")
    return IRI(f"hash://sha256/{sha256}")


def location_iri(path: str) -> IRI:
    """IRI of a place where files are: project-relative or absolute path."""
    if path.startswith("/"):
        return IRI(f"file://{encode_path(path)}")
    return IRI(f"{BASE}id/path/{encode_path(path)}")


def read_location(iri: str) -> str:
    """Path of a location IRI.

    Raises:
        IdentifierError: Not a location.
    """
    for prefix in (f"{BASE}id/path/", "file://"):
        if iri.startswith(prefix):
            return decode_path(iri[len(prefix) :])
    raise IdentifierError(f"not a location: {iri!r}")


def model_iri(digest: str) -> IRI:
    """IRI of a workflow model, by the digest of its sources and options."""
    return IRI(f"{BASE}id/model/{digest}")


def within_model(digest: str, *parts: str) -> IRI:
    """IRI of something inside a workflow model."""
    return IRI(f"{model_iri(digest)}#{'/'.join(encode_path(part) for part in parts)}")


def person_iri(name: str) -> IRI:
    """IRI of a person: the ORCID when ``name`` is one, else a local name."""
    orcid = _ORCID.match(name)
    if orcid:
        return IRI(f"https://orcid.org/{orcid.group(1)}")
    return IRI(f"{BASE}id/user/{encode_path(name)}")
