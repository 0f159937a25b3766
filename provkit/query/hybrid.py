"""Run the hybrid rules: derived graphs that join runs with runs and runs with workflows.

A rule is a CONSTRUCT query in ``sparql/hybrid/``; rules run in name order, and
each owns one derived graph, named ``…/id/derived/<graph>``, which holds the
version of the rule that made it. A graph of an older version, or of a rule that is no more, is
not left standing.

Whoever changes the store says so before (:func:`mark_stale`) and brings the
derived graphs up to date after (:func:`refresh`); when something breaks in
between, the mark stays and the next one makes all of them anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from provkit.query.catalog import Catalog, Query, catalog
from provkit.query.matching import match_recorded
from provkit.store.base import Store
from provkit.vocab.namespaces import BASE, PROVKIT
from provkit.vocab.terms import IRI, Literal, Triple

_DERIVED = f"{BASE}id/derived"
_FRESH = IRI(_DERIVED)
_MATCHES = IRI(f"{_DERIVED}/matches")
_BEFORE_MATCHES = "followed"


def derived_graph(rule: Query) -> IRI:
    """Name of the graph that a rule owns."""
    return IRI(f"{_DERIVED}/{rule.graph}")


def hybrid_rules(queries: Catalog = catalog) -> list[Query]:
    """The rules, in the order in which they run."""
    return [queries[name] for name in queries.names("hybrid")]


def is_fresh(store: Store, rules: Iterable[Query] | None = None) -> bool:
    """Whether the derived graphs are those of the rules and of what the store holds."""
    wanted = hybrid_rules() if rules is None else rules
    return set(store.triples(_FRESH)) == set(_marks(wanted))


def mark_stale(store: Store) -> None:
    """Say that the store is about to change, and the derived graphs with it."""
    if store.triples(_FRESH):
        store.remove([_FRESH])


def refresh(store: Store, rules: Iterable[Query] | None = None) -> None:
    """Make every derived graph anew.

    Args:
        store: Where.
        rules: Those that ship with provkit by default.
    """
    wanted = hybrid_rules() if rules is None else list(rules)
    owned = {derived_graph(rule) for rule in wanted}
    left = [name for name in store.graphs() if name.startswith(f"{_DERIVED}/")]
    store.remove([name for name in left if name not in owned | {_MATCHES}])
    for rule in wanted:
        store.replace({derived_graph(rule): store.construct(rule.text)})
        if rule.graph == _BEFORE_MATCHES:  # which runs followed a model is known now
            store.replace({_MATCHES: match_recorded(store)})
    store.replace({_FRESH: _marks(wanted)})


def _marks(rules: Iterable[Query]) -> list[Triple]:
    return [Triple(derived_graph(rule), PROVKIT.version, Literal(rule.version)) for rule in rules]
