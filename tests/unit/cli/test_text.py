"""Text for terminals: nothing unsafe gets through, everything fits."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provkit.cli.output import fit
from provkit.cli.text import pad, printable, shorten, width

any_text = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb", "a\\rb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("\x7f\x00\x08", "\\x7f\\x00\\x08"),
        ("déjà 日本 😀 a'b", "déjà 日本 😀 a'b"),
    ],
)
def test_unsafe_characters_are_spelled_out(hostile: str, shown: str) -> None:
    """S3: a file name must not steer the terminal; ordinary text stays as it is."""
    assert printable(hostile) == shown


@given(any_text)
def test_nothing_unsafe_gets_through(text: str) -> None:
    """By category: controls, surrogates, line separators, and formats that turn direction."""
    for character in printable(text):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        )  # fmt: skip


@given(any_text, st.integers(1, 60))
def test_shortened_text_fits_and_keeps_both_ends(text: str, columns: int) -> None:
    """The end of a path is what tells files apart."""
    safe = printable(text)
    short = shorten(safe, columns)

    assert width(short) <= columns
    if width(safe) <= columns:
        assert short == safe
    elif columns >= 3 and safe.isascii():
        head, _, tail = short.partition("…")
        assert safe.startswith(head)
        assert safe.endswith(tail)
        assert width(short) == columns


def test_wide_characters_take_two_columns() -> None:
    """Unicode UAX #11: else tables lean."""
    assert width("日本") == 4
    assert width("e\u0301") == 1
    assert pad("日本", 6) == "日本  "
    assert pad("7", 3, right=True) == "  7"


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(0, 300))
def test_columns_give_way_from_the_widest(widths: list[int], available: int) -> None:
    """They fit, unless all are at their narrowest; none grows; the narrow stay whole."""
    fitted = fit(widths, available)

    assert all(now <= before for now, before in zip(fitted, widths, strict=True))
    assert sum(fitted) <= available or max(fitted) <= 4
    if sum(widths) <= available:
        assert fitted == widths
    for now, before in zip(fitted, widths, strict=True):
        assert now == before or now == max(fitted)
