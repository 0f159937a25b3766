"""Names in a package are safe everywhere and never meet."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provkit.package.paths import PathBook, safe_path

NAMES = st.text(
    st.characters(codec=None, exclude_characters="\x00"), min_size=1, max_size=60
) | st.text(st.sampled_from("aA./\\:%~ \t\n\u0130e\u0301\u00e9\udce9"), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("data/in 1.csv", "data/in 1.csv"),
        ("été/données.csv", "été/données.csv"),
        ("/home/ann/x.csv", "outside/x.csv"),
        ("../x.csv", "outside/x.csv"),
        ("a/../../..", "outside/file"),
        ("./a//b", "a/b"),
        ("C:\\x.csv", "C__x.csv"),
        ("100%.txt", "100_.txt"),
        ("a\nb", "a_b"),
        ("caf\udce9", "caf_"),
        ("end. ", "end"),
        ("~root/x", "_~root/x"),
        ("con.txt", "_con.txt"),
        ("contour.txt", "contour.txt"),
        ("...", "_"),
        ("", "file"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_safe_path(path: str, safe: str) -> None:
    assert safe_path(path) == safe


@given(NAMES)
def test_a_safe_path_is_safe(path: str) -> None:
    """For zip, tar, BagIt, XML, Windows and terminals alike, whatever was recorded."""
    safe = safe_path(path)
    parts = safe.split("/")

    assert all(part and part not in (".", "..") and len(part.encode()) <= 255 for part in parts)
    assert not re.search(r"[\x00-\x1f\x7f<>:\"|?*\\%]", safe)
    assert not safe.startswith("~")
    assert all(not part.endswith((" ", ".")) for part in parts)


@given(NAMES)
def test_a_safe_path_is_left_alone(path: str) -> None:
    """Making a path safe twice changes nothing, so a package can be packaged again."""
    assert safe_path(safe_path(path)) == safe_path(path)


@given(st.lists(NAMES, max_size=30))
def test_given_out_names_never_meet(wanted: list[str]) -> None:
    """Not on a file system that folds case or normalises Unicode, and no file is a folder too."""
    book = PathBook()
    taken = [book.take(safe_path(path)) for path in wanted]
    folded = [unicodedata.normalize("NFC", path.casefold()) for path in taken]

    assert len(set(folded)) == len(folded)
    folders = {path[: match.start()] for path in folded for match in re.finditer("/", path)}
    assert not folders & set(folded)


def test_many_equal_names_are_numbered_quickly() -> None:
    """Ten thousand versions of one name take a moment, not minutes."""
    book = PathBook()
    taken = [book.take("out.csv") for _ in range(10_000)]

    assert taken[:3] == ["out.csv", "out-2.csv", "out-3.csv"]
    assert len(set(taken)) == 10_000
