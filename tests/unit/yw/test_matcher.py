"""One matcher says which templates a path fits, and with which values."""

from __future__ import annotations

import time

import pytest

from provkit.yw.matcher import Matcher, tidy_path
from provkit.yw.templates import parse_template


def match(template: str, path: str, *, crossing: bool = False) -> tuple[str, ...] | None:
    matcher = Matcher()
    matcher.add(parse_template(template), crossing=crossing)
    found = matcher.match(path)
    assert found == [m for _, [m] in matcher.match_all([path])] or len(found) > 1
    return found[0][1] if found else None


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("file:d/{v}.csv", "d/x.csv", ("x",)),
        ("file:d/{v}.csv", "d/e/x.csv", None),
        ("d/{a}_{b}.csv", "d/1_2_3.csv", ("1", "2_3")),
        ("d/{a}.csv", "d/1.csv.csv", ("1.csv",)),
        ("d/{s}/{s}_{k}.csv", "d/A/A_1.csv", ("A", "1")),
        ("d/{s}/{s}_{k}.csv", "d/A/B_2.csv", None),
        ("{s}_{s}", "a_b_a_b", ("a_b",)),
        ("d/{v}", "d/x", ("x",)),
        ("d/{v}", "d/.hidden", (".hidden",)),
        ("d/{v}.csv", "d/.csv", ("",)),
        ("d/{}/{n}", "d/q/r", ("r",)),
        ("d/{a}{b}.csv", "d/xy.csv", ("", "xy")),
        ("./d/{v}.csv", "d/x.csv", ("x",)),
        ("d/./{v}.csv", "d/x.csv", ("x",)),
        ("d/{v}.csv", "./d//x.csv", ("x",)),
        ("/a/b", "/a/b", ()),
        ("/a/b", "a/b", None),
        ("d/x.csv", "d/x.csv", ()),
    ],
)
def test_a_variable_stays_in_its_segment(
    template: str, path: str, values: tuple[str, ...] | None
) -> None:
    """As files below a folder are matched; values and constants give the path."""
    assert match(template, path) == values


@pytest.mark.parametrize("sign", ["*.csv", "x?.csv", "[x].csv", "x+.csv", "(x).csv", "^x$", "\\d"])
def test_signs_of_globs_and_expressions_are_plain(sign: str) -> None:
    """YesWorkflow leaves them active, differently in each of its two finders."""
    assert match(f"{{d}}/{sign}", f"a/{sign}") == ("a",)
    assert match(f"{{d}}/{sign}", f"a/{sign}", crossing=True) == ("a",)
    assert match(f"{{d}}/{sign}", "a/xx.csv") is None
    assert match(f"{{d}}/{sign}", "a/xx.csv", crossing=True) is None


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("{dir}/prep/x.csv", "a/b/prep/x.csv", ("a/b",)),
        ("{dir}/x.csv", "/x.csv", None),
        ("p/q_{d}/x.csv", "p/q_a/b/x.csv", ("a/b",)),
        ("{a}/{b}", "x/y/z", ("x", "y/z")),
        ("{a}{b}", "xyz", ("x", "yz")),
        ("{s}/{s}.csv", "a/b/a/b.csv", ("a/b",)),
        ("a/b", "a/b", ()),
        ("a/{v}", "a", None),
        ("http://h.org/{v}.csv", "http://h.org/a/b.csv", ("a/b",)),
        ("http://h.org/{v}.csv", "h.org/a.csv", None),
    ],
)
def test_a_variable_may_cross_segments(
    template: str, path: str, values: tuple[str, ...] | None
) -> None:
    """As recorded resources are matched; it is never empty then (OHIBC ``{dir_goal}``)."""
    assert match(template, path, crossing=True) == values


def test_every_template_that_fits_is_named() -> None:
    """A resource may belong to many data (kurator has 17 such rows)."""
    matcher = Matcher()
    for template in ("d/{v}.csv", "d/{w}", "{x}/{y}.csv", "d/a.csv", "e/{v}.csv", "d/{v}.csv"):
        matcher.add(parse_template(template))

    assert sorted(matcher.match("d/a.csv")) == [
        (0, ("a",)),
        (1, ("a.csv",)),
        (2, ("d", "a")),
        (3, ()),
        (5, ("a",)),
    ]


def test_many_templates_that_differ_in_the_middle_are_told_apart() -> None:
    """More than a few are found by their constant parts, not one by one."""
    matcher = Matcher()
    for number in range(50):
        matcher.add(parse_template(f"{{a}}/out_{{b}}_{number}_{{c}}.nc"), crossing=True)

    assert matcher.match("p/q/out_x_7_y.nc") == [(7, ("p/q", "x", "y"))]
    assert matcher.match("p/q/out_x_y.nc") == []


def test_a_hostile_template_is_given_up_and_told() -> None:
    """Equal values of a repeated name can take exponential time to find."""
    matcher = Matcher()
    matcher.add(parse_template("{a}{b}{c}{d}{a}{b}{c}{d}{e}{a}"), crossing=True)
    started = time.perf_counter()
    path = "xy" * 2000 + "z"

    assert matcher.match(path) == []
    assert matcher.undecided == [(path, 0)]
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("path", "tidy"),
    [
        ("./a//b", "a/b"),
        ("file:a/b", "a/b"),
        ("file:///a/./b", "/a/b"),
        ("a./b", "a./b"),
        (".", ""),
    ],
)
def test_one_spelling_of_a_path(path: str, tidy: str) -> None:
    """Recorders and scripts write the same path in several ways."""
    assert tidy_path(path) == tidy
