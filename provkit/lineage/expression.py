"""Regular path expressions: which ways through the graph are asked for.

The words of SPARQL 1.1 property paths (section 9), over the three relations
that lineage knows, with a test on the node that a step reaches::

    (wasGeneratedBy[program=*.R] / used)+ / wasGeneratedBy
    ^used / ^wasGeneratedBy[path=results/*]

``^`` goes against a relation, ``/`` joins, ``|`` chooses, ``* + ?`` repeat, ``( )``
group, ``.`` is any of the three. Relations may carry the prefix ``prov:``. Several tests
are joined by ``,``. SPARQL has no test on a node inside a path; the
automaton of :func:`compile_expression` has, because a test is a condition on the
edge that reaches the node.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from provkit.errors import UsageError

RELATIONS = ("used", "wasGeneratedBy", "wasDerivedFrom")
ATTRIBUTES = ("path", "program", "sha256", "run", "user", "status", "tag")
"""What a node can be tested for: of files path and hash, of runs the others."""

_TOKEN = re.compile(
    r"\s*(?:(?P<relation>(?:prov:)?[A-Za-z]\w*)|(?P<test>\[[^\]]*\])|(?P<sign>[\^/|*+?().]))"
)
_TEST = re.compile(r"\s*(\w+)\s*(=|!=)\s*(.*?)\s*\Z", re.DOTALL)
_LONGEST, _DEEPEST = 2000, 100


class Condition(NamedTuple):
    """A condition on a node: an attribute, a glob, and whether it must not match."""

    attribute: str
    glob: str
    negated: bool


class Step(NamedTuple):
    """A relation to follow, against it or along it, and what the node reached must be."""

    relation: str
    inverse: bool
    tests: tuple[Condition, ...]


class Automaton(NamedTuple):
    """States by number; 0 is the first.

    Attributes:
        steps: Of each state, the steps that leave it and where they lead.
        final: States in which a way may end.
    """

    steps: tuple[tuple[tuple[Step, int], ...], ...]
    final: frozenset[int]


def compile_expression(text: str) -> Automaton:
    """The automaton of an expression (Thompson's construction, then without empty moves).

    Raises:
        UsageError: It cannot be read; the message has the place.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"an expression of more than {_LONGEST} characters")
    return _Builder(text).automaton()


class _Fragment(NamedTuple):
    """A part of the automaton: where it begins, and where it ends."""

    begin: int
    end: int


class _Builder:
    """Reads an expression by recursive descent and builds states as it goes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._moves: list[list[int]] = []
        self._steps: list[list[tuple[Step, int]]] = []

    def automaton(self) -> Automaton:
        """The whole expression."""
        whole = self._choice()
        if self._peek() is not None or self._text[self._at :].strip():
            raise self._error("cannot be read from here on")
        reached = [self._closure(state) for state in range(len(self._steps))]
        steps = [tuple(s for each in sorted(found) for s in self._steps[each]) for found in reached]
        final = {state for state, found in enumerate(reached) if whole.end in found}
        return _renumbered(whole.begin, steps, final)

    def _choice(self) -> _Fragment:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("is nested too deeply")
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        self._depth -= 1
        if len(found) == 1:
            return found[0]
        begin, end = self._state(), self._state()
        for each in found:
            self._moves[begin].append(each.begin)
            self._moves[each.end].append(end)
        return _Fragment(begin, end)

    def _sequence(self) -> _Fragment:
        first = self._repeated()
        while self._take("/"):
            following = self._repeated()
            self._moves[first.end].append(following.begin)
            first = _Fragment(first.begin, following.end)
        return first

    def _repeated(self) -> _Fragment:
        inner = self._single()
        while (sign := self._peek()) in ("*", "+", "?"):
            self._take(sign)
            begin, end = self._state(), self._state()
            self._moves[begin].append(inner.begin)
            self._moves[inner.end].append(end)
            if sign != "?":
                self._moves[inner.end].append(inner.begin)
            if sign != "+":
                self._moves[begin].append(end)
            inner = _Fragment(begin, end)
        return inner

    def _single(self) -> _Fragment:
        inverse = self._take("^")
        if not inverse and self._take("("):
            inner = self._choice()
            if not self._take(")"):
                raise self._error("lacks a closing parenthesis")
            return inner
        relations = self._relations()
        tests = self._tests()
        begin, end = self._state(), self._state()
        for relation in relations:
            self._steps[begin].append((Step(relation, inverse, tests), end))
        return _Fragment(begin, end)

    def _relations(self) -> tuple[str, ...]:
        if self._take("."):
            return RELATIONS
        match = _TOKEN.match(self._text, self._at)
        name = match["relation"] if match else None
        if match is None or name is None:
            raise self._error("needs a relation")
        relation = name.removeprefix("prov:")
        if relation not in RELATIONS:
            raise UsageError(
                f"no relation {name!r} to follow (column {self._at + 1})",
                hint=f"there are {', '.join(RELATIONS)}, and ^ goes against one",
            )
        self._at = match.end()
        return (relation,)

    def _tests(self) -> tuple[Condition, ...]:
        found: list[Condition] = []
        while (match := _TOKEN.match(self._text, self._at)) and match["test"]:
            for part in match["test"][1:-1].split(","):
                read = _TEST.match(part)
                if read is None or read[1].replace("hadPlan", "program") not in ATTRIBUTES:
                    raise UsageError(
                        f"no test: {part.strip()!r} (column {self._at + 1})",
                        hint=f"write [NAME=GLOB] or [NAME!=GLOB]; names: {', '.join(ATTRIBUTES)}",
                    )
                name = read[1].replace("hadPlan", "program")
                found.append(Condition(name, read[3].strip("'\""), read[2] == "!="))
            self._at = match.end()
        return tuple(found)

    def _peek(self) -> str | None:
        match = _TOKEN.match(self._text, self._at)
        return match["sign"] or match[0].strip() if match else None

    def _take(self, sign: str | None) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["sign"] != sign:
            return False
        self._at = match.end()
        return True

    def _state(self) -> int:
        self._moves.append([])
        self._steps.append([])
        return len(self._steps) - 1

    def _closure(self, state: int) -> set[int]:
        found, waiting = {state}, [state]
        while waiting:
            for following in self._moves[waiting.pop()]:
                if following not in found:
                    found.add(following)
                    waiting.append(following)
        return found

    def _error(self, why: str) -> UsageError:
        return UsageError(
            f"the expression {why}: column {self._at + 1} of {self._text!r}",
            hint="for example '(wasGeneratedBy/used)+', from a result to all it was made from",
        )


def _renumbered(
    first: int, steps: list[tuple[tuple[Step, int], ...]], final: set[int]
) -> Automaton:
    """Only states that can be reached, the first one as 0."""
    numbers = {first: 0}
    waiting = [first]
    while waiting:
        for _, target in steps[waiting.pop()]:
            if target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
    kept = sorted(numbers, key=numbers.__getitem__)
    return Automaton(
        tuple(tuple((step, numbers[target]) for step, target in steps[old]) for old in kept),
        frozenset(numbers[state] for state in final if state in numbers),
    )
