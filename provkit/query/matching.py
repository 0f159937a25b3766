"""Match the URI templates of workflow models to what runs read and wrote.

Done in Python, because a join by REGEX is quadratic (163 s for 100 templates
and 10,000 files where the trie takes 0.02 s); what matches becomes
``?port yw:matches ?location``, and the hybrid rules join on the IRIs.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath
from typing import cast

from provkit.errors import ModelError
from provkit.model.identifiers import location_iri
from provkit.query.catalog import catalog
from provkit.rdf.graphs import read_text
from provkit.store.base import Store
from provkit.vocab.namespaces import YW
from provkit.vocab.terms import IRI, Term, Triple
from provkit.yw.matcher import Matcher
from provkit.yw.templates import parse_template

Group = tuple[str, str, str]
"""Model, working directory, and role (``input`` or ``output``)."""


def match_recorded(store: Store) -> list[Triple]:
    """Which ports match which locations, over all runs that followed a model.

    A relative template starts at the working directory of the run; inputs are
    held against in-ports and outputs against out-ports; a variable may cross ``/``.
    """
    groups: dict[Group, list[tuple[IRI, str]]] = {}
    for model, directory, port, role, template in _rows(store, "workflow/templates"):
        group = (str(model), read_text(directory), str(role))
        groups.setdefault(group, []).append((IRI(port), read_text(template)))
    if not groups:
        return []
    paths: dict[Group, list[str]] = {}
    for model, directory, role, path in _rows(store, "workflow/files"):
        group = (str(model), read_text(directory), str(role))
        if group in groups:
            paths.setdefault(group, []).append(read_text(path))
    found: set[Triple] = set()
    for group, ports in groups.items():
        found.update(_match(group[1], ports, paths.get(group, [])))
    return sorted(found)


def _match(directory: str, ports: list[tuple[IRI, str]], paths: list[str]) -> Iterator[Triple]:
    matcher, numbered = Matcher(), []
    for port, text in ports:
        try:
            template = parse_template(text)
        except ModelError:  # `provkit yw check` tells of it
            continue
        matcher.add(template, crossing=True)
        numbered.append(port)
    recorded = {_from(directory, path): path for path in sorted(paths)}
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


def _rows(store: Store, query: str) -> list[tuple[Term, ...]]:
    return cast(list[tuple[Term, ...]], store.select(catalog[query].text).rows)
