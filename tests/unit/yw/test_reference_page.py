"""docs/reference/yesworkflow.md says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from provkit.yw.build import build
from provkit.yw.extract import KEYWORDS, extract
from provkit.yw.languages import LANGUAGES

PAGE = (Path(__file__).resolve().parents[3] / "docs/reference/yesworkflow.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table[2:]]


def test_the_table_of_languages_is_that_of_the_program() -> None:
    told = {row[0]: (set(re.findall(r"`\.?(\w+)`", row[1])), row[2]) for row in rows("Languages")}

    assert told == {
        each.name: ({*each.extensions, *each.filenames}, ", ".join(each.aliases) or "–")
        for each in LANGUAGES
    }


def test_every_keyword_is_explained() -> None:
    told = {word for row in rows("Keywords") for word in re.findall(r"`@(\w+)`", row[0])}

    assert told == KEYWORDS


def test_the_example_is_a_sound_workflow() -> None:
    example = PAGE.partition("```python\n")[2].partition("```")[0]

    workflow = build(extract(example, "python"))

    assert [program.name for program in workflow.programs] == ["clean_and_plot", "clean", "plot"]
    assert [channel.name for channel in workflow.channels] == ["raw", "table", "figure"]
