"""Regular path expressions mean what they say, and the ways found are real and shortest."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.errors import UsageError
from provkit.lineage.expression import Automaton, Condition, compile_expression
from provkit.lineage.network import Network, RunFacts
from provkit.lineage.witness import Graph, find_ways

EXAMPLES = 500 if os.environ.get("FULL") else 80
LETTERS = {"used": "u", "wasGeneratedBy": "g", "wasDerivedFrom": "d"}


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, str]:
    """An expression, and the regular expression over letters that means the same."""
    kind = draw(st.sampled_from(["step", "step", "seq", "alt", "star", "plus", "opt"]))
    if depth == 0 or kind == "step":
        name, inverse = draw(st.sampled_from(sorted(LETTERS))), draw(st.booleans())
        letter = LETTERS[name].upper() if inverse else LETTERS[name]
        return ("^" if inverse else "") + draw(st.sampled_from(["", "prov:"])) + name, letter
    one, other = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    return {
        "seq": (f"({one[0]} / {other[0]})", f"(?:{one[1]}{other[1]})"),
        "alt": (f"({one[0]}|{other[0]})", f"(?:{one[1]}|{other[1]})"),
        "star": (f"({one[0]})*", f"(?:{one[1]})*"),
        "plus": (f"({one[0]})+", f"(?:{one[1]})+"),
        "opt": (f"({one[0]})?", f"(?:{one[1]})?"),
    }[kind]


def accepts(automaton: Automaton, word: str) -> bool:
    states = {0}
    for letter in word:
        states = {
            target
            for state in states
            for step, target in automaton.steps[state]
            if (LETTERS[step.relation].upper() if step.inverse else LETTERS[step.relation])
            == letter
        }
    return bool(states & automaton.final)


@settings(max_examples=EXAMPLES, deadline=None)
@given(expressions(), st.lists(st.text(alphabet="ugdUGD", max_size=6), min_size=1, max_size=12))
def test_the_automaton_takes_the_words_of_the_expression(
    expression: tuple[str, str], words: list[str]
) -> None:
    """Held to Python's own regular expressions, a letter for each step."""
    automaton, pattern = compile_expression(expression[0]), re.compile(expression[1])
    for word in words:
        assert accepts(automaton, word) == (pattern.fullmatch(word) is not None)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("(used", 6),
        ("used]", 5),
        ("used/", 6),
        ("|used", 1),
        ("used)", 5),
        ("/used", 1),
        ("used used", 5),
        ("usd", 1),
        ("used[x=1]", 5),
        ("used[path]", 5),
        ("used^", 5),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int) -> None:
    with pytest.raises(UsageError, match=f"column {column}\\b") as caught:
        compile_expression(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "used", "used/" * 1000, "(" * 150 + "used" + ")" * 150]
)
def test_an_endless_expression_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        compile_expression(text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(alphabet="used/|*+?()^.[]=prov:wasGeneratedBy ", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        compile_expression(text)
    except UsageError:
        return


def chain(length: int, width: int = 1) -> Network:
    """f0 <- r1 <- f1 <- r2 …, each run with as many outputs; joined by content."""
    network = Network()
    for number in range(1, length + 1):
        run = network.node(f"urn:r{number}")
        network.add_run(run, RunFacts(f"r{number}", number, f"step{number % 2}.R", str(number)))
        found = network.node(f"urn:r{number}#found/f{number - 1}")
        network.add_state(found, f"f{number - 1}", f"{number - 1:064x}")
        network.add_used(run, found)
        for part in range(width):
            left = network.node(f"urn:r{number}#left/f{number}{'x' * part}")
            network.add_state(left, f"f{number}{'x' * part}", f"{number + 1000 * part:064x}")
            network.add_generated(run, left)
    return network


def ways(
    network: Network, text: str, start: str, end: str | None = None, most: int = 10
) -> list[list[str]]:
    def holds(node: int, test: Condition) -> bool:
        facts = network.run(node)
        known = {"path": network.path(node), "program": facts.program if facts else None}
        return known.get(test.attribute) == test.glob

    def nodes(path: str) -> list[int]:
        return [graph.node(state) for state in network.at_path(path)]

    graph = Graph(network, "content", holds)
    ends = None if end is None else set(nodes(end))
    found = find_ways(graph, compile_expression(text), nodes(start), ends, most)
    names = {
        n: (network.path(n) or network.name(n).removeprefix("urn:")) for way in found for n in way
    }
    return [[names[node] for node in way] for way in found]


def test_a_way_crosses_runs_by_what_joins_them() -> None:
    assert ways(chain(3), "(wasGeneratedBy/used)+", "f3", "f0") == [
        ["f3", "r3", "f2", "r2", "f1", "r1", "f0"]
    ]


def test_the_shortest_ways_come_first() -> None:
    lengths = [len(way) for way in ways(chain(4), "(wasGeneratedBy/used)+", "f4")]

    assert lengths == [3, 5, 7, 9]


def test_inverse_steps_go_down() -> None:
    assert ways(chain(2), "^used/^wasGeneratedBy", "f0") == [["f0", "r1", "f1"]]


def test_a_test_holds_for_the_node_reached() -> None:
    """The condition on a node inside a path that SPARQL lacks."""
    text = "(wasGeneratedBy[program=step1.R]/used)+"

    assert ways(chain(3), text, "f3") == [["f3", "r3", "f2"]]
    assert ways(chain(3), "wasGeneratedBy[program!=step1.R]", "f3") == []
    assert ways(chain(3), "wasGeneratedBy/used[path=f2]", "f3") == [["f3", "r3", "f2"]]


def test_no_node_comes_twice_on_a_way() -> None:
    """Else a cycle would give ways without end."""
    network = chain(2)
    network.add_used(network.node("urn:r1"), network.node("urn:r2#left/f2"))
    found = ways(network, "(wasGeneratedBy/used)+", "f2", most=50)

    assert found
    assert all(len(way) == len(set(way)) for way in found)


def test_as_many_ways_as_asked_for() -> None:
    assert len(ways(chain(6), "(wasGeneratedBy/used)+", "f6", most=2)) == 2


def test_a_long_chain_is_no_trouble() -> None:
    (way,) = ways(chain(400), "(wasGeneratedBy/used)+", "f400", "f0")

    assert len(way) == 801
