"""What the graph implies: the rules of ``sparql/infer``, run until nothing new comes.

They are the part of OWL 2 RL that PROV-O, ProvONE and our own axioms need, and
inference 6 of PROV-CONSTRAINTS. Library owlrl does the same, a hundred times
slower, and is the oracle of the tests. What is implied goes into one graph of
its own, which is never exported unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provkit.query.catalog import catalog
from provkit.query.owl_oracle import close_with_owlrl
from provkit.rdf.graphs import INFERRED
from provkit.resources import resource_folder
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import DCTERMS, ORE, PROV, PROVKIT, PROVONE, YW
from provkit.vocab.terms import IRI, Triple

_AXIOMS = IRI("urn:x-provkit:axioms")
_SPOKEN = tuple(namespace.base for namespace in (PROV, PROVONE, ORE, DCTERMS, PROVKIT, YW))


def axiom_files() -> Iterator[str]:
    """Paths of the ontologies: axioms of others, and our own."""
    folder = Path(resource_folder("ontologies"))
    for path in sorted((*folder.glob("*.ttl"), *folder.glob("axioms/*.ttl"))):
        yield str(path)


def infer(store: OxigraphStore, *, engine: str = "rules") -> list[Triple]:
    """What the graphs imply and do not say, sorted.

    Args:
        store: What is reasoned over; what was inferred before does not count.
        engine: ``rules``, or ``owlrl``.
    """
    with store.copy() as scratch:
        scratch.remove([INFERRED])
        if engine == "owlrl":
            found = close_with_owlrl(scratch, axiom_files())
        else:
            found = _close_with_rules(scratch)
    return [triple for triple in found if _is_spoken(triple)]


def _close_with_rules(scratch: OxigraphStore) -> list[Triple]:
    for path in axiom_files():
        scratch.load_turtle(path, _AXIOMS)
    rules = [catalog[name].text for name in catalog.names("infer")]
    grows = True
    while grows:
        grows = False
        for rule in rules:
            grows |= scratch.derive(rule, INFERRED)
    return scratch.triples(INFERRED)


def _is_spoken(triple: Triple) -> bool:
    """Whether a triple is in the words of PROV, ProvONE, ORE or our own: no axiom noise."""
    said = triple.object if triple.predicate.endswith("#type") else triple.predicate
    return isinstance(said, IRI) and said.startswith(_SPOKEN)
