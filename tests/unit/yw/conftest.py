"""What the tests of YesWorkflow share: SWI-Prolog, to read what we write."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Swipl = Callable[[str, str], list[str]]


@pytest.fixture
def swipl(tmp_path: Path) -> Swipl:
    """``swipl(text, goal)``: lines that a goal prints after a text was loaded without a word.

    The locale is C on purpose: facts must not depend on it.
    """
    program = shutil.which("swipl")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("swipl is missing: apt-get install swi-prolog-nox")
        pytest.skip("swipl is not here: apt-get install swi-prolog-nox")

    def ask(text: str, goal: str) -> list[str]:
        (tmp_path / "facts.pl").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [program, "-q", "-g", f"{goal}, halt", "-t", "halt(1)", str(tmp_path / "facts.pl")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return ask
