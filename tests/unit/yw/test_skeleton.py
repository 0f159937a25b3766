"""A skeleton is a valid script of the same language with the same annotations."""

from __future__ import annotations

import pytest

from provkit.yw.extract import extract
from provkit.yw.languages import LANGUAGES
from provkit.yw.skeleton import listing, skeleton

NESTED = """# @begin A @desc the  whole
# @in x @as y  @uri file:x.csv
# @begin B
# @out z more words
code()
# @begin C
# @end C
# @end B
# @end A
"""


def test_blocks_are_indented_and_qualifiers_stand_behind_their_port() -> None:
    """Blank lines before each block and between ends, as YesWorkflow writes them."""
    assert skeleton(extract(NESTED, "python")).splitlines() == [
        "# @begin A  @desc the whole",
        "# @in x  @as y  @uri file:x.csv",
        "",
        "#     @begin B",
        "#     @out z more words",
        "",
        "#         @begin C",
        "#         @end C",
        "",
        "#     @end B",
        "",
        "# @end A",
    ]


@pytest.mark.parametrize(
    "language", [each.name for each in LANGUAGES if each.name not in ("jupyter", "rmarkdown")]
)
def test_read_again_it_gives_the_same(language: str) -> None:
    """In every language, also in those whose comments must be closed."""
    first = extract(NESTED, comment="#")
    source = first.sources[0]
    known = type(source)(id=1, path="", language=language, sha256=source.sha256)
    text = skeleton(type(first)(sources=(known,), annotations=first.annotations))

    again = extract(text, language)

    assert [(a.tag, a.value) for a in again.annotations] == [
        (a.tag, a.value) for a in first.annotations
    ]


def test_a_delimiter_given_by_hand_is_used() -> None:
    """For languages nobody knows."""
    assert skeleton(extract(";; @begin A\n;; @end A\n", comment=";;"), comment=";;") == (
        ";; @begin A\n;; @end A\n"
    )


def test_the_listing_has_every_comment() -> None:
    """Not only those with annotations; blank ones are none."""
    assert listing(extract("# hello\n# @begin A\n#\n#   x  y  \n", "python")) == (
        "hello\n@begin A\nx  y\n"
    )
