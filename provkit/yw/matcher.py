"""Hold many URI templates against many paths, in one pass over the paths.

The templates stand in a trie over path segments. A segment without variables
is one dictionary step; segments with variables are found by their constant
start and end, so that a hundred of them cost little more than one. What a
variable that may cross ``/`` can reach is the tail of the path, found the same
way. A join in SPARQL does the same work in quadratic time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from provkit.yw.templates import (
    Pattern,
    Template,
    Undecided,
    Values,
    leftmost,
    one_each,
    search,
    split_scheme,
)

_UNTIDY = re.compile(r"//|(?:^|/)\.(?:/|$)")

_HERE = re.compile(r"/(?:\./)+")
_FEW = 8  # patterns that are looked at one by one

Match = tuple[int, Values]
Fragments = tuple[str, ...]


class Node:
    """A place in the trie: what may come next, and which templates end here."""

    __slots__ = ("ends", "literals", "segments", "tails")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.segments = _Index(least=0)
        self.tails = _Index(least=1)
        self.ends: list[int] = []


class _Index:
    """Patterns that begin at one place of the trie, found by their constant parts.

    A pattern is looked at only when its constant start, its constant end and
    its most telling constant part between two variables all occur in the text.
    """

    __slots__ = ("_groups", "_least", "children")

    def __init__(self, *, least: int) -> None:
        self._least = least
        self._groups: dict[tuple[int, int], dict[tuple[str, str], _Alike]] = {}
        self.children: dict[Fragments, Node] = {}

    def child(self, fragments: Fragments) -> Node:
        """Place behind a pattern; made when it is new."""
        found = self.children.get(fragments)
        if found is None:
            found = self.children[fragments] = Node()
            start, end = fragments[0], fragments[-1]
            table = self._groups.setdefault((len(start), len(end)), {})
            table.setdefault((start, end), _Alike()).add(fragments)
        return found

    def find(self, text: str) -> Iterator[tuple[Node, Values]]:
        """Places behind the patterns that are the whole text, with a value for each variable."""
        for (start, end), table in self._groups.items():
            alike = table.get((text[:start], text[len(text) - end :] if end else ""))
            if alike is None:
                continue
            for fragments in alike.possible(text):
                values = leftmost(fragments, text, least=self._least)
                if values is not None:
                    yield self.children[fragments], values


class _Alike:
    """Patterns with one constant start and one constant end."""

    __slots__ = ("_all", "_by_middle")

    def __init__(self) -> None:
        self._all: list[Fragments] = []
        self._by_middle: dict[int, dict[str, list[Fragments]]] = {}

    def add(self, fragments: Fragments) -> None:
        """Take a pattern."""
        self._all.append(fragments)
        self._by_middle = {}

    def _file(self) -> dict[int, dict[str, list[Fragments]]]:
        """Each pattern under the middle part that it shares with the fewest others."""
        shared: dict[str, int] = {}
        for fragments in self._all:
            for part in set(fragments[1:-1]):
                shared[part] = shared.get(part, 0) + 1
        for fragments in self._all:
            middle = min(fragments[1:-1], key=lambda part: (shared[part], -len(part)), default="")
            self._by_middle.setdefault(len(middle), {}).setdefault(middle, []).append(fragments)
        return self._by_middle

    def possible(self, text: str) -> Iterable[Fragments]:
        """Patterns whose middle part occurs in the text."""
        if len(self._all) <= _FEW:
            return self._all
        found: list[Fragments] = []
        for length, table in (self._by_middle or self._file()).items():
            parts = {text[at : at + length] for at in range(len(text) - length + 1)}
            for part in parts & table.keys():
                found += table[part]
        return found


State = tuple[Node, Values]


class Matcher:
    """Templates by number, from 0 in the order they were added.

    Attributes:
        undecided: Path and template that could not be decided in reasonable time,
            because a name occurs more than once in it; such a pair counts as no match.
    """

    def __init__(self) -> None:
        self._root = Node()
        self._patterns: list[tuple[Pattern, bool]] = []
        self._plain: list[bool] = []
        self.undecided: list[tuple[str, int]] = []

    def add(self, template: Template, *, crossing: bool = False) -> int:
        """Take a template; ``crossing`` lets its variables hold ``/``, and be never empty."""
        pattern = _tidy_pattern(template)
        number = len(self._patterns)
        self._patterns.append((pattern, crossing))
        slots = pattern.slots
        self._plain.append(len(set(slots)) == len(slots) and "" not in slots)
        node = self._root
        for fragments in _segments(pattern, crossing=crossing):
            if len(fragments) == 1:
                node = node.literals.setdefault(fragments[0], Node())
            elif crossing:
                node = node.tails.child(fragments)
            else:
                node = node.segments.child(fragments)
        node.ends.append(number)
        return number

    def start(self) -> list[State]:
        """Where a walk along the segments of a path begins."""
        return [(self._root, ())]

    def step(self, states: list[State], segment: str) -> list[State]:
        """Where a walk stands after one more segment; empty when no template can fit."""
        following: list[State] = []
        for node, values in states:
            child = node.literals.get(segment)
            if child is not None:
                following.append((child, values))
            if node.segments.children:
                following += [(found, values + more) for found, more in node.segments.find(segment)]
        return following

    def ends(self, states: list[State], path: str) -> list[Match]:
        """Templates that end where a walk along a whole path stands."""
        return [
            (number, named)
            for node, values in states
            for number in node.ends
            if (named := self._named(number, values, path)) is not None
        ]

    def match(self, path: str) -> list[Match]:
        """Each template that fits a path, by its number, with a value for each of its names.

        Example:
            >>> from provkit.yw.templates import parse_template
            >>> matcher = Matcher()
            >>> matcher.add(parse_template("file:d/{a}_{b}.csv"))
            0
            >>> matcher.match("d/1_2_3.csv")
            [(0, ('1', '2_3'))]
        """
        path = tidy_path(path)
        folder, _, name = path.rpartition("/")
        states, tails = self._enter(folder, slash="/" in path)
        return self._finish(states, tails, path, name)

    def match_all(self, paths: Iterable[str]) -> Iterator[tuple[str, list[Match]]]:
        """Each path that some template fits, as given; a folder is walked once for its files."""
        last: str | None = None
        states: list[State] = []
        tails: list[tuple[State, int]] = []
        for given in paths:
            path = tidy_path(given)
            folder, slash, name = path.rpartition("/")
            if last is None or folder + slash != last:
                states, tails = self._enter(folder, slash=bool(slash))
                last = folder + slash
            found = self._finish(states, tails, path, name)
            if found:
                yield given, found

    def _enter(self, folder: str, *, slash: bool) -> tuple[list[State], list[tuple[State, int]]]:
        """States at a folder, and every place before it from which a tail may begin."""
        states = self.start()
        tails = [(state, 0) for state in states if state[0].tails.children]
        at = 0
        for segment in folder.split("/") if slash else ():
            states = self.step(states, segment)
            if not states:
                break
            at += len(segment) + 1
            tails += [(state, at) for state in states if state[0].tails.children]
        return states, tails

    def _finish(
        self, states: list[State], tails: list[tuple[State, int]], path: str, name: str
    ) -> list[Match]:
        ended = self.step(states, name)
        for (node, values), at in tails:
            ended += [(found, values + more) for found, more in node.tails.find(path[at:])]
        return self.ends(ended, path) if ended else []

    def _named(self, number: int, values: Values, path: str) -> Values | None:
        if self._plain[number]:
            return values
        pattern, crossing = self._patterns[number]
        named = one_each(pattern.slots, values)
        if named is not None:
            return named
        try:
            return search(
                pattern, path, least=1 if crossing else 0, barrier="" if crossing else "/"
            )
        except Undecided:
            self.undecided.append((path, number))
            return None


def tidy_path(path: str) -> str:
    """A path without ``file:``, ``./`` and doubled ``/``; other schemes are kept."""
    scheme, rest = split_scheme(path)
    if scheme.lower() == "file":
        path = rest
    if not _UNTIDY.search(path):
        return path
    absolute = path.startswith("/")
    kept = [segment for segment in path.split("/") if segment not in ("", ".")]
    return ("/" if absolute else "") + "/".join(kept)


def _tidy_pattern(template: Template) -> Pattern:
    """The path of a template as :func:`tidy_path` would leave a path that it matches."""
    first, *others = template.path.fragments
    if not template.is_file:
        return Pattern((f"{template.scheme}:{first}", *others), template.path.slots)
    while first.startswith("./"):
        first = first[2:]
    return Pattern(tuple(_HERE.sub("/", part) for part in (first, *others)), template.path.slots)


def _segments(pattern: Pattern, *, crossing: bool) -> Iterator[Fragments]:
    """Constant parts of each segment; with ``crossing`` the first variable begins the tail."""
    current: list[str] = []
    for index, fragment in enumerate(pattern.fragments):
        before, *more = fragment.split("/")
        current.append(before)
        for segment in more:
            if crossing and len(current) > 1:
                break
            yield tuple(current)
            current = [segment]
        if crossing and index == 0 and pattern.slots:
            yield (current[0], *pattern.fragments[1:])
            return
    yield tuple(current)
