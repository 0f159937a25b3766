"""Has the graph the shape that ``docs/reference/graph.md`` promises? SHACL, by pyshacl."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from provkit.errors import ConfigError
from provkit.query.check import Broken
from provkit.rdf.documents import write_document
from provkit.resources import resource_folder
from provkit.store.base import Store

_SHACL = "http://www.w3.org/ns/shacl#"


def can_check_shapes() -> bool:
    """Whether pyshacl is installed."""
    return find_spec("pyshacl") is not None


def check_shapes(store: Store) -> list[Broken]:
    """Every node that has not the shape it must have, sorted.

    Raises:
        ConfigError: pyshacl is not installed.
    """
    if not can_check_shapes():
        raise ConfigError(
            "shapes cannot be checked without pyshacl", hint="pip install 'provkit[shacl]'"
        )
    import pyshacl  # noqa: PLC0415 - costs 500 ms
    import rdflib  # noqa: PLC0415 - likewise

    triples = {name: store.triples(name) for name in store.graphs()}
    data = rdflib.Graph().parse(data=write_document(triples, "ntriples"), format="nt")
    shapes = rdflib.Graph()
    for path in sorted(Path(resource_folder("ontologies"), "shapes").glob("*.ttl")):
        shapes.parse(path, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none")
    sh = rdflib.Namespace(_SHACL)
    found = []
    for result in report.subjects(rdflib.RDF.type, sh.ValidationResult):
        nodes = [
            str(each)
            for term in (sh.focusNode, sh.resultPath, sh.value)
            if (each := report.value(result, term)) is not None
            and not isinstance(each, rdflib.BNode)
        ]
        rule = str(report.value(result, sh.sourceConstraintComponent)).rpartition("#")[2]
        message = str(report.value(result, sh.resultMessage))
        found.append(
            Broken(
                rule=f"shape/{rule.removesuffix('ConstraintComponent')}",
                message=" ".join(message.split()),
                nodes=tuple(nodes),
                source="https://www.w3.org/TR/shacl/",
            )
        )
    return sorted(found)
