"""Output: tables, JSON and CSV that hold whatever they are given."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import click
import pytest

from provkit.cli import output, words

HOSTILE = ["\x1b[2J", "a\nb", "caf\udce9", "\u202e", '"quoted", comma', ""]


def test_a_table_is_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a cell holds."""
    output.write_table(("name", "n"), [(text, at) for at, text in enumerate(HOSTILE)], right=("n",))
    shown = capsys.readouterr().out

    assert len(shown.splitlines()) == len(HOSTILE) + 1
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_a_table_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The widest column gives way; without a terminal nothing does."""
    row = ("x" * 300, "short")
    output.write_table(("path", "tag"), [row])
    assert "x" * 300 in capsys.readouterr().out

    monkeypatch.setattr(output, "terminal_columns", lambda: 40)
    output.write_table(("path", "tag"), [row])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) == 40
    assert "short" in lines[1]


def test_an_empty_table_is_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    """No crash on nothing."""
    output.write_table(("a", "b"), [])
    output.write_rows([])
    assert capsys.readouterr().out == "a  b\n"


def test_json_holds_any_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Escaped to ASCII, so that bytes that are not UTF-8 survive any locale."""
    output.write_json(HOSTILE)
    shown = capsys.readouterr().out

    assert shown.isascii()
    assert json.loads(shown) == HOSTILE


def test_csv_is_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Readable by any CSV reader, unsafe characters spelled out."""
    output.write_csv(("name", "n"), [(text, None) for text in HOSTILE])
    shown = capsys.readouterr().out

    rows = list(csv.reader(io.StringIO(shown)))
    assert len(shown.splitlines()) == len(rows) == len(HOSTILE) + 1
    assert rows[5] == ['"quoted", comma', ""]
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ([], "table"),
        (["--json"], "json"),
        (["--format", "csv"], "csv"),
        (["--format", "csv", "--json"], "json"),
        (["--json", "--format", "json"], "json"),
    ],
)
def test_json_is_short_for_format_json(line: list[str], chosen: str) -> None:
    """interface: on every reading command."""
    seen: list[str] = []

    @click.command()
    @output.format_options("table", "json", "csv")
    def look(fmt: str) -> None:
        seen.append(fmt)

    look.main(line, standalone_mode=False)
    assert seen == [chosen]


def test_colour_is_for_people_who_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org"""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert output.style("x", "bold") == "x"
    monkeypatch.setattr("sys.stdout", Terminal())
    assert output.style("x", "bold") == "\x1b[1mx\x1b[0m"
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as inner:
            inner.setenv(name, value)
            assert output.style("x", "bold") == "x"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (words.size(0), "0 B"),
        (words.size(999), "999 B"),
        (words.size(1000), "1.0 kB"),
        (words.size(9_960), "10 kB"),
        (words.size(999_499), "999 kB"),
        (words.size(999_500), "1.0 MB"),
        (words.size(10**18 * 5), "5000 PB"),
        (words.size(None), ""),
        (words.duration(0.0421), "42 ms"),
        (words.duration(59.94), "59.9 s"),
        (words.duration(59.96), "60.0 s"),
        (words.duration(61), "1 min 1 s"),
        (words.duration(3600), "1 h 0 min"),
        (words.duration(90_000), "1 d 1 h"),
        (words.duration(None), ""),
        (words.count(1, "run"), "1 run"),
        (words.count(1200, "run"), "1,200 runs"),
    ],
)
def test_numbers_are_said_in_words(made: Any, said: str) -> None:
    """The unit that matters; three digits."""
    assert made == said
