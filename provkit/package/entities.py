"""JSON-LD entities of a crate: added once, extended, and put in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provkit.package.markup import clean

Entity = dict[str, Any]
"""An entity with ``@id`` and ``@type``; its other values are texts, references or lists of them."""


def reference(iri: str) -> dict[str, str]:
    """A value that is another entity."""
    return {"@id": iri}


def references(iris: Iterable[str]) -> dict[str, str] | list[dict[str, str]]:
    """Values that are other entities; a single one stands alone."""
    each = [reference(iri) for iri in dict.fromkeys(iris)]
    return each[0] if len(each) == 1 else each


def local(iri: str) -> str:
    """Id within the crate of something that has an IRI; a fragment holds no second ``#``."""
    return "#" + iri.replace("#", "/")


class Graph:
    """The entities of a crate.

    Attributes:
        actions: Ids of what the root mentions, in order.
        main: Id of the main workflow; empty when there is none.
    """

    def __init__(self) -> None:
        self._entities: dict[str, Entity] = {}
        self.actions: list[str] = []
        self.main = ""

    def add(self, entity: Entity) -> None:
        """Take up an entity; the first of an id stays, with what is new added."""
        known = self._entities.setdefault(entity["@id"], entity)
        for key, value in entity.items():
            known.setdefault(key, value)

    def retype(self, iri: str, *more: str) -> Entity:
        """Give an entity more types; gives the entity."""
        entity = self._entities[iri]
        types = entity["@type"] if isinstance(entity["@type"], list) else [entity["@type"]]
        entity["@type"] = list(dict.fromkeys([*types, *more]))
        return entity

    def extend(self, iri: str, key: str, value: str) -> None:
        """Add a reference to the values of a property."""
        entity = self._entities[iri]
        known = entity.get(key, [])
        known = known if isinstance(known, list) else [known]
        entity[key] = references([*(each["@id"] for each in known), value])

    def values(self, key: str) -> set[str]:
        """Every id that some entity refers to by a property."""
        found: set[str] = set()
        for entity in self._entities.values():
            value = entity.get(key, [])
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    found.add(each["@id"])
        return found

    def in_order(self) -> list[Entity]:
        """All entities by id."""
        return [self._entities[iri] for iri in sorted(self._entities)]


def tidy(value: Any) -> Any:
    """A value whose texts every JSON reader takes: no control characters, no lone surrogates."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [tidy(each) for each in value]
    if isinstance(value, dict):
        return {key: tidy(each) for key, each in value.items()}
    return value
