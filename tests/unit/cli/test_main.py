"""The table of commands: each exists, explains itself, and stands in the reference page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from provkit.cli.main import COMMANDS, SECTIONS, load_command, main
from provkit.cli.reference import pages

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = CHECKOUT / "docs" / "reference" / "cli.md"


@pytest.mark.parametrize("name", COMMANDS)
class TestEveryCommand:
    """What the help promises is there."""

    def test_loads(self, name: str) -> None:
        """A command of that name, from the module in the table."""
        assert isinstance(load_command(name), click.Command)

    def test_explains_itself(self, name: str) -> None:
        """One line in the list; a sentence and an example on its page; a line an option."""
        command = load_command(name)
        assert len(COMMANDS[name][1]) <= 66
        assert COMMANDS[name][1].endswith(".")
        assert "." in (command.help or "").partition("\n")[0], "the first line is a sentence"
        if not isinstance(command, click.Group):
            assert "Example" in (command.help or "")
        for param in command.params:
            assert not isinstance(param, click.Option) or param.help, param.name


def test_help_imports_nothing_heavy() -> None:
    """Not click, not a command, not the engine: that is what makes it quick."""
    code = (
        "import sys; from provkit.cli.main import main; main(['--help']); "
        "print([name for name in ('click', 'rich', 'pyoxigraph', 'json', 'pathlib', 'dataclasses')"
        " if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, check=True,
                          cwd=CHECKOUT, env={"PYTHONPATH": str(CHECKOUT)})  # fmt: skip
    assert done.stderr == b"[]\n"


def test_the_list_has_every_command_once() -> None:
    """One static table."""
    assert sum(len(commands) for commands in SECTIONS.values()) == len(COMMANDS)


def test_the_reference_page_is_what_the_commands_say() -> None:
    """Generated: python -m provkit.cli.reference > docs/reference/cli.md."""
    assert PAGE.read_text(encoding="utf-8") == "".join(pages())


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["--help"], 0), (["--version"], 0), ([], 0), (["help", "runs"], 0), (["runs", "--help"], 0),
        (["nonsense"], 2), (["--nonsense"], 2), (["--project"], 2), (["help", "nonsense"], 2),
        (["cat"], 2), (["note", "1"], 2), (["runs", "--limit", "x"], 2), (["rm", "--", "--json"], 3),
    ],
)  # fmt: skip
def test_exit_codes(
    line: list[str], code: int, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    """interface: 0 done, 2 usage, 3 not in the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_PROJECT", raising=False)

    assert main(line) == code
    said = capsys.readouterr()
    assert bool(said.out) == (code == 0)
    assert "Traceback" not in said.err
