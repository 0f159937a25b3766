"""Whatever the text, YesWorkflow's stages end in a result or in a clear error.

2,000 texts in the quick suite, 100,000 with FULL=1: random bytes, keywords thrown
together, truncated and mutated scripts.
"""

from __future__ import annotations

import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.errors import ProvkitError
from provkit.yw.blocks import read_blocks
from provkit.yw.build import build
from provkit.yw.draw import draw_view
from provkit.yw.extract import SourceText, extract, extract_all
from provkit.yw.facts import extract_facts, model_facts
from provkit.yw.languages import LANGUAGES
from provkit.yw.lint import check_annotations, check_workflow
from provkit.yw.relations import write_csv, write_prolog
from provkit.yw.views import GraphOptions, view_workflow

COUNT = 100_000 if os.environ.get("FULL") else 2_000
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "c3c4"
NAMES = st.sampled_from([language.name for language in LANGUAGES])
WORDS = st.sampled_from(
    [
        "@begin",
        "@end",
        "@in",
        "@out",
        "@param",
        "@return",
        "@as",
        "@desc",
        "@uri",
        "@log",
        "@call",
        "@BEGIN",
        "@file",
        "W",
        "S",
        "a",
        "b",
        "x/{v}.csv",
        "{v",
        "{}",
        "file:d/{a}_{b}",
        ",",
        ":",
        "#",
        "//",
        "/*",
        "*/",
        '"',
        "'",
        '"""',
        "%",
        "%{",
        "%}",
        "--",
        "[[",
        "``",
        "\n",
        "\r",
        "\t",
        "@@in",
        "@inputs",
        "\x00",
        "\ufeff",
        "é",
    ]
)


def through_every_stage(source: SourceText) -> None:
    """Extract, check, build, draw and write facts; only provkit's own errors may come out."""
    try:
        annotations = extract_all([source])
        check_annotations(annotations)
        read_blocks(annotations)
        write_prolog(extract_facts(annotations))
        workflow = build(annotations)
    except ProvkitError:
        return
    check_workflow(workflow)
    write_csv(model_facts(workflow))
    for view in ("process", "data", "combined"):
        draw_view(view_workflow(workflow, GraphOptions(view=view)), GraphOptions(view=view))


@settings(max_examples=COUNT // 4, deadline=None)
@given(st.binary(max_size=400), NAMES)
def test_random_bytes_end_in_a_result_or_a_clear_error(data: bytes, language: str) -> None:
    through_every_stage(SourceText(path="a", data=data, language=language))


@settings(max_examples=COUNT // 4, deadline=None)
@given(st.lists(WORDS, max_size=60), NAMES, st.sampled_from(["", " ", "\n", "\n# "]))
def test_keywords_thrown_together_end_in_a_result_or_a_clear_error(
    words: list[str], language: str, between: str
) -> None:
    data = f"# {between.join(words)}".encode()
    through_every_stage(SourceText(path="a", data=data, language=language))


def test_mutated_scripts_end_in_a_result_or_a_clear_error() -> None:
    """A byte changed, a piece cut out or repeated: what editing does to a script."""
    scripts = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.py"))]
    chance = random.Random(1)
    for _ in range(COUNT // 2):
        data = bytearray(chance.choice(scripts))
        for _ in range(chance.randint(1, 5)):
            place, length = chance.randrange(len(data)), chance.randint(1, 40)
            kind = chance.randrange(3)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + length]
            else:
                data[place:place] = data[place : place + length]
        through_every_stage(SourceText(path="a.py", data=bytes(data)))


@pytest.mark.parametrize(
    "text",
    [
        "# " + "x" * 10_000_000,
        "# " + "@in x " * 1_600_000,
        "# @begin B\n" * 900_000,
        '"' * 10_000_000,
        "/*" * 5_000_000,
        "# @begin A @uri " + "{a}" * 3_000_000,
        "# @begin " + "A" * 10_000_000,
    ],
    ids=[
        "long line",
        "many ports",
        "deep nesting",
        "quotes",
        "nested comments",
        "many variables",
        "long name",
    ],
)
@pytest.mark.parametrize("language", ["python", "rust", "bash"])
def test_ten_megabytes_end_in_a_result_or_a_clear_error(text: str, language: str) -> None:
    """The limits are those of the process benchmark; here it must end at all, within the timeout."""
    through_every_stage(SourceText(path="a", data=text.encode(), language=language))


@given(st.lists(st.text(alphabet="abcdefghij", min_size=1, max_size=5), min_size=1, max_size=8))
def test_every_flow_is_there_once(names: list[str]) -> None:
    """In a chain of steps each name flows from its writer to its reader, and the ends to the workflow."""
    unique = list(dict.fromkeys(names))
    steps = [
        f"# @begin s{n} @in {a} @out {b}\n# @end s{n}" for n, (a, b) in enumerate(pairwise(unique))
    ]
    text = "\n".join([f"# @begin W @in {unique[0]} @out {unique[-1]}", *steps, "# @end W"])

    workflow = build(extract(text, "python"))

    expected = len(unique) if len(unique) > 1 else 2
    assert len(workflow.channels) == expected
    assert len({(c.source, c.sink) for c in workflow.channels}) == expected
