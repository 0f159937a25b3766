"""Event order: what happened at once, and what cannot have happened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provkit.query.order import components, contradictions

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


def reachable(edges: list[tuple[int, int]], start: int) -> set[int]:
    found: set[int] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        for a, b in edges:
            if a == node and b not in found:
                found.add(b)
                todo.append(b)
    return found


@given(EDGES)
def test_a_component_is_what_reaches_itself(edges: list[tuple[int, int]]) -> None:
    """Against the definition: two nodes share a component when each reaches the other."""
    targets: dict[int, list[int]] = {}
    for a, b in edges:
        targets.setdefault(a, []).append(b)

    place = {node: n for n, group in enumerate(components(targets)) for node in group}

    for a, of_a in place.items():
        for b, of_b in place.items():
            mutual = a == b or (b in reachable(edges, a) and a in reachable(edges, b))
            assert (of_a == of_b) == mutual


@given(EDGES, EDGES)
def test_a_strict_arrow_fails_when_its_end_reaches_its_start(
    precedes: list[tuple[int, int]], strictly: list[tuple[int, int]]
) -> None:
    """A cycle through a strict arrow has no order of events at all."""
    both = precedes + strictly

    wrong = {(a, b) for a, b in strictly if a == b or a in reachable(both, b)}

    assert set(contradictions(precedes, strictly)) == wrong


def test_a_long_chain_needs_no_recursion() -> None:
    """Ten thousand runs in a row are ordinary."""
    chain = [(n, n + 1) for n in range(50_000)]

    assert contradictions(chain, [(50_000, 0)]) == [(50_000, 0)]
