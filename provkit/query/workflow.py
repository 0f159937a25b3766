"""Questions on one workflow: what depends on what, as names and as graphs.

These are the queries of the RunManager demonstration (IDCC 2017): the
outputs, the whole graph, q1 to q4 on the workflow as meant, q5 and q6 on the
workflow with the files of a run in it. They are asked of a store that holds
the model graph (:mod:`provkit.rdf.prospective`), which may lie in memory, so
no project is needed. What they mean stands in ``sparql/workflow/``.

Names are what a reader sees, so steps or data of one name are one node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import cast

from provkit.errors import UsageError
from provkit.model.identifiers import location_iri, model_iri, within_model
from provkit.query.catalog import catalog
from provkit.rdf.graphs import Writer, read_text, text
from provkit.store.base import Store
from provkit.vocab.namespaces import YW
from provkit.vocab.terms import IRI, Term, Triple

Kind = OneOf["step", "data", "data_value", "param", "inflow", "outflow"]
Direction = OneOf["upstream", "downstream"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WorkflowNode:
    """A step, data, or the circle at an inflow or outflow.

    Attributes:
        id: Its name; circles are ``NAME_inflow`` and ``NAME_outflow``.
        kind: ``data_value`` is data drawn with its files: an input or output of the workflow.
        uris: Those files, sorted; None for other kinds.
    """

    id: str
    kind: Kind
    uris: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowGraph:
    """Nodes and edges, both sorted.

    Attributes:
        title: Name of the workflow.
    """

    title: str
    nodes: tuple[WorkflowNode, ...]
    edges: tuple[tuple[str, str], ...]


def workflow_outputs(store: Store, digest: str) -> tuple[str, ...]:
    """Names of the workflow's outputs, sorted."""
    return _names(store, "workflow/outputs", "name", model=model_iri(digest))


def inputs_of(store: Store, digest: str, name: str) -> tuple[str, ...]:
    """Names of the workflow's inputs that a data item depends on (q2).

    Raises:
        UsageError: No data of the workflow has that name.
    """
    check_name(store, digest, name)
    return _names(store, "workflow/inputs-of", "input", model=model_iri(digest), name=text(name))


def outputs_of(store: Store, digest: str, name: str) -> tuple[str, ...]:
    """Names of the workflow's outputs that a data item contributes to (q4).

    Raises:
        UsageError: No data of the workflow has that name.
    """
    check_name(store, digest, name)
    return _names(store, "workflow/outputs-of", "output", model=model_iri(digest), name=text(name))


def workflow_graph(
    store: Store,
    digest: str,
    *,
    title: str,
    direction: Direction | None = None,
    name: str | None = None,
    hybrid: bool = False,
) -> WorkflowGraph:
    """The workflow, or the part of it that leads to or from a data item.

    Args:
        store: Holds the model, and for a hybrid graph its resources.
        digest: Of the model.
        title: Name of the workflow.
        direction: ``upstream`` or ``downstream`` of the item ``name`` (q1, q3), else all of it.
        name: Name of a data item at the top level.
        hybrid: With the files of a run (q5, q6).

    Raises:
        UsageError: No data of the workflow has that name.
    """
    values: dict[str, Term] = {"model": model_iri(digest)}
    suffix = ""
    if direction is not None and name is not None:
        check_name(store, digest, name)
        values["name"] = text(name)
        suffix = f"-{direction}"
    edges = {
        (read_text(cast(Term, source)), read_text(cast(Term, target)))
        for source, target in _pairs(store, f"workflow/edges{suffix}", "from", "to", values)
    }
    kinds: dict[str, set[str]] = {}
    for node, kind in _pairs(store, f"workflow/nodes{suffix}", "id", "kind", values):
        kinds.setdefault(read_text(cast(Term, node)), set()).add(str(kind))
    _declare_ends(edges, kinds)
    files: dict[str, set[str]] = {}
    if hybrid:
        for node, uri in _pairs(store, f"workflow/values{suffix}", "id", "uri", values):
            found = files.setdefault(read_text(cast(Term, node)), set())
            if uri is not None:
                found.add(read_text(uri))
    nodes = [
        _node(node, cast(Kind, kind), files) for node, found in kinds.items() for kind in found
    ]
    return WorkflowGraph(title=title, nodes=tuple(sorted(nodes, key=_by_id)), edges=_sorted(edges))


def _node(name: str, kind: Kind, files: dict[str, set[str]]) -> WorkflowNode:
    if kind in ("data", "param") and name in files:
        return WorkflowNode(id=name, kind="data_value", uris=tuple(sorted(files[name])))
    return WorkflowNode(id=name, kind=kind)


def _by_id(node: WorkflowNode) -> tuple[str, str]:
    return node.id, node.kind


def _declare_ends(edges: set[tuple[str, str]], kinds: dict[str, set[str]]) -> None:
    """Data mentioned in edges only: inputs of a step upstream that lead elsewhere too.

    The Prolog queries leave such ends undeclared; a graph without its nodes
    could not be drawn, so they are plain data here.
    """
    for edge in edges:
        for end in edge:
            kinds.setdefault(end, {"data"})


def _sorted(edges: set[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(edges))


def check_name(store: Store, digest: str, name: str) -> tuple[str, ...]:
    """Blocks in which data of that name flows; the empty text is the workflow's own ports.

    Raises:
        UsageError: There is none.
    """
    rows = _pairs(store, "workflow/names", "name", "workflow", {"model": model_iri(digest)})
    places: dict[str, set[str]] = {}
    for found, place in rows:
        inside = "" if place is None else read_text(place)
        places.setdefault(read_text(cast(Term, found)), set()).add(inside)
    if name not in places:
        from difflib import get_close_matches  # noqa: PLC0415 - only for the mistaken

        near = get_close_matches(name, places, n=1)
        known = ", ".join(sorted(places)[:12])
        hint = f"did you mean {near[0]!r}?" if near else f"its data: {known or 'none'}"
        raise UsageError(f"the workflow has no data named {name!r}", hint=hint)
    return tuple(sorted(places[name]))


def _names(store: Store, query: str, column: str, **values: Term) -> tuple[str, ...]:
    found = store.select(catalog[query].text, **values)
    at = found.variables.index(column)
    return tuple(sorted({read_text(row[at]) for row in found.rows if row[at] is not None}))  # type: ignore[arg-type] # not None


def _pairs(
    store: Store, query: str, first: str, second: str, values: dict[str, Term]
) -> Iterable[tuple[Term | None, Term | None]]:
    found = store.select(catalog[query].text, **values)
    one, two = found.variables.index(first), found.variables.index(second)
    return [(row[one], row[two]) for row in found.rows]


def resource_triples(digest: str, resources: Iterable[tuple[int, str]]) -> list[Triple]:
    """Which files stand for which data of a model, for the hybrid graphs (paper, listing 4).

    Args:
        digest: Of the model.
        resources: (id of the data, path), as a reconstruction found them.
    """
    out = Writer()
    for data, path in resources:
        place = location_iri(path)
        out.say(within_model(digest, "data", str(data)), YW.hasResource, place)
        out.say(place, YW.uri, text(path))
    return out.triples


def resource_graph(digest: str) -> IRI:
    """Name of the graph that holds :func:`resource_triples`."""
    return within_model(digest, "resources")
