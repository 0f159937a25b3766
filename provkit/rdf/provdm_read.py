"""PROV-N, PROV-JSON and PROV-XML as graphs, by library prov.

A bundle becomes a named graph. A relation always says its plain triple; one
that has a name or says more also has its qualified node. Relations without a
name get one that depends on what they say only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from provkit.errors import UnknownDataError
from provkit.model.identifiers import clean_iri
from provkit.rdf.engine import GENID, order
from provkit.rdf.graphs import Graphs, Writer, boolean, integer, moment, number, text
from provkit.rdf.provdm import ACTIVITY_TIMES, ELEMENTS, ENTITY_TIMES, RELATIONS, SUBTYPES, Relation
from provkit.rdf.provdm_write import ATTRIBUTES, Notation
from provkit.vocab.namespaces import PROV, RDF, XSD
from provkit.vocab.terms import IRI, Literal, Term, Triple

_LIBRARY = {"prov-n": "provn", "prov-json": "json", "prov-xml": "xml"}
_TERMS = {name: term for term, name in ATTRIBUTES.items()}
_BY_KIND = {relation.kind: relation for relation in RELATIONS}


def read_prov(data: bytes, of: Notation, *, default: IRI) -> Graphs:
    """Graphs that a PROV document holds.

    Args:
        data: The document, in UTF-8.
        of: Its notation.
        default: Name for what is in no bundle.

    Raises:
        UnknownDataError: It cannot be read as that.
    """
    from prov.model import ProvDocument  # noqa: PLC0415 - costs 100 ms

    try:
        content = data.decode("utf-8-sig")
        document = ProvDocument.deserialize(content=content, format=_LIBRARY[of])
    except Exception as error:  # BLE001 - the library raises anything at bad documents
        raise UnknownDataError(f"not {of}: {error}"[:500]) from error
    if of == "prov-xml" and PROV.base not in content:  # the library takes any XML for an empty one
        raise UnknownDataError("not prov-xml: nothing in it is of the PROV namespace")
    graphs = {default: _read_records(document.get_records())}
    for bundle in document.bundles:
        name = _iri(bundle.identifier)
        graphs.setdefault(name, []).extend(_read_records(bundle.get_records()))
        graphs[default] += [Triple(name, RDF.type, kind) for kind in (PROV.Bundle, PROV.Entity)]
    named = {name: sorted(set(triples), key=order) for name, triples in graphs.items()}
    return {name: triples for name, triples in named.items() if triples}


def _read_records(records: Iterable[Any]) -> list[Triple]:
    out = Writer()
    for record in records:
        kind = record.get_type().localpart
        if kind in ELEMENTS:
            _read_element(out, kind, record)
        elif kind in _BY_KIND:
            _read_relation(out, _BY_KIND[kind], record)
        elif kind == "Mention":  # PROV-LINKS: a mention specializes what it mentions
            ends = [_iri(value) for _, value in record.formal_attributes[:2]]
            out.say(ends[0], PROV.specializationOf, ends[1])
        else:
            raise UnknownDataError(f"records of PROV kind {kind} cannot be read")
    return out.triples


def _read_element(out: Writer, kind: str, record: Any) -> None:
    node = _iri(record.identifier)
    out.say(node, RDF.type, ELEMENTS[kind])
    for name, value in record.formal_attributes:
        if value is not None and name.localpart in ACTIVITY_TIMES:
            out.say(node, ACTIVITY_TIMES[name.localpart], _term(value))
    _read_attributes(out, node, record.extra_attributes)


def _read_relation(out: Writer, relation: Relation, record: Any) -> None:
    formal = {name.localpart: _term(value) for name, value in record.formal_attributes if value}
    others = list(record.extra_attributes)
    subject, target = formal.pop(relation.subject, None), formal.pop(relation.target, None)
    if not isinstance(subject, IRI):
        raise UnknownDataError(f"a {relation.kind} without {relation.subject}: {record}")
    plain, qualified, others = _refine(relation, others)
    if isinstance(target, IRI):
        out.say(subject, plain, target)
    says_more = record.identifier is not None or formal or others or target is None
    if qualified is None or relation.target_term is None or not says_more:
        return
    if target is None and relation.kind in ENTITY_TIMES and _is_bare_time(record, formal, others):
        out.say(subject, ENTITY_TIMES[relation.kind], formal["time"])
        return
    node = _name(record)
    out.say(subject, qualified, node)
    out.say(node, RDF.type, PROV[qualified.rpartition("#qualified")[2]])
    out.say(node, relation.target_term, target)
    for attribute, value in formal.items():
        out.say(node, relation.more[attribute], value)
    _read_attributes(out, node, others)


def _refine(
    relation: Relation, others: list[tuple[Any, Any]]
) -> tuple[IRI, IRI | None, list[tuple[Any, Any]]]:
    """Properties of a relation; a derivation's type may ask for more special ones."""
    if relation.kind == "Derivation":
        for subtype, (plain, qualified) in SUBTYPES.items():
            rest = [each for each in others if not _is_type(*each, subtype)]
            if len(rest) < len(others):
                return plain, qualified, rest
    return relation.plain, relation.qualified, others


def _is_bare_time(record: Any, formal: dict[str, Term], others: list[tuple[Any, Any]]) -> bool:
    return record.identifier is None and set(formal) == {"time"} and not others


def _is_type(name: Any, value: Any, subtype: str) -> bool:
    return name.localpart == "type" and _term(value) == PROV[subtype]


def _read_attributes(out: Writer, node: IRI, attributes: Iterable[tuple[Any, Any]]) -> None:
    for name, value in attributes:
        iri = _iri(name)
        term = _TERMS.get(name.localpart, iri) if iri.startswith(PROV.base) else iri
        out.say(node, term, _term(value))


def _name(record: Any) -> IRI:
    if record.identifier is not None:
        return _iri(record.identifier)
    digest = hashlib.sha256(record.get_provn().encode("utf-8", "backslashreplace")).hexdigest()
    return IRI(f"{GENID}{digest}")


def _iri(name: Any) -> IRI:
    iri = clean_iri(str(name.uri))
    return iri if ":" in iri else IRI(f"{GENID}{iri}")  # a prefix may stand for anything


def _term(value: Any) -> Term:
    from prov.model import Identifier, QualifiedName  # noqa: PLC0415 - loaded by now
    from prov.model import Literal as Typed  # noqa: PLC0415 - likewise

    if isinstance(value, QualifiedName):
        return _iri(value)
    if isinstance(value, Identifier):
        return Literal(str(value.uri), XSD.anyURI)
    return _typed(value) if isinstance(value, Typed) else _native(value)


def _native(value: Any) -> Literal:
    if isinstance(value, datetime):
        return moment(value) if value.tzinfo else Literal(value.isoformat(), XSD.dateTime)
    if isinstance(value, bool):  # before int: it is one
        return boolean(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return number(value)
    return text(str(value))


def _typed(value: Any) -> Literal:
    if value.langtag:
        return Literal(str(value.value), RDF.langString, str(value.langtag).lower())
    datatype = str(value.datatype.uri) if value.datatype is not None else XSD.string
    if datatype == XSD.string:
        return text(str(value.value))
    return Literal(str(value.value), str(clean_iri(datatype)))
