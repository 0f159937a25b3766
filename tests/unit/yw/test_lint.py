"""Every loss that YesWorkflow kept silent about has a code, a place and a suggestion."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provkit.app.workflows import ScriptOptions, check_scripts
from provkit.model.workflow import Finding
from provkit.yw.build import build
from provkit.yw.extract import extract
from provkit.yw.lint import CODES, check_workflow
from provkit.yw.near import NearNames

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "yw-check.md"
SECTION = re.compile(
    r"^### (?P<code>YW\d+): (?P<meaning>[^\n]+)\n(?:(?!```|###)[^\n]*\n)*(?:```(?P<language>\w+)\n(?P<text>.*?)```)?",
    re.DOTALL | re.MULTILINE,
)
EXTENSIONS = {"python": "py", "xyz": "xyz"}


def sections() -> list[re.Match[str]]:
    return list(SECTION.finditer(PAGE.read_text(encoding="utf-8")))


def check(folder: Path, text: str, extension: str = "py") -> list[Finding]:
    script = folder / f"a.{extension}"
    script.write_text(text, encoding="utf-8")
    return list(check_scripts(ScriptOptions(files=(str(script),))))


def test_the_page_explains_every_code() -> None:
    assert {each["code"]: each["meaning"] for each in sections()} == CODES


@pytest.mark.parametrize("section", [s for s in sections() if s["text"]], ids=lambda s: s["code"])
def test_each_example_on_the_page_is_reported(section: re.Match[str], tmp_path: Path) -> None:
    found = check(tmp_path, section["text"], EXTENSIONS[section["language"]])

    assert section["code"] in {finding.code for finding in found}
    for finding in found:
        assert (finding.severity == "error") == finding.code.startswith("YW1")


def test_a_sound_script_has_no_finding(tmp_path: Path) -> None:
    text = """
# @begin W @in raw @param limit @out plot @uri file:results/{year}.png
# @begin clean @in raw @out table
# @end clean
# @begin draw @in table @param limit @out plot @uri file:results/{year}.png
# @end draw
# @end W
"""

    assert check(tmp_path, text) == []


def test_a_misspelt_name_gets_the_near_one(tmp_path: Path) -> None:
    text = "# @begin W @in raw_data\n# @begin S @in rawdata\n# @end S\n# @end W\n"

    [read, unused] = sorted(check(tmp_path, text), key=lambda f: f.code)
    assert (read.code, read.line, read.hint) == ("YW303", 2, "did you mean raw_data?")
    assert (unused.code, unused.line, unused.hint) == ("YW305", 1, "did you mean rawdata?")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tabel", "table"),
        ("tabl", "table"),
        ("tables", "table"),
        ("tadle", "table"),
        ("Table", "table"),
        ("ta-ble", "table"),
        ("tbael", None),
        ("xyz", None),
        ("table", None),
    ],
)
def test_near_means_one_character_or_its_case(name: str, near: str | None) -> None:
    """One left out, added, changed, or swapped with its neighbour; suggesting more would guess."""
    assert NearNames(["table"]).near(name) == near


def test_ten_thousand_misspelt_names_take_no_time_to_look_up() -> None:
    """A finding for each, without comparing each name with each (this would be 10^8 comparisons)."""
    steps = "\n".join(
        f"# @begin s{n} @in in_{n}_x @out out_{n}_y\n# @end s{n}" for n in range(10_000)
    )

    found = check_workflow(build(extract(f"# @begin W\n{steps}\n# @end W", "python")))

    assert len([f for f in found if f.code == "YW303"]) == 10_000


@pytest.mark.parametrize("owner", ["@in x", "@param x", "@begin S", "@end W"])
def test_a_log_that_is_no_output_s_says_nothing(tmp_path: Path, owner: str) -> None:
    """YesWorkflow ended with a stack trace."""
    closing = "\n# @end S" if "begin" in owner else ""
    end = "" if "end" in owner else "\n# @end W"
    found = check(tmp_path, f"# @begin W\n# {owner} @log {{t}} done{closing}{end}")

    assert ("YW205", 2) in {(f.code, f.line) for f in found}
