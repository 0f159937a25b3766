"""Write triples as RDF/XML, the only form of a resource map that every DataONE tool reads.

The same triples always give the same bytes: subjects, predicates and objects
stand sorted. Literals of type ``xsd:string`` are written plain, because the
libraries in use do not find typed ones again. (RDF 1.1 XML Syntax, section 2.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from provkit.errors import PackageError
from provkit.vocab.terms import IRI, XSD, Literal, Triple

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")
_NOT_IN_IRI = re.compile(r"%(?![0-9A-Fa-f]{2})|[\x00-\x20<>\"{}|\\^`\x7f-\x9f\ud800-\udfff]")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_rdfxml(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    """RDF/XML of some triples.

    Args:
        triples: In any order; repeated ones count once.
        prefixes: Prefix to namespace; every predicate must be in one of them.

    Raises:
        PackageError: A term cannot be written: XML has no such character, or
            a predicate is in none of the namespaces.
    """
    rows = sorted(set(triples), key=_order)
    used = {"rdf": _RDF}
    body: list[str] = []
    subject: IRI | None = None
    for row in rows:
        if row.subject != subject:
            if subject is not None:
                body.append("  </rdf:Description>\n")
            subject = row.subject
            body.append(f'  <rdf:Description rdf:about="{_iri(subject)}">\n')
        body.append(f"    {_property(row, prefixes, used)}\n")
    if subject is not None:
        body.append("  </rdf:Description>\n")
    spaces = "".join(f'\n    xmlns:{p}="{_iri(IRI(used[p]))}"' for p in sorted(used))
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'
    return f"{head}{''.join(body)}</rdf:RDF>\n".encode()


def _order(row: Triple) -> tuple[str, ...]:
    if isinstance(row.object, Literal):
        literal = row.object
        kind = ("1", literal.value, literal.datatype, literal.language or "")
    else:
        kind = ("0", row.object, "", "")
    return (row.subject, row.predicate, *kind)


def _property(row: Triple, prefixes: Mapping[str, str], used: dict[str, str]) -> str:
    name = _name(row.predicate, prefixes, used)
    if not isinstance(row.object, Literal):
        return f'<{name} rdf:resource="{_iri(row.object)}"/>'
    literal = row.object
    mark = ""
    if literal.language:
        mark = f' xml:lang="{_attribute(literal.language)}"'
    elif literal.datatype != XSD + "string":
        mark = f' rdf:datatype="{_iri(IRI(literal.datatype))}"'
    return f"<{name}{mark}>{_text(literal.value)}</{name}>"


def _name(predicate: str, prefixes: Mapping[str, str], used: dict[str, str]) -> str:
    for prefix, namespace in prefixes.items():
        if predicate.startswith(namespace) and _LOCAL.match(predicate[len(namespace) :]):
            used[prefix] = namespace
            return f"{prefix}:{predicate[len(namespace) :]}"
    raise PackageError(f"predicate {predicate!r} is in none of the namespaces of the map")


def _iri(iri: str) -> str:
    if _NOT_IN_IRI.search(iri):
        raise PackageError(f"not an IRI: {iri!r}")
    return _attribute(iri)


def _attribute(text: str) -> str:
    return _text(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")


def _text(text: str) -> str:
    if _NOT_IN_XML.search(text):
        raise PackageError(f"XML cannot hold a character of {text!r}")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")
