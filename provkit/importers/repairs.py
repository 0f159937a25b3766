"""What was wrong in a foreign source: each repair with the table and row it was made in.

Repairs of one sort are said once, with how many there were and where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

Row = Mapping[str, object]
"""A row of a foreign table: column to value; :data:`PLACE` says where it stands."""

PLACE = "Place"
"""Key under which a row says where it stands; no column of RunManager has that name."""

_MOST_RANGES = 50


class Place(NamedTuple):
    """Where a row stands.

    Attributes:
        where: Such as ``filemeta row`` or ``filemetafacts.P line``.
        number: Rowid in that table, or line in that file.
    """

    where: str
    number: int


class Repairs:
    """The repairs of one import, in the order made; those of one sort come last."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._counts: dict[str, list[Place | None]] = {}

    def say(self, what: str, row: Row | None = None) -> None:
        """A repair that is like no other.

        Args:
            what: One sentence.
            row: Where it was made.
        """
        place = _place(row)
        self._lines.append(f"{place.where} {place.number}: {what}" if place else what)

    def count(self, what: str, row: Row) -> None:
        """A repair that may be made in many rows.

        Args:
            what: The sort of repair, in the plural.
            row: Where it was made.
        """
        self._counts.setdefault(what, []).append(_place(row))

    def all(self) -> tuple[str, ...]:
        """One sentence per repair or sort of repair."""
        return (*self._lines, *(_counted(*each) for each in sorted(self._counts.items())))


def _place(row: Row | None) -> Place | None:
    place = row.get(PLACE) if row is not None else None
    return place if isinstance(place, Place) else None


def _counted(what: str, places: list[Place | None]) -> str:
    numbers: dict[str, set[int]] = {}
    for place in places:
        if place is not None:
            numbers.setdefault(place.where, set()).add(place.number)
    told = [f"{where} {_ranges(found)}" for where, found in sorted(numbers.items())]
    return f"{len(places)} × {what}" + (f": {'; '.join(told)}" if told else "")


def _ranges(numbers: Iterable[int]) -> str:
    """``1, 3-5, 9``."""
    ranges = list(_runs_of(sorted(numbers)))
    told = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:_MOST_RANGES]]
    more = sum(b - a + 1 for a, b in ranges[_MOST_RANGES:])
    return ", ".join(told) + (f" and {more} more" if more else "")


def _runs_of(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch without a gap."""
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[start], numbers[at - 1]
            start = at
