"""Check a DataONE package as a whole: map, system metadata, EML, and that they agree."""

from __future__ import annotations

from collections.abc import Iterable

from provkit.errors import PackageError, UnknownDataError
from provkit.package.check_map import MapFacts, check_locations, check_map
from provkit.package.check_objects import (
    check_eml,
    check_objects,
    is_eml_format,
    read_descriptions,
)
from provkit.package.findings import Ledger
from provkit.package.reading import Contents, read_small
from provkit.package.xmlguard import check_xml
from provkit.query.catalog import catalog
from provkit.rdf.hostile import read_hostile
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.terms import IRI, Triple

_MAP_NAMES = ("metadata/oai-ore.xml", "oai-ore.xml", "oai-ore.txt", "metadata/oai-ore.rdf")
_MAP = IRI("urn:x-provkit:map")
_FIELDS = "export/dataone-index"
_ORE = b"http://www.openarchives.org/ore/terms/"


def find_map(contents: Contents) -> str | None:
    """Path of the resource map of a package, or of the one document there is."""
    for name in _MAP_NAMES:
        if name in contents.sizes:
            return name
    if len(contents.sizes) == 1:
        (only,) = contents.sizes
        with contents.open(only) as file:
            if _ORE in file.read(1 << 20):
                return only
    return None


def check_dataone(contents: Contents, ore: str, ledger: Ledger) -> dict[str, int]:
    """Take down whatever is wrong with a DataONE package.

    Args:
        contents: With the map at ``ore``.
        ore: Path of the resource map.
        ledger: Takes down findings and claims.

    Returns:
        Each search field of DataONE, and how many values the map gives it.
    """
    try:
        triples = _read_map(read_small(contents, ore))
    except (UnknownDataError, PackageError) as error:
        ledger.error("R9", ore, error.message)
        return {}
    facts = check_map(triples, ore, ledger)
    if len(contents.sizes) > 1:
        _check_members(contents, facts, ledger)
    return index_fields(triples)


def _read_map(data: bytes) -> list[Triple]:
    """The triples of a map; RDF/XML is the only form that DataONE reads (rule R9)."""
    check_xml(data)
    return read_hostile(data, "rdfxml", default=_MAP, base=_MAP).get(_MAP, [])


def _check_members(contents: Contents, facts: MapFacts, ledger: Ledger) -> None:
    check_locations(contents, facts, ledger)
    descriptions = read_descriptions(contents, ledger)
    places = check_objects(
        contents,
        descriptions,
        locations=facts.locations,
        map_pid=facts.pid,
        ledger=ledger,
    )
    described = {each.pid for each in descriptions}
    for pid in sorted(facts.members - described):
        ledger.warn("S6", pid, "a member of the map without system metadata")
    for pid in sorted(described - facts.members - {facts.pid or ""}):
        ledger.error("R6", pid, "described here, but not aggregated by the map")
    for each in descriptions:
        if is_eml_format(each.format_id) and each.pid in places:
            check_eml(contents, places[each.pid], each.pid, ledger)


def index_fields(triples: Iterable[Triple]) -> dict[str, int]:
    """How many values each search field of DataONE gets from a map.

    The patterns are those of DataONE's indexer, written anew in
    ``sparql/export/dataone-index``.
    """
    store = OxigraphStore()
    try:
        store.replace({_MAP: triples})
        return {
            _field(name): len(store.select(catalog[name].text).rows)
            for name in catalog.names(_FIELDS)
        }
    finally:
        store.close()


def _field(name: str) -> str:
    """Search field of a query, for example ``prov_wasDerivedFrom``."""
    first, *others = name.rpartition("/")[2].split("-")
    return "prov_" + first + "".join(word.capitalize() for word in others)
