"""The exact join, in the order of time instead of by pairs.

``sparql/hybrid/10-exact.rq`` says what a version of a file is, and runs
anywhere; it holds every reading of a path against every writing, which is a
million pairs when a thousand runs read and wrote one file. Here the writings
of a path are sorted once, and each reading finds the last one before it. Both
give the same triples; a test says so.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from provkit.query.catalog import catalog
from provkit.store.base import Store
from provkit.vocab.namespaces import BASE, PROVKIT
from provkit.vocab.terms import IRI, Literal, Term, Triple

_Touch = tuple[IRI, str, str, bool]
"""State, content or location, place in the order of time, and whether the run wrote it."""

_CONTENT = "hash://sha256/"


def join_added(store: Store, path: Literal, states: Iterable[IRI]) -> list[Triple]:
    """What the exact join says anew when states of files at a path were added.

    At a path that nobody wrote, such as that of a script which ran a thousand
    times, the others stay as they are.
    """
    if store.ask(catalog["store/is-written"].text, path=path):
        return join_versions(store, path)
    text = catalog["store/touches"].text
    rows = [row for state in states for row in store.select(text, state=state).rows]
    return _join_rows(rows)


def join_versions(store: Store, path: Literal | None = None) -> list[Triple]:
    """``?state provkit:exactJoin ?version`` for every state with known content, sorted.

    Args:
        store: Where the runs are.
        path: Only states of files at this path.
    """
    values: dict[str, Term] = {} if path is None else {"path": path}
    return _join_rows(store.select(catalog["store/touches"].text, **values).rows)


def _join_rows(rows: Iterable[tuple[Term | None, ...]]) -> list[Triple]:
    touches: dict[str, list[_Touch]] = defaultdict(list)
    for place, state, general, run, started, written in rows:
        if isinstance(state, IRI):
            order = f"{str(started).partition('Z')[0]} {run}"
            touches[str(place)].append((state, str(general), order, written is not None))
    found = {triple for place, met in touches.items() for triple in _join(place, met)}
    return sorted(found, key=lambda triple: (triple.subject, str(triple.object)))


def _join(place: str, rows: list[_Touch]) -> list[Triple]:
    writes = sorted({order for _, _, order, written in rows if written})
    last: dict[tuple[IRI, str], str] = {}
    for state, general, order, written in rows:
        if not general.startswith(_CONTENT):
            continue
        before = bisect_left(writes, order)
        write = order if written else writes[before - 1] if before else ""
        last[state, general] = max(write, last.get((state, general), ""))
    return [
        Triple(state, PROVKIT.exactJoin, _version(place, content, write))
        for (state, content), write in last.items()
    ]


def _version(place: str, content: str, write: str) -> IRI:
    text = f"{place} {content} {write}".encode("utf-8", "surrogatepass")
    return IRI(f"{BASE}id/version/{hashlib.sha256(text).hexdigest()}")
