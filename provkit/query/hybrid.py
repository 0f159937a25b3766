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

from collections.abc import Iterable, Mapping

from provkit.query.catalog import Catalog, Query, catalog
from provkit.query.matching import match_recorded
from provkit.query.versions import join_added, join_versions
from provkit.store.base import Store
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import BASE, PROVKIT
from provkit.vocab.terms import IRI, Literal, Triple

_DERIVED = f"{BASE}id/derived"
_FRESH = IRI(_DERIVED)
_MATCHES = IRI(f"{_DERIVED}/matches")
_BEFORE_MATCHES = "followed"
_EXACT = "hybrid/10-exact"


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


def refresh(store: OxigraphStore, rules: Iterable[Query] | None = None) -> None:
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
        if rule.name == _EXACT:
            store.replace({derived_graph(rule): join_versions(store)})
        else:
            store.remake(derived_graph(rule), rule.text)
        if rule.graph == _BEFORE_MATCHES:  # which runs followed a model is known now
            store.replace({_MATCHES: match_recorded(store)})
    store.replace({_FRESH: _marks(wanted)})


def refresh_states(
    store: OxigraphStore, states: Mapping[IRI, Literal], runs: Iterable[IRI] | None = None
) -> None:
    """Bring the derived graphs up to date after states of files were added.

    A rule with a parameter ``state``, ``path`` or ``run`` concludes from one state, from
    the states at one path, or from one run only; what it concluded of the others
    stands. The rest is worked out whole.

    Args:
        store: Where the joins were up to date before.
        states: Each state that was added, with its path.
        runs: The runs that were added, when nothing else was; else every run is looked at.
    """
    added_runs = None if runs is None else sorted(runs)
    wanted = hybrid_rules()
    for rule in wanted:
        graph = derived_graph(rule)
        narrowed = {parameter.name for parameter in rule.parameters}
        if "state" in narrowed:
            found = [store.construct(rule.text, state=state) for state in sorted(states)]
            store.change(graph, add=[triple for each in found for triple in each], remove=())
        elif "path" in narrowed:
            for path in sorted(set(states.values())):
                added = [state for state, place in states.items() if place == path]
                new = set(_conclude(store, rule, path, added))
                old = {t for each in {t.subject for t in new} for t in store.said_of(each, graph)}
                store.change(graph, add=new - old, remove=old - new)
        elif "run" in narrowed and added_runs is not None:
            for run in added_runs:
                store.change(graph, add=store.construct(rule.text, run=run), remove=())
        else:
            _change(store, graph, _conclude(store, rule))
        if rule.graph == _BEFORE_MATCHES:
            if added_runs is not None:
                store.change(_MATCHES, add=match_recorded(store, added_runs), remove=())
            else:
                _change(store, _MATCHES, match_recorded(store))
    store.replace({_FRESH: _marks(wanted)})


def _conclude(
    store: Store, rule: Query, path: Literal | None = None, added: Iterable[IRI] = ()
) -> list[Triple]:
    """Triples of a rule; of the exact join by the quicker way to the same ones."""
    if rule.name == _EXACT:
        return join_versions(store) if path is None else join_added(store, path, added)
    return store.construct(rule.text) if path is None else store.construct(rule.text, path=path)


def _change(store: OxigraphStore, graph: IRI, triples: Iterable[Triple]) -> None:
    new, old = set(triples), set(store.triples(graph))
    store.change(graph, add=new - old, remove=old - new)


def _marks(rules: Iterable[Query]) -> list[Triple]:
    return [Triple(derived_graph(rule), PROVKIT.version, Literal(rule.version)) for rule in rules]
