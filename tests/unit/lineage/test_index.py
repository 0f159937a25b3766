"""The mapped index answers as the network in memory, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.lineage.answer import assemble
from provkit.lineage.index import Index, open_index, write_index
from provkit.lineage.network import EVIDENCE, JOINS, Network, RunFacts
from provkit.lineage.walk import Rules, walk_down, walk_up

EXAMPLES = 300 if os.environ.get("FULL") else 40


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A few runs and states with strange names, that meet often."""
    network = Network()
    texts = st.sampled_from(["a", "a/b", "é", "caf\udce9", "", "~", "b"])
    states = []
    for number in range(draw(st.integers(1, 8))):
        state = network.node(f"urn:state:{number}:{draw(texts)}")
        content = draw(st.sampled_from([None, "a" * 64, "ab" + "c" * 62]))
        if draw(st.integers(0, 5)):
            network.add_state(state, draw(texts), content)
        if draw(st.booleans()):
            network.add_version(state, draw(texts))
        states.append(state)
    for number in range(draw(st.integers(0, 5))):
        run = network.node(f"urn:run:{number}")
        if draw(st.booleans()):
            network.add_run(
                run, RunFacts(f"id{number}", number, draw(texts), "2026-01-31T12:00:00")
            )
        for state in draw(st.lists(st.sampled_from(states), max_size=3, unique=True)):
            network.add_used(run, state)
        for state in draw(st.lists(st.sampled_from(states), max_size=3, unique=True)):
            network.add_generated(run, state)
    for _ in range(draw(st.integers(0, 4))):
        one, other = draw(st.sampled_from(states)), draw(st.sampled_from(states))
        if one != other:
            network.add_derived(one, other, draw(st.sampled_from(EVIDENCE)))
    return network


def mapped(network: Network, path: Path) -> Index:
    write_index(str(path), network, "now")
    found = open_index(str(path), "now")
    assert found is not None
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(network=networks())
def test_file_and_memory_give_the_same_answers(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The file is only another way to keep the network."""
    index = mapped(network, tmp_path_factory.mktemp("index") / "lineage")
    for node, name in enumerate(network.names):
        assert index.name(node) == name
        assert index.find(name) == node
        assert index.path(node) == network.path(node)
        assert index.content(node) == network.content(node)
        assert index.run(node) == network.run(node)
        for by in JOINS:
            for evidence in EVIDENCE:
                rules = Rules(by=by, evidence=evidence)
                for walk in (walk_up, walk_down):
                    one, other = walk(network, [node], rules), walk(index, [node], rules)
                    assert assemble(network, by, one, node, [node]) == assemble(
                        index, by, other, node, [node]
                    )
    assert sorted(index.runs()) == sorted(network.runs())
    for start in ("", "a", "a/", "é", "zz"):
        assert [(p, list(s)) for p, s in index.below(start)] == [
            (p, list(s)) for p, s in network.below(start)
        ]
        assert list(index.at_path(start)) == list(network.at_path(start))
    for start in ("", "a", "ab", "b"):
        assert [c for c, _ in index.contents(start)] == [c for c, _ in network.contents(start)]
    assert index.find("urn:nowhere") is None


def small() -> Network:
    network = Network()
    run, state = network.node("urn:run"), network.node("urn:state")
    network.add_run(run, RunFacts("run", 1, "a.R", "2026"))
    network.add_state(state, "x", "a" * 64)
    network.add_generated(run, state)
    return network


def test_an_index_of_another_time_is_not_used(tmp_path: Path) -> None:
    """It would answer without the newest runs."""
    mapped(small(), tmp_path / "i")

    assert open_index(str(tmp_path / "i"), "later") is None


def test_no_index_is_no_error(tmp_path: Path) -> None:
    assert open_index(str(tmp_path / "none"), "now") is None


@pytest.mark.parametrize("damage", ["short", "empty", "other", "head", "long"])
def test_a_damaged_index_is_not_used(tmp_path: Path, damage: str) -> None:
    """It can be made again; a wrong answer cannot be taken back."""
    path = tmp_path / "i"
    mapped(small(), path)
    data = path.read_bytes()
    path.write_bytes(
        {
            "short": data[:-8],
            "empty": b"",
            "other": b"x" * len(data),
            "head": data[:30] + b"}" + data[31:],
            "long": data + b"\0",
        }[damage]
    )

    assert open_index(str(path), "now") is None


def test_an_index_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "i"
    mapped(small(), path)
    with pytest.raises(OSError, match="head"):
        write_index(str(path), small(), "x" * 5000)

    assert open_index(str(path), "now") is not None
    assert [each.name for each in tmp_path.iterdir()] == ["i"]
