"""The program as a whole: help, version, mistakes, closed pipes, interrupts, speed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_help_lists_every_command_and_needs_no_project(provkit: Any) -> None:
    """The first thing a newcomer sees."""
    said = provkit("--help").text

    assert said.startswith("Usage: provkit")
    for name in ("init", "runs", "show", "fsck", "completion"):
        assert re.search(rf"^  {name} +\w", said, re.MULTILINE)
    assert provkit().text == said
    assert provkit("help").text == said


def test_version_is_the_one_of_the_package(provkit: Any) -> None:
    """Bug reports start with it."""
    assert re.fullmatch(r"provkit \d+\.\d+\.\d+\n", provkit("--version").text)


def test_a_mistyped_command_is_answered_with_the_nearest(provkit: Any) -> None:
    """Exit 2, one sentence, a hint, nothing on standard output."""
    done = provkit("rnus", code=2)

    assert done.out == b""
    assert done.err == "provkit: no such command: rnus\n  hint: did you mean `provkit runs`?\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["runs"], 3),
        (["show", "1"], 3),
        (["--project", "/nowhere/at/all", "runs"], 2),
        (["runs", "--project=/nowhere/at/all"], 2),
        (["runs", "--status", "purple"], 2),
        (["runs", "--nonsense"], 2),
        (["show"], 2),
        (["--nonsense"], 2),
        (["runs", "--project"], 2),
    ],
)
def test_mistakes_end_with_one_sentence_and_change_nothing(
    provkit: Any, words: list[str], code: int
) -> None:
    """No project is made by asking, and no traceback shown."""
    done = provkit(*words, code=code)

    assert done.out == b""
    assert done.err.startswith(("provkit: ", "Usage: "))
    assert list(provkit.folder.iterdir()) == []


def test_output_into_a_closed_pipe_is_no_error(provkit: Any, provkit_bin: Path) -> None:
    """``provkit … | head -1`` must be quiet."""
    done = subprocess.run(
        ["bash", "-c", '"$0" --help | true; echo "${PIPESTATUS[0]}"', provkit_bin],
        cwd=provkit.folder,
        capture_output=True,
        check=True,
    )

    assert done.stderr == b""
    assert int(done.stdout) in (0, 141)


def test_help_is_quick(times_python: Callable[..., float], tmp_path: Path) -> None:
    """At most four times what Python itself takes (design: speed is a feature)."""
    assert times_python("--help", cwd=tmp_path) <= 4


def test_completion_knows_commands_options_and_runs(provkit: Any) -> None:
    """Tab completes without a daemon or a cache."""
    assert "_PROVKIT_COMPLETE=bash_complete" in provkit("completion", "bash").text

    def complete(line: str) -> list[str]:
        words = line.split(" ")
        env = {
            "_PROVKIT_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        found = provkit(env=env).text.splitlines()
        return [each.partition(",")[2] for each in found]

    assert complete("provkit sho") == ["show"]
    assert "--since" in complete("provkit runs --s")
    provkit("init")
    assert complete("provkit show l") == ["latest"]


def test_an_interrupt_is_one_word_and_130(provkit: Any, provkit_bin: Path) -> None:
    """Ctrl-C is not a bug report."""
    provkit("init")
    fifo = provkit.folder / "pipe"
    os.mkfifo(fifo)
    (provkit.folder / ".provkit" / "config.toml").symlink_to(fifo)  # reading it waits for ever
    going = subprocess.Popen(
        [provkit_bin, "config"], cwd=provkit.folder, stderr=subprocess.PIPE, start_new_session=True
    )
    time.sleep(1)
    going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=20)

    assert going.returncode == 130
    assert said == b"provkit: interrupted\n"


def test_a_project_is_named_before_or_after_the_command(provkit: Any) -> None:
    """And a command that is recorded keeps its own ``--project``."""
    there = provkit.folder / "there"
    there.mkdir()
    provkit("init", there)
    provkit("--project", there, "run", "--", "true")
    provkit("run", "--project", there, "--", "echo", "--project", "mine")
    provkit(f"--project={there}", "run", "sh", "-c", 'echo "$@"', "sh", "--project", "mine")

    rows = provkit("runs", "--json", "--project", there).json
    assert [row["command"][-2:] for row in rows[:2]] == [["--project", "mine"]] * 2
    assert len(rows) == len(provkit("runs", "--json", f"--project={there}").json) == 3
    assert len(provkit("runs", "--json", env={"PROVKIT_PROJECT": str(there)}).json) == 3
    assert not (provkit.folder / ".provkit").exists()
