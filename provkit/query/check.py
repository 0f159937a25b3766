"""Is the graph sound? Rule breakers, one finding each; no finding means sound.

Every rule is a file in ``sparql/check/``. A row of its answer is a rule
broken by the nodes in that row. Two kinds:

``prov/``, ``own/``
    Rules on the data itself: uniqueness, typing and impossibility of
    PROV-CONSTRAINTS (W3C Recommendation, 30 April 2013), and what provkit
    promises besides.
``events/``, ``order/``
    Event ordering (its section 6.2): the first make one node for each event,
    the second say which events precede which; a strict arrow inside a cycle
    is the finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provkit.query.catalog import Query, catalog
from provkit.query.order import contradictions
from provkit.store.base import Store
from provkit.vocab.terms import IRI, Triple

_EVENTS = IRI("https://w3id.org/provkit/check#events")
_STRICTLY = "https://w3id.org/provkit/check#strictlyPrecedes"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Broken:
    """A rule broken.

    Attributes:
        rule: Name of the rule: its file below ``sparql/check/``.
        message: What is wrong, one sentence.
        nodes: IRIs or values that break it, in the order of the rule's columns.
        source: Section of the specification that has the rule.
    """

    rule: str
    message: str
    nodes: tuple[str, ...]
    source: str


def check(store: Store, scratch: Store) -> list[Broken]:
    """Every rule broken in a store.

    Args:
        store: What is checked; it is only read.
        scratch: An empty store, in memory, for the events and their order.

    Returns:
        Findings, sorted; none when the graph is sound.
    """
    found = []
    for folder in ("check/prov", "check/own"):
        for name in catalog.names(folder):
            found += _broken(catalog[name], store)
    return sorted(found + _disordered(store, scratch))


def _broken(rule: Query, store: Store) -> list[Broken]:
    rows = store.select(rule.text).rows
    return [_finding(rule, [str(value) for value in row if value is not None]) for row in rows]


def _finding(rule: Query, nodes: Iterable[str]) -> Broken:
    return Broken(
        rule=rule.name.removeprefix("check/"),
        message=rule.summary,
        nodes=tuple(nodes),
        source=rule.sources[0] if rule.sources else "",
    )


def _disordered(store: Store, scratch: Store) -> list[Broken]:
    """Strict arrows between events that must have happened at once."""
    events: set[Triple] = set()
    for name in catalog.names("check/events"):
        events.update(store.construct(catalog[name].text))
    scratch.replace({_EVENTS: sorted(events)})
    precedes: list[tuple[str, str]] = []
    strictly: dict[tuple[str, str], Query] = {}
    for name in catalog.names("check/order"):
        rule = catalog[name]
        for earlier, predicate, later in scratch.construct(rule.text):
            pair = (str(earlier), str(later))
            if predicate == _STRICTLY:
                strictly.setdefault(pair, rule)
            else:
                precedes.append(pair)
    return [_finding(strictly[pair], pair) for pair in contradictions(precedes, strictly)]
