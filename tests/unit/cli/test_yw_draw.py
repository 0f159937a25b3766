"""A plain drawing is read without click, and as click would read it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.cli import main as command_line
from provkit.cli import yw_draw, yw_graph
from provkit.cli.main import main

WORDS = ["a.py", "-", "b c.R", "--view", "data", "DATA", "bogus", "--title", "--view=data", "--box",
         "hide", "--layout", "tb", "--json", "--format", "svg", "-o", "x.png", "x.gv", "--help",
         "--language", "r", "--encoding", "latin-1", "--workflow", "W", "--subworkflow", "--nope", ""]  # fmt: skip


@settings(max_examples=1000 if os.environ.get("FULL") else 60, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=8))
def test_both_readers_understand_the_same(words: list[str]) -> None:
    """What is read without click is what click reads; the rest is left to it."""
    calls: list[Any] = []

    def remember(*given: Any) -> None:
        scripts, chosen, fmt, target = given
        known = {name: value for name, value in chosen.items() if value is not None}
        calls.append((scripts, known, fmt, target))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yw_draw, "draw", remember)
        patch.setattr(yw_graph, "draw", remember)
        plain = yw_draw.draw_if_plain(words)
        patch.setattr(command_line, "_drew", lambda _: False)
        code = main(["yw", "graph", *words])

    if plain:
        assert code == 0
        assert len(calls) == 2
        assert calls[0] == calls[1]


@pytest.mark.parametrize(
    "words",
    [
        ["a.py"],
        ["a.py", "--view", "combined", "--json"],
        ["a.py", "-o", "x.mmd", "--title", "--odd"],
        ["a.py", "--format", "dot", "--language", "python"],
    ],
)
def test_plain_words_are_understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way is taken where it should be."""
    monkeypatch.setattr(yw_draw, "draw", lambda *_: None)

    assert yw_draw.draw_if_plain(words)


@pytest.mark.parametrize(
    "words", [["--help"], ["--view", "x"], ["--view"], ["--nope"], ["--view=data"], ["-h"]]
)
def test_everything_else_is_left_to_click(words: list[str]) -> None:
    """Help, messages and hints have one source."""
    assert not yw_draw.draw_if_plain(["a.py", *words])


def test_a_drawing_loads_neither_click_nor_dataclasses(tmp_path: Path) -> None:
    """They cost as much as everything else together."""
    (tmp_path / "a.py").write_text("# @begin W\n# @end W\n")
    code = (
        "import sys; from provkit.cli.main import main; main(['yw', 'graph', 'a.py']); "
        "sys.exit(str(sorted({'click', 'dataclasses', 'inspect', 'subprocess'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stderr.strip() == "[]"
    assert done.stdout.startswith("digraph")
