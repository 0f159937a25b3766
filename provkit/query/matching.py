"""Match the URI templates of workflow models to what runs read and wrote.

Done in Python, because a join by REGEX is quadratic (163 s for 100 templates
and 10,000 files where the trie takes 0.02 s); what matches becomes
``?port yw:matches ?location``, and the hybrid rules join on the IRIs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from posixpath import normpath
from typing import NamedTuple, cast

from provkit.errors import ModelError
from provkit.model.identifiers import decode_path, location_iri
from provkit.query.catalog import catalog
from provkit.rdf.graphs import read_text
from provkit.store.base import Store
from provkit.vocab.namespaces import YW
from provkit.vocab.terms import IRI, Term, Triple
from provkit.yw.matcher import Matcher
from provkit.yw.templates import parse_template

_BETWEEN = "\x01"


class _Group(NamedTuple):
    """Runs whose files are held against the same templates from the same folder."""

    model: IRI
    directory: str
    role: str


def match_recorded(store: Store, runs: Iterable[IRI] | None = None) -> list[Triple]:
    """Which ports match which locations, in no order.

    A relative template starts at the working directory of the run; inputs are
    held against in-ports and outputs against out-ports; a variable may cross ``/``.

    Args:
        store: Where it is known which models runs followed.
        runs: Only what these runs met; every run by default.
    """
    plans: dict[Term, list[tuple[IRI, str]]] = defaultdict(list)
    for follower, model, directory in _of_runs(store, "workflow/plans", runs):
        plans[follower].append((IRI(str(model)), read_text(directory)))
    paths: dict[_Group, list[str]] = defaultdict(list)
    wanted = plans if runs is not None else None
    for run, role, encoded, told in _of_runs(store, "workflow/files", wanted):
        recorded = str(told).split(_BETWEEN)
        if str(encoded) == "yes":
            recorded = [decode_path(path) for path in recorded]
        for plan, folder in plans.get(run, ()):
            paths[_Group(plan, folder, str(role))] += recorded
    templates = _Templates(store)
    found: set[Triple] = set()
    for group, met in paths.items():
        found.update(_match(group.directory, templates.of(group.model, group.role), met))
    return list(found)


class _Templates:
    """Ports and templates of each model, asked for once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[IRI, list[tuple[IRI, str, str]]] = {}

    def of(self, model: IRI, role: str) -> list[tuple[IRI, str]]:
        """Port and template of each port of that role."""
        if model not in self._known:
            rows = self._store.select(catalog["workflow/templates"].text, model=model).rows
            self._known[model] = [
                (IRI(str(port)), str(what), read_text(cast(Term, template)))
                for _, port, what, template in rows
            ]
        return [(port, text) for port, what, text in self._known[model] if what == role]


def _match(directory: str, ports: list[tuple[IRI, str]], paths: list[str]) -> Iterator[Triple]:
    matcher, numbered = Matcher(), []
    for port, text in ports:
        try:
            template = parse_template(text)
        except ModelError:  # `provkit yw check` tells of it
            continue
        matcher.add(template, crossing=True)
        numbered.append(port)
    recorded = {_from(directory, path): path for path in paths}
    for path, matches in matcher.match_all(recorded):
        place = location_iri(recorded[path])
        for number, _ in matches:
            yield Triple(numbered[number], YW.matches, place)


def _from(directory: str, path: str) -> str:
    """A recorded path as the run saw it: from its working directory when inside it."""
    base = normpath(directory)
    if base == "." or path.startswith("/") != base.startswith("/"):
        return path
    return path[len(base) + 1 :] if path.startswith(f"{base}/") else path


def _of_runs(store: Store, query: str, runs: Iterable[Term] | None) -> list[tuple[Term, ...]]:
    text = catalog[query].text
    if runs is None:
        found = store.select(text).rows
    else:
        found = [row for run in runs for row in store.select(text, run=run).rows]
    return cast(list[tuple[Term, ...]], found)
