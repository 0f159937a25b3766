"""Laws of URI templates, for any template and any values."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.yw.matcher import Matcher
from provkit.yw.templates import fill, parse_template

EXAMPLES = 2000 if os.environ.get("FULL") else 150

constants = st.text("ab_.*?[]+/\\", min_size=1, max_size=4)
values = st.fixed_dictionaries({name: st.text("ab_1.é ", min_size=1, max_size=4) for name in "xyz"})
paths = st.lists(st.text("dab_./*", max_size=8).map("d/".__add__), max_size=20)
names = st.sampled_from(["x", "y", "z"])


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Constant parts and variables, taking turns."""
    parts = [draw(constants)]
    for _ in range(draw(st.integers(0, 4))):
        parts += ["{" + draw(names) + "}", draw(constants)]
    return "d/" + "".join(parts) + draw(st.sampled_from(["", "{x}", ".csv"]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=templates(), values=values, crossing=st.booleans())
def test_filled_and_matched_back(text: str, values: dict[str, str], crossing: bool) -> None:
    """A path made from a template fits it, and the values found make the same path."""
    template = parse_template(text)
    path = fill(template, values)
    if "./" in path or "/." in path or "//" in path:  # spelt in more than one way
        return
    matcher = Matcher()
    matcher.add(template, crossing=crossing)

    found = matcher.match(path)

    assert len(found) == 1
    again = dict(zip(template.path.names, found[0][1], strict=True))
    assert fill(template, again) == path


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=st.lists(templates(), min_size=1, max_size=20), paths=paths, crossing=st.booleans())
def test_many_at_once_is_one_by_one(texts: list[str], paths: list[str], crossing: bool) -> None:
    """What shares the trie, the indexes and the walk of a folder changes no answer."""
    together = Matcher()
    for text in texts:
        together.add(parse_template(text), crossing=crossing)

    expected = {}
    for path in paths:
        rows = []
        for number, text in enumerate(texts):
            alone = Matcher()
            alone.add(parse_template(text), crossing=crossing)
            rows += [(number, values) for _, values in alone.match(path)]
        if rows:
            expected[path] = rows
    found = {path: sorted(rows) for path, rows in together.match_all(paths)}
    assert found == expected
    assert {p: sorted(together.match(p)) for p in paths if together.match(p)} == expected
