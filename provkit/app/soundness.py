"""What the graph implies, and whether it is sound: ``provkit infer`` and ``provkit check``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from provkit.app.folder import ProjectFolder
from provkit.app.ingest import open_index
from provkit.app.network import forget_network
from provkit.query.check import Broken, check
from provkit.query.infer import infer
from provkit.query.shapes import can_check_shapes, check_shapes
from provkit.rdf.graphs import INFERRED
from provkit.store.oxigraph import OxigraphStore
from provkit.vocab.namespaces import NAMESPACES

SLOW_FOR_OWLRL = 20_000
"""With more triples than that, owlrl takes minutes."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was put into the graph of what is implied.

    Attributes:
        by_term: How many triples by predicate, or by class for types.
        over: How many triples were reasoned over.
    """

    by_term: dict[str, int]
    over: int

    @property
    def triples(self) -> int:
        """How many were implied."""
        return sum(self.by_term.values())

    def to_json(self) -> dict[str, Any]:
        """What ``infer --json`` prints."""
        return {"triples": self.triples, "over": self.over, "terms": self.by_term}


@dataclass(frozen=True, slots=True)
class Checked:
    """Findings of a check.

    Attributes:
        findings: Each rule broken, with the nodes that break it.
        shapes: Whether shapes were checked too.
    """

    findings: tuple[Broken, ...]
    shapes: bool

    def to_json(self) -> dict[str, Any]:
        """What ``check --json`` prints."""
        rows = [
            {"rule": f.rule, "message": f.message, "nodes": list(f.nodes), "source": f.source}
            for f in self.findings
        ]
        return {"sound": not rows, "shapes": self.shapes, "findings": rows}


def infer_graph(project: ProjectFolder, *, engine: str = "rules") -> Inferred:
    """Work out what the graph implies, and keep it in a graph of its own.

    It goes away when records change what it was worked out from.
    """
    with open_index(project) as store:
        store.remove([INFERRED])
        over = store.size()
        implied = infer(store, engine=engine)
        store.replace({INFERRED: implied})
    forget_network(project)  # lineage walks over implied derivations too
    counted: Counter[str] = Counter()
    for triple in implied:
        is_type = triple.predicate.endswith("#type")
        counted[_short(str(triple.object) if is_type else triple.predicate)] += 1
    return Inferred(dict(sorted(counted.items())), over)


def _short(iri: str) -> str:
    for namespace in NAMESPACES:
        if iri in namespace:
            return f"{namespace.prefix}:{iri.removeprefix(namespace.base)}"
    return iri


def check_graph(project: ProjectFolder, *, shapes: bool = True) -> Checked:
    """Look for every rule that the graph breaks.

    Args:
        project: Whose graph.
        shapes: Check shapes too, if pyshacl is installed.
    """
    with open_index(project) as store, OxigraphStore() as scratch:
        found = check(store, scratch)
        with_shapes = shapes and can_check_shapes()
        if with_shapes:
            found += check_shapes(store)
    return Checked(tuple(sorted(found)), with_shapes)
