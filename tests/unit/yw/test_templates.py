"""URI templates are read by YesWorkflow's rules, with its errors mended."""

from __future__ import annotations

import pytest

from provkit.errors import ModelError, UsageError
from provkit.yw.templates import fill, match_text, parse_pattern, parse_template


@pytest.mark.parametrize(
    ("text", "scheme", "fragments", "slots"),
    [
        ("file:d/{v}.csv", "file", ("d/", ".csv"), ("v",)),
        ("d/x.csv", "", ("d/x.csv",), ()),
        ("file://foo", "file", ("/foo",), ()),
        ("a//b///{x}//c", "", ("a/b/", "/c"), ("x",)),
        ("http://h.org/{v}", "http", ("/h.org/", ""), ("v",)),
        ("{a}{b}", "", ("", "", ""), ("a", "b")),
        ("{}/{n}", "", ("", "/", ""), ("", "n")),
        ("d/12:30_{x}.csv", "", ("d/12:30_", ".csv"), ("x",)),
        ("C:/d/x.csv", "", ("C:/d/x.csv",), ()),
        ("", "", ("",), ()),
    ],
)
def test_scheme_and_parts(
    text: str, scheme: str, fragments: tuple[str, ...], slots: tuple[str, ...]
) -> None:
    """Rules 2 to 4: the scheme, doubled slashes, variables and constant parts."""
    template = parse_template(text)

    assert (template.scheme, template.path.fragments, template.path.slots) == (
        scheme,
        fragments,
        slots,
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("d/", "d"),
        ("/", "/"),
        ("foo:/", "foo:/"),
        ("foo://", "foo://"),
        ("file:data/", "file:data"),
        ("d//", "d/"),
    ],
)
def test_one_trailing_slash_goes(text: str, kept: str) -> None:
    """Rule 1: unless the text is ``/``, or a colon with two characters after it at most."""
    assert parse_template(text).text == kept


@pytest.mark.parametrize(
    ("text", "leading"),
    [("a/b/x.csv", "a/b/x.csv"), ("a/b_{v}.csv", "a"), ("{v}.csv", ""), ("file:/a/{v}", "/a")],
)
def test_leading_path_is_the_folder_that_is_known(text: str, leading: str) -> None:
    """Rule 6."""
    assert parse_template(text).leading_path == leading


def test_an_open_brace_is_told() -> None:
    """YesWorkflow crashes on it."""
    with pytest.raises(ModelError, match=r"\{v.csv"):
        parse_template("d/{v.csv")


def test_names_count_once() -> None:
    """Rule 5: in the order of first occurrence; an anonymous one has no name."""
    assert parse_pattern("{b}/{a}{}{b}").names == ("b", "a")


def test_filling_needs_every_value() -> None:
    """A path with a hole in it would be a wrong path."""
    template = parse_template("file:d/{s}/{s}_{k}.csv")

    assert fill(template, {"s": "A", "k": "1"}) == "d/A/A_1.csv"
    with pytest.raises(UsageError, match="k"):
        fill(template, {"s": "A"})


@pytest.mark.parametrize(
    ("template", "line", "values"),
    [
        ("{t} Cutoff: {c}", "2016-01-01 10:02 Cutoff: 12", ("2016-01-01 10:02", "12")),
        ("{t} Cutoff: {c}", "noise", None),
        ("{t} Processed {x} {x} in", "10:00 Processed sample A in 3 s", None),
        ("{t} Processed {x} {x} in", "10:00 Processed sample sample in 3 s", ("10:00", "sample")),
        ("{x}-{x} end", "a-b-a-b end", ("a-b",)),
        ("{a} is {b} s", "x is 3 s or so", ("x", "3")),
        ("Processed {s} in", "10:00 Processed A in", None),
        ("XXXX-01 {h} P", "2016-01 10 P", None),
        ("{a}{b}", "xy", ("", "xy")),
        ("no variable", "no variable here", ()),
    ],
)
def test_entries_of_logs(template: str, line: str, values: tuple[str, ...] | None) -> None:
    """From the start, the first constant part too; equal names; the last takes the rest."""
    assert match_text(parse_pattern(template), line) == values
