"""A command line: what runs it, which program it is, which parameters it is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from provkit.capture.command import CommandNotFoundError, read_command
from provkit.errors import UsageError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with some scripts, and a PATH with every interpreter."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("python", "Rscript", "R", "octave-cli", "julia", "bash", "sh", "perl", "fit"):
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    for name in ("a.py", "a.R", "a.m", "a.jl", "a.sh", "m.py", "data.csv"):
        (tmp_path / name).write_text("")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__main__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tools))
    return tmp_path


@pytest.mark.parametrize(
    ("script", "interpreter"),
    [
        ("a.py", "python"),
        ("a.R", "Rscript"),
        ("a.m", "octave-cli"),
        ("a.jl", "julia"),
        ("a.sh", "bash"),
    ],
)
def test_a_script_needs_no_interpreter(place: Path, script: str, interpreter: str) -> None:
    """The extension decides; what follows are its arguments."""
    command = read_command([script, "--n", "5"])

    assert command.words == (interpreter, script, "--n", "5")
    assert command.executable == f"{place}/tools/{interpreter}"
    assert command.program == f"{place}/{script}"
    assert command.parameters == {"n": "5"}


def test_an_executable_script_runs_as_it_says(place: Path) -> None:
    """``./a.py`` with its own first line."""
    (place / "a.py").write_text("#!/usr/bin/env python\n")
    (place / "a.py").chmod(0o755)

    assert read_command(["./a.py"]).words == ("./a.py",)
    assert read_command(["./a.py"]).program == f"{place}/a.py"


def test_without_python_on_the_path_it_is_ours(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """provkit can always run Python."""
    monkeypatch.setenv("PATH", "/nowhere")

    assert read_command(["a.py"]).words[0] == sys.executable


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["python", "a.py"], "a.py"),
        (["python", "-W", "ignore", "-u", "a.py", "x"], "a.py"),
        (["python", "-m", "m"], "m.py"),
        (["python", "-m", "pkg"], "pkg/__main__.py"),
        (["python", "-m", "json.tool", "data.csv"], "tools/python"),
        (["python", "-c", "print(1)", "a.py"], "tools/python"),
        (["python"], "tools/python"),
        (["Rscript", "--vanilla", "a.R"], "a.R"),
        (["R", "--no-save", "-f", "a.R"], "a.R"),
        (["R", "--file=a.R", "--args", "x"], "a.R"),
        (["Rscript", "-e", "1+1"], "tools/Rscript"),
        (["octave-cli", "--path", "lib", "a.m"], "a.m"),
        (["julia", "--project=.", "-t", "4", "a.jl"], "a.jl"),
        (["bash", "-e", "a.sh", "x"], "a.sh"),
        (["bash", "-c", "cat data.csv"], "tools/bash"),
        (["perl", "-e", "1"], "tools/perl"),
        (["fit", "data.csv"], "tools/fit"),
    ],
)
def test_the_program_is_the_script(place: Path, words: list[str], program: str) -> None:
    """Else the module's file, else the executable."""
    assert read_command(words).program == f"{place}/{program}"


def test_text_given_in_place_is_a_parameter(place: Path) -> None:
    """For ``bash -c`` the program is the shell."""
    command = read_command(["bash", "-c", "sort data.csv > out.csv", "name", "--n=3"])

    assert command.parameters["command"] == "sort data.csv > out.csv"


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ("--threshold 5", {"threshold": "5"}),
        ("--threshold=5", {"threshold": "5"}),
        ("threshold=5", {"threshold": "5"}),
        ("-t 5", {"t": "5"}),
        ("-t -5.5", {"t": "-5.5"}),
        ("--verbose --n 3", {"verbose": "true", "n": "3"}),
        ("--verbose", {"verbose": "true"}),
        ("in.csv out.csv", {}),
        ("--a=b=c", {"a": "b=c"}),
        ("--n 1 -- --m 2", {"n": "1"}),
        ("--max-iter 10 alpha.beta=2", {"max-iter": "10", "alpha.beta": "2"}),
    ],
)
def test_parameters_of_the_usual_forms(place: Path, words: str, parameters: dict[str, str]) -> None:
    """No code is changed for it."""
    assert read_command(["a.py", *words.split()]).parameters == parameters


@pytest.mark.parametrize("words", [[], [""], ["missing.py"], ["sub/missing.R"]])
def test_nothing_to_run_is_a_usage_error(place: Path, words: list[str]) -> None:
    """Exit 2."""
    with pytest.raises(UsageError) as caught:
        read_command(words)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "code"), [(["nothing"], 127), (["./data.csv"], 126), (["./pkg"], 126)]
)
def test_what_cannot_be_executed_exits_as_a_shell_would(
    place: Path, words: list[str], code: int
) -> None:
    """Scripts around provkit may test for it."""
    with pytest.raises(CommandNotFoundError) as caught:
        read_command(words)
    assert caught.value.exit_code == code


def test_a_missing_interpreter_is_named(place: Path) -> None:
    """With what to do."""
    os.remove(place / "tools" / "julia")  # noqa: PTH107

    with pytest.raises(CommandNotFoundError, match="julia"):
        read_command(["a.jl"])
