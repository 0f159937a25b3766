"""Recorded resource lists are read exactly, or refused with the line."""

from __future__ import annotations

import json

import pytest

from provkit.errors import UnknownDataError
from provkit.yw.resource_list import RecordedResources, parse_resource_list


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"),
    [
        ("inputs:\n  - a/b.csv\noutputs:\n  - c.csv\n", ["a/b.csv"], ["c.csv"]),
        ("inputs:\n- a b.csv # why\n- 'o''x: y'\n", ["a b.csv", "o'x: y"], []),
        ('outputs:\n- "b\\tc\\u00e9\\x41"\n', [], ["b\tc\u00e9A"]),
        ("inputs: [a.csv, 'b, c', \"d\"] # x\noutputs: []\n", ["a.csv", "b, c", "d"], []),
        ("---\n# note\ninputs: one.csv\n...\n", ["one.csv"], []),
        ("inputs:\r\n- a#b\r\n", ["a#b"], []),
        ("inputs:\n- x\n- x\noutputs: ~\n", ["x", "x"], []),
        ('{"inputs": ["a"], "outputs": ["b"]}', ["a"], ["b"]),
        ("\ufeffinputs:\n- a\n", ["a"], []),
        ("inputs:\n- a\u2028b\n", ["a\u2028b"], []),
    ],
)
def test_lists_are_read(text: str, inputs: list[str], outputs: list[str]) -> None:
    """The shape yw-matlab exports, and what R and Python write of it."""
    assert parse_resource_list(text) == RecordedResources(tuple(inputs), tuple(outputs))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("input:\n- a\n", 1),
        ("inputs:\n- a\n- &x b\n", 3),
        ("inputs:\n- a: b\n", 2),
        ("inputs:\n- |\n  text\n", 2),
        ("inputs:\n- 'a\n", 2),
        ("inputs:\n- 'a' b\n", 2),
        ("inputs: [a, b\n", 1),
        ("inputs: a\n\ninputs: b\n", 3),
        ('inputs:\n- "\\q"\n', 2),
        ("inputs:\n- \n", 2),
        ("- a\n", 1),
        ("", 1),
    ],
)
def test_anything_else_is_refused_with_its_line(text: str, line: int) -> None:
    """Guessing would lose files silently."""
    with pytest.raises(UnknownDataError, match=rf"^r\.yaml:{line}:"):
        parse_resource_list(text, file="r.yaml")


@pytest.mark.parametrize("value", [{"inputs": [1]}, {"x": []}, {"inputs": "a"}, {}])
def test_json_of_another_shape_is_refused(value: object) -> None:
    """The same honesty for JSON."""
    with pytest.raises(UnknownDataError):
        parse_resource_list(json.dumps(value))
    with pytest.raises(UnknownDataError):
        parse_resource_list("{" * 100_000)
