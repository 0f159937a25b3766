"""Which known name did somebody mean? In one pass, however many names there are.

Two names are near when they are equal but for case, ``-``, ``_`` and ``.``, or when
each becomes the other by leaving out, adding, changing or moving one character
(the deletion neighbourhoods of W. Garbe's SymSpell, one deletion deep).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LONGEST = 60


class NearNames:
    """Names that can be suggested.

    Args:
        names: All of them; the first near one is suggested.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._by_key: dict[str, str] = {}

    def near(self, name: str) -> str | None:
        """A known name that is not this one but near it."""
        if not self._by_key:
            for known in self._names:
                for key in _keys(known):
                    self._by_key.setdefault(key, known)
        for key in _keys(name):
            found = self._by_key.get(key)
            if found is not None and found != name:
                return found
        return None


def _keys(name: str) -> Iterator[str]:
    plain = name.lower().translate({ord("-"): None, ord("_"): None, ord("."): None})
    yield plain
    if 3 <= len(plain) <= _LONGEST:
        for position in range(len(plain)):
            yield plain[:position] + plain[position + 1 :]
