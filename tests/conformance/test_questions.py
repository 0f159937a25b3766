"""The demonstration's own answers: the questions that other people asked and answered.

They lie outside the checkout, in ``../shared``; without them this test says so.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

CHECKER = Path(__file__).resolve().parents[3] / "shared" / "check" / "questions.py"
PROGRAM = [sys.executable, "-c", "import sys; from provkit.cli.main import main; sys.exit(main())"]


@pytest.mark.skipif(
    not CHECKER.is_file(), reason=f"no conformance data beside the checkout: {CHECKER}"
)
@pytest.mark.parametrize("kind", [" workflow_outputs", " complete", " q", " rm_"])
def test_the_answers_are_those_of_the_demonstration(kind: str) -> None:
    """All of them with FULL=1, else a sample."""
    limit = [] if os.environ.get("FULL") else ["--limit", "6"]
    done = subprocess.run(
        [sys.executable, CHECKER, "--only", kind, *limit],
        env={**os.environ, "PROVKIT": shlex.join(PROGRAM)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
