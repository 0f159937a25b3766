"""The pictures and the text on the page of ``yw graph`` are what its commands draw."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from provkit.cli.main import main

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs/reference/yw-graph.md"
PICTURES = CHECKOUT / "docs/reference/pictures"
EXAMPLES = CHECKOUT / "examples/c3c4"


def commands() -> Iterator[tuple[list[str], str]]:
    """Each command on the page, with the output it shows."""
    for block in re.findall(r"```console\n\$ provkit (.*?)```", PAGE.read_text(), re.DOTALL):
        command, _, shown = block.partition("\n")
        yield shlex.split(command), shown


def texts(svg: bytes) -> list[str]:
    """What can be read in a picture; where it stands depends on fonts and versions."""
    return sorted(re.findall(r"<text [^>]*>(.*?)</text>", svg.decode()))


DRAWN = [words for words, _ in commands() if "-o" in words]


@pytest.mark.parametrize("words", DRAWN, ids=[words[-1] for words in DRAWN])
def test_a_picture_shows_what_its_command_draws(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Somebody compares the page with what they see."""
    monkeypatch.chdir(EXAMPLES)
    drawn = tmp_path / words[-1]
    assert main([*words[:-1], str(drawn)]) == 0
    picture = PICTURES / words[-1]
    if request.config.getoption("--update-golden"):
        picture.write_bytes(drawn.read_bytes())

    assert f"(pictures/{picture.name})" in PAGE.read_text()
    assert texts(picture.read_bytes()) == texts(drawn.read_bytes())
    shapes = re.compile(rb'<g id="\w+" class="(?:node|edge|cluster)">')
    assert len(shapes.findall(picture.read_bytes())) == len(shapes.findall(drawn.read_bytes()))


def test_text_is_what_its_command_writes(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """To the letter."""
    monkeypatch.chdir(EXAMPLES)
    [(words, shown)] = [(words, shown) for words, shown in commands() if shown]

    assert main(words) == 0
    assert capfdbinary.readouterr()[0].decode() == shown


def test_no_picture_is_left_over() -> None:
    """Each one is shown somewhere."""
    assert {path.name for path in PICTURES.iterdir()} == {words[-1] for words in DRAWN}
